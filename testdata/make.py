#!/usr/bin/env python3
"""Records the sample dumps in testdata/pstats from the programs in testdata/programs.

    python3 testdata/make.py                         every recording, with the interpreters on PATH
    python3 testdata/make.py --only wordcount        those with "wordcount" in their name
    python3 testdata/make.py --python py3.11=/opt/python/3.11/bin/python
    python3 testdata/make.py --list                  names only
    python3 testdata/make.py --facts                 check every dump, write pstats/FACTS.json

A recording is named <label>-<profiler>-<program>[-<variant>].prof. Times differ from run to run, so an
existing file is kept unless --force is given; goldens depend on its bytes. See README.md.
"""

import argparse
import glob
import json
import os
import shutil
import subprocess
import sys
import tempfile

import make_marshal

HERE = os.path.dirname(os.path.abspath(__file__))
PSTATS = os.path.join(HERE, "pstats")
VERSIONS = ["2.7"] + ["3.%d" % minor for minor in range(6, 16)]
PEERS = ["yappi==1.7.6", "pyinstrument==5.1.3"]

# Runs before every recipe that is not a bare command line. The program is compiled under the name it was
# given, so that the dump says "wordcount.py" and nothing about the folder it lies in.
PRELUDE = r"""
import itertools, marshal, os, sys, time
PROGRAM, OUT = sys.argv[1:3]
sys.argv[:] = [PROGRAM]
sys.path.insert(0, os.path.dirname(PROGRAM))
import cProfile, profile, pstats
def space(name="__main__"):
    return {"__name__": name, "__file__": PROGRAM, "__builtins__": __builtins__}
def code():
    with open(PROGRAM, "rb") as f:
        return compile(f.read(), PROGRAM, "exec")
def record(p, name="__main__"):
    s = space(name)
    p.runctx(code(), s, s)
    return p
def ticks(step=1, start=0):
    counter = itertools.count(start, step)
    return getattr(counter, "__next__", None) or counter.next
def functions_of_program():
    s = space("program")
    exec(code(), s)
    return s
"""

# recipe: (profiler in the file name, suffix of the file name, source, or None for the command line "-m PROFILER")
RECIPES = {
    "cProfile": ("cProfile", "", None),
    # The pure-Python profiler from its command line puts a code object into the key.
    "profile": ("profile", "", None),
    # ... and as a function call it puts the statement there; its callers are bare counts in both.
    "profile-run": ("profile", "run", 'profile.runctx("main()", functions_of_program(), {}, OUT)'),
    # A bias that is too large gives negative times.
    "profile-bias": ("profile", "bias", "p = profile.Profile(bias=1e-4); record(p).dump_stats(OUT)"),
    "no-subcalls": ("cProfile", "no-subcalls", "record(cProfile.Profile(subcalls=False)).dump_stats(OUT)"),
    "no-builtins": ("cProfile", "no-builtins", "record(cProfile.Profile(builtins=False)).dump_stats(OUT)"),
    # One microsecond per call of the timer: the same numbers on every machine.
    "ticks": ("cProfile", "ticks", "record(cProfile.Profile(ticks(), 1e-6)).dump_stats(OUT)"),
    # Integers without timeunit: the dump claims as many seconds, here thousands and then thousands of millions.
    "integer-timer": ("cProfile", "integer-timer", "record(cProfile.Profile(ticks(1000))).dump_stats(OUT)"),
    "huge-timer": ("cProfile", "huge-timer", "record(cProfile.Profile(ticks(10**6))).dump_stats(OUT)"),
    # A clock that stands still: counts, and all times are 0.
    "zero-timer": ("cProfile", "zero-timer", "record(cProfile.Profile(ticks(0))).dump_stats(OUT)"),
    "backwards-timer": ("cProfile", "backwards-timer",
                        "record(cProfile.Profile(ticks(-1, 10**6), 1e-6)).dump_stats(OUT)"),
    "merged": ("cProfile", "merged", """
record(cProfile.Profile(ticks(), 1e-6)).dump_stats(OUT + ".1")
record(cProfile.Profile(ticks(), 1e-6)).dump_stats(OUT + ".2")
PROGRAM = "packages/main.py"
sys.path.insert(0, "packages")
record(cProfile.Profile(ticks(), 1e-6)).dump_stats(OUT + ".3")
stats = pstats.Stats(OUT + ".1"); stats.add(OUT + ".2"); stats.add(OUT + ".3"); stats.dump_stats(OUT)
"""),
    "strip-dirs": ("cProfile", "strip-dirs", """
record(cProfile.Profile(ticks(), 1e-6)).dump_stats(OUT + ".1")
stats = pstats.Stats(OUT + ".1"); stats.strip_dirs(); stats.dump_stats(OUT)
"""),
    "empty": ("cProfile", "empty", "cProfile.Profile().dump_stats(OUT)"),
    # Taken while main() runs: functions that have not returned are missing.
    "snapshot": ("cProfile", "snapshot", """
p, s = cProfile.Profile(ticks(), 1e-6), space("program")
def save(*values):
    p.snapshot_stats()
    with open(OUT, "wb") as f:
        marshal.dump(p.stats, f)
exec(code(), s)
p.runcall(lambda: (s["main"](), save(), s["fib"](5)))
"""),
    "marshal0": ("cProfile", "marshal0", """
p = record(cProfile.Profile(ticks(), 1e-6)); p.create_stats()
with open(OUT, "wb") as f: marshal.dump(p.stats, f, 0)
"""),
    "marshal1": ("cProfile", "marshal1", """
p = record(cProfile.Profile(ticks(), 1e-6)); p.create_stats()
with open(OUT, "wb") as f: marshal.dump(p.stats, f, 1)
"""),
    "marshal2": ("cProfile", "marshal2", """
p = record(cProfile.Profile(ticks(), 1e-6)); p.create_stats()
with open(OUT, "wb") as f: marshal.dump(p.stats, f, 2)
"""),
    "yappi": ("yappi", "", """
import yappi
s, c = space(), code()
yappi.start(builtins=True); exec(c, s); yappi.stop()
yappi.get_func_stats().save(OUT, type="pstat")
"""),
    "pyinstrument": ("pyinstrument", "", None),
}

