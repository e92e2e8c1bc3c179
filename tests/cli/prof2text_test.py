"""Runs prof2text as users do: options, streams, exit codes, terminals."""

import csv
import gzip
import io
import json
import marshal
import os
import pathlib
import pty
import re
import shutil
import subprocess
import sys
import tempfile

source = pathlib.Path(os.environ["PROFCONV_SOURCE"])
tool = os.path.join(os.environ["PROFCONV_BIN"], "prof2text")
dumps = source / "testdata/pstats"
recursion = dumps / "py3.11-cProfile-recursion.prof"
packages = dumps / "py3.11-cProfile-packages.prof"
sampled = dumps / "special-sampled.prof"
faults = []


def run(*arguments, stdin=subprocess.DEVNULL, cwd=None, **environment):
    clean = {key: value for key, value in os.environ.items() if key not in ("COLUMNS", "NO_COLOR", "TERM")}
    return subprocess.run(
        [tool, *map(str, arguments)], stdin=stdin, capture_output=True, encoding="utf-8", env={**clean, **environment}, cwd=cwd
    )


class NoTerminal(Exception):
    """There are no pseudo-terminals here: a bare chroot."""


def open_terminal():
    try:
        return pty.openpty()
    except OSError as error:
        raise NoTerminal(str(error)) from error


def on_terminal(*arguments, columns=80, by_name=False, **environment):
    """What the tool writes to a terminal of that width: to its standard output, or to the device of that name."""
    clean = {key: value for key, value in os.environ.items() if key not in ("COLUMNS", "NO_COLOR")}
    parent, child = open_terminal()
    import fcntl
    import struct
    import termios

    fcntl.ioctl(child, termios.TIOCSWINSZ, struct.pack("HHHH", 40, columns, 0, 0))
    command = [tool, "-o", os.ttyname(child) if by_name else "-", *map(str, arguments)]
    process = subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL if by_name else child, stderr=child,
        env={**clean, "TERM": "xterm", **environment},
    )
    os.close(child)
    data = b""
    while True:
        try:
            piece = os.read(parent, 65536)
        except OSError:
            break
        if not piece:
            break
        data += piece
    process.wait()
    os.close(parent)
    return data.decode("utf-8").replace("\r\n", "\n")


def check(condition, text):
    if not condition:
        faults.append(f"line {sys._getframe(1).f_lineno}: {text}")


def rows(text):
    return list(csv.DictReader(io.StringIO(text, newline="")))


def test_default_report():
    done = run(recursion, "-n", 3)
    lines = done.stdout.splitlines()
    check(done.returncode == 0 and not done.stderr, done)
    check(lines[0] == f"{recursion.name}: 20 functions, 2286 calls (105 primitive), {lines[0].split(', ')[-1]}", lines[0])
    check(lines[2].split() == ["total", "%", "self", "%", "calls", "per", "call", "function"], lines[2])
    check(len(lines) == 7 and re.fullmatch(r"17 more functions, .* of their own", lines[6]), lines)
    check(max(map(len, lines[2:])) <= 100, lines)


def test_inputs():
    by_name = run(recursion).stdout
    with open(recursion, "rb") as file:
        piped = run(stdin=file)
    check(piped.stdout.splitlines()[1:] == by_name.splitlines()[1:], piped)
    check(piped.stdout.startswith("standard input: "), piped)
    check(run("-i", recursion).stdout == by_name, "-i FILE")
    added = run("--format=csv", recursion, recursion)
    check(added.stderr == f"prof2text: warning: {recursion}: the same file is another input, too, and counts twice\n", added.stderr)
    check("2 inputs are the same files as others, and count again" in run(recursion, recursion, recursion).stderr, "thrice")
    check(run("--strict", recursion, recursion).returncode == 1, "a warning is an error with --strict")
    twice = rows(added.stdout)
    once = rows(run("--format=csv", recursion).stdout)
    check([2 * int(row["time_self"]) for row in once] == [int(row["time_self"]) for row in twice], "adding up")
    with tempfile.TemporaryDirectory() as folder:
        packed = pathlib.Path(folder, "x.gz")
        subprocess.run(["gzip", "-c", recursion], stdout=packed.open("wb"), check=True)
        check(run(packed).stdout.splitlines()[1:] == by_name.splitlines()[1:], "gzip")
        out = pathlib.Path(folder, "report.txt")
        check(run(recursion, "-o", out).stdout == "" and out.read_text() == by_name, "-o")
        for ending, format in (("csv", "csv"), ("tsv", "tsv"), ("md", "markdown"), ("json", "json"), ("folded", "collapsed"), ("dump", "dump"), ("prof.txt", "text")):
            named = pathlib.Path(folder, "report." + ending)
            run(recursion, "-o", named)
            check(named.read_text() == run(recursion, "--format", format).stdout, f"format by the ending .{ending}")
            run(recursion, "-o", f"{named}.gz")
            with gzip.open(f"{named}.gz", "rt") as unpacked:
                check(unpacked.read() == named.read_text(), f"packed, by the ending .{ending}.gz")
        check(run(pathlib.Path(folder, "report.dump")).stdout.splitlines()[1:] == by_name.splitlines()[1:], "what is written as dump is read again")
        named = pathlib.Path(folder, "report.csv")
        run(recursion, "-t", "text", "-o", named)
        check(named.read_text() == by_name, "--format wins over the ending")
        copy = pathlib.Path(folder, "copy.prof")
        shutil.copy(recursion, copy)
        check(run(copy, "-o", copy).returncode == 2, "output is input")


