"""Compares `prof2text --style line_profiler` with the real line_profiler: every sample, the corpus, generated dumps of the
standard library, all options."""

import ast
import itertools
import json
import os
import pathlib
import re
import subprocess
import sys
import sysconfig
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "support"))
from samples import Checks, program, run, skip, source, text  # noqa: E402

corpus = pathlib.Path(os.environ.get("PROFCONV_CORPUS", "no corpus"))
peers = os.environ.get("PROFCONV_PEERS", "no peers")

# Runs in the peers' Python: for each job a report, or why there is none.
REAL = r"""
import contextlib, io, json, sys
import line_profiler, line_profiler._line_profiler, line_profiler.line_profiler as real
sys.modules["_line_profiler"] = line_profiler._line_profiler  # where 1.x and 2.x had the class
reports = []
for files, options in json.load(sys.stdin):
    sys.argv = ["line_profiler", "--no-config", *options, *files]
    out = io.StringIO()
    try:
        with contextlib.redirect_stdout(out):
            real.main()
    except Exception as error:
        reports.append([None, repr(error)])
    else:
        reports.append([out.getvalue(), ""])
json.dump(reports, sys.stdout)
"""

COMBINATIONS = [[], ["-z"], ["-t"], ["-m"], ["-u", "1"], ["-u", "1e-3"], ["-u", "1e-9"], ["-z", "-t", "-m", "-u", "1e-9"], ["-z", "-m", "-u", "2.5e-7"]]


def functions(path):
    """(first line, name) of all functions of a module, decorators included."""
    for node in ast.walk(ast.parse(path.read_bytes())):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.ClassDef)):
            first = min([node.lineno] + [d.lineno for d in getattr(node, "decorator_list", [])])
            yield first, getattr(node, "name", "<lambda>"), node.end_lineno


