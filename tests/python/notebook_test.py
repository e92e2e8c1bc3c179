"""The magics, in a real IPython."""

import inspect
import linecache
import os
import re
import shutil

import pytest

pytest.importorskip("IPython")

from IPython.core.interactiveshell import InteractiveShell  # noqa: E402
from IPython.utils.capture import capture_output  # noqa: E402
from traitlets.config import Config  # noqa: E402

import profconv  # noqa: E402

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")


@pytest.fixture
def shell(tmp_path, monkeypatch):
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path / "ipython"))
    monkeypatch.chdir(tmp_path)
    config = Config()
    config.HistoryManager.enabled = False
    InteractiveShell.clear_instance()
    shell = InteractiveShell.instance(config=config)
    assert shell.run_cell("%load_ext profconv").success
    shell.run_cell("def fibonacci(n):\n    return n if n < 2 else fibonacci(n - 1) + fibonacci(n - 2)\n")
    yield shell
    InteractiveShell.clear_instance()


def run(shell, cell):
    with capture_output() as captured:
        result = shell.run_cell(cell)
    return result, captured


def test_a_statement_shows_its_graph_and_its_table(shell):
    result, captured = run(shell, "%profconv x = fibonacci(10)")
    assert result.success and shell.user_ns["x"] == 55
    (output,) = captured.outputs
    assert "fibonacci" in output.data["text/plain"] and "177/1" in output.data["text/plain"]
    assert "<table>" in output.data["text/html"] and "fibonacci" in output.data["text/html"]
    if shutil.which("dot"):
        assert "<svg" in output.data["image/svg+xml"] and output.data["text/html"].startswith("<svg")


def test_a_cell(shell):
    result, captured = run(shell, "%%profconv -n 1 -b self\ny = [fibonacci(i) for i in range(8)]\nz = len(y)\n")
    assert result.success and shell.user_ns["z"] == 8
    assert captured.outputs[0].data["text/html"].partition("<table>")[2].count("<tr>") == 2


def test_no_limit_shows_all_functions(shell):
    _, captured = run(shell, "%profconv -n 0 sorted(fibonacci(i) for i in range(3))")
    data = captured.outputs[0].data
    shown = data["text/plain"], data["text/html"].partition("<table>")[2]
    assert all(name in text for name in ("fibonacci", "sorted", "genexpr") for text in shown)


def test_local_names_and_magics_inside(shell):
    shell.run_cell("n = 5")
    result, _ = run(shell, "%%profconv -q\nm = fibonacci(n)\n%time m += 1\n")
    assert result.success and shell.user_ns["m"] == 6


def test_the_profile_is_returned_written_and_folded(shell, tmp_path):
    result, captured = run(shell, "%profconv -q -r -o out.callgrind -o out.csv -F builtins sorted(fibonacci(i) for i in range(5))")
    assert isinstance(result.result, profconv.Profile) and not captured.outputs[:-1]
    assert "fibonacci" in (tmp_path / "out.callgrind").read_text() and "fibonacci" in (tmp_path / "out.csv").read_text()
    assert not result.result.find("<built-in method builtins.sorted>")


def test_lines_of_functions(shell):
    pytest.importorskip("line_profiler")
    if "line_profiler" not in [row.name for row in profconv.formats()]:
        pytest.skip("line_profiler is not read")
    result, captured = run(shell, "%profconv -r -l fibonacci fibonacci(5)")
    assert result.success, result.error_in_exec
    (function,) = result.result.find("fibonacci")
    assert [line.self_costs["hits"] for line in function.lines] == [15]
    shown = captured.outputs[0].data
    assert "fibonacci" in shown["text/plain"] and re.search(r"\b15\b", shown["text/plain"])
    assert shown["text/html"].startswith("<pre>")


