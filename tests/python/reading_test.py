"""read() takes files, bytes and file objects, and says what is wrong with others."""

import gzip
import io
import os
import pstats
import threading

import pytest

import profconv


def test_every_way_to_give_a_dump_reads_the_same_functions(dump, tmp_path):
    data = dump.read_bytes()
    packed = tmp_path / "packed"
    packed.write_bytes(gzip.compress(data))
    ways = [str(dump), os.fsencode(dump), dump, data, bytearray(data), memoryview(data), gzip.compress(data), packed, io.BytesIO(data)]
    profiles = [profconv.read(way) for way in ways]
    with open(dump, "rb") as buffered, open(dump, "rb", buffering=0) as raw:
        profiles += [profconv.read(buffered), profconv.read(raw)]
    first = profiles[0]
    assert len(first.functions) > 200
    for profile in profiles[1:]:
        assert list(profile.functions) == list(first.functions)
        assert list(profile.calls) == list(first.calls)


def test_numbers_are_those_of_pstats(dump):
    profile = profconv.read(dump)
    stats = pstats.Stats(str(dump)).stats
    assert len(profile.functions) == len(stats)
    for function in profile.functions:
        primitive, calls, self_s, total_s, callers = stats[function.file, function.line, function.name]
        assert (function.calls, function.primitive) == (calls, primitive)
        assert (function.self, function.total) == (round(self_s * 1e9), round(total_s * 1e9))
        found = {(c.caller.file, c.caller.line, c.caller.name): (c.calls, c.primitive, c.self, c.total) for c in function.callers}
        assert found == {key: (n, p, round(s * 1e9), round(t * 1e9)) for key, (n, p, s, t) in callers.items()}


def test_a_file_called_dash_is_a_file(dump, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "-").write_bytes(dump.read_bytes())
    assert len(profconv.read("-").functions) > 200


def test_bytes_that_are_no_profile_are_the_name_of_a_file(tmp_path):
    with pytest.raises(FileNotFoundError) as caught:
        profconv.read(b"no such file")
    assert caught.value.filename == "no such file"


@pytest.mark.parametrize("data", [b"", b"\0\1\2", b"one\ntwo\n" * 3, b"x" * 5000])
def test_bytes_that_cannot_be_a_name_are_refused_as_a_profile(data):
    with pytest.raises(profconv.Error, match="<bytes>"):
        profconv.read(data)


def test_errors_say_where_why_and_what_to_do(dump, tmp_path):
    cut = tmp_path / "cut.prof"
    cut.write_bytes(dump.read_bytes()[:5000])
    with pytest.raises(profconv.Error) as caught:
        profconv.read(cut)
    error = caught.value
    assert isinstance(error, ValueError)
    assert error.source == str(cut)
    assert error.where.startswith("byte ")
    assert "left" in error.reason
    assert "salvage= converts" in error.hint and "--" not in error.hint
    assert str(error) == f"{error.source}: {error.where}: {error.reason} (hint: {error.hint})"


def test_salvage_reads_the_complete_part_with_a_warning(dump):
    with pytest.warns(profconv.ProfileWarning, match="are complete and converted"):
        profile = profconv.read(dump.read_bytes()[:5000], salvage=True)
    assert 0 < len(profile.functions) < 209
    with pytest.raises(profconv.Error, match="are complete and converted"):
        profconv.read(dump.read_bytes()[:5000], salvage=True, strict=True)
    with pytest.raises(profconv.Error) as raised:
        profconv.read(b"main;work 3\nno number\n", format="collapsed", name="x.txt", strict=True)
    error = raised.value
    assert (error.source, error.where, error.hint) == ("x.txt", "line 2", "")
    assert str(error) == f"{error.source}: {error.where}: {error.reason}" and "has no number at its end" in error.reason


def test_warnings_point_at_the_caller(dump):
    with pytest.warns(profconv.ProfileWarning) as caught:
        profconv.read(dump.read_bytes() + b"more")
    assert [warning.filename for warning in caught] == [__file__]


