"""write(), convert() and the texts."""

import csv
import errno
import gzip
import io
import os
import shutil
import warnings

import pytest

import profconv


@pytest.fixture
def profile(dump):
    return profconv.read(dump)


def test_the_name_says_the_format(profile, tmp_path):
    beginnings = {".callgrind": "# callgrind format", ".dot": "digraph", ".csv": "name,", ".json": "{", ".dump": "profconv dump", ".md": "|"}
    for ending, beginning in beginnings.items():
        profile.write(tmp_path / f"out{ending}")
        assert beginning in (tmp_path / f"out{ending}").read_text()[:200], ending
    profile.write(str(tmp_path / "out.callgrind.gz"))
    assert gzip.decompress((tmp_path / "out.callgrind.gz").read_bytes()) == profile.to_bytes("callgrind")
    profile.write(os.fsencode(tmp_path / "plain.gz"), "callgrind", gzip=False)
    assert (tmp_path / "plain.gz").read_bytes() == profile.to_bytes("callgrind")
    with pytest.raises(profconv.Error, match="the name says no format"):
        profile.write(tmp_path / "out.unknown")


def test_every_format_of_the_table_is_written(profile):
    written = [row.name for row in profconv.formats() if row.writable]
    assert {"callgrind", "dot", "text", "csv", "json", "dump"} <= set(written)
    for name in written:
        with warnings.catch_warnings():  # of what a format cannot hold
            warnings.simplefilter("ignore", profconv.ProfileWarning)
            assert profile.to_bytes(name), name
    assert "pstats" in [row.name for row in profconv.formats() if row.readable]


def test_file_objects(profile, tmp_path):
    expected = profile.to_bytes("callgrind")
    text, binary = io.StringIO(), io.BytesIO()
    profile.write(text)
    profile.write(binary)
    assert text.getvalue() == expected.decode() and binary.getvalue() == expected
    with open(tmp_path / "t", "w", encoding="utf-8") as file:
        profile.write(file, "csv", limit=3)
    assert len(list(csv.DictReader((tmp_path / "t").read_text().splitlines()))) == 3
    with open(tmp_path / "r", "wb", buffering=0) as file:
        profile.write(file)
    assert (tmp_path / "r").read_bytes() == expected

    class Odd:
        """A file object that says nothing of itself and takes a part at a time."""

        def __init__(self):
            self.parts = []

        def write(self, part):
            self.parts.append(bytes(part[:1000]))
            return len(self.parts[-1])

    odd = Odd()
    profile.write(odd)
    assert b"".join(odd.parts) == expected


def test_writers_that_say_nothing_get_bytes_or_what_else_they_take(profile):
    expected = profile.to_bytes("callgrind")

    class Words:
        def __init__(self, kind):
            self.kind, self.parts = kind, []

        def write(self, part):
            if not isinstance(part, self.kind):
                raise TypeError(f"expected {self.kind.__name__}")
            self.parts.append(part)

    binary, text = Words(bytes), Words(str)
    profile.write(binary)
    profile.write(text)
    assert b"".join(binary.parts) == expected and "".join(text.parts) == expected.decode()
    profconv.convert(profile, text := Words(str))
    assert text.parts[0].startswith("# callgrind format")
    with pytest.raises(TypeError, match="expected list"):
        profile.write(Words(list))
    with pytest.raises(TypeError, match="expected str"):
        profile.write(Words(str), gzip=True)

    class Second(Words):
        def write(self, part):
            if self.parts:
                raise TypeError("no more")
            super().write(part)
            return 10

    with pytest.raises(TypeError, match="no more"):
        profile.write(second := Second(bytes))
    assert second.parts == [expected]


def test_writers_of_codecs_take_text(profile, tmp_path):
    import codecs

    expected = profile.to_bytes("callgrind").decode()
    with codecs.open(tmp_path / "both", "w", "utf-16") as file:
        profile.write(file)
    with open(tmp_path / "writer", "wb") as file:
        profile.write(codecs.getwriter("utf-16")(file))
    for name in ("both", "writer"):
        assert (tmp_path / name).read_text(encoding="utf-16") == expected


