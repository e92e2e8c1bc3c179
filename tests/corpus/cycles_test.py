"""Splitting, on real dumps: the program is in no cycle, nothing is lost, and it is done once.

With --table it prints, as Markdown, how many functions of each dump are in cycles before and after.
"""

import json
import os
import pathlib
import sys
from collections import Counter

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "support"))
import dump_text  # noqa: E402
from samples import Checks, convert, skip, text  # noqa: E402

corpus = pathlib.Path(os.environ.get("PROFCONV_CORPUS", "no corpus"))
# Functions in cycles that no recursion explains: none, but where neither times nor counts decide.
undecidable = {"sympy-cas.pstats": 8, "lsotm.pstats": 4}


def carries_nothing(call):
    return call.calls == 0 and not any(call.total)


def cycles(dump):
    """The functions of each circle of at least two (Tarjan, without recursion)."""
    callees = [[] for _ in dump.functions]
    for call in dump.calls:
        if not carries_nothing(call):
            callees[call.caller].append(call.callee)
    order, low, on_stack, stack, found = {}, {}, set(), [], []
    for start in range(len(callees)):
        path = [] if start in order else [(start, iter(callees[start]))]
        if path:
            order[start] = low[start] = len(order)
            stack.append(start)
            on_stack.add(start)
        while path:
            function, rest = path[-1]
            for callee in rest:
                if callee not in order:
                    order[callee] = low[callee] = len(order)
                    stack.append(callee)
                    on_stack.add(callee)
                    path.append((callee, iter(callees[callee])))
                    break
                if callee in on_stack:
                    low[function] = min(low[function], order[callee])
            else:
                path.pop()
                if path:
                    low[path[-1][0]] = min(low[path[-1][0]], low[function])
                if low[function] == order[function]:
                    members = []
                    while not members or members[-1] != function:
                        members.append(stack.pop())
                        on_stack.discard(members[-1])
                    if len(members) > 1:
                        found.append(members)
    return found


def key(function):
    return function.file, function.line, function.name


def sums(dump):
    """Per function, its copies added up: calls and self cost; per pair of functions the same of the calls."""
    found = Counter()
    for function in dump.functions:
        found[key(function), "calls"] += function.calls or 0
        found[key(function), "self"] += function.self[0]
    for call in dump.calls:
        pair = key(dump.functions[call.caller]), key(dump.functions[call.callee])
        found[pair, "calls"] += call.calls or 0
        found[pair, "self"] += (call.self[0] or 0) if call.self else 0
    return +found


def uncalled(dump):
    """Per function that anything calls: inclusive time that the calls to it, but its own, do not account for."""
    called = [None] * len(dump.functions)
    for call in dump.calls:
        if call.caller != call.callee and call.total and call.total[0] is not None and not carries_nothing(call):
            called[call.callee] = (called[call.callee] or 0) + call.total[0]
    return [f.total[0] - sum if sum is not None else 0 for f, sum in zip(dump.functions, called)]


def below(dump):
    """Per function: its self cost and the calls that it makes."""
    spent = [f.self[0] for f in dump.functions]
    for call in dump.calls:
        spent[call.caller] += (call.total[0] or 0) if call.total else 0
    return spent


def program(dump):
    """The body of the program's module, which nearly all of the time is spent in; None where it was not profiled."""
    longest = max((f.total[0] for f in dump.functions), default=0)
    bodies = [i for i, f in enumerate(dump.functions) if f.name in (b"<module>", b"?") and f.total[0] > 0.9 * longest > 0]
    bodies.sort(key=lambda i: dump.functions[i].total[0])
    return bodies[0] if bodies and b"importlib" not in dump.functions[bodies[0]].file else None


def check(checks, path, table):
    before = dump_text.parse(convert("dump", path).stdout)
    result = convert("--split", "dump", path)
    if result.returncode != 0:
        checks.fail(path.name, text(result.stderr))
        return
    after = dump_text.parse(result.stdout)
    checks.equal(sums(after), sums(before), path.name, "sums per function")

    circles = cycles(after)
    in_circle = {i for members in circles for i in members}
    main = program(before)
    if main is not None:
        same = [i for i, f in enumerate(after.functions) if key(f) == key(before.functions[main])]
        checks.equal([i for i in same if i in in_circle], [], path.name, "program's module in a cycle")
        into = [c.total[0] for c in after.calls if c.callee in same and c.calls and c.caller not in same and c.total]
        if into and None not in into:
            checks.equal(sum(into) <= before.functions[main].total[0] + len(into), True, path.name, "program's inclusive time")
    # Nothing took longer than the calls to it, or a viewer would have to invent one; but for functions of one label, of
    # which cProfile kept one.
    allowed = Counter()
    for function, time, spent in zip(before.functions, uncalled(before), below(before)):
        allowed[key(function)] += max(time, 0) + max(spent - function.total[0], 0)
    longer = [f.name for i, (f, time) in enumerate(zip(after.functions, uncalled(after))) if time > allowed[key(f)] + 1000 and i not in in_circle]
    checks.equal(longer, [], path.name, "functions longer than the calls to them")
    # A cycle in which no function was ever active twice is false, though what made it may be undecidable.
    reentered = {key(f) for f in before.functions if f.calls != f.primitive}
    false = [members for members in circles if not reentered & {key(after.functions[i]) for i in members}]
    checks.equal(sum(map(len, false)), undecidable.get(path.name, 0), path.name, "functions in false cycles")
    table.append((path.name, len(before.functions), sum(map(len, cycles(before))), len(in_circle), circles and max(map(len, circles)) or 0))


def main():
    if not (corpus / "MANIFEST.json").exists():
        skip(f"no corpus at {corpus}")
    checks, table = Checks(), []
    entries = [e["file"] for e in json.loads((corpus / "MANIFEST.json").read_text())["files"] if e["kind"] == "pstats"]
    for name in entries:
        if any(f"/{folder}/" in name for folder in ("real", "found", "made", "thirdparty")):
            check(checks, corpus / name, table)
    if "--table" in sys.argv:
        print("| dump | functions | in cycles | after splitting | largest cycle |\n| --- | --- | --- | --- | --- |")
        for row in table:
            print("|", " | ".join(map(str, row)), "|")
    return checks.finish()


if __name__ == "__main__":
    sys.exit(main())