ALL = "*"
# (recipe, program, labels)
RECORDINGS = [
    ("cProfile", "wordcount", ALL),
    ("cProfile", "recursion", ALL),
    ("profile", "recursion", ["py2.7", "py3.6", "py3.7", "py3.9", "py3.11", "py3.13", "py3.14", "py3.15", "pypy3.9"]),
    ("profile", "wordcount", ["py3.7", "py3.11"]),
    ("profile-run", "recursion", ["py2.7", "py3.12"]),
    ("profile-bias", "recursion", ["py3.11"]),
    ("cProfile", "packages", ["py2.7", "py3.11"]),
    ("strip-dirs", "packages", ["py2.7", "py3.11"]),
    ("cProfile", "collisions", ["py2.7", "py3.11", "py3.13"]),
    ("cProfile", "threads", ["py3.11", "py3.12", "py3.13"]),
    ("yappi", "threads", ["py3.11"]),
    ("yappi", "recursion", ["py3.11"]),
    ("pyinstrument", "wordcount", ["py3.11"]),
    ("cProfile", "unicode_names", ["py3.6", "py3.9", "py3.13", "pypy3.9"]),
    ("cProfile", "größe", ["py3.9", "py3.13"]),
    ("no-subcalls", "recursion", ["py3.11"]),
    ("no-builtins", "recursion", ["py3.11"]),
    ("no-builtins", "wordcount", ["py3.11"]),
    ("ticks", "recursion", ["py2.7", "py3.11", "py3.13", "pypy3.9"]),
    ("integer-timer", "recursion", ["py3.11"]),
    ("huge-timer", "recursion", ["py3.11"]),
    ("zero-timer", "recursion", ["py3.11"]),
    ("backwards-timer", "recursion", ["py3.11"]),
    ("merged", "recursion", ["py3.12"]),
    ("snapshot", "recursion", ["py3.11"]),
    ("marshal0", "recursion", ["py2.7", "py3.11"]),
    ("marshal1", "recursion", ["py2.7"]),
    ("marshal2", "recursion", ["py2.7", "py3.11"]),
    ("empty", "recursion", ["py2.7", "py3.11", "py3.13"]),
]

# The file name on disk is ASCII even where the program's is not: not every archive tool keeps such names.
FILE_NAME = {"größe": "nonascii_file"}
SCRIPT = {"packages": "packages/main.py"}