def test_system_errors_are_the_classes_that_open_raises(tmp_path):
    with pytest.raises(FileNotFoundError):
        profconv.read(tmp_path / "missing.prof")
    with pytest.raises(IsADirectoryError):
        profconv.read(tmp_path)
    with pytest.raises(ValueError, match="null byte"):
        profconv.read("a\0b")


def test_options_of_reading(dump):
    assert profconv.read(dump, time_unit=0.5).total == pytest.approx(profconv.read(dump).total / 2, abs=200)
    assert profconv.read(dump, command="t.py").sources[0].command == "t.py"
    for source in (dump, dump.read_bytes(), io.BytesIO(dump.read_bytes())):
        assert profconv.read(source, name="here").sources[0].name == "here"
    with pytest.raises(profconv.Error, match="^here: "):
        profconv.read(dump, name="here", format="hotshot")
    with pytest.raises(profconv.Error, match="larger than 1000 bytes .hint: max_size= raises"):
        profconv.read(dump, max_size=1000)
    with pytest.raises(profconv.Error, match="did you mean pstats"):
        profconv.read(dump, format="pstat")
    with pytest.raises(profconv.Error, match="above 0"):
        profconv.read(dump, time_unit=0)
    with pytest.raises(TypeError, match="time_unit: expected a number, found str"):
        profconv.read(dump, time_unit="1")
    with pytest.raises(TypeError, match="salvage: expected True or False, found int"):
        profconv.read(dump, salvage=1)


@pytest.mark.parametrize("options", [{"format": "nonsense"}, {"time_unit": 1e-6}, {"name": "x"}, {"salvage": True}, {"max_size": 0}, {"command": "x"}])
def test_a_profile_is_not_read_again_with_options(dump, options):
    profile = profconv.read(dump)
    assert profconv.read(profile, strict=True, salvage=False, format=None) is profile
    with pytest.raises(profconv.Error, match=f"{next(iter(options))}: the source is a Profile, which has been read"):
        profconv.read(profile, **options)


def test_a_file_object_is_read_no_further_than_allowed():
    class Endless(io.RawIOBase):
        given = 0

        def read(self, size=-1):
            self.given += size
            return b"\0" * size

    endless = Endless()
    with pytest.raises(profconv.Error):
        profconv.read(endless, max_size=3_000_000)
    assert endless.given == 3_000_001


def test_a_name_that_is_not_utf_8_survives(tmp_path):
    import marshal

    name = "caf\udce9"  # what os.fsdecode makes of b"caf\xe9"
    profile = profconv.read(marshal.dumps({(name, 1, "f\ud800"): (1, 1, 1.0, 1.0, {})}))
    assert (profile.functions[0].file, profile.functions[0].name) == (name, "f\ud800")
    old = profconv.read(b"{(\3\0\0\0s\4\0\0\0caf\xe9i\1\0\0\0s\1\0\0\0g(\5\0\0\0i\1\0\0\0i\1\0\0\0f\0031.0f\0031.0{00")
    assert old.functions[0].file == name
    profile.to_text(), profile._repr_html_().encode(), repr(profile.functions[0])
    assert profile.find(name) == [] and len(profile.find(profile.functions[0].name)) == 1


