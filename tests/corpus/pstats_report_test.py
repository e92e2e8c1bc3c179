"""Compares `prof2text --style pstats` with the reports of pstats beside the corpus's dumps.

They were made by CPython 3.11.7 after sort_stats("cumulative"), on the whole list; the line with the date is left out. The
dumps of Python 2 went through Python 2.7, whose dicts have an order of their own: there, ties may stand in any order.
"""

import collections
import os
import pathlib
import re
import subprocess
import sys

corpus = pathlib.Path(os.environ["PROFCONV_CORPUS"])
tool = os.path.join(os.environ["PROFCONV_BIN"], "prof2text")


def blocks(lines):
    """A row of a function with the rows of its callers or callees."""
    found = []
    for line in lines:
        if line.startswith(b"   ") and found and b"<- " not in line and b"-> " not in line:
            found[-1] += b"\n" + line
        else:
            found.append(line)
    return found


def cumulative(lines):
    """The times that the list is sorted by; the columns before them are 9 (or more), 8 and 8 wide."""
    rows = [re.match(rb"( *[\d/]+).{19}(.{8}) ", line) for line in lines]  # the rest of a name with a line end is no row
    return [row[2] for row in rows if row and len(row[1]) >= 9]


def equal_but_for_ties(kind, printed, wanted):
    a, b = printed.split(b"\n"), wanted.split(b"\n")
    if kind == "stats":
        return cumulative(a) == cumulative(b) and collections.Counter(a) == collections.Counter(b)
    return a[:3] == b[:3] and collections.Counter(blocks(a)) == collections.Counter(blocks(b))


def main():
    if not corpus.is_dir():
        print(f"skipped: no corpus at {corpus}")
        return 77
    compared, with_ties, failed = 0, 0, []
    for reference in sorted(corpus.rglob("*.expected-*.txt")):
        name, _, kind = reference.name.removesuffix(".txt").rpartition(".expected-")
        if kind not in ("stats", "callers", "callees"):
            continue
        dump = reference.with_name(name)
        options = [] if kind == "stats" else ["--" + kind]
        done = subprocess.run([tool, "--style", "pstats", "-q", "-s", "cumulative", *options, dump], capture_output=True)
        printed = done.stdout
        if kind == "stats":
            first, _, printed = printed.partition(b"\n\n")
            if not first.endswith(b"    " + os.fsencode(dump)):
                failed.append(f"{dump}: the first line is {first!r}")
        wanted = reference.read_bytes()
        compared += 1
        if printed == wanted:
            continue
        if "py2" in name and equal_but_for_ties(kind, printed, wanted):
            with_ties += 1
            continue
        failed.append(f"{dump}: {kind} differ\n{done.stderr.decode()}")
    print("\n".join(failed))
    print(f"{compared} reports compared, {with_ties} of them equal but for the order of ties, {len(failed)} faults")
    return bool(failed) or compared == 0


if __name__ == "__main__":
    sys.exit(main())
