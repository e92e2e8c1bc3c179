"""How many calls prof2calltree puts on the lines that make them: `./dev bench call-lines [-v] [--hits] [PROGRAM]...`

Every program of programs/ runs twice: under cProfile, whose dump is converted, and under sys.setprofile, which sees the line
of every call. An edge's cost on each line is laid over the true one; the overlap, weighted by the edge's inclusive
cost, is the score; `a true line` asks less: cost on some line on which the edge really was called. The same dump, converted by
pyprof2calltree, is scored beside it. Both runs measure processor time. -v names each miss of more than 1 % of its program.

--hits runs line_profiler over a third run, on all functions of the program and its package, fuses that with the dump, and
judges those functions alone, told apart by their qualified names (the other table knows bare names, which is what every converter
writes).

A miss has one of three causes: `not scanned`, the caller has no line at all; `wrong rule`, all of the edge is on lines that never called it;
`undecidable`, it is on the right lines in the wrong proportions.
"""

import collections
import json
import os
import pathlib
import re
import subprocess
import sys
import venv

here = pathlib.Path(__file__).parent
source = pathlib.Path(os.environ["PROFCONV_SOURCE"])
tool = pathlib.Path(os.environ["PROFCONV_BIN"]) / "prof2calltree"
environment = source / "build/bench-programs"
# The packages that --hits looks into.
packages = {
    "checks": "pycodestyle pyflakes",
    "client": "httpx",
    "commands": "click tomlkit",
    "completion": "jedi parso",
    "config_files": "yaml",
    "console": "rich",
    "differ": "difflib html _markupbase textwrap",
    "documents": "docutils",
    "events": "simpy",
    "feeds": "feedparser textfsm",
    "grammar": "pyparsing",
    "graphs": "networkx",
    "highlight": "pygments sqlparse",
    "language": "lark pycparser",
    "marked": "markdown mistune",
    "numeric": "fractions statistics decimal numbers",
    "pages": "mako astroid",
    "papers": "pypdf",
    "precision": "mpmath",
    "records": "marshmallow tinydb",
    "schemas": "jsonschema attr referencing",
    "settings": "argparse configparser csv logging json gettext",
    "sheets": "openpyxl",
    "soup": "bs4 soupsieve",
    "streams": "asyncio selectors",
    "templates": "jinja2 markupsafe",
    "translations": "babel dateutil",
    "webapp": "flask werkzeug click jinja2 itsdangerous",
}

# Run inside the environment: argv is MODE OUT SCRIPT.
RECORDER = r'''
import cProfile, json, sys, time, types
mode, out, script, *packages = sys.argv[1:]
sys.argv = [script]
with open(script, "rb") as f:
    code = compile(f.read(), script, "exec")
names = {"__name__": "__main__", "__file__": script, "__builtins__": __builtins__}
if mode == "dump":
    profile = cProfile.Profile(time.process_time)
    try:
        profile.runctx(code, names, None)
    except SystemExit:
        pass
    profile.dump_stats(out)
    sys.exit()
if mode == "lines":
    import importlib.machinery, line_profiler
    profile = line_profiler.LineProfiler()

    def profiled(code):
        code = code.replace(co_consts=tuple(profiled(c) if isinstance(c, types.CodeType) else c for c in code.co_consts))
        if code.co_name.startswith("<") or not code.co_flags & 2:  # CO_NEWLOCALS: a function
            return code
        function = types.FunctionType(code, {}, closure=tuple(types.CellType() for _ in code.co_freevars))
        profile.add_function(function)  # which marks its code
        return function.__code__

    Loader = importlib.machinery.SourceFileLoader
    get_code = Loader.get_code
    Loader.get_code = lambda self, name: profiled(get_code(self, name)) if name.split(".")[0] in packages else get_code(self, name)
    profile.enable_by_count()
    try:
        exec(profiled(code), names)
    except SystemExit:
        pass
    profile.disable_by_count()
    profile.dump_stats(out)
    seen = {(file, line) for (file, line, _), lines in profile.get_stats().timings.items() if lines}
    with open(out + ".json", "w") as f:
        json.dump(sorted(seen), f)
    sys.exit()

edges, stack = {}, []

def python(code):
    return code.co_filename, getattr(code, "co_qualname", code.co_name), code.co_firstlineno

def builtin(function):
    owner = getattr(function, "__self__", None)
    if owner is not None and not isinstance(owner, types.ModuleType):
        for base in type(owner).__mro__:
            if function.__name__ in base.__dict__:
                return "~", repr(base.__dict__[function.__name__]), 0
    return "~", function.__qualname__, 0

def trace(frame, event, arg):
    if event == "call":
        back = frame.f_back
        stack.append(((python(back.f_code), back.f_lineno, python(frame.f_code)) if back else None, time.process_time()))
    elif event == "c_call":
        stack.append(((python(frame.f_code), frame.f_lineno, builtin(arg)), time.process_time()))
    elif stack:
        edge, begin = stack.pop()
        if edge:
            edges[edge] = edges.get(edge, 0) + time.process_time() - begin

sys.setprofile(trace)
try:
    exec(code, names)
except SystemExit:
    pass
finally:
    sys.setprofile(None)
with open(out, "w") as f:
    json.dump([[a, line, b, seconds] for (a, line, b), seconds in edges.items()], f)
'''


