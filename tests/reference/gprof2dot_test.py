"""Compares what prof2dot draws with what gprof2dot draws of the same dump: functions, calls and percentages.

Every dump that gprof2dot can read, of testdata/pstats and of the corpus when it is there, at four pairs of thresholds. What is left
out, and why, is in `excused`; docs/prof2dot.md lists where we differ on purpose.
"""

import json
import os
import pathlib
import re
import subprocess
import sys

source = pathlib.Path(os.environ["PROFCONV_SOURCE"])
corpus = pathlib.Path(os.environ.get("PROFCONV_CORPUS", ""))
peers = os.environ.get("PROFCONV_PEERS", "")
tool = os.path.join(os.environ["PROFCONV_BIN"], "prof2dot")
thresholds = [(0.5, 0.1), (0, 0), (5, 2), (20, 0.01)]

excused = {
    "special-infinite.prof": "we take what is no number for 0",
    "special-nan.prof": "we take what is no number for 0",
    "special-latin1-short-string.prof": "names that are not UTF-8 are shown byte by byte",
    "special-lone-surrogates.prof": "names that are not UTF-8 are shown byte by byte",
    "special-negative-lines.prof": "a line below 0 is no line",
    "special-numbers-of-every-kind.prof": "lines of other types than int",
}

# Runs under the peers' Python: one line of JSON for each pair of thresholds, null where gprof2dot fails.
driver = r"""
import io, json, sys
import gprof2dot
thresholds = json.loads(sys.argv[1])
sys.stderr = io.StringIO()  # warnings on ratios
out, sys.stdout = sys.stdout, io.StringIO()  # pstats prints what it thinks of a dump
for node, edge in thresholds:
    try:
        parser = gprof2dot.PstatsParser(sys.argv[2])
        profile = parser.parse()
        keys = {number: key for key, number in parser.function_ids.items()}
        bare = {key for key, entry in parser.stats.stats.items() if any(not isinstance(v, tuple) for v in entry[4].values())}
        profile.prune(node / 100, edge / 100, None, False)
        total, own = gprof2dot.TOTAL_TIME_RATIO, gprof2dot.TIME_RATIO
        functions = [(keys[n], f[total] * 100, f[own] * 100) for n, f in profile.functions.items()]
        calls = [(keys[n], keys[c], call[total] * 100) for n, f in profile.functions.items() for c, call in f.calls.items()]
        answer = json.dumps([functions, calls, sorted(bare)])
    except BaseException:
        answer = "null"
    print(answer, file=out)
"""


def visible(text):
    """As prof2dot shows it."""
    named = {"\n": "\\n", "\r": "\\r", "\t": "\\t"}
    unseen = "\x80-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\u200e\u200f\u061c"
    text = "".join(named.get(c) or (f"\\x{ord(c):02x}" if ord(c) < 0x20 or ord(c) == 0x7F else c) for c in text)
    text = re.sub(f"[{unseen}]", lambda match: f"\\u{ord(match[0]):04x}", text)
    return re.sub("[\ud800-\udfff]", lambda match: "".join(f"\\x{b:02x}" for b in match[0].encode("utf-8", "surrogatepass")), text)


def tooltip_name(file, line, name):
    """`profile` gives C functions no file; here it is cProfile's. A line that nobody knows is left out."""
    if (file, line) == ("", 0):
        file = "~"
    return f"{file}({name})" if line == 0 and file not in ("~", "<built-in>") else f"{file}:{line}({name})"


def lines_of(text):
    """The lines of a label or tooltip."""
    lines, i = [""], 0
    text = text.replace("&amp;", "&")
    while i < len(text):
        if text[i] == "\\" and text[i + 1] == "n":
            lines.append("")
        else:
            lines[-1] += text[i + (text[i] == "\\")]
        i += 1 + (text[i] == "\\")
    return lines


def parse_dot(text):
    """{function: (total, self)}, {(caller, callee): total}; a function is `file:line(name)`."""
    names, functions, calls = {}, {}, {}
    for line in text.splitlines():
        match = re.match(r"\t+(\d+)(?: -> (\d+))? \[(.*)\];$", line)
        if not match:
            continue
        attributes = dict(re.findall(r'(\w+)="((?:[^"\\]|\\.)*)"', match[3]))
        label = [part.strip() for part in lines_of(attributes["label"])]
        percents = [float(part.strip("()%")) for part in label if re.fullmatch(r"\(?\d+\.\d\d%\)?", part)]
        if match[2] is None:
            names[match[1]] = name = lines_of(attributes["tooltip"])[0]
            assert name not in functions, f"drawn twice: {name}"
            functions[name] = tuple(percents)
        else:
            calls[names[match[1]], names[match[2]]] = percents[0]
    return functions, calls


def differs(ours, theirs):
    """Percentages are shown with two decimals, and nanoseconds are whole."""
    return abs(ours - theirs) > 0.005 + 1e-6


def compare(path, node, edge, answer, problems):
    where = f"{path.name} -n{node} -e{edge}"
    command = [tool, "-q", f"-n{node}", f"-e{edge}", "--max-nodes=0", str(path)]
    process = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, check=False)
    if process.returncode != 0:
        problems.append(f"{where}: {process.stderr.strip()}")
        return
    functions, calls = parse_dot(process.stdout)
    key = lambda k: visible(tooltip_name(*k).replace("\\", "/"))
    their_functions = {key(k): values for k, *values in answer[0]}
    their_calls = {(key(a), key(b)): value for a, b, value in answer[1]}
    # gprof2dot divides by the calls of whichever function it met last, and counts a function's calls of itself.
    estimated = {key(k) for k in answer[2]}
    for name in functions.keys() ^ their_functions.keys():
        problems.append(f"{where}: only {'ours' if name in functions else 'theirs'}: {name}")
    for name in functions.keys() & their_functions.keys():
        if any(differs(a, b) for a, b in zip(functions[name], their_functions[name])):
            problems.append(f"{where}: {name}: {functions[name]} and {their_functions[name]}")
    for pair in calls.keys() ^ their_calls.keys():
        if pair[1] not in estimated:
            problems.append(f"{where}: only {'ours' if pair in calls else 'theirs'}: {' -> '.join(pair)}")
    for pair in calls.keys() & their_calls.keys():
        if pair[1] not in estimated and differs(calls[pair], their_calls[pair]):
            problems.append(f"{where}: {' -> '.join(pair)}: {calls[pair]} and {their_calls[pair]}")


def main():
    if not pathlib.Path(peers).exists():
        print("skipped: no gprof2dot")
        return 77
    folders = [source / "testdata/pstats", corpus / "pstats"]
    files = [path for folder in folders if folder.is_dir() for path in sorted(folder.rglob("*.p*")) if path.suffix in (".prof", ".pstats") and path.parent.name != "bad"]
    compared, problems = 0, []
    for path in (path for path in files if path.name not in excused):
        # A process for each: on some broken dumps Python's own marshal dies.
        run = [peers, "-c", driver, json.dumps(thresholds), str(path)]
        answers = subprocess.run(run, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, check=False).stdout.splitlines()
        for (node, edge), answer in zip(thresholds, map(json.loads, answers)):
            if answer is None:
                continue
            compared += 1
            compare(path, node, edge, answer, problems)
    for problem in problems[:100]:
        print(problem.encode("ascii", "backslashreplace").decode())
    print(f"{compared} graphs of {len(files)} dumps compared, {len(problems)} differences")
    return bool(problems) or compared == 0


if __name__ == "__main__":
    sys.exit(main())
