"""Counts the instructions of the tools on fixed inputs, under valgrind, and compares them with the committed counts.

Unlike times they are the same on a busy machine, up to a small part of a percent (hash seeds are random). A count that is off
by more than 5 % in either direction is a failure: slower is to be mended, faster to be written down (`./dev bench --bless`).
Compilers and their versions make other counts; the file names the ones it is for.
"""

import gzip
import json
import pathlib
import re
import shutil
import subprocess
import tempfile

import generate

counts_file = pathlib.Path(__file__).resolve().parent / "instructions.json"
tolerance = 0.05


def compiler():
    """What the release build is made with where nobody says otherwise."""
    result = subprocess.run(["c++", "--version"], capture_output=True, text=True, check=False)
    return result.stdout.splitlines()[0] if result.stdout else "unknown"


def cases(scratch):
    """Name and command of each, on inputs that are made here."""
    dump, packed, program, sourced, scattered = (scratch / name for name in ("run.prof", "run.prof.gz", "program.prof", "sourced.prof", "scattered.prof"))
    runs = [scratch / f"{number}.prof" for number in range(20)]
    generate.write(dump, 3000, 5, 1)
    generate.write_program(program, 2000, 1)
    generate.write_program(sourced, 2000, 1, scratch / "sources")
    generate.write(scattered, 3000, 5, 1, scattered=True)
    with gzip.GzipFile(packed, "wb", mtime=0) as file:
        file.write(dump.read_bytes())
    for number, path in enumerate(runs):
        generate.write(path, 300, 5, number % 4)
    out = scratch / "out"
    return {
        "start": ["prof2calltree", "--version"],
        "callgrind": ["prof2calltree", "-q", "-i", dump, "-o", out],
        "callgrind of a program": ["prof2calltree", "-q", "-i", program, "-o", out],
        "callgrind with sources": ["prof2calltree", "-q", "-i", sourced, "-o", out],
        "callgrind of many files": ["prof2calltree", "-q", "-i", scattered, "-o", out],
        "callgrind, packed input": ["prof2calltree", "-q", "-i", packed, "-o", out],
        "callgrind, packed output": ["prof2calltree", "-q", "-i", dump, "-o", scratch / "out.gz"],
        "callgrind of 20 dumps": ["prof2calltree", "-q", "-o", out, *runs],
        "dot": ["prof2dot", "-q", "-o", out, dump],
        "dot of everything": ["prof2dot", "-q", "-n", "0", "-e", "0", "-o", out, dump],
        "text": ["prof2text", "-o", out, dump],
        "text of many files": ["prof2text", "-o", out, scattered],
        "text as pstats": ["prof2text", "--style", "pstats", "-s", "cumulative", "-o", out, dump],
        "json": ["prof2text", "--format", "json", "-o", out, dump],
    }


def count(command, scratch):
    """Instructions of one run; those that wait for the other thread are few."""
    result = subprocess.run(
        ["valgrind", "--tool=callgrind", f"--callgrind-out-file={scratch / 'callgrind.out'}", *map(str, command)],
        stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, check=False,
    )
    found = re.search(r"Collected : (\d+)", result.stderr)
    if result.returncode != 0 or not found:
        raise SystemExit(f"{' '.join(map(str, command))} failed under valgrind:\n{result.stderr[-2000:]}")
    return int(found.group(1))


def check(tools, bless):
    """0 when all counts are within the tolerance, else 1; `bless` writes them down."""
    if not shutil.which("valgrind"):
        print("valgrind is not installed: no instructions are counted")
        return 77  # skipped
    committed = json.loads(counts_file.read_text()) if counts_file.exists() else {"compiler": "", "instructions": {}}
    if not bless and committed["compiler"] != compiler():
        print(f"The committed counts are for {committed['compiler']}, here is {compiler()}")
    counts, worst = {}, 0
    print(f"{'':28} {'committed':>14} {'now':>14} {'change':>8}")
    with tempfile.TemporaryDirectory() as name:
        scratch = pathlib.Path(name)
        for case, command in cases(scratch).items():
            counts[case] = count([tools / command[0], *command[1:]], scratch)
            before = committed["instructions"].get(case)
            change = counts[case] / before - 1 if before else None
            worst = max(worst, abs(change) if change is not None else 1)
            print(f"{case:28} {before or 'none':>14} {counts[case]:>14} {'' if change is None else f'{change:+8.1%}'}", flush=True)
    if bless:
        counts_file.write_text(json.dumps({"compiler": compiler(), "instructions": counts}, indent=2) + "\n")
        return 0
    if worst > tolerance:
        print(f"More than {tolerance:.0%} off: mend what became slower; ./dev bench --bless writes the new counts down")
    return int(worst > tolerance)