def test_a_pipe_that_takes_nothing_more_is_an_error(profile):
    import fcntl

    end, pipe = os.pipe()
    os.set_blocking(pipe, False)
    fcntl.fcntl(pipe, 1031, 4096)  # F_SETPIPE_SZ, which fcntl knows since Python 3.10
    with os.fdopen(end, "rb"), os.fdopen(pipe, "wb", buffering=0) as file:
        with pytest.raises(BlockingIOError, match="after 4096 of ") as raised:
            profile.write(file, "dump")
        assert raised.value.characters_written == 4096


@pytest.mark.skipif(shutil.which("dot") is None, reason="no Graphviz")
@pytest.mark.parametrize("name", ["out.svg", "out.svgz", "out.csv"])
def test_a_file_that_does_not_fit_leaves_the_old_one(profile, tmp_path, name):
    import subprocess
    import sys

    file = tmp_path / name
    file.write_text("before")
    (tmp_path / "profile").write_bytes(profile.to_bytes("dump"))
    program = f"""
import resource, signal, profconv
profile = profconv.read({str(tmp_path / "profile")!r})
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (100, 100))
try:
    profile.write({str(file)!r})
except OSError as error:
    print(error.errno, error.filename)
"""
    done = subprocess.run([sys.executable, "-c", program], stdout=subprocess.PIPE, check=True)
    assert done.stdout.decode().split() == [str(errno.EFBIG), str(file)]
    assert file.read_text() == "before" and sorted(os.listdir(tmp_path)) == sorted([name, "profile"])


def test_a_file_that_cannot_be_written_stays_as_it_was(profile, tmp_path):
    with pytest.raises(FileNotFoundError):
        profile.write(tmp_path / "no" / "out.callgrind")
    with pytest.raises(OSError):
        profile.write("/dev/full", "callgrind")
    file = tmp_path / "out.csv"
    file.write_text("before")
    with pytest.raises(profconv.Error):
        profile.write(file, sort="nothing")
    assert file.read_text() == "before" and os.listdir(tmp_path) == ["out.csv"]


def test_options_of_formats(profile):
    assert "(root)" not in profile.to_callgrind(root=False)
    with pytest.warns(profconv.ProfileWarning, match="41 functions not drawn, to keep to max_nodes=3"):
        assert profile.to_dot(max_nodes=3).count("label=") < profile.to_dot().count("label=")
    assert "edit_distance" in profile.to_text(sort="self", limit=1)
    assert profile.to_text(view="tree").count("\n") > 5
    with pytest.raises(TypeError, match="unknown argument 'max_node', did you mean max_nodes?"):
        profile.to_dot(max_node=3)
    with pytest.raises(TypeError, match="the format takes none|known are"):
        profile.to_bytes("dump", root=True)
    with pytest.raises(TypeError, match="max_nodes: expected an int, found str"):
        profile.to_dot(max_nodes="3")
    with pytest.raises(profconv.Error, match="view: unknown value 'all', known are functions"):
        profile.to_text(view="all")
    with pytest.raises(profconv.Error, match="did you mean csv"):
        profile.to_bytes("cvs")
    with pytest.raises(profconv.Error, match="can be read, not written"):
        profile.to_bytes("pstats")


@pytest.mark.skipif(shutil.which("dot") is None, reason="Graphviz is not installed")
def test_pictures(profile, tmp_path):
    assert "edit_distance" in profile.to_svg(node_percent=20)
    profile.write(tmp_path / "out.svg", node_percent=20)
    assert (tmp_path / "out.svg").read_text() == profile.to_svg(node_percent=20)
    assert profile.to_bytes("svg", node_percent=20).decode() == profile.to_svg(node_percent=20)
    profile.write(tmp_path / "out.svg.gz", node_percent=20)
    assert gzip.decompress((tmp_path / "out.svg.gz").read_bytes()).decode() == profile.to_svg(node_percent=20)
    assert "<svg" in profile._repr_svg_()
    page = profile._repr_html_()
    assert page.startswith("<svg") and "<table>" in page and "edit_distance" in page