def generate(folder):
    """Dumps that claim something about every function of the standard library's modules; what they claim is odd on purpose."""
    sys.path.insert(0, str(source / "testdata"))
    import make_line_profiler

    library = pathlib.Path(sysconfig.get_path("stdlib"))
    modules = sorted(library.glob("*.py")) + sorted((library / "json").glob("*.py")) + sorted((library / "asyncio").glob("*.py"))
    state = 12345
    for number, module in enumerate(modules):
        if number % 4:
            continue
        timings = {}
        for first, name, last in functions(module):
            rows = []
            for line in range(first + 1, last + 1):
                state = state * 1103515245 + 12345 & 0x7FFFFFFF
                if state % 3 == 0:
                    rows.append((line, state % 1000 + 1, state * 10 ** (state % 7) // 1000))
            timings[(str(module), first, name)] = rows
        yield write(folder / f"{module.stem}.lprof", make_line_profiler.dump(timings, (1e-9, 1e-7, 1e-6, 1 / 2343750)[number % 3]))
    wide = {("a.py", 1, "f"): [(2, 10**12, 10**17), (3, 1, 1), (4, 999999999, 5), (5, 10**10, 123456789012345)],
            ("a.py", 9, "g"): [(12, 3, 10**16), (10, 7, 12345678901)], ("nothing.py", 4, "h"): [], ("<ipython-input-1-a>", 1, "i"): [(1, 1, 1)],
            # Wide where no line shows it, wide and replaced, and beyond the column of line numbers.
            ("<ipython-input-2-b>", 1, "j"): [(1, 10**12, 1)], ("b.py", 9, "twice"): [(12, 10**13, 3), (12, 4, 5)], ("b.py", 2000000, "far"): [(2000001, 5, 77)]}
    yield write(folder / "wide.lprof", make_line_profiler.dump(wide))
    yield write(folder / "ties.lprof", make_line_profiler.dump({("a.py", 1, "f"): [(i, 3, 50 * i + 25) for i in range(2, 60)]}))


def write(path, data):
    path.write_bytes(data)
    return path


ODD_SOURCES = {
    "tabs.py": "def f():\n\tif 1:\n        \tpass\n\t# comment\n  # less\n# none\n\n\nx = 1\n",
    "strings.py": 'def f():\n    x = """\ndef g():\n    """\n    y = \'a\\\n    b\'\n    return f"{x!r:>{10}}" \'\'\n\ny = 2\n',
    "decorated.py": "@a.b(\n  1,\n  2)\n# note\n@c\nasync def f(\n    x,  # one\n):\n    return 1  # two\n    # three\n  # four\nz = 1\n",
    "one_line.py": "def f(): return 1\n# c\ndef g(): return 2\nclass A: pass\n",
    "lambdas.py": "x = lambda a: (\n   a + 1)\ny = [lambda: 1,\n  lambda: 2]\n",
    "no_end.py": "def f():\n    return 1",
    "crlf.py": "def f():\r\n    return 1\r\n\r\ny = 1\r\n",
    "module.py": "import os\n\nx = 1\nif x:\n    y = 2\ndef f():\n    pass\nz = 1\n",
    "unicode.py": "def gr\u00fc\u00df():\n    \u03b1 = '\u00e9'  # \u00fc\n    return \u03b1\n\nx = 1\n",
    "dedent.py": "class A:\n    def f(self):\n            x = 1\n    y = 2\n",
    "backslash.py": "def f():\n    x = 1 + \\\n2\n    return x\nassert f() \\\n  == 3\n",
    "formfeed.py": "def f():\n    pass\n\x0c\ndef g():\n    pass\n",
    "cython.pyx": "cpdef f(int x):\n    return x\n\ncdef class A:\n    cdef int x\n    property y:\n        def __get__(self):\n            return 1\n\nx = 1\n",
    "semicolons.py": "def f(): x = 1; y = 2\nf(); g = lambda: 0\n",
    "empty_lines.py": "def f():\n\n    x = 1\n   \n\n    return x\n   \n\n",
    "numbers.py": "def f():\n    return 0xff + 1_000j + 1.e5 + .5 if 1else 2\nx = 1\n",
    "latin_1.py": "# -*- coding: latin-1 -*-\ndef f():\n    return '\u00e9\u00ff'\n",
    "latin_9.py": "#!python\n# vim: set fileencoding=ISO-8859-15 :\ndef f():\n    return '\u20ac\u00e9'\n",
    "windows.py": "# coding: cp1252\r\ndef f():\r\n    return '\u20ac\u2026\u00e9'\r\n",
}
CODINGS = {"latin_1.py": "latin-1", "latin_9.py": "iso-8859-15", "windows.py": "cp1252"}


def first_lines(content):
    """Any line, and two behind the end; since 3.12, whose tokenizer takes statements that begin in their middle for other
    things, those where a function or class may begin."""
    lines = range(1, content.count("\n") + 3)
    if sys.version_info < (3, 12):
        return lines
    text = content.splitlines()
    return [line for line in lines if line > len(text) or BEGINNING.match(text[line - 1])]


BEGINNING = re.compile(r"\s*(@|(async\s+)?def\b|class\b|cp?def\b|property\b|\w+ = \[?lambda\b|[a-z]\w* = )")


def odd_sources(folder):
    import make_line_profiler

    for name, content in ODD_SOURCES.items():
        (folder / name).write_bytes(content.encode(CODINGS.get(name, "utf-8")))
    timings = {(name, line, f"f{line}"): [(line, 1, 1000)] for name, content in ODD_SOURCES.items() for line in first_lines(content)}
    for number, key in enumerate(timings):  # one a file: where the real one fails the others are still compared
        yield write(folder / f"odd{number}.lprof", make_line_profiler.dump({key: timings[key]}))


def real_reports(jobs, cwd):
    done = subprocess.run([peers, "-c", REAL], input=json.dumps(jobs).encode(), capture_output=True, cwd=cwd, timeout=600)
    if done.returncode != 0:
        skip(f"no line_profiler: {text(done.stderr)[-300:]}")
    return json.loads(done.stdout)


def compare(checks, jobs, cwd):
    compared = failing = 0
    for (files, options), (expected, why) in zip(jobs, real_reports(jobs, cwd)):
        if expected is None:
            failing += 1
            continue
        ours = run(program("prof2text"), "--style", "line_profiler", "-q", *options, *files, cwd=cwd)
        found = text(ours.stdout)
        expected = text(expected.encode("utf-8", "backslashreplace"))  # where printing the real one fails
        compared += 1
        checks.checked += 1
        if found != expected:
            first = next((pair for pair in itertools.zip_longest(found.split("\n"), expected.split("\n")) if pair[0] != pair[1]), None)
            checks.fail([pathlib.Path(f).name for f in files], options, "first difference (ours, real):", first, text(ours.stderr))
    print(f"{compared} reports compared; line_profiler itself fails on {failing} more")
    return compared


def main():
    if not pathlib.Path(peers).exists():
        skip("no peers")
    checks = Checks()
    samples = sorted((source / "testdata/line_profiler").glob("*.lprof"))
    jobs = [([str(path)], options) for path in samples for options in COMBINATIONS]
    jobs += [([str(a), str(b)], options) for a, b in itertools.combinations(samples[:1] + samples[-3:], 2) for options in ([], ["-t", "-m"])]
    checks.equal(compare(checks, jobs, source / "testdata/programs") > 100, True, "samples compared")
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        made = list(generate(folder))
        compare(checks, [([str(path)], options) for path in made for options in ([], ["-z", "-m", "-u", "1e-3"])], folder)
        compare(checks, [([str(path)], []) for path in odd_sources(folder)], folder)
    if corpus.is_dir():
        real = sorted((corpus / "lprof").rglob("*.lprof"))
        compare(checks, [([str(path)], options) for path in real for options in COMBINATIONS], corpus / "programs")
        rows = sorted((corpus / "pairs/rows").glob("*.lprof"))
        compare(checks, [([str(path)], options) for path in rows for options in COMBINATIONS], corpus / "pairs/rows")
    return checks.finish()


if __name__ == "__main__":
    sys.exit(main())