def test_quotes_and_the_home_folder(shell, tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    result, _ = run(shell, """%profconv -q -r -o "x y.csv" -o ~/home.csv -F '<built*' -b "self" text = "a  b" + str(sum([1, 2]))""")
    assert result.success and shell.user_ns["text"] == "a  b3"
    assert (tmp_path / "x y.csv").exists() and (tmp_path / "home.csv").exists()
    assert not result.result.find("<built-in method builtins.sum>")  # of exec there is no caller
    result, _ = run(shell, '%profconv -o"x y.csv" 1')
    assert "quotes end too early" in str(result.error_in_exec)


def test_lines_of_a_cell_have_their_text(shell, tmp_path):
    pytest.importorskip("line_profiler")
    file = str(tmp_path / "gone" / "123.py")  # as ipykernel names cells
    text = "def double(n):\n    m = n + n\n    return m\n"
    linecache.cache[file] = (len(text), None, text.splitlines(True), file)
    exec(compile(text, file, "exec"), shell.user_ns)
    result, captured = run(shell, "%profconv -l double double(3)")
    assert result.success, result.error_in_exec
    assert "m = n + n" in captured.outputs[0].data["text/plain"]


def test_lines_of_functions_that_cells_have_made(shell):
    pytest.importorskip("line_profiler")
    shell.run_cell("def double(n):\n    m = n + n\n    return m\n")
    run(shell, "%%profconv -q\nfrom __future__ import annotations\ndef triple(n: unknown):\n    k = 3 * n\n    return k\ntriple(2)\n")
    assert "k = 3 * n" in inspect.getsource(shell.user_ns["triple"])
    for name, line in ("double", "m = n + n"), ("triple", "k = 3 * n"):
        assert shell.user_ns[name].__code__.co_filename.startswith("<ipython-input-")
        result, captured = run(shell, f"%profconv -r -l {name} {name}(3)")
        assert result.success, result.error_in_exec
        assert line in captured.outputs[0].data["text/plain"] and line in result.result.to_text(view="lines")
    assert run(shell, "%%profconv -q\ndef later(n: unknown):\n    pass\n")[0].success


@pytest.mark.parametrize(
    "line, message",
    [("", "nothing to profile"), ("-n x 1", "expected a number"), ("-b cost 1", "unknown key"), ("-l nothing 1", "could not find 'nothing'"), ("-l len 1", "not a Python")],
)  # fmt: skip
def test_wrong_usage(shell, line, message):
    result, _ = run(shell, f"%profconv {line}")
    assert type(result.error_in_exec).__name__ == "UsageError" and message in str(result.error_in_exec)


def test_a_table_of_lines_is_written_as_one(shell, tmp_path):
    pytest.importorskip("line_profiler")
    result, _ = run(shell, "%profconv -q -l fibonacci -o x.csv -o x.txt -o x.callgrind fibonacci(5)")
    assert result.success, result.error_in_exec
    assert "source_line" in (tmp_path / "x.csv").read_text().splitlines()[0]
    for name in ("x.csv", "x.txt"):
        assert "return n if n < 2" in (tmp_path / name).read_text()
    assert (tmp_path / "x.callgrind").read_text().startswith("# callgrind format")


def test_lines_are_not_sorted_by_calls_that_nobody_counted(shell):
    pytest.importorskip("line_profiler")
    result, _ = run(shell, "%profconv -l fibonacci -b calls ran = 1")
    assert type(result.error_in_exec).__name__ == "UsageError" and "ran" not in shell.user_ns
    assert "-b: cannot sort by 'calls', the profile has no" in str(result.error_in_exec)
    for key in ("total", "self"):
        result, captured = run(shell, f"%profconv -l fibonacci -b {key} -n {10**30} fibonacci(3)")
        assert result.success and "fibonacci" in captured.outputs[0].data["text/plain"]


@pytest.mark.parametrize(
    "options, message",
    [("-o x.unknown", "-o: 'x.unknown': the name says no format"), ("-o no/x.csv", "-o: .*No such file or directory: 'no/x.csv'"), ("-o folder.csv", "-o: .*Is a directory: 'folder.csv'"), ("-F builtins,,", "-F: bad list of what to fold"), ("-o x.svg", "-o: .*Graphviz")],
)  # fmt: skip
def test_nothing_is_run_whose_profile_could_not_be_written(shell, options, message, monkeypatch):
    monkeypatch.setenv("PATH", "/nowhere")
    os.mkdir("folder.csv")
    result, _ = run(shell, f"%profconv {options} ran = 1")
    assert type(result.error_in_exec).__name__ == "UsageError" and re.match(message, str(result.error_in_exec))
    assert "ran" not in shell.user_ns


def test_a_profile_that_cannot_be_written_was_shown(shell, tmp_path):
    (tmp_path / "gone").mkdir()
    shell.user_ns["leave"] = (tmp_path / "gone").rmdir
    result, captured = run(shell, "%profconv -o gone/x.csv fibonacci(5), leave()")
    assert isinstance(result.error_in_exec, OSError)
    assert "fibonacci" in captured.outputs[0].data["text/plain"]


def test_errors_of_the_statement_come_through(shell):
    result, captured = run(shell, "%profconv 1 / 0")
    assert isinstance(result.error_in_exec, ZeroDivisionError)
    result, captured = run(shell, "%profconv -r -q raise SystemExit(3)")
    assert isinstance(result.result, profconv.Profile) and "SystemExit" in captured.stdout


def test_a_profile_at_the_end_of_a_cell_shows_itself(shell, dump):
    shell.user_ns["profile"] = profconv.read(dump)
    data, _ = shell.display_formatter.format(shell.user_ns["profile"])
    assert data["text/plain"].startswith("<profconv.Profile: 209 functions")
    # A shell in a terminal asks for text alone; a notebook asks for these as well.
    shell.display_formatter.active_types = shell.display_formatter.format_types
    data, _ = shell.display_formatter.format(shell.user_ns["profile"])
    assert "edit_distance" in data["text/html"]
    if shutil.which("dot"):
        assert "<svg" in data["image/svg+xml"]