def test_views():
    for options, word in (
        (["--callers"], "<- "), (["--callees=main"], "-> "), (["--peek", r"fib\)"], "fib (itself)"), (["--tree"], "~"),
        (["--by", "file"], "file"), (["--by", "module"], "module"), (["--by=package"], "package"),
        (["--names", "full"], "recursion.py:4(fib)"), (["--callers", "--percent", "--calls-limit", "1", "--calls-sort", "calls"], "%"),
    ):
        done = run(recursion, *options)
        check(done.returncode == 0 and word in done.stdout, f"{options} {done}")
    check("more caller" in run(dumps / "py3.11-cProfile-wordcount.prof", "--callers", "--calls-limit", "1").stdout, "--calls-limit")
    for format in ("text", "markdown", "csv", "tsv", "json"):
        for view in ([], ["--callers"], ["--callees"], ["--peek", "."], ["--tree"], ["--by", "package"], ["--percent"]):
            for dump in (recursion, packages, sampled, dumps / "py3.11-profile-recursion.prof"):
                done = run(dump, "--format", format, *view)
                check(done.returncode == 0 and done.stdout, f"{format} {view} {dump} {done.stderr}")
                if format == "json":
                    value = json.loads(done.stdout)
                    check(value["schema"] == "profconv-report" and value["version"] == 1, view)
                if format == "csv":
                    table = list(csv.reader(io.StringIO(done.stdout, newline="")))
                    check(len({len(row) for row in table}) == 1, f"{view} {dump}")
                if format == "tsv":
                    check(len({line.count("\t") for line in done.stdout.splitlines()}) == 1, f"{view} {dump}")


def test_tree_adds_up():
    for dump in sorted(dumps.glob("*.prof")):
        done = run(dump, "--tree", "--format", "json", "--threshold", "0.5", "-q")
        if done.returncode == 1 and "inclusive costs" in done.stderr or done.returncode == 2 and "call tree" in done.stderr:
            continue  # nothing was measured
        check(done.returncode == 0, done)
        nodes = json.loads(done.stdout)["nodes"]
        children = [0] * len(nodes)
        for node in nodes:
            if "parent" in node:
                children[node["parent"]] += node["total"]["time"]
        if "-profile-" in dump.name and "bias" not in dump.name:  # calls without times, the first one made by "profiler"
            check(len(nodes) > 5 and nodes[0]["proved"] and not all(node["proved"] for node in nodes), f"{dump.name} {len(nodes)}")
        for node, below in zip(nodes, children):
            check(node["total"]["time"] == node["self"]["time"] + node["hidden"]["time"] + below, f"{dump.name} {node}")


