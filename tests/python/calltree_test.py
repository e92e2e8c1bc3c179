"""The interface of pyprof2calltree: its names, and its numbers from the same objects."""

import cProfile
import io
import marshal
import os
import pathlib
import profile as pure_profile
import pstats
import re
import subprocess

import pytest

import profconv

pyprof2calltree = pytest.importorskip("pyprof2calltree")


def inclusive(text):
    """{(file, function): [self, {(callee file, callee): [calls, inclusive]}]} of a callgrind file without abbreviations."""
    names, functions = {}, {}

    def full(kind, value):
        match = re.fullmatch(r"\((\d+)\)(?: (.*))?", value)
        if not match:
            return value
        if match[2] is not None:
            names[kind, match[1]] = match[2]
        return names[kind, match[1]]

    file = callee_file = None
    lines = iter(text.splitlines())
    for line in lines:
        key, _, value = line.partition("=")
        if key == "fl":
            file = full("file", value)
        elif key == "fn":
            function = functions.setdefault((file, full("function", value)), [0, {}])
        elif key == "cob":
            pass
        elif key in ("cfl", "cfi"):
            callee_file = full("file", value)
        elif key == "cfn":
            callee = callee_file or file, full("function", value)
        elif key == "calls":
            calls = int(value.split()[0])
            cost = int(next(lines).split()[1])
            call = function[1].setdefault(callee, [0, 0])
            call[0], call[1], callee_file = call[0] + calls, call[1] + cost, None
        elif re.fullmatch(r"[+*\-]?\d* ?\d+", line) and functions and " " in line:
            function[0] += int(line.split()[1])
    return functions


def test_its_names_are_there():
    for name in pyprof2calltree.__all__:
        assert callable(getattr(profconv, name))


def converted(module, data, **options):
    out = io.StringIO()
    module.convert(data, out, **options)
    return inclusive(out.getvalue())


@pytest.mark.parametrize("make", [lambda p: p.getstats(), lambda p: pstats.Stats(p)], ids=["getstats", "Stats"])
def test_the_same_objects_give_the_same_numbers(profiler, make):
    theirs, ours = converted(pyprof2calltree, make(profiler)), converted(profconv, make(profiler), sources=False, split=False, names="recorded")

    def plain(name):
        """Without what tells names apart: theirs have ":line", ours qualified names."""
        return name if name.startswith("<built-in") or name.startswith("<method") else name.rpartition(".")[2].partition(":")[0]

    def table(functions):
        return {
            (file, plain(name)): (self_ns, {(f, plain(n)): tuple(call) for (f, n), call in calls.items()})
            for (file, name), (self_ns, calls) in functions.items()
            if name != "(root)"
        }

    theirs, ours = table(theirs), table(ours)
    assert len(theirs) >= 5 and set(theirs) == set(ours)
    for key, (self_ns, calls) in theirs.items():
        assert ours[key][0] == pytest.approx(self_ns, abs=1), key  # they cut, we round
        assert set(ours[key][1]) == set(calls), key
        for callee, (count, _) in calls.items():
            assert ours[key][1][callee][0] == count, (key, callee)


@pytest.mark.filterwarnings("ignore:viewers will show:profconv.ProfileWarning")  # of threads
@pytest.mark.skipif("PROFCONV_BIN" not in os.environ, reason="the tools are not built")
@pytest.mark.parametrize("name", ["py3.11-cProfile-wordcount.prof", "py3.11-cProfile-recursion.prof", "py3.12-cProfile-threads.prof"])
def test_what_prof2calltree_writes(samples, tmp_path, name):
    tool = os.path.join(os.environ["PROFCONV_BIN"], "prof2calltree")
    subprocess.run([tool, "-q", "-i", samples / name, "-o", tmp_path / "theirs"], check=True)
    profconv.convert(samples / name, tmp_path / "ours")
    assert (tmp_path / "ours").read_bytes() == (tmp_path / "theirs").read_bytes()
    subprocess.run([tool, "-q", "--no-split", "--no-source", "-i", samples / name, "-o", tmp_path / "theirs"], check=True)
    profconv.convert(samples / name, tmp_path / "ours", split=False, sources=False)
    assert (tmp_path / "ours").read_bytes() == (tmp_path / "theirs").read_bytes()


