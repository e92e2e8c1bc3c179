"""Real text reports of line_profiler: the facts about them, and the .lprof files that the same runs wrote."""

import json
import math
import os
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "support"))
import dump_text  # noqa: E402
from samples import Checks, convert, skip, text  # noqa: E402

corpus = pathlib.Path(os.environ.get("PROFCONV_CORPUS", "no corpus"))
pairs = {"lprof-text/found/dpc-2.txt": "lprof/found/dpc-2.lprof", "lprof-text/found/mastermind.txt": "lprof/found/mastermind.lprof"}


def read(checks, path):
    result = convert("dump", path)
    checks.equal(result.returncode, 0, path.name, text(result.stderr))
    found = convert("--detect", path)
    checks.equal(text(found.stdout).split(" ")[0], "line_profiler-text" if path.suffix == ".txt" else "line_profiler", path.name, "format")
    return dump_text.parse(result.stdout)


def check_facts(checks, path, facts):
    dump = read(checks, path)
    checks.equal(len(dump.functions), facts["functions"], path.name, "functions")
    checks.equal(len(dump.lines), facts["rows_with_hits"], path.name, "lines")
    checks.equal(sum(own[1] for _, _, own, _ in dump.lines), facts["hits"], path.name, "hits")
    for function, total in zip(dump.functions, facts["total_times"]):
        # Every line is rounded to the tenth of a unit or of a percent.
        close = math.isclose(function.total[0] / 1e9, float(total), rel_tol=0.02, abs_tol=2e-6)
        checks.equal(close, True, path.name, f"{text(function.name)}: {function.total[0]} ns for {total} s")
    return dump


def check_pair(checks, report, dump_path):
    """The report shows the functions that ran, or all, perhaps in another order."""
    a, b = read(checks, report), read(checks, dump_path)
    recorded = {(f.file, f.line, f.qualified or f.name): i for i, f in enumerate(b.functions)}
    lines = {(function, line): (own[1], total[0]) for function, line, own, total in b.lines}
    for i, f in enumerate(a.functions):
        j = recorded.get((f.file, f.line, f.qualified or f.name))
        if j is None and not f.name.startswith(b"<unknown"):
            checks.fail(report.name, "unknown function", f)
            continue
        if j is None:
            j = next(k for k, g in enumerate(b.functions) if (g.file, g.line) == (f.file, f.line))
        total = b.functions[j].total[0]
        for function, line, own, time in a.lines:
            if function != i:
                continue
            hits, ns = lines[j, line]
            checks.equal(own[1], hits, report.name, text(f.name), line, "hits")
            near = abs(time[0] - ns) <= max(0.000501 * total, 60) or abs(time[0] - ns) <= 60_000
            checks.equal(near, True, report.name, text(f.name), line, f"{time[0]} for {ns} ns")


def main():
    if not (corpus / "MANIFEST.json").exists():
        skip(f"no corpus at {corpus}")
    checks = Checks()
    entries = [entry for entry in json.loads((corpus / "MANIFEST.json").read_text())["files"] if entry["kind"] == "lprof-text"]
    for entry in entries:
        check_facts(checks, corpus / entry["file"], entry["facts"])
        pair = pairs.get(entry["file"]) or entry["origin"].get("report_of")
        if not pair and entry["file"].startswith("pairs/"):
            pair = entry["file"].removesuffix(".txt")
        if pair:
            check_pair(checks, corpus / entry["file"], corpus / pair)
    print(f"{len(entries)} reports")
    return checks.finish()


if __name__ == "__main__":
    sys.exit(main())
