"""callgrind_annotate (of Valgrind) reads what we write without a word, and its totals and self costs are the profile's."""

import collections
import pathlib
import re
import shutil
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "support"))
import dump_text  # noqa: E402
from samples import Checks, convert, run, skip, source, text  # noqa: E402

row = re.compile(r"^ *((?:[\d,]+|\.) +(?:\( *[\d.]+%\) +)?)")


def numbers_and_name(line, columns):
    """The leading numbers of a row of the report, without their percentages, and the rest."""
    numbers = []
    for _ in range(columns):
        match = row.match(line)
        if not match:
            return None, line
        numbers.append(int(match[1].split()[0].replace(",", "").replace(".", "0")))
        line = line[match.end() :]
    return numbers, line


def check(checks, path, scratch):
    written = convert("callgrind", path)
    checks.equal(written.returncode, 0, path.name, text(written.stderr))
    file = scratch / "out.callgrind"
    file.write_bytes(written.stdout)
    columns = len(re.search(rb"^events:((?: \w+)+)$", written.stdout, re.M)[1].split())
    summary = [int(n) for n in re.search(rb"^summary:(.*)$", written.stdout, re.M)[1].split()]
    if sum(summary) == 0:
        return  # it divides by the total
    # From elsewhere: it strips the current folder from some names and not from others.
    result = run("callgrind_annotate", "--threshold=100", "--auto=no", file, cwd=scratch)
    checks.equal(result.returncode, 0, path.name, "exit status")
    checks.equal(text(result.stderr), "", path.name, "messages")

    totals, costs = None, collections.Counter()
    for line in text(result.stdout).split("\n"):
        numbers, name = numbers_and_name(line, columns)
        if numbers is None:
            continue
        if name == "PROGRAM TOTALS":
            totals = numbers
        elif not name.endswith(":(root)"):
            costs[numbers[0]] += 1
    checks.equal(totals, summary, path.name, "totals")

    dump = dump_text.parse(convert("dump", path).stdout)
    expected = collections.Counter(max(0, f.self[0]) for f in dump.functions)
    del costs[0], expected[0]  # functions that cost nothing are left out at times
    checks.equal(costs, expected, path.name, "self costs")


def main():
    if not shutil.which("callgrind_annotate"):
        skip("no callgrind_annotate; it comes with valgrind")
    checks = Checks()
    with tempfile.TemporaryDirectory() as scratch:
        for path in sorted((source / "testdata/pstats").glob("*.prof")):
            check(checks, path, pathlib.Path(scratch))
    return checks.finish()


if __name__ == "__main__":
    sys.exit(main())