def prepare():
    python = environment / "bin/python"
    wanted = (here / "programs/requirements.txt").read_text()
    stamp = environment / "requirements.txt"
    if not stamp.exists() or stamp.read_text() != wanted:
        venv.create(environment, with_pip=True, clear=True)
        subprocess.run([python, "-m", "pip", "-q", "install", "-r", here / "programs/requirements.txt"], check=True)
        stamp.write_text(wanted)


def bare(name):
    """The name alone: `append` of `list::append`, `<method 'append' of ...>`, `<built-in method x.append>` and `append:7'caller`."""
    wrapped = re.match(r"<[^>']*'([^']+)'", name) or re.match(r"<built-in (?:method|function) ([^ >]+)", name)
    name = wrapped[1] if wrapped else name
    name = re.sub(r":\d+( \[.*)?$", "", name.split("'")[0])
    return re.split(r"\.(?![^<]*>)", name.replace("::", "."))[-1]


def qualified(name):
    """The whole name, in Python's way: `C.m` of `C::m:12'caller`."""
    return re.sub(r":\d+$", "", name.split("'")[0].replace("::", "."))


def calls_of(path):
    """(caller's file, caller, callee, line, cost) of a callgrind file: names may be numbered, positions are absolute."""
    known = {"f": {}, "n": {}, "o": {}}

    def text(kind, value):
        if not re.match(r"\(\d+\)", value):
            return value
        number, _, name = value.partition(" ")
        if name:
            known[kind][number] = name
        return known[kind][number]

    file = function = callee = None
    waits = False
    for line in path.read_text(errors="surrogateescape").splitlines():
        key, equals, value = line.partition("=")
        if waits:
            waits = False
            numbers = line.split()
            yield file, function, callee, int(numbers[0]), int(numbers[1])
        elif not equals:
            continue
        elif key == "fl":
            file = text("f", value)
        elif key in ("ob", "cob"):
            text("o", value)
        elif key in ("cfl", "cfi"):
            text("f", value)
        elif key == "fn":
            function = text("n", value)
        elif key == "cfn":
            callee = text("n", value)
        elif key == "calls":
            waits = True


def place(file):
    return "/".join(file.split("/")[-3:])