def find_interpreters(given):
    found = {}
    for version in VERSIONS:
        path = shutil.which("python" + version)
        if path and version_of(path):
            found["py" + version] = path
    path = shutil.which("pypy3")
    if path and version_of(path):
        found["pypy" + version_of(path)] = path
    for item in given:
        label, equals, path = item.partition("=")
        if not equals or not version_of(path):
            sys.exit("make.py: --python wants LABEL=PATH of a working interpreter, got %r" % item)
        found[label] = path
    return found


def version_of(path):
    """ "3.11" for a working interpreter, "" for one that does not start. """
    try:
        text = subprocess.check_output([path, "-c", "import sys; print('%d.%d' % sys.version_info[:2])"],
                                       stderr=subprocess.DEVNULL)
    except (OSError, subprocess.CalledProcessError):
        return ""
    return text.decode().strip()


def file_name(label, recipe, program):
    profiler, suffix, _ = RECIPES[recipe]
    parts = [label, profiler, FILE_NAME.get(program, program)] + ([suffix] if suffix else [])
    return "-".join(parts) + ".prof"


def prepare(work):
    """A copy of the programs in a folder whose name says nothing about this machine."""
    shutil.rmtree(work, ignore_errors=True)
    shutil.copytree(os.path.join(HERE, "programs"), work, ignore=shutil.ignore_patterns("__pycache__", "*.pyc"))
    shutil.copy(os.path.join(work, "unicode_names.py"), os.path.join(work, "größe.py"))
    os.mkdir(os.path.join(work, "out"))


def peers(work, label, interpreter):
    """The interpreter of a new virtual environment that has yappi and pyinstrument."""
    folder = os.path.join(work, "peers-" + label)
    if not os.path.isdir(folder):
        subprocess.check_call([interpreter, "-m", "venv", folder])
        subprocess.check_call([os.path.join(folder, "bin", "pip"), "-q", "install",
                               "--disable-pip-version-check"] + PEERS)
    return os.path.join(folder, "bin", "python")


def command(recipe, program, interpreter, out):
    script = SCRIPT.get(program, program + ".py")
    source = RECIPES[recipe][2]
    if recipe == "pyinstrument":
        return [interpreter, "-m", "pyinstrument", "-i", "0.0002", "-r", "pstats", "-o", out, script]
    if source is None:
        return [interpreter, "-S", "-B", "-m", recipe, "-o", out, script]
    return [interpreter, "-s" if recipe == "yappi" else "-S", "-B", "-c", PRELUDE + source, script, out]


