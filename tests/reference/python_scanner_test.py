"""The scanner of Python sources against CPython's compiler: every code object of the standard library of the Pythons
that is installed, with its qualified name and first line."""

import collections
import os
import pathlib
import shutil
import subprocess
import sys

source = pathlib.Path(os.environ["PROFCONV_SOURCE"])
scan = pathlib.Path(os.environ["PROFCONV_BIN"]) / "profconv_test_scan"
COMPREHENSIONS = {"<listcomp>", "<setcomp>", "<dictcomp>"}


def pythons():
    """Interpreters of different versions: (program, version, folder of the standard library)."""
    names = ["python3", "python2.7"] + [f"python3.{minor}" for minor in range(6, 16)]
    programs = [p for name in names if (p := shutil.which(name))]
    programs += map(str, pathlib.Path.home().glob(".pyenv/versions/*/bin/python"))
    found = {}
    for program in [sys.executable, *programs]:
        ask = "import sys, os; print('%d %d %s' % (sys.version_info[0], sys.version_info[1], os.path.dirname(os.__file__)))"
        answer = subprocess.run([program, "-c", ask], capture_output=True, text=True)
        if answer.returncode == 0:
            major, minor, folder = answer.stdout.split(maxsplit=2)
            found.setdefault((int(major), int(minor)), (program, folder.strip()))
    return found


def rows(command, files):
    # Arguments go in portions: a command line has an end.
    for i in range(0, len(files), 500):
        out = subprocess.run([*command, *files[i : i + 500]], capture_output=True, check=True).stdout
        for line in out.decode("utf-8", "replace").splitlines():
            yield line.split("\t")


def compare(program, version, files):
    """Differences, and how many code objects were compared."""
    expected, got = collections.defaultdict(collections.Counter), collections.defaultdict(collections.Counter)
    qualified = version >= (3, 11)  # earlier ones do not record it
    inlined = version >= (3, 12)  # comprehensions have no code of their own
    for file, name, line, generator in rows([program, str(source / "tests/support/code_objects.py")], files):
        if version < (3, 8) and name.split(".")[-1] in COMPREHENSIONS | {"<genexpr>"}:
            continue
        expected[file][name if qualified else name.split(".")[-1], int(line), generator] += 1
    for file, _, name, first, _, _, generator in rows([str(scan)], [f for f in files if f in expected]):
        last = name.split(".")[-1]
        if not qualified:
            name = last
        if version < (3, 8) and last in COMPREHENSIONS | {"<genexpr>"}:
            continue  # Python 2 makes no code of [...]; before 3.8 the first line is that of the element
        if inlined and last in COMPREHENSIONS:
            continue
        got[file][name, int(first), generator] += 1
    differences, too_many = [], 0
    for file in expected:
        if inlined:  # what stands in a comprehension belongs to the function around it
            for names in (expected, got):
                names[file] = collections.Counter(
                    {(without_comprehensions(name), line, gen): n for (name, line, gen), n in names[file].items()}
                )
        differences += [f"{file}: missing {key}" for key in expected[file] - got[file]]
        too_many += sum((got[file] - expected[file]).values())
    return differences, too_many, sum(sum(names.values()) for names in expected.values())


def without_comprehensions(name):
    for comprehension in COMPREHENSIONS:
        name = name.replace(comprehension + ".", "")
    return name


def main():
    bad = 0
    wanted = sys.argv[1:] or ["2.7", f"3.{sys.version_info[1]}"]  # "all": every one there is
    for version, (program, folder) in sorted(pythons().items()):
        if ".".join(map(str, version)) not in wanted and wanted != ["all"]:
            continue
        skipped = {"site-packages"} if wanted == ["all"] else {"site-packages", "test", "tests", "idlelib", "encodings"}
        files = [str(p) for p in sorted(pathlib.Path(folder).rglob("*.py")) if not skipped & set(p.parts) and p.stat().st_size < 1 << 24]
        differences, too_many, compared = compare(program, version, files)
        print(f"Python {version[0]}.{version[1]}: {compared} code objects of {len(files)} files, {len(differences)} missing, {too_many} too many")
        print("\n".join(differences[:40]))
        # Code that cannot run (`if 0:`) is compiled by nobody, but it is found.
        bad += len(differences) + (too_many > compared / 1000)
    return bad != 0


if __name__ == "__main__":
    sys.exit(main())