def test_selection():
    names = lambda *options: [row["name"] for row in rows(run(recursion, "--format=csv", *options).stdout)]
    check(names("-s", "calls")[0] == "fib", names("-s", "calls"))
    check(names("-s", "name") == sorted(names()), "by name")
    check(names("-s", "name", "--reverse") == sorted(names(), reverse=True), "--reverse")
    check(names("--restrict", "0.1") == names()[:2] == names("-n", "2") == names("--restrict", "2"), "the first ones")
    check(set(names("--restrict", "is_")) == {"is_even", "is_odd"}, names("--restrict", "is_"))
    check(names("--restrict", "is_", "--restrict=1") == names("--restrict", "is_")[:1], "several restrictions")
    check("fib" not in names("--ignore", "fib"), "--ignore")
    wordcount = dumps / "py3.11-cProfile-wordcount.prof"
    chosen = [run("--focus", "main", *more, wordcount).stdout for more in ([], ["--split"], ["--no-split"])]
    check(chosen[0] == chosen[1] != chosen[2], "--focus splits unless --no-split is given")
    for options in (["--fold", "stdlib"], ["--by", "module"]):
        chosen = [run(*options, *more, wordcount).stdout for more in ([], ["--split"], ["--no-split"])]
        check(chosen[0] == chosen[1] != chosen[2], f"{options} splits unless --no-split is given")
    check("no function matches 'zzz'" in run("--restrict", "zzz", recursion).stderr, "--restrict that finds nothing")
    hint = r"no function matches '^fib$': it is searched in file:line(name), where '\(fib\)$' finds that name"
    check(hint in run("--restrict", "^fib$", recursion).stderr, "an expression of the whole name")
    check("fib" in run("--restrict", r"\(fib\)$", recursion).stdout, "the expression of the hint")
    check(run("--restrict", "^rec", recursion).stderr == "", "an expression that finds where files begin")
    check("no function matches '^/|zzz'" in run("--restrict", "^/|zzz", recursion).stderr, "an expression of several words that finds nothing")
    check(run("--restrict", "3", recursion).stderr == "", "--restrict by number")
    check("there is no input 'is_even'" in run("--callers", "is_even", recursion).stderr, "an expression without =")
    check("an expression stands after =: --callees=is_even" in run("--callees", "is_even", recursion).stderr, "hint at =")
    check(run("--callers", recursion).returncode == 0, "--callers before an input")
    check(not any(name.startswith("<built-in") for name in names("--fold", "builtins")[1:]), names("--fold", "builtins"))
    total = lambda *options: sum(int(row["time_self"]) for row in rows(run(recursion, "--format=csv", *options).stdout))
    check(total() == total("--fold", "builtins") == total("--by", "package") == total("--strip-dirs"), "self times are conserved")
    check("/elsewhere/x/cart/utils.py" in run(packages, "--format=csv", "--path-map", "/tmp/profconv-programs/packages/shop=/elsewhere/x").stdout, "--path-map")


line_report = """Timer unit: 1e-09 s

Total time: 3e-07 s
File: job.py
Function: work at line 1

Line #      Hits         Time  Per Hit   % Time  Line Contents
==============================================================
     1                                           def work():
     2         3        300.0    100.0    100.0      return 1

Total time: 4e-07 s
File: job.py
Function: main at line 5

Line #      Hits         Time  Per Hit   % Time  Line Contents
==============================================================
     5                                           def main():
     6         3        400.0    133.3    100.0      work(), work(), work()

"""


def test_sources_that_a_report_shows():
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        (folder / "job.txt").write_text(line_report, encoding="utf-8")
        lines = run("--lines", "job.txt", cwd=folder)
        check("work(), work(), work()" in lines.stdout and lines.stderr == "", lines.stdout + lines.stderr)
        callees = run("--callees", "--format=csv", "job.txt", cwd=folder)  # calls are found in it
        check([row["time_total"] for row in rows(callees.stdout) if row["of_name"] == "main"] == ["300"], callees.stdout)
        check(run("--style", "line_profiler", "-u", "1e-9", "job.txt", cwd=folder).stdout == line_report, "the same report")
        check("work()" not in run("--lines", "--no-source", "job.txt", cwd=folder).stdout, "--no-source")
        moved = run("--lines", "--path-map", "job.py=/srv/job.py", "job.txt", cwd=folder).stdout
        check("work(), work(), work()" in moved, moved)


