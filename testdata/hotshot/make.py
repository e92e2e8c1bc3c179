#!/usr/bin/env python3
"""Makes the samples in this folder.

    python3 testdata/hotshot/make.py                              those written by hand, the same bytes every time
    python3 testdata/hotshot/make.py --python /opt/python/2.7/bin/python    recordings that are missing, too

Recordings run the programs of ../programs under Python 2.7's own hotshot. A log holds the paths of the interpreter, so
start it under a neutral prefix.
"""

import argparse
import pathlib
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent

# name: program, statement, line events, line times; "coverage" is the other recorder of _hotshot
RECORDINGS = {
    "py2.7-recursion": ("recursion", "main()", 0, 0),
    "py2.7-recursion-line-events": ("recursion", "first(9)", 1, 0),
    "py2.7-recursion-line-times": ("recursion", "sum(walk(grow(3)))", 1, 1),
    "py2.7-wordcount-line-times": ("wordcount", "suggest('climed', ['climbed', 'claimed'])", 1, 1),
    "py2.7-recursion-coverage": ("recursion", "first(9)", None, None),
    "py2.7-recursion-started-inside": ("recursion", "started_inside()", 1, 1),
}

RECORDER = r"""
import _hotshot, hotshot, os, sys
program, statement, lines, times, out = sys.argv[1:6]
space = {"__name__": "program", "__file__": program}
with open(program) as f:
    exec compile(f.read(), program, "exec") in space
if lines == "None":
    recorder = _hotshot.coverage(out)
    recorder.runcode(compile(statement, "<string>", "exec"), space, space)
    recorder.close()
elif statement == "started_inside()":
    profile = hotshot.Profile(out, int(lines), int(times))
    def inner():
        profile.start()
        space["fib"](4)
    def outer():
        inner()
        space["fib"](3)
    outer()
    profile.stop()
    profile.close()
else:
    profile = hotshot.Profile(out, int(lines), int(times))
    profile.runctx(statement, space, space)
    profile.close()
"""


def record(python, name, out):
    program, statement, lines, times = RECORDINGS[name]
    with tempfile.TemporaryDirectory() as folder:
        work = pathlib.Path("/tmp/profconv-programs")
        work.mkdir(exist_ok=True)
        source = (HERE.parent / "programs" / f"{program}.py").read_bytes()
        (work / f"{program}.py").write_bytes(source)
        log = pathlib.Path(folder) / "log"
        subprocess.run([python, "-c", RECORDER, f"{program}.py", statement, str(lines), str(times), str(log)], cwd=work, check=True, stdout=subprocess.DEVNULL)
        data = log.read_bytes()
    if str(pathlib.Path.home()).encode() in data or str(HERE).encode() in data:
        sys.exit(f"{name}: the log names this machine's folders; start Python under a neutral prefix")
    out.write_bytes(data)


def packed(value, used_bits=0, code=0):
    """Groups of 7 bits, lowest first; the first byte's low bits may hold a code."""
    room = 7 - used_bits
    first = ((value & ((1 << room) - 1)) << used_bits) | code
    value >>= room
    out = bytearray([first | (0x80 if value else 0)])
    while value:
        out.append((value & 0x7F) | (0x80 if value > 0x7F else 0))
        value >>= 7
    return bytes(out)


def text(value):
    value = value.encode() if isinstance(value, str) else value
    return packed(len(value)) + value


def info(key, value):
    return b"\x13" + text(key) + text(value)


def file(number, name):
    return b"\x23" + packed(number) + text(name)


def function(number, line, name):
    return b"\x43" + packed(number) + packed(line) + text(name)