def record(work, label, interpreter, recipe, program, target):
    if recipe in ("yappi", "pyinstrument"):
        interpreter = peers(work, label, interpreter)
    out = os.path.join("out", os.path.basename(target))
    environment = {"PATH": os.environ.get("PATH", ""), "PYTHONHASHSEED": "0", "PYTHONIOENCODING": "utf-8",
                   "LC_ALL": "C.UTF-8"}
    run = subprocess.run(command(recipe, program, interpreter, out), cwd=work, env=environment,
                         stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    if run.returncode != 0:
        sys.exit("make.py: %s failed:\n%s" % (target, run.stdout.decode(errors="replace")))
    with open(os.path.join(work, out), "rb") as f:
        data = f.read()
    for secret in (os.path.expanduser("~"), os.path.dirname(HERE)):
        if secret.encode() in data:
            sys.exit("make.py: %s names %s; start the interpreter under a neutral path (README.md)" % (target, secret))
    with open(target, "wb") as f:
        f.write(data)
    print("%7d  %s" % (len(data), os.path.basename(target)))


# ---- facts ----

# Runs in the interpreter that wrote the dumps: reads names from standard input, prints one JSON line each.
FACTS_SOURCE = r"""
from __future__ import print_function
import json, marshal, math, pstats, sys
for name in sys.stdin.read().split("\n"):
    try:
        with open(name, "rb") as f:
            stats = marshal.load(f)
        sampled = stats.pop(("__sampled__",), None) is not None
        rows = [(v[0], v[1], v[2], len(v[4])) for v in stats.values()]
        facts = {"functions": len(rows), "edges": sum(r[3] for r in rows), "first": sum(int(r[0]) for r in rows),
                 "second": sum(int(r[1]) for r in rows), "time": repr(math.fsum(r[2] for r in rows)),
                 "calls": sum(int(max(r[:2])) for r in rows), "primitive_calls": sum(int(min(r[:2])) for r in rows),
                 "only_callers": len(set(c for v in stats.values() for c in v[4]) - set(stats)), "sampled": sampled}
        try:
            facts["pstats"] = pstats.Stats(name).total_calls == facts["second"]
        except Exception as e:
            facts["pstats"] = "%s: %s" % (type(e).__name__, e)
    except Exception as e:
        facts = {"error": "%s: %s" % (type(e).__name__, e)}
    print(json.dumps([name, facts]))
"""


def facts_by_interpreter(interpreter, names):
    run = subprocess.run([interpreter, "-c", FACTS_SOURCE], cwd=PSTATS, input="\n".join(names).encode(),
                         stdout=subprocess.PIPE, check=True)
    return dict(json.loads(line) for line in run.stdout.decode().splitlines()
                if line.startswith('["'))       # pstats prints things of its own


def write_facts(interpreters):
    newest = max((label for label in interpreters if label.startswith("py3.")), key=lambda s: int(s[4:]))
    groups = {}
    for path in sorted(glob.glob(os.path.join(PSTATS, "*.prof"))):
        name = os.path.basename(path)
        label = name.split("-")[0]
        if label == "special":
            label = "py2.7" if name.startswith("special-py2") else newest
        groups.setdefault(label, []).append(name)
    facts = {}
    for label, names in groups.items():
        answers = facts_by_interpreter(interpreters[label], names) if label in interpreters else {}
        for name in names:
            with open(os.path.join(PSTATS, name), "rb") as f:
                own = make_marshal.facts(f.read())
            answer = answers.get(name, {"error": "no interpreter"})
            own["read_by"] = "make_marshal.py"
            if "error" not in answer:
                raw = dict(own, edges=own.get("entry_edges", own["edges"]), functions=own.get("entries", own["functions"]))
                differ = [k for k in ("functions", "edges", "first", "second", "time", "only_callers")
                          if answer[k] != raw[k]]
                if not differ:
                    own["read_by"] = label
                else:
                    print("%s: %s reads other %s than make_marshal.py" % (name, label, ", ".join(differ)))
                if answer["pstats"] is not True:
                    print("%s: pstats of %s: %s" % (name, label, answer["pstats"]))
            else:
                print("%s: %s: %s" % (name, label, answer["error"]))
            if "-yappi-" in name:
                # yappi writes the two counts of an entry in the wrong order.
                own["calls"], own["primitive_calls"] = answer["calls"], answer["primitive_calls"]
            for key in ("first", "second"):
                own.pop(key, None)
            facts[name] = own
    with open(os.path.join(PSTATS, "FACTS.json"), "w") as f:
        json.dump(facts, f, indent=1, sort_keys=True)
        f.write("\n")
    print("%d dumps, %d read by the interpreter that wrote them or by %s" %
          (len(facts), sum(f["read_by"] != "make_marshal.py" for f in facts.values()), newest))


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--only", metavar="NAME", default="", help="only recordings whose file name contains NAME")
    parser.add_argument("--python", metavar="LABEL=PATH", action="append", default=[], help="an interpreter to use")
    parser.add_argument("--work", metavar="DIR", default=os.path.join(tempfile.gettempdir(), "profconv-programs"),
                        help="emptied, then used as the working folder; its name may appear in dumps")
    parser.add_argument("--force", action="store_true", help="record again what is there already")
    parser.add_argument("--list", action="store_true", help="print names only")
    parser.add_argument("--facts", action="store_true", help="only check the dumps and write FACTS.json")
    options = parser.parse_args()
    interpreters = find_interpreters(options.python)
    if options.facts:
        write_facts(interpreters)
        return
    if not options.list:
        os.makedirs(PSTATS, exist_ok=True)
        prepare(options.work)
    missing = set()
    for recipe, program, labels in RECORDINGS:
        for label in sorted(interpreters) if labels == ALL else labels:
            name = file_name(label, recipe, program)
            target = os.path.join(PSTATS, name)
            if options.only not in name:
                continue
            if options.list:
                print(name)
            elif label not in interpreters:
                missing.add(label)
            elif options.force or not os.path.exists(target):
                record(options.work, label, interpreters[label], recipe, program, target)
    if not options.list:
        shutil.rmtree(options.work)
        if missing:
            print("no interpreter for " + ", ".join(sorted(missing)))


if __name__ == "__main__":
    main()