def test_sources_beside_the_profile():
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        (folder / "runs").mkdir()
        (folder / "runs/job.txt").write_text(line_report, encoding="utf-8")
        (folder / "runs/job.py").write_text("def work():\n    return 1\n\n\ndef main():\n    work(), work(), work()\n", encoding="utf-8")
        with_source = run("--callees", "--format=csv", "runs/job.txt", cwd=folder)
        check(with_source.stdout == run("--callees", "--format=csv", "job.txt", cwd=folder / "runs").stdout, "a relative name, from another folder")
        check([row["time_total"] for row in rows(with_source.stdout) if row["of_name"] == "main"] == ["300"], with_source.stdout)
        check(with_source.stderr == "", with_source.stderr)
        check(run("-s", "hits", "-n1", "--format=csv", "runs/job.txt", cwd=folder).returncode == 0, "-s hits")
        missing = run("-s", "mem_peak", "runs/job.txt", cwd=folder).stderr
        check("cannot sort by 'mem_peak', the profile has no mem_peak" in missing, missing)
        (folder / "job.py").write_text("print('another program')\n", encoding="utf-8")
        check(run("--callees", "--format=csv", "runs/job.txt", cwd=folder).stdout == with_source.stdout, "a file of that name here is another one")
        (folder / "other").mkdir()
        (folder / "other/job.txt").write_text(line_report, encoding="utf-8")
        (folder / "other/job.py").write_text("print('another program')\n", encoding="utf-8")
        named = run("--callees", "--format=csv", "--source-dir=runs", "other/job.txt", cwd=folder)
        check(named.stdout == with_source.stdout, "a folder that is named comes first")
        (folder / "job.py").unlink()
        (folder / "runs/job.py").unlink()
        bare = line_report
        for source in ("def work():", "    return 1", "def main():", "    work(), work(), work()"):
            bare = bare.replace(f"  {source}\n", "\n")
        (folder / "runs/job.txt").write_text(bare, encoding="utf-8")
        without = run("runs/job.txt", cwd=folder).stderr
        check("the source of 2 functions of 2 was not found: what their lines spent in profiled functions counts twice" in without, without)
        check(run("--no-source", "runs/job.txt", cwd=folder).stderr == "", "nothing is said of sources that nobody wants")


def test_callers_that_are_lost():
    """cProfile keeps one of two comprehensions of a line: the source says what the other one stands in."""
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        path = str(folder / "job.py")
        inner, outer = (path, 2, "<listcomp>"), (path, 1, "matmul")
        dump = {outer: (1, 1, 0.0001, 0.006, {}), inner: (45, 45, 0.005, 0.0055, {inner: (45, 45, 0.005, 0.0055)})}
        (folder / "run.prof").write_bytes(marshal.dumps(dump))
        callers = lambda *options: [row["name"] for row in rows(run("--callers", "--format=csv", *options, folder / "run.prof").stdout) if row["of_name"] == "<listcomp>"]
        check(callers() == ["<listcomp>"], callers())
        (folder / "job.py").write_text("def matmul(a):\n    return [[f(x) for x in r] for r in a]\n", encoding="utf-8")
        check(callers() == ["matmul"], callers())
        check(callers("--no-source") == ["<listcomp>"], callers("--no-source"))


def test_names_are_told_apart():
    text = run(packages, "-n", "0").stdout
    check("cart/utils.py:" in text and "stock/utils.py:" in text, text)
    head, *table = text.splitlines()[2:]
    labels = [line[head.index("function"):] for line in table]
    check(len(set(labels)) == len(labels), labels)
    stripped = rows(run(packages, "--strip-dirs", "--format=csv").stdout)
    check(len(stripped) == len(rows(run(packages, "--format=csv").stdout)), "stripping folders merges nothing")


def test_groups_are_those_of_the_whole_paths():
    for group in ("file", "module", "package"):
        whole, stripped = (rows(run(packages, "--by", group, *more, "--format=csv").stdout) for more in ([], ["--strip-dirs"]))
        check([row["time_total"] for row in whole] == [row["time_total"] for row in stripped], f"{group} {whole} {stripped}")
        same_names = [row["name"] for row in whole] == [row["name"] for row in stripped]
        check(same_names == (group != "file"), f"{group} {whole} {stripped}")
        check("/tmp/" not in str(stripped), stripped)


def test_lines_of_files():
    lines = source / "testdata/line_profiler/py3.11-lp5.0.2-wordcount.lprof"
    by_file = run("--lines", "--by", "file", "-n0", "--format=csv", lines)
    check(by_file.returncode == 0 and {row["name"] for row in rows(by_file.stdout)} == {"wordcount.py"}, by_file)
    with_default = run("--lines", lines, PROFCONV_BY="module")
    check(with_default.returncode == 0 and with_default.stdout == run("--lines", lines).stdout, with_default)
    with_default = run("--by", "module", lines, PROFCONV_LINES="1")
    check(with_default.returncode == 0 and with_default.stdout == run("--by", "module", lines).stdout, with_default)


def test_sampled():
    text = run(sampled).stdout
    check("samples" in text and "calls" not in text and "per call" not in text, text)
    done = run(sampled, "-s", "calls")
    check(done.returncode == 2 and "samples are no calls" in done.stderr, done)