@pytest.mark.skipif("PROFCONV_BIN" not in os.environ, reason="the tools are not built")
def test_a_line_profile_has_its_calls(tmp_path):
    (tmp_path / "job.py").write_text("def work():\n    return 1\n\n\ndef main():\n    work(), work(), work()\n")
    (tmp_path / "job.txt").write_text(
        "Timer unit: 1e-06 s\n\nTotal time: 0.0003 s\nFile: job.py\nFunction: work at line 1\n\n"
        "Line #      Hits         Time  Per Hit   % Time  Line Contents\n"
        "==============================================================\n"
        "     1                                           def work():\n     2         3        300.0    100.0    100.0      return 1\n\n"
        "Total time: 0.0004 s\nFile: job.py\nFunction: main at line 5\n\n"
        "Line #      Hits         Time  Per Hit   % Time  Line Contents\n"
        "==============================================================\n"
        "     5                                           def main():\n     6         1        400.0    400.0    100.0      work(), work(), work()\n\n"
    )
    tool = os.path.join(os.environ["PROFCONV_BIN"], "prof2calltree")
    subprocess.run([tool, "-q", "-i", tmp_path / "job.txt", "-o", tmp_path / "theirs"], check=True)
    profconv.convert(tmp_path / "job.txt", tmp_path / "ours")
    assert (tmp_path / "ours").read_bytes() == (tmp_path / "theirs").read_bytes()
    assert "\ncalls=3 1\n" in (tmp_path / "ours").read_text()


def test_strict_holds_for_reading_too(tmp_path):
    with pytest.raises(profconv.Error, match="the profile is empty"):
        profconv.convert([], tmp_path / "q.callgrind", strict=True)
    assert not (tmp_path / "q.callgrind").exists()


def test_an_unknown_argument_is_told_from_all_that_are_known(profiler, tmp_path):
    for wrong, meant in {"souces": "sources", "splitt": "split", "strct": "strict", "gzipp": "gzip", "root_": "root"}.items():
        with pytest.raises(TypeError, match=f"unknown argument '{wrong}', did you mean {meant}\\?"):
            profconv.convert(profiler, tmp_path / "q", **{wrong: False})
    with pytest.raises(TypeError, match="known are names, root, sources, source_dirs, split, gzip, strict"):
        profconv.convert(profiler, tmp_path / "q", something_else=1)


def test_an_input_is_not_overwritten(dump, tmp_path):
    before = dump.read_bytes()
    (tmp_path / "link.callgrind").symlink_to(dump)
    for convert in (profconv.convert, profconv.write):
        for target in (dump, str(dump), os.fsencode(dump), tmp_path / "link.callgrind"):
            with pytest.raises(profconv.Error, match="the output .* is the input"):
                convert(dump, target, **({"format": "callgrind"} if convert is profconv.write else {}))
            assert dump.read_bytes() == before


def test_names_of_files_and_file_objects(dump, tmp_path):
    expected = profconv.read(dump).apply_sources().split().to_callgrind(names="qualified")
    out = tmp_path / "out"
    for data in (str(dump), os.fsencode(dump), dump):
        for target in (str(out), os.fsencode(out), out):
            profconv.convert(data, target)
            assert out.read_text() == expected
            out.unlink()
    with open(out, "w") as file:
        profconv.convert(str(dump), file)
    assert out.read_text() == expected


def test_converter(profiler, tmp_path):
    converter = profconv.CalltreeConverter(profiler.getstats())
    out = io.StringIO()
    converter.output(out)
    assert converter.out_file is out and out.getvalue().startswith("# callgrind format")


def test_their_own_entry_objects_are_read(profiler):
    """pyprof2calltree makes such objects of a pstats.Stats; programs do the same."""
    entries = pyprof2calltree.pstats2entries(pstats.Stats(profiler))
    with pytest.warns(profconv.ProfileWarning, match="primitive calls are taken as unknown"):
        profile = profconv.read(entries)  # which exchange the two counts
    assert {f.name for f in profile.functions} == {name for _, _, name in pstats.Stats(profiler).stats}


