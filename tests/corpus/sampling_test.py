"""Recordings of CPython 3.15.2 against what its own replay says is in them."""

import collections
import os
import pathlib
import re
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "support"))
from samples import Checks, convert, skip, text  # noqa: E402

corpus = pathlib.Path(os.environ.get("PROFCONV_CORPUS", "")) / "py315"


def stacks(path):
    result = convert("--frames", "cpython", "collapsed", path)
    assert result.returncode == 0, text(result.stderr)
    return result.stdout


class Costs:
    """Of a dump: functions, lines and calls by names, the samples column only."""

    def __init__(self, path, *options):
        self.functions, self.lines, self.calls = {}, {}, {}
        result = convert(*options, "dump", path)
        assert result.returncode == 0, text(result.stderr)
        names = []
        samples = 0
        for row in text(result.stdout).splitlines():
            words = row.split()
            if words[0] == "metric":
                samples += words[1] == "time"  # its column comes first
            number = r"(?:\S+ )?" if samples else ""
            costs = rf"self {number}(\S+) total {number}(\S+)(?: #.*)?$"
            if words[0] == "function":
                match = re.match(rf'function \d+ "([^"]*)" (?:qualified "([^"]*)" )?file "([^"]*)" line 0 {costs}', row)
                names.append((match[3], match[2] or match[1]))
                self.functions[names[-1]] = (int(match[4]), int(match[5]))
            elif words[0] == "line":
                match = re.match(rf"line (\d+) (\d+) {costs}", row)
                self.lines[names[int(match[1])], int(match[2])] = (int(match[3]), int(match[4]))
            elif words[0] == "call":
                match = re.match(rf"call (\d+) (\d+) line (\d+) .*total {number}(\S+) #", row)
                self.calls[names[int(match[1])], names[int(match[2])], int(match[3])] = int(match[4])


def check_pstats(checks, binary, pstats, recursive):
    """Sampled pstats have no stacks: all but the inclusive costs of recursion is exact there, too."""
    checks.equal(set(pstats.functions), set(binary.functions), "functions")
    for name, (self, total) in binary.functions.items():
        checks.equal(pstats.functions[name][0], self, name, "self")
        if name not in recursive:
            checks.equal(pstats.functions[name][1], total, name, "inclusive")
    # Where no line of a function is known, stacks say nothing of lines.
    checks.equal({k: v for k, v in pstats.lines.items() if k[1] != 0}, binary.lines, "lines")
    simple = {k: v for k, v in binary.calls.items() if k[0] != k[1]}
    checks.equal({k: v for k, v in pstats.calls.items() if k[0] != k[1]}, simple, "calls")


def main():
    if not corpus.is_dir():
        skip(f"{corpus} is not there")
    checks = Checks()
    for name in ("none", "zstd", "all"):
        expected = (corpus / f"wordstats.{name}.collapsed").read_bytes()
        checks.equal(sorted(stacks(corpus / f"wordstats.{name}.bin").splitlines()), sorted(expected.splitlines()), name, "stacks of the binary")
    for name in ("none", "zstd", "all", "live"):
        expected = (corpus / f"wordstats.{name}.collapsed").read_bytes()
        checks.equal(sorted(stacks(corpus / f"wordstats.{name}.collapsed").splitlines()), sorted(expected.splitlines()), name, "stacks read and written")
    for name, samples in (("none", 1443), ("zstd", 1901), ("all", 1946)):
        counts = [int(line.rsplit(b" ", 1)[1]) for line in stacks(corpus / f"wordstats.{name}.bin").splitlines()]
        checks.equal(sum(counts), samples, name, "samples")
        checks.equal(counts, sorted(counts, reverse=True), name, "the largest number comes first")

    binary = Costs(corpus / "wordstats.none.bin")
    recursive = {name for name in binary.functions if any(k[0] == k[1] == name for k in binary.calls)}
    check_pstats(checks, binary, Costs(corpus / "wordstats.none.pstats"), recursive)
    for name in ("none", "all"):
        binary, flat = Costs(corpus / f"wordstats.{name}.bin"), Costs(corpus / f"wordstats.{name}.jsonl")
        checks.equal(set(flat.functions), set(binary.functions), name, "functions of the summary")
        for function, (self, total) in binary.functions.items():
            checks.equal(flat.functions[function][0], self, name, function, "self in the summary")
            checks.equal(flat.functions[function][1] >= total, True, name, function, "inclusive in the summary")
        checks.equal({k: v[0] for k, v in flat.lines.items()}, {k: v[0] for k, v in binary.lines.items()}, name, "lines of the summary")

    # The loop that makes the program slow.
    slow = {line: costs[0] for (function, line), costs in Costs(corpus / "wordstats.none.bin").lines.items() if function[1] == "slow_count"}
    hottest = collections.Counter(slow).most_common(2)
    checks.equal([line for line, _ in hottest], [17, 16], "the hottest lines of slow_count")
    return checks.finish()


if __name__ == "__main__":
    sys.exit(main())