def test_several_threads_read_at_once(dump):
    expected, found = profconv.read(dump), []

    def convert():
        for _ in range(5):
            profile = profconv.read(dump)
            found.append(profile == expected and profile.to_callgrind())

    threads = [threading.Thread(target=convert) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 20 and set(found) == {expected.to_callgrind()}


@pytest.mark.filterwarnings("ignore:This process:DeprecationWarning")  # Python 3.12 and newer warn of such a fork
@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
def test_a_child_of_a_process_that_converts_converts_too():
    """A large profile is converted by threads of its own; a fork leaves the child without its parent's."""
    import marshal

    stats = {("f.py", i, f"function {i}"): (1, 1, 1e-6, 1e-6, {("f.py", i // 2, f"function {i // 2}"): (1, 1, 1e-6, 1e-6)} if i else {}) for i in range(60_000)}
    data, done, results = marshal.dumps(stats), threading.Event(), []
    expected = profconv.read(data).to_callgrind()

    def convert():
        while not done.is_set():
            results.append(profconv.read(data).to_callgrind() == expected)

    thread = threading.Thread(target=convert)
    thread.start()
    try:
        for _ in range(5):
            child = os.fork()
            if child == 0:
                os._exit(0 if profconv.read(data).to_callgrind() == expected else 1)
            assert os.waitpid(child, 0)[1] == 0
    finally:
        done.set()
        thread.join()
    assert all(results)


@pytest.mark.parametrize("round", range(3))
def test_a_child_of_a_process_that_reads_files_reads_them_too(tmp_path, round):
    """Whatever a thread that the child does not have was doing with its file."""
    import time

    for i in range(20):
        (tmp_path / f"{i}.collapsed").write_text(f"main;work{i} 1\n" * 2)
    done = threading.Event()

    def read_files():
        while not done.is_set():
            for i in range(20):
                profconv.read(tmp_path / f"{i}.collapsed")

    threads = [threading.Thread(target=read_files) for _ in range(2)]
    for thread in threads:
        thread.start()
    try:
        for i in range(20):
            child = os.fork()
            if child == 0:
                os._exit(0 if len(profconv.read(tmp_path / f"{i}.collapsed").functions) == 2 else 1)
            end = time.monotonic() + 20
            while (status := os.waitpid(child, os.WNOHANG)) == (0, 0) and time.monotonic() < end:
                time.sleep(0.001)
            if status == (0, 0):
                os.kill(child, 9)
                status = os.waitpid(child, 0)  # 9, not 0: it hung
            assert status[1] == 0
    finally:
        done.set()
        for thread in threads:
            thread.join()


def test_other_threads_run_while_one_reads(dump):
    """The interpreter's lock is released: a big read does not hold up a thread that only counts."""
    import marshal

    stats = {("f.py", i, f"function {i}"): (1, 1, 1e-6, 1e-6, {}) for i in range(60_000)}
    data, done, ticks = marshal.dumps(stats), threading.Event(), []

    def count():
        while not done.is_set():
            ticks.append(None)
            done.wait(0.001)

    counter = threading.Thread(target=count)
    counter.start()
    before = len(ticks)
    profile = profconv.read(data)
    during = len(ticks) - before
    done.set()
    counter.join()
    assert len(profile.functions) == 60_000
    assert during > 1


def test_empty_names(dump, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    profile = profconv.read(dump)
    for call in (lambda: profconv.read(dump, format=""), lambda: profile.write("x.csv", format=""), lambda: profile.to_bytes("")):
        with pytest.raises(profconv.Error, match="unknown format ''"):
            call()
    for call in (lambda: profconv.read(""), lambda: profile.write("", "csv"), lambda: profconv.convert(dump, "")):
        with pytest.raises(FileNotFoundError) as raised:
            call()
        assert raised.value.filename == "" and str(raised.value).endswith(": ''")
    assert os.listdir() == []


def test_an_interpreter_ends_while_threads_are_at_work(dump):
    import subprocess
    import sys

    program = f"""
import threading, time, profconv
data = open({str(dump)!r}, "rb").read()
profile = profconv.read(data)
def work():
    while True:
        profconv.read(data)
        profile.fold("builtins").to_bytes("csv")
for _ in range(4):
    threading.Thread(target=work, daemon=True).start()
time.sleep(0.1)
"""
    for _ in range(5):
        done = subprocess.run([sys.executable, "-c", program], stderr=subprocess.PIPE, timeout=60, check=False)
        assert (done.returncode, done.stderr) == (0, b"")