def test_without_graphviz_notebooks_get_the_table(dump, monkeypatch):
    profile = profconv.read(dump)
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(FileNotFoundError, match="Graphviz"):
        profile.to_svg()
    assert profile._repr_svg_() is None
    assert profile._repr_html_().startswith("<table>")


def test_html_escapes_names():
    import marshal

    profile = profconv.read(marshal.dumps({('<b>"&', 1, "<script>"): (1, 1, 1.0, 1.0, {})}))
    table = profile._repr_html_().partition("<table>")[2]
    assert "<script>" not in table and "&lt;script&gt;" in table and "&lt;b&gt;&quot;&amp;:1" in table


def test_notebooks_show_the_rows_of_tables(profile):
    page = profile.functions._repr_html_()
    assert page.startswith("<table>") and page.count("<tr>") == 1 + 10
    assert all(f"<th>{column}</th>" in page for column in profile.functions.to_dict())
    assert page.endswith(f"<p>10 of {len(profile.functions)} functions</p>")
    few = profile.find("suggest")[0].index
    shown = profile.functions[few : few + 1]._repr_html_()
    assert shown.count("<tr>") == 2 and "suggest" in shown and "<p>" not in shown
    assert profile.samples._repr_html_() == "<p>no samples</p>"


def test_notebooks_show_the_costs_that_reports_show():
    profile = profconv.read(
        b"""profconv dump 1
metric hits count sum
metric mem_grow bytes sum
function 0 "often" file "t.py" line 1 self 900 1000 total 900 1000
function 1 "large" file "t.py" line 9 self 2 3000 total 2 3000
"""
    )
    assert profile.total == 902 and repr(profile) == "<profconv.Profile: 2 functions, 0 calls, mem_grow 4000 bytes, hits 902>"
    page = profile._repr_html_()
    assert page.index("large") < page.index("often") and "3,000" in page and "75.0" in page and "902<" not in page
    report = profile.to_text()
    assert report.index("large") < report.index("often")


def test_a_table_for_notebooks_escapes_names_and_leaves_out_what_nobody_counted():
    import marshal

    profile = profconv.read(marshal.dumps({("<b>", 1, "<i>\udc80"): (1, 1, 1.0, 1.0, {})}))
    assert "<td style=\"text-align:left\">&lt;i&gt;\\udc80</td>" in profile.functions._repr_html_()
    lines = profconv.read(b"a.f;a.g 3\n", format="collapsed")
    assert "None" not in lines.functions._repr_html_()


def test_write_from_anything(dump, tmp_path):
    profconv.write(dump, tmp_path / "a.csv", limit=2)
    assert (tmp_path / "a.csv").read_text().count("\n") == 3


def test_what_is_refused_as_strict_leaves_no_file(dump, tmp_path):
    profile, target = profconv.read(dump), tmp_path / "x.folded"  # its stacks are estimated
    with pytest.raises(profconv.Error, match="estimated"):
        profile.write(target, strict=True)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(profconv.ProfileWarning):
            profile.write(target)
    assert not target.exists()


def test_strict_is_true_or_false(dump, profile, tmp_path):
    for call in (
        lambda: profile.write(tmp_path / "x.csv", strict="yes"),
        lambda: profconv.write(dump, tmp_path / "x.csv", strict=1),
        lambda: profconv.convert(dump, tmp_path / "x.csv", strict="no"),
        lambda: profconv.read(dump, strict="yes"),
        lambda: profconv.Profile.from_stats([], strict="yes"),
        lambda: profconv.profile(tmp_path / "x.csv", strict="yes"),
    ):
        with pytest.raises(TypeError, match="strict: expected True or False, found"):
            call()
    assert not (tmp_path / "x.csv").exists()
