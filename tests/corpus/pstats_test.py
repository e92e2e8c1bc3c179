"""Real dumps, with the facts that CPython's own tools found in them, and malformed ones under a limit of memory."""

import json
import math
import os
import pathlib
import resource
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "support"))
import dump_text  # noqa: E402
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


def sanitized():
    """Programs under AddressSanitizer reserve terabytes of addresses."""
    with open(program("profconv_test_convert"), "rb") as binary:
        return b"__asan_init" in binary.read()


def check_malformed(checks, folder):
    limited = not sanitized()
    for name, expected in json.loads((folder / "EXPECTED.json").read_text()).items():
        if expected["kind"] not in ("pstats", "gzip"):
            continue
        path = folder / name
        size = 10 * path.stat().st_size + 200 * 2**20

        def limit(size=size):
            if limited:
                resource.setrlimit(resource.RLIMIT_AS, (size, size))

        try:
            result = subprocess.run(
                [program("profconv_test_convert"), "callgrind", path],
                capture_output=True,
                timeout=10 if limited else 60,
                preexec_fn=limit,
            )
        except subprocess.TimeoutExpired:
            checks.fail(name, "took too long")
            continue
        outcomes = {"error": (1,), "accept": (0,), "either": (0, 1)}[expected["expect"]]
        checks.equal(result.returncode in outcomes, True, name, expected["why"], text(result.stderr))
        if result.returncode == 1:
            checks.equal(len(result.stderr.splitlines()), 1, name, "lines of message")


def main():
    if not (corpus / "MANIFEST.json").exists():
        skip(f"no corpus at {corpus}")
    checks = Checks()
    entries = [entry for entry in json.loads((corpus / "MANIFEST.json").read_text())["files"] if entry["kind"] == "pstats"]
    for entry in entries:
        check_facts(checks, corpus / entry["file"], entry["facts"])
    print(f"{len(entries)} dumps")
    check_malformed(checks, corpus / "malformed")

    result = run(program("profconv_test_inclusive"), *(corpus / entry["file"] for entry in entries))
    checks.equal(result.returncode, 0, "inclusive costs in KCachegrind", text(result.stdout))
    return checks.finish()


if __name__ == "__main__":
    sys.exit(main())