class Log:
    """A log whose events can be appended; `times`: (frame times, line times)."""

    def __init__(self, *infos, times=(True, False)):
        self.frames, self.lines = times
        self.data = info("hotshot-version", "1.14")
        for key, value in infos:
            self.data += info(key, value)
        self.data += bytes([0x53, self.frames, 0x33, self.lines])

    def add(self, *parts):
        for part in parts:
            self.data += part
        return self

    def enter(self, number, line, ticks=0):
        return self.add(packed(number, 2, 0), packed(line), packed(ticks) if self.frames else b"")

    def exit(self, ticks=0):
        return self.add(packed(ticks, 2, 1))

    def line(self, number, ticks=0):
        return self.add(packed(number, 2, 2), packed(ticks) if self.lines else b"")


def named(log):
    """main (line 1) and work (line 10) of app.py"""
    return log.add(file(0, "app.py"), function(0, 1, "main"), function(0, 10, "work"))


def call_twice(log):
    return named(log).enter(0, 1, 7).enter(0, 10, 10).exit(300).enter(0, 10, 20).exit(400).exit(5)


def special():
    yield "special-empty", Log()
    yield "special-calls", call_twice(Log())
    # 3 579 545 ticks a second: no whole number of nanoseconds
    yield "special-windows", call_twice(Log(("reported-performance-frequency", "3579545")))
    yield "special-windows-no-frequency", call_twice(Log(("reported-performance-frequency", "0")))
    yield "special-lines", named(Log(times=(True, True))).enter(0, 1).line(2, 1).line(3, 10).enter(0, 10, 2).line(11, 5).exit(50).line(2, 3).exit(1)
    yield "special-line-events", named(Log()).enter(0, 1).line(2).line(3).enter(0, 10, 2).line(11).exit(50).line(2).exit(4)
    recursion = named(Log()).enter(0, 1, 1)
    for depth in range(50):
        recursion.enter(0, 10, depth)
    for depth in range(50):
        recursion.exit(depth)
    yield "special-recursion", recursion.exit(1000)
    yield "special-unmatched-exit", named(Log()).enter(0, 10, 1).exit(20).exit(300).enter(0, 1, 4).exit(5000)
    yield "special-never-left", named(Log()).enter(0, 1, 1).enter(0, 10, 20)
    yield "special-clock-set-back", named(Log()).enter(0, 1, 1).enter(0, 10, 0xFFFFFF00).exit(20).exit(3)
    yield "special-unnamed", Log().add(file(1, "other.py")).enter(0, 5, 1).enter(1, 6, 2).exit(3).exit(4)
    yield "special-names", Log().add(file(0, b"a\nb/\xff.py"), function(0, 1, b"f\x1b[31m")).enter(0, 1).exit(2)
    yield "special-no-times", named(Log(times=(False, False))).enter(0, 1).line(2).enter(0, 10).line(11).exit().exit()
    lying = Log()
    lying.frames = False  # the header says otherwise
    yield "special-coverage", named(lying).enter(0, 1).line(2).enter(0, 10).line(11).exit().line(3).exit()


def bad():
    whole = call_twice(Log()).data
    yield "cut-in-an-event", whole[:-4] + b"\x80"
    yield "cut-in-the-header", whole[:12]
    yield "cut-in-a-name", whole[: whole.index(b"main") + 2]
    yield "unknown-record", whole + b"\x63"
    yield "number-too-long", named(Log()).data + b"\x00\x80\x80\x80\x80\x80\x01\x00"
    yield "number-beyond-32-bits", named(Log()).data + b"\x00\xff\xff\xff\xff\x7f\x00"
    yield "name-longer-than-the-log", Log().data + b"\x23\x00\xff\xff\xff\xff\x0f"


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--python", help="a Python 2.7")
    parser.add_argument("--force", action="store_true", help="make recordings again that are there")
    options = parser.parse_args()
    for name, log in special():
        (HERE / f"{name}.hotshot").write_bytes(log.data)
    (HERE / "bad").mkdir(exist_ok=True)
    for name, data in bad():
        (HERE / "bad" / f"{name}.hotshot").write_bytes(data)
    for name in RECORDINGS if options.python else []:
        out = HERE / f"{name}.hotshot"
        if options.force or not out.exists():
            record(options.python, name, out)


if __name__ == "__main__":
    main()
