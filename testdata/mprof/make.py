#!/usr/bin/env python3
"""Makes the samples in this folder.

    python3 testdata/mprof/make.py                    those written by hand, the same bytes every time
    python3 testdata/mprof/make.py --record           recordings that are missing, too

Recordings run a program under memory_profiler 0.61 from PyPI, in a virtual environment below /tmp/profconv-programs: a file
holds the path of the interpreter.
"""

import argparse
import pathlib
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
WORK = pathlib.Path("/tmp/profconv-programs")

PROGRAM = """
import time

@profile
def fill(count):
    time.sleep(0.05)
    return bytearray(count)

@profile
def nested(depth):
    return nested(depth - 1) if depth else len(fill(8_000_000))

@profile
def fails():
    raise ValueError

@profile
def main():
    kept = fill(16_000_000)
    try:
        fails()
    except ValueError:
        pass
    nested(2)
    del kept
    time.sleep(0.05)

main()
"""

RECORDINGS = {
    "recorded-python": ["--python", "--interval", "0.02", "memory.py"],
    "recorded-plain": ["--interval", "0.05", sys.executable, "-c", "x = bytearray(30_000_000); import time; time.sleep(0.2)"],
}

F = "FUNC {} {:.4f} {:.4f} {:.4f} {:.4f} {}\n".format
M = "MEM {:.6f} {:.4f}\n".format

SPECIAL = {
    "special-nested": F("app.main", 10, 1.0, 12, 9.0, 0) + F("app.load", 10.5, 2.0, 30, 5.0, 1) + F("app.load", 20, 6.0, 12, 8.0, 1)
    + "CMDLINE python3 app.py 'two words'\n" + "".join(M(10 + t * 3, t + 0.5) for t in range(10)),
    "special-no-levels": "FUNC f 1.0000 1.0000 2.0000 9.0000\nFUNC g 1.5000 2.0000 1.5000 3.0000\nFUNC g 1.5000 3.0000 2.0000 3.0000\n",
    "special-recursion": "".join(F("app.down", 10 + n, 1 + n / 10, 20, 5 - n / 10, n) for n in range(10)),
    "special-lost-levels": F("f", 1, 1, 1, 9, 0) + F("g", 1, 2, 1, 3, 1) + F("h", 1, 4, 1, 5, 2) + F("f", 1, 10, 1, 11, 1),
    "special-threads": F("f", 1, 1, 1, 5, 0) + F("g", 1, 4, 2, 6, 1) + F("h", 2, 4.5, 1, 5.5, 2),
    "special-two-runs": "CMDLINE python3 a.py\n" + M(1, 1) + M(5, 2) + M(4, 3) + "CMDLINE python3 b.py\n" + M(2, 12) + M(1.5, 11) + "CHLD 7 1.0 12.0001\n",
    "special-odd-records": "CMDLINE python3 a.py\r\nMEM 1.500000 2.5000\r\nMEM x 3.0\nFUNC f 1 2\n\nMARK here\nMEM 2.000000 3.5000\nMEM 3.000000 179535",
    "special-behind-output": "hello\nFUNC of the day\n99 %" + F("m.f", 1, 1, 2, 4, 0) + "bye\n" + F("m.g", 1, 2, 1.5, 3, 1),
    "special-names": F("m.a block of code", 1, 1, 1, 2, 0) + F("m.größe\x1b[31m", 1, 3, 1, 4, 0),
}

BAD = {
    "nothing-usable": "CMDLINE python3 a.py\nMEM nan 1.0\nFUNC f inf 1.0 1.0 2.0 0\n",
    "only-a-command": "CMDLINE python3 a.py\n",
    "too-much-memory": F("f", 8796093022207, 1, 0, 2, 0) + F("f", 8796093022207, 3, 0, 4, 0),
}


def record(name):
    mprof = WORK / "env/bin/mprof"
    if not mprof.exists():
        subprocess.run([sys.executable, "-m", "venv", WORK / "env"], check=True)
        subprocess.run([WORK / "env/bin/pip", "install", "-q", "memory_profiler==0.61.0"], check=True)
    (WORK / "memory.py").write_text(PROGRAM)
    arguments = ["python3" if a == sys.executable else a for a in RECORDINGS[name]]
    subprocess.run([mprof, "run", "--output", f"{name}.dat", *arguments], cwd=WORK, check=True, stdout=subprocess.DEVNULL)
    return (WORK / f"{name}.dat").read_bytes()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--record", action="store_true")
    options = parser.parse_args()
    for folder, samples in ((HERE, SPECIAL), (HERE / "bad", BAD)):
        folder.mkdir(exist_ok=True)
        for name, content in samples.items():
            (folder / f"{name}.dat").write_bytes(content.encode())
    for name in RECORDINGS if options.record else []:
        out = HERE / f"{name}.dat"
        if not out.exists():
            out.write_bytes(record(name))


if __name__ == "__main__":
    main()