def viewer(folder):
    program = folder / "kcachegrind"
    program.write_text(f'#!/bin/sh\ncat "$1" > {folder}/shown; echo "$1" > {folder}/name\n')
    program.chmod(0o755)


def test_visualize_opens_a_temporary_file(profiler, tmp_path, monkeypatch):
    viewer(tmp_path)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    profconv.visualize(profiler)
    assert (tmp_path / "shown").read_text().startswith("# callgrind format")
    assert not os.path.exists((tmp_path / "name").read_text().strip())


def test_visualize_opens_what_was_written(profiler, tmp_path, monkeypatch):
    viewer(tmp_path)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    converter = profconv.CalltreeConverter(profiler)
    with open(tmp_path / "mine.callgrind", "w") as file:
        converter.output(file)
        converter.visualize()
    assert (tmp_path / "name").read_text().strip() == str(tmp_path / "mine.callgrind")
    assert (tmp_path / "shown").read_text() == (tmp_path / "mine.callgrind").read_text()


def test_visualize_opens_a_path_as_it_was_given(profiler, tmp_path, monkeypatch):
    viewer(tmp_path)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    monkeypatch.chdir(tmp_path)
    pathlib.Path("folder").mkdir()
    pathlib.Path("x.callgrind").write_text("another file")
    converter = profconv.CalltreeConverter(profiler)
    converter.output(pathlib.Path("folder/x.callgrind"))
    converter.visualize()
    assert (tmp_path / "name").read_text().strip() == "folder/x.callgrind"


def test_without_a_viewer_there_is_a_warning(profiler, monkeypatch):
    monkeypatch.setenv("PATH", "/nowhere")
    for show in (profconv.visualize, lambda data: profconv.CalltreeConverter(data).visualize()):
        with pytest.warns(profconv.ProfileWarning, match="could not find kcachegrind") as caught:
            show(profiler)
        assert [warning.filename for warning in caught] == [__file__]


def test_profile_objects_beyond_theirs(work):
    for kind in (cProfile, pure_profile):
        profiler = kind.Profile()
        profiler.runcall(work.run)
        out = io.StringIO()
        profconv.convert(profiler, out)
        assert "fibonacci" in out.getvalue()


def test_what_was_converted_stays_what_it_is(dump, tmp_path):
    """What `convert` reads itself it changes in place; what somebody else has it does not."""
    profile = profconv.read(dump)
    alone = profile.to_callgrind()
    first, second = io.StringIO(), io.StringIO()
    profconv.convert(profile, first)
    converter = profconv.CalltreeConverter(profile)
    converter.output(second)
    assert first.getvalue() == second.getvalue() and profile.to_callgrind() == alone

    converter = profconv.CalltreeConverter(str(dump))
    for _ in range(2):
        again = io.StringIO()
        converter.output(again)
    assert again.getvalue() == first.getvalue()
    profconv.convert(str(dump), again := io.StringIO())
    assert again.getvalue() == first.getvalue()
    for wrong in ({"sources": "yes"}, {"split": 1}, {"source_dirs": 7}):
        with pytest.raises(TypeError):
            converter.output(io.StringIO(), **wrong)


def test_sources_beside_a_profile_in_a_folder_whose_name_is_no_text(tmp_path):
    folder = tmp_path / os.fsdecode(b"caf\xe9")
    folder.mkdir()
    (folder / "program.py").write_text("def leaf():\n    pass\n\n\ndef main():\n    leaf()\n")
    main, leaf = ("program.py", 5, "main"), ("program.py", 1, "leaf")
    stats = {main: (1, 1, 0.5, 1.5, {}), leaf: (1, 1, 1.0, 1.0, {main: (1, 1, 1.0, 1.0)})}
    (folder / "run.prof").write_bytes(marshal.dumps(stats))
    profconv.convert(folder / "run.prof", written := io.StringIO())
    assert "calls=1 1\n6 1000000000\n" in written.getvalue()
