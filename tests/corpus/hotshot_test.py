"""Real hotshot logs against what CPython 2.7's hotshot.stats made of them, and the facts about their events."""

import collections
import json
import os
import pathlib
import posixpath
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "support"))
import dump_text  # noqa: E402
from samples import Checks, convert, skip, text  # noqa: E402

corpus = pathlib.Path(os.environ.get("PROFCONV_CORPUS", "no corpus"))


def dump_of(checks, path):
    result = convert("dump", path)
    checks.equal(result.returncode, 0, path.name, text(result.stderr))
    return dump_text.parse(result.stdout)


def key(function):
    """As hotshot.log has it: file names normalized."""
    return posixpath.normpath(function.file.decode("latin-1")), function.line, function.name


def column(dump, name):
    return dump.metrics.index(name) if name in dump.metrics else None


def check_against_stats(checks, path, dump, facts):
    expected = dump_of(checks, path.with_name(path.name + ".expected.pstats"))
    root = ("profile", 0, b"profiler")  # hotshot.stats puts one on top of everything
    time = column(dump, "time")
    found = {key(f): (f.calls, f.primitive, f.self[time], f.total[time]) for f in dump.functions}
    wanted = {key(f): (f.calls, f.primitive, f.self[0], f.total[0]) for f in expected.functions if key(f) != root}
    checks.equal(found, wanted, path.name, "functions")
    checks.equal(len(found) + 1, facts["functions"], path.name, "functions with the root")
    checks.equal(sum(f.self[time] for f in dump.functions) / 1e9, round(float(facts["total_tt"]), 9), path.name, "time")

    edges = collections.Counter()
    for call in dump.calls:
        edges[key(dump.functions[call.caller]), key(dump.functions[call.callee])] += call.calls
    wanted = collections.Counter()
    for call in expected.calls:
        caller = key(expected.functions[call.caller])
        if caller != root:
            wanted[caller, key(expected.functions[call.callee])] += call.calls
    checks.equal(edges, wanted, path.name, "edges")


def check_own_laws(checks, path, dump, facts):
    """What must hold whatever another reader says."""
    time, hits = column(dump, "time"), column(dump, "hits")
    lines = facts.get("events", {}).get("line", 0)
    checks.equal(sum(f.self[hits] for f in dump.functions) if hits is not None else 0, lines, path.name, "line events")
    if not dump.functions:
        return
    own, lined, below = collections.Counter(), collections.Counter(), collections.Counter()
    for function, _, cost, _ in dump.lines:
        if cost[time] is not None:
            lined[function] += cost[time]
    for call in dump.calls:
        below[call.caller] += call.total[time] if call.caller != call.callee else 0
    for number, f in enumerate(dump.functions):
        own[number] = f.self[time]
        if f.calls == f.primitive:  # no recursion
            checks.equal(f.self[time] + below[number], f.total[time], path.name, text(f.name), "self and callees")
    if "le1-lt1" in path.name:
        checks.equal(+lined, +own, path.name, "time of lines")


def main():
    if not (corpus / "MANIFEST.json").exists():
        skip(f"no corpus at {corpus}")
    checks = Checks()
    entries = [e for e in json.loads((corpus / "MANIFEST.json").read_text())["files"] if e["kind"] == "hotshot"]
    for entry in entries:
        path = corpus / entry["file"]
        checks.equal(text(convert("--detect", path).stdout), f"hotshot {path.name}\n", path.name)
        dump = dump_of(checks, path)
        check_against_stats(checks, path, dump, entry["facts"])
        check_own_laws(checks, path, dump, entry["facts"])
    print(f"{len(entries)} logs")

    cut = corpus / "malformed/hotshot-trunc.hotshot"
    for options in ([], ["--salvage"]):
        refused = convert(*options, "dump", cut)
        checks.equal((refused.returncode, len(refused.stderr.splitlines())), (1, 1), cut.name, text(refused.stderr))
    return checks.finish()


if __name__ == "__main__":
    sys.exit(main())