def test_terminal():
    text = on_terminal(recursion, columns=120)
    check("\x1b[" in text and "█" in text, text)
    for columns in (120, 80, 70, 60, 50):
        plain = re.sub(r"\x1b\[\d+m", "", on_terminal(recursion, columns=columns))
        check(max(map(len, plain.splitlines())) <= columns, plain)
    check("\x1b[" not in on_terminal(recursion, NO_COLOR="1"), "NO_COLOR")
    check("\x1b[" not in on_terminal(recursion, TERM="dumb"), "a dumb terminal")
    check("\x1b[" not in on_terminal(recursion, "--color", "never"), "--color never")
    check("\x1b[" in run(recursion, "--color=always").stdout, "--color always")
    check("\x1b[" not in run(recursion).stdout, "no terminal")
    check(max(map(len, run(recursion, COLUMNS="60").stdout.splitlines()[2:])) <= 60, "COLUMNS")
    hostile = dumps / "special-control-characters.prof"
    for style in ("default", "pstats"):
        for by_name in (False, True):
            shown = re.sub(r"\x1b\[\d+m", "", on_terminal(hostile, "--style", style, "--", columns=200, by_name=by_name))
            check(shown.count("\n") > 2 and not re.search(r"[\x00-\x08\x0b-\x1f\x7f]", shown), f"{style} {by_name} {shown!r}")
    check(on_terminal(recursion, by_name=True, columns=60) == on_terminal(recursion, columns=60), "the name of a terminal")


def test_pstats_style():
    done = run("--style", "pstats", "-s", "cumtime", "-n", "2", recursion)
    check("   Ordered by: cumulative time\n   List reduced from 20 to 2 due to restriction <2>\n" in done.stdout, done)
    for options in (["--tree"], ["--by", "file"], ["--fold", "builtins"], ["--format", "csv"], ["--percent"], ["--peek", "x"], ["--names", "full"]):
        refused = run("--style", "pstats", *options, recursion)
        check(refused.returncode == 2 and "exclude each other" in refused.stderr, refused)


def test_lines_without_end():
    """A few bytes say that a function's lines are billions apart: without its source they would be numbered for hours."""
    far = source / "testdata/line_profiler/special-negative.lprof"
    with tempfile.TemporaryDirectory() as folder:
        done = run("--style", "line_profiler", "-q", far, cwd=folder)
        check(done.returncode == 1 and not done.stdout, done)
        expected = (
            "prof2text: the lines of function 'g' in a.py, which is not found, are too far apart to be numbered "
            "(hint: --source-dir says where else to look for the file)\n"
        )
        check(done.stderr == expected, done)
        (pathlib.Path(folder) / "a.py").write_text("def f():\n    x = 1\n    return x\n")
        found = run("--style", "line_profiler", "-q", "--source-dir", folder, far)
        check(found.returncode == 0 and "    return x\n" in found.stdout, found)


def test_report_of_splitting():
    done = run("--split", "--report", "-n1", packages)
    check(re.search(r"^Splitting\n  split \d+ functions? by caller\n", done.stderr, re.MULTILINE), done.stderr)


def test_options_that_mean_nothing():
    for options, error in (
        (["--tree", "-s", "self"], "--sort means nothing in --tree, where the costliest call comes first"),
        (["--tree", "--restrict", "x"], "--restrict means nothing in --tree (hint: --focus REGEX shows the ways to some functions)"),
        (["--depth", "2"], "--depth is for --tree"),
        (["--threshold", "2"], "--threshold is for --tree"),
        (["--calls-limit", "2"], "--calls-limit is for --callers, --callees and --peek"),
        (["--lines", "--by", "module"], "--by module means nothing in --lines: lines are those of a file (hint: --by file adds up the functions of each)"),
        (["--lines", "--by=package"], "--by package means nothing in --lines: lines are those of a file (hint: --by file adds up the functions of each)"),
        (["--frames", "name"], "--frames is for --format collapsed"),
        (["--format", "collapsed", "-n", "3"], "--limit means nothing in collapsed stacks (hint: --focus, --ignore and --fold choose among them)"),
        *((["--format", "dump", *more], f"{name} means nothing in a dump, which has all functions (hint: --focus, --ignore and --fold choose among them)")
          for name, more in (("--limit", ["-n3"]), ("--sort", ["-s", "self"]), ("--restrict", ["--restrict", "3"]), ("--percent", ["--percent"]), ("--tree", ["--tree"]))),
        (["--format", "dump", "--frames", "name"], "--frames is for --format collapsed"),
    ):
        done = run(recursion, *options)
        check(done.returncode == 2 and done.stderr == f"prof2text: {error}\n", f"{options} {done}")
    with tempfile.TemporaryDirectory() as name:
        defaults = pathlib.Path(name) / "profconv.toml"
        defaults.write_text('[prof2text]\nsort = ["self"]\nthreshold = 5\n')
        for options in ([], ["--tree"], ["--format", "collapsed"]):
            done = run(recursion, *options, PROFCONV_CONFIG=str(defaults))
            check(done.returncode == 0 and "means nothing" not in done.stderr, f"{options} {done}")


