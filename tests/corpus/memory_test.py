"""Real reports of memory_profiler and data files of mprof, with the facts known about them, read again by other rules."""

import json
import os
import pathlib
import re
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "support"))
import dump_text  # noqa: E402
from samples import Checks, convert, program, run, skip, text  # noqa: E402

corpus = pathlib.Path(os.environ.get("PROFCONV_CORPUS", "no corpus"))
mib = 2**20


def dump_of(checks, path):
    result = convert("dump", path)
    checks.equal(result.returncode, 0, path.name, text(result.stderr))
    return dump_text.parse(result.stdout)


def check_report(checks, path, facts):
    dump = dump_of(checks, path)
    checks.equal(len(dump.functions), facts["functions"], path.name, "functions")
    checks.equal(len(dump.lines), facts["rows_with_memory"], path.name, "rows with memory")
    checks.equal("hits" in dump.metrics, facts["has_occurrences"], path.name, "occurrences")

    # Usage and occurrences are what stands in the row; so is an increment, unless it is the whole memory.
    row = re.compile(r"^ *(\d+) +(-?[\d.]+) MiB +(-?[\d.]+) MiB(?: +(\d+)(?=   ))?", re.M)
    peak, grow = dump.metrics.index("mem_peak"), dump.metrics.index("mem_grow")
    found = [(line, own, below) for _, line, own, below in dump.lines]
    for (line, own, below), match in zip(found, row.finditer(path.read_text(encoding="utf-8"))):
        checks.equal((line, own[peak]), (int(match[1]), round(float(match[2]) * mib)), path.name, "usage")
        if match[4]:
            checks.equal(own[0], int(match[4]), path.name, line, "occurrences")
        change, recorded = below[grow] - below[grow + 1], round(float(match[3]) * mib)
        checks.equal(change == recorded or recorded > 0 and abs(change) < recorded, True, path.name, line, "increment", change, recorded)


def check_data(checks, path, facts):
    dump = dump_of(checks, path)
    lines = facts["lines"]
    peak = dump.metrics.index("mem_peak")
    if "FUNC" not in lines:
        checks.equal(max(f.total[peak] for f in dump.functions), round(facts["max_mem"] * mib), path.name, "peak")
        refused = run(program("prof2calltree"), "-i", path, "-o", "/dev/null")
        checks.equal((refused.returncode, b"holds no functions" in refused.stderr), (1, True), path.name, text(refused.stderr))
        return
    checks.equal(sum(f.calls for f in dump.functions), lines["FUNC"], path.name, "calls")
    # A call's inclusive growth minus release is its exit minus its entry; so it is for all outermost calls together.
    records = [line.split() for line in path.read_text().splitlines() if line.startswith("FUNC ")]
    top = [r for r in records if r[-1] == "0"]
    calls_in = {edge.callee for edge in dump.calls if edge.caller != edge.callee}
    changed = sum(f.total[1] - f.total[2] for number, f in enumerate(dump.functions) if number not in calls_in)
    outermost = {r[1] for r in top} - {text(dump.functions[c].name) for c in calls_in}
    wanted = sum(round(float(r[4]) * mib) - round(float(r[2]) * mib) for r in top if r[1] in outermost)
    checks.equal(changed, wanted, path.name, "change of memory")
    time = sum(round((float(r[5]) - float(r[3])) * 1e4) for r in top)
    checks.equal(sum(f.self[0] for f in dump.functions), time * 100_000, path.name, "time")


def main():
    if not (corpus / "MANIFEST.json").exists():
        skip(f"no corpus at {corpus}")
    checks = Checks()
    read = 0
    for entry in json.loads((corpus / "MANIFEST.json").read_text())["files"]:
        check = {"memprof-text": check_report, "mprof": check_data}.get(entry["kind"])
        if check is None or "facts" not in entry:
            continue
        path = corpus / entry["file"]
        check(checks, path, entry["facts"])
        read += 1
    print(f"{read} files")
    checks.equal(convert("dump", corpus / "malformed/mprof-bad.dat").returncode, 0, "mprof-bad.dat")
    return checks.finish()


if __name__ == "__main__":
    sys.exit(main())