def judge(truth, callgrind, only=None):
    """`only`: lines of functions, as (file, line); callers are known by qualified names then."""
    true, found = collections.defaultdict(collections.Counter), collections.defaultdict(collections.Counter)
    judged = set()
    name_of = qualified if only else bare
    for (file, caller, first), line, (_, callee, _), seconds in json.loads(truth.read_text()):
        true[place(file), name_of(caller), bare(callee)][line] += seconds + 1e-12
        if only and (file, first) in only:
            judged.add((place(file), name_of(caller)))
    for file, caller, callee, line, cost in calls_of(callgrind):
        if file.endswith(".py") and (only is None or (place(file), name_of(caller)) in judged):
            found[place(file), name_of(caller), bare(callee)][line] += cost
    total = right = possible = 0
    misses = []
    for key, lines in found.items():
        weight, truth_sum = sum(lines.values()), sum(true[key].values())
        if not weight or not truth_sum:
            continue
        overlap = sum(min(cost / weight, true[key][line] / truth_sum) for line, cost in lines.items())
        on_true = sum(cost for line, cost in lines.items() if line in true[key])
        total += weight
        right += overlap * weight
        possible += on_true
        cause = "undecidable" if on_true else "not scanned" if len(lines) == 1 else "wrong rule"
        misses.append((weight * (1 - overlap), cause, key, dict(lines), dict(true[key])))
    causes = collections.Counter()
    for cost, cause, *_ in misses:
        causes[cause] += cost / total
    return right / total, possible / total, causes, sorted(((m[0] / total, *m[1:]) for m in misses), reverse=True, key=lambda m: m[0])


def record(mode, out, script, *arguments):
    command = [environment / "bin/python", "-c", RECORDER, mode, out, script, *arguments]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def convert(out, *inputs):
    subprocess.run([tool, "-q", "-o", out, *inputs], check=True)
    return out


def with_line_hits(wanted, work):
    print("| program | functions | without hits | a true line | with hits | a true line |\n| --- | --: | --: | --: | --: | --: |")
    scores = []
    for name in wanted:
        dump, truth, lines = (work / f"{name}.{ending}" for ending in ("prof", "json", "lprof"))
        script = here / "programs" / f"{name}.py"
        record("dump", dump, script)
        record("truth", truth, script)
        record("lines", lines, script, *packages[name].split())
        only = {tuple(function) for function in json.loads(pathlib.Path(f"{lines}.json").read_text())}
        plain = judge(truth, convert(work / f"{name}.plain.callgrind", dump), only)
        fused = judge(truth, convert(work / f"{name}.fused.callgrind", dump, lines), only)
        scores.append((plain[0], plain[1], fused[0], fused[1]))
        print(f"| {name} | {len(only)} | " + " | ".join(f"{100 * score:.1f} %" for score in scores[-1]) + " |", flush=True)
    print("| average | | " + " | ".join(f"{100 * sum(column) / len(column):.1f} %" for column in zip(*scores)) + " |")


def main():
    verbose, hits = "-v" in sys.argv, "--hits" in sys.argv
    wanted = [a for a in sys.argv[1:] if a not in ("-v", "--hits")]
    wanted = wanted or (list(packages) if hits else sorted(p.stem for p in (here / "programs").glob("*.py")))
    work = source / "build/bench-call-lines"
    prepare()
    work.mkdir(parents=True, exist_ok=True)
    if hits:
        return with_line_hits(wanted, work)
    print("| program | true line | a true line | pyprof2calltree | not scanned | wrong rule | undecidable |\n| --- | --: | --: | --: | --: | --: | --: |")
    scores = []
    for name in wanted:
        script = here / "programs" / f"{name}.py"
        dump, truth, callgrind = (work / f"{name}.{ending}" for ending in ("prof", "json", "callgrind"))
        record("dump", dump, script)
        record("truth", truth, script)
        convert(callgrind, dump)
        right, possible, causes, misses = judge(truth, callgrind)
        peers = work / f"{name}.peer.callgrind"
        subprocess.run([environment / "bin/pyprof2calltree", "-i", dump, "-o", peers], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        peer = judge(truth, peers)[0]
        scores.append((right, possible, peer))
        cells = "".join(f" {100 * causes[cause]:.1f} |" for cause in ("not scanned", "wrong rule", "undecidable"))
        print(f"| {name} | {100 * right:.1f} % | {100 * possible:.1f} % | {100 * peer:.1f} % |{cells}", flush=True)
        for share, cause, key, lines, true in misses:
            if verbose and share > 0.01:
                print(f"    {100 * share:.1f} % {cause}: {key}\n        found {lines}\n        true  {true}")
    average = [100 * sum(column) / len(column) for column in zip(*scores)]
    print(f"| average | {average[0]:.1f} % | {average[1]:.1f} % | {average[2]:.1f} % | | | |")


if __name__ == "__main__":
    main()
