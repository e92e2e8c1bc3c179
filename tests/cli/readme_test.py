"""Runs the commands of README.md and the docs' console blocks and compares what they print.

A block marked `console` is a transcript: lines that start with "$ " are run by the shell, in order, in one folder with the
files that the examples name; what follows is the expected output (both streams). A line "..." stands for any output, "(...)" for any
details in brackets, which may also be left out at the end of a line. Commands that open a viewer get one that does nothing.
"""

import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

source = pathlib.Path(os.environ["PROFCONV_SOURCE"])
tools = os.environ["PROFCONV_BIN"]


def transcripts(path):
    for block in re.finditer(r"^```console\n(.*?)^```", path.read_text(encoding="utf-8"), re.M | re.S):
        commands = re.split(r"^\$ ", block[1], flags=re.M)[1:]
        yield [(command.split("\n", 1)[0], command.split("\n", 1)[1]) for command in commands]


def prepare(folder):
    programs, dumps = source / "testdata/programs", source / "testdata/pstats"
    shutil.copy(programs / "wordcount.py", folder)
    (folder / "script.py").write_text("import sys\nprint(sum(range(1000)), sys.argv[1:])\n")
    shutil.copy(dumps / "py3.11-cProfile-wordcount.prof", folder / "run.prof")
    shutil.copy(dumps / "py2.7-cProfile-recursion.prof", folder / "tuesday.prof")
    shutil.copy(dumps / "py3.11-cProfile-recursion.prof", folder / "monday.prof")
    shutil.copy(source / "testdata/mprof/recorded-plain.dat", folder / "memory.dat")
    subprocess.run(["gzip", "monday.prof"], cwd=folder, check=True)
    viewer = folder / "bin/kcachegrind"
    viewer.parent.mkdir()
    viewer.write_text("#!/bin/sh\nexit 0\n")
    viewer.chmod(0o755)


def matches(expected, printed):
    pattern = "".join(
        r"(?s:.*)" if line == "..." else re.escape(line).replace(re.escape("(...)"), r"\(.*\)") + r"( \(.*\))?\n"
        for line in expected.splitlines()
    )
    return re.fullmatch(pattern, printed) is not None


def main():
    run, failed = 0, []
    for path in [source / "README.md", *sorted((source / "docs").rglob("*.md"))]:
        with tempfile.TemporaryDirectory() as name:
            folder = pathlib.Path(name)
            prepare(folder)
            environment = {**os.environ, "PATH": f"{tools}:{folder / 'bin'}:{os.environ['PATH']}", "COLUMNS": "100"}
            for transcript in transcripts(path):
                for command, expected in transcript:
                    done = subprocess.run(
                        ["bash", "-o", "pipefail", "-c", command],
                        cwd=folder, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                    )
                    run += 1
                    if not matches(expected, done.stdout):
                        failed.append(f"{path.relative_to(source)}: $ {command}\nexpected:\n{expected}\nprinted (exit {done.returncode}):\n{done.stdout}")
    readme = (source / "README.md").read_text(encoding="utf-8")
    example = (source / "docs/examples/convert.cpp").read_text(encoding="utf-8")
    if f"```cpp\n{example}```" not in readme:
        failed.append("README.md: the C++ example is not docs/examples/convert.cpp, which is the one that is compiled")
    library = (source / "docs/library.md").read_text(encoding="utf-8")
    if f"```cpp\n{(source / 'docs/examples/hottest.cpp').read_text(encoding='utf-8')}```" not in library:
        failed.append("docs/library.md: the example is not docs/examples/hottest.cpp, which is the one that is compiled")
    print("\n\n".join(failed) or f"{run} commands print what the documents say")
    return bool(failed) or run == 0


if __name__ == "__main__":
    sys.exit(main())