def test_every_style_is_text_and_may_be_packed():
    samples = {"pstats": recursion, "line_profiler": source / "testdata/line_profiler/py3.11-lp5.0.2-wordcount.lprof"}
    samples["memory_profiler"] = source / "testdata/memory_profiler/shop-0.31.txt"
    with tempfile.TemporaryDirectory() as folder:
        for style, sample in samples.items():
            refused = run("--style", style, sample, "-o", "x.csv", cwd=folder)
            check(refused.returncode == 2 and f"--style {style} prints text" in refused.stderr, refused)
            packed = run("--style", style, "-q", sample, "-o", "x.txt.gz", cwd=folder)
            check(packed.returncode == 0, packed)
            text = gzip.decompress((pathlib.Path(folder) / "x.txt.gz").read_bytes()).decode()
            check(text == run("--style", style, "-q", sample, cwd=folder).stdout, f"{style} packed")


def test_names_that_say_another_tool():
    with tempfile.TemporaryDirectory() as folder:
        done = run(recursion, "-o", "x.svg", cwd=folder)
        check(done.returncode == 0 and done.stderr == "prof2text: warning: x.svg ends in .svg, which prof2dot writes\n", done)
        done = run(recursion, "-o", "x.html", cwd=folder)
        check(done.stderr == "prof2text: warning: x.html ends in .html, which no tool here writes\n", done)
        done = run(recursion, "-o", "x.txt.zst", cwd=folder)
        check(done.stderr == "prof2text: warning: x.txt.zst ends in .zst and will not be packed: .gz says so\n", done)
        check(run(recursion, "-o", "x.CSV", cwd=folder).stderr == "", "capital letters")
        check((pathlib.Path(folder) / "x.CSV").read_text().startswith("name,"), "capital letters")
        check(run(recursion, "--limi", "1").stdout == run(recursion, "--limit", "1").stdout, "a short form of an option")


def test_wrong_usage():
    for options in (
        ["--sort", "speed"], ["--restrict", "("], ["--restrict", "1.5"], ["--peek", "(?=x)"], ["--callers", "--tree"], ["--format", "xml"],
        ["--style", "plain"], ["--by", "line"], ["--threshold", "200"], ["-n", "-1"], ["-n", "x"], ["--color", "maybe"], ["--no-such-option"],
        ["--path-map", "x"], ["-s", "samples"],
    ):
        done = run(recursion, *options)
        check(done.returncode == 2 and done.stderr.count("\n") == 1 and not done.stdout, f"{options} {done}")
    check(run("no-such-file.prof").returncode == 1, "a missing file")
    done = run(dumps / "bad/callers-not-a-dict.prof")
    check(done.returncode == 1 and done.stderr.count("\n") == 1 and not done.stdout, done)
    check(run("-h").returncode == 0 and run("-V").stdout.startswith("prof2text "), "-h and -V")
    check("no input" in on_stdin_terminal(), "no input and a terminal")


def on_stdin_terminal():
    parent, child = open_terminal()
    done = subprocess.run([tool], stdin=child, capture_output=True, text=True)
    os.close(child)
    os.close(parent)
    return done.stderr if done.returncode == 2 else ""


def test_streams():
    done = subprocess.run(f'"{tool}" "{recursion}" --callers -n 0 --format=csv | head -1', shell=True, capture_output=True, text=True)
    check(done.returncode == 0 and done.stderr == "", done)
    if os.path.exists("/dev/full"):
        with open("/dev/full", "w") as full:
            failed = subprocess.run([tool, recursion], stdout=full, stderr=subprocess.PIPE, text=True)
        check(failed.returncode == 1 and "No space left" in failed.stderr, failed)


def main():
    tests = [value for name, value in globals().items() if name.startswith("test_")]
    for test in tests:
        try:
            test()
        except NoTerminal as error:
            print(f"{test.__name__}: not to its end, no pseudo-terminal: {error}")
    print("\n".join(faults) or f"{len(tests)} groups passed")
    return bool(faults)


if __name__ == "__main__":
    sys.exit(main())
