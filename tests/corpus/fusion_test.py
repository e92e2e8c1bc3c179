"""One program seen by three real profilers: what the fusion keeps of each, whatever the order of the inputs."""

import itertools
import json
import os
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "support"))
from samples import Checks, program, run, skip, text  # noqa: E402

corpus = pathlib.Path(os.environ.get("PROFCONV_CORPUS", "no corpus"))


def report(checks, *inputs):
    """The functions of a report by file, line and name, each with what is known of it by metric."""
    result = run(program("prof2text"), "-q", "--format", "json", *inputs)
    checks.equal(result.returncode, 0, inputs, text(result.stderr))
    found = json.loads(result.stdout)
    return {(f["file"], f["line"], f["name"]): f for f in found["functions"]}


def check_pair(checks, calls, lines, memory):
    alone, hits = report(checks, calls), report(checks, lines)
    inputs = [path for path in (calls, lines, memory) if path]
    for order in itertools.permutations(inputs):
        fused = report(checks, *order)
        checks.equal(fused.keys(), alone.keys(), order)
        for key, function in alone.items():
            for column in ("calls", "primitive_calls"):
                checks.equal(fused[key][column], function[column], key, column)
            for column in ("self", "total"):
                checks.equal(fused[key][column]["time"], function[column]["time"], key, column)
        counted = {key[1:2]: f["self"]["hits"] for key, f in fused.items() if f["self"].get("hits")}
        checks.equal(counted, {key[1:2]: f["self"]["hits"] for key, f in hits.items()}, order, "hits")


def main():
    folder = corpus / "pairs/rows"
    if not folder.is_dir():
        skip("no corpus")
    checks = Checks()
    check_pair(checks, folder / "rows.pstats", folder / "rows.lprof", folder / "rows.mem.txt")
    check_pair(checks, folder / "rows.py314.pstats", folder / "rows.py314-lp5.lprof", None)
    return checks.finish()


if __name__ == "__main__":
    sys.exit(main())
