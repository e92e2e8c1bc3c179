"""Real dumps, with the facts that CPython's own tools found in them, and malformed ones under a limit of memory."""

import json
import math
import os
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "support"))
import dump_text  # noqa: E402
from limited import check_malformed  # noqa: E402
from samples import Checks, convert, program, run, skip, text  # noqa: E402

corpus = pathlib.Path(os.environ.get("PROFCONV_CORPUS", "no corpus"))


def check_facts(checks, path, facts):
    result = convert("--as-recorded", "dump", path)
    if result.returncode != 0:
        checks.fail(path.name, text(result.stderr))
        return
    dump = dump_text.parse(result.stdout)
    functions, edges = len(dump.functions), len(dump.calls)
    calls = sum(f.calls or 0 for f in dump.functions)
    primitive = sum(f.primitive or 0 for f in dump.functions)
    if facts.get("sampled_marker"):
        # There, an entry is a line of a function and its counts are samples; edges connect lines.
        functions, edges = len(dump.lines), dump.recorded_callers
        calls = sum(total[1] for _, _, _, total in dump.lines)
        primitive = sum(own[1] for _, _, own, _ in dump.lines)
    # Callers without an entry are functions too; in a sampled dump they are lines without a cost.
    checks.equal(functions - facts.get("callers_not_keys", 0), facts["functions"], path.name, "functions")
    checks.equal(edges, facts["edges"], path.name, "edges")
    checks.equal(calls, facts["total_calls"], path.name, "calls")
    checks.equal(primitive, facts["prim_calls"], path.name, "primitive calls")
    seconds = sum(f.self[0] for f in dump.functions) / 1e9
    exact = float(facts["total_tt_fsum"])
    close = math.isclose(seconds, exact, rel_tol=1e-12, abs_tol=1e-9 * len(dump.functions))  # each entry is rounded
    checks.equal(close, True, path.name, f"self time {seconds} for {exact}")


def main():
    if not (corpus / "MANIFEST.json").exists():
        skip(f"no corpus at {corpus}")
    checks = Checks()
    entries = [entry for entry in json.loads((corpus / "MANIFEST.json").read_text())["files"] if entry["kind"] == "pstats"]
    for entry in entries:
        check_facts(checks, corpus / entry["file"], entry["facts"])
    print(f"{len(entries)} dumps")
    check_malformed(checks, corpus / "malformed", ("pstats", "gzip"))

    result = run(program("profconv_test_inclusive"), *(corpus / entry["file"] for entry in entries))
    checks.equal(result.returncode, 0, "inclusive costs in KCachegrind", text(result.stdout))
    return checks.finish()


if __name__ == "__main__":
    sys.exit(main())
