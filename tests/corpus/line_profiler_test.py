"""Real .lprof files with the facts that Python's pickle found in them, and malformed ones under a limit of memory."""

import json
import os
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "support"))
import dump_text  # noqa: E402
from samples import Checks, convert, skip, text  # noqa: E402
from limited import check_malformed  # noqa: E402

corpus = pathlib.Path(os.environ.get("PROFCONV_CORPUS", "no corpus"))


def check_facts(checks, path, facts):
    result = convert("dump", path)
    if result.returncode != 0:
        checks.fail(path.name, text(result.stderr))
        return
    dump = dump_text.parse(result.stdout)
    checks.equal(dump.metrics, ["time", "hits"], path.name, "metrics")
    checks.equal(len(dump.functions), facts["functions"], path.name, "functions")
    checks.equal(len(dump.lines), facts["lines"], path.name, "lines")
    checks.equal(sum(own[1] for _, _, own, _ in dump.lines), facts["hits"], path.name, "hits")
    checks.equal(sum(f.self[1] for f in dump.functions), facts["hits"], path.name, "hits of functions")
    ns = int(facts["time"]) * round(float(facts["unit"]) * 1e9)  # every unit in the corpus is a whole number of ns
    checks.equal(sum(total[0] for _, _, _, total in dump.lines), ns, path.name, "time")
    checks.equal(sum(f.total[0] for f in dump.functions), ns, path.name, "time of functions")
    never = sum(1 for f in dump.functions if f.self[1] == 0)
    checks.equal(never, facts["functions_never_hit"], path.name, "functions that never ran")


def main():
    if not (corpus / "MANIFEST.json").exists():
        skip(f"no corpus at {corpus}")
    checks = Checks()
    entries = [entry for entry in json.loads((corpus / "MANIFEST.json").read_text())["files"] if entry["kind"] == "lprof"]
    for entry in entries:
        check_facts(checks, corpus / entry["file"], entry["facts"])
    print(f"{len(entries)} dumps")
    checks.equal(len(entries) > 20, True, "dumps")
    check_malformed(checks, corpus / "malformed", ("lprof",))
    return checks.finish()


if __name__ == "__main__":
    sys.exit(main())
