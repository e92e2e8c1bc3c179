#!/usr/bin/env python3
"""Writes the pickles in testdata/line_profiler: the same bytes every time, on every Python 3.8 and later.

    python3 testdata/make_line_profiler.py                 special-*.lprof and bad/
    python3 testdata/make_line_profiler.py --record PYTHON  the recordings, with a Python that has line_profiler

A recording holds times, which differ from run to run and which goldens depend on: an existing one stays unless --force
is given. Programs run in a copy, so that no path of this machine gets into a file.
"""

import argparse
import math
import os
import pickle
import shutil
import struct
import subprocess
import sys
import tempfile
import types

HERE = os.path.dirname(os.path.abspath(__file__))
FOLDER = os.path.join(HERE, "line_profiler")

OLDEST, OLD, NEW = "_line_profiler", "line_profiler._line_profiler", "line_profiler.line_profiler"


def line_stats(module):
    """The class as pickle finds it: by the name of its module."""
    for name in (module.partition(".")[0], module):
        sys.modules[name] = types.ModuleType(name)
    cls = type("LineStats", (object,), {"__module__": module})
    sys.modules[module].LineStats = cls
    return cls


def dump(timings, unit=1e-9, module=NEW, protocol=4, **more):
    stats = line_stats(module)()
    stats.timings = timings
    stats.unit = unit
    stats.__dict__.update(more)
    return pickle.dumps(stats, protocol)


SMALL = {
    ("lp.py", 1, "fib"): [(3, 8, 2269), (4, 3, 340), (5, 7, 1100)],
    ("lp.py", 7, "K.m"): [(9, 1, 70000), (10, 1001, 2**33), (11, 1000, 5 * 10**9)],
    ("pkg/other.py", 70000, "never"): [],
    ("<ipython-input-3-0a1b2c3d>", 1, "f.<locals>.<lambda>"): [(1, 300, 12345)],
}


def short(text):
    data = text.encode()
    return b"U" + bytes([len(data)]) + data


def python2():
    """What Python 2.7's cPickle writes at protocol 2: byte strings, a memo from 1, big ints as text."""
    return (b"\x80\x02c_line_profiler\nLineStats\nq\x01)\x81q\x02}q\x03(" + short("unit") + b"q\x04G" + struct.pack(">d", 1e-6)
            + short("timings") + b"q\x05}q\x06(" + short("gr\u00fc\u00df.py") + b"q\x07K\x01" + short("f") + b"q\x08\x87q\x09]q\x0a("
            + b"K\x02K\x05M\xdd\x08\x87q\x0bK\x03J\x00\x00\x01\x00I4294967296\n\x87q\x0ceh\x07K\x09" + short("g") + b"q\x0d\x87q\x0e]q\x0f"
            + b"K\x0aK\x01\x8a\x05\x00\x00\x00\x00\x01\x87q\x10auub.")


def newobj_ex():
    """An instance made with NEWOBJ_EX and no arguments, as old Python 3 did."""
    data = dump(SMALL, 1e-6, OLDEST)
    return framed(data[11:].replace(b")\x81\x94", b")}\x92\x94", 1))


def framed(data):
    return b"\x80\x04\x95" + struct.pack("<Q", len(data)) + data


class Raw:
    """Pickles that are put together by hand around the state of a LineStats."""

    begin = b"\x80\x04\x8c\x1bline_profiler.line_profiler\x8c\x09LineStats\x93)\x81"

    @staticmethod
    def text(value):
        data = value.encode("utf-8", "surrogatepass")
        return b"\x8c" + bytes([len(data)]) + data

    @classmethod
    def state(cls, timings, unit=b"G" + struct.pack(">d", 1e-9)):
        return cls.begin + b"}(" + cls.text("timings") + timings + cls.text("unit") + unit + b"ub."

    @classmethod
    def key(cls, file="a.py", line=b"K\x01", name="f"):
        return cls.text(file) + line + cls.text(name) + b"\x87"

    @classmethod
    def one(cls, rows, **key):
        return cls.state(b"}" + cls.key(**key) + rows + b"s")


ROW = b"K\x02K\x03K\x04\x87"


def specials():
    made = {}
    for protocol, module in ((0, OLDEST), (1, OLDEST), (2, OLDEST), (3, OLD), (4, OLD), (5, NEW)):
        # As Python 3 spells the names of Python 2's modules.
        made[f"protocol-{protocol}"] = dump(SMALL, 1e-6 if module == OLDEST else 1e-9, module, protocol)
    made["python2"] = python2()
    made["newobj-ex"] = newobj_ex()
    made["empty"] = dump({}, 1e-7)
    made["many-lines"] = dump({("big.py", 1, "table"): [(line, line % 7 + 1, line * 1000) for line in range(2, 1202)]})
    made["one-line-twice"] = dump({("a.py", 1, "f"): [(2, 3, 40), (2, 5, 60), (1, 1, 1)]})
    made["windows"] = dump({("C:\\lib\\a.py", 3, "f"): [(4, 2, 1000), (5, 2, 3)]}, 1 / 2343750)
    made["float-times"] = dump({("a.py", 1, "f"): [(2, 2.0, 0.6), (3, 2.5, 1e3), (4, 1, math.inf), (5, math.nan, 2)]})
    made["negative"] = dump({("a.py", 1, "f"): [(2, 2, -5), (3, -2, 7), (-4, 1, 1)], ("a.py", -1, "g"): [(2**32, 1, 1)]})
    made["big-ints"] = Raw.one(b"](" + ROW + b"K\x03\x8a\x08" + struct.pack("<q", 2**62) + b"\x8b\x09\x00\x00\x00"
                               + struct.pack("<q", 2**61) + b"\x00\x87e")
    made["names"] = dump({("gr\u00f6\u00dfe.py", 1, "\u03b1\u03b2"): [(2, 1, 1)], ("a\x1b[31m.py", 1, "x\ny"): [(2, 1, 1)],
                          ("b\udce9.py", 1, "f"): [(2, 1, 1)]})
    made["more-attributes"] = dump(SMALL, version=3, comment="hello")
    made["doubled-key"] = Raw.state(b"}(" + Raw.key() + b"]" + ROW + b"a" + Raw.key(name="g") + b"]" + Raw.key() + b"](" + ROW + ROW + b"eu")
    made["shared-list"] = Raw.state(b"}(" + Raw.key() + b"]\x94(" + ROW + b"e" + Raw.key(name="g") + b"h\x00u")
    made["slots"] = Raw.begin + b"N}(" + Raw.text("timings") + b"}" + Raw.text("unit") + b"G" + struct.pack(">d", 1e-6) + b"u\x86b."
    made["trailing-bytes"] = dump({("a.py", 1, "f"): [(2, 1, 1)]}) + b"more"
    return made


class Calls:
    """What a pickle of it wants to call."""

    def __init__(self, function, *arguments):
        self.function, self.arguments = function, arguments

    def __reduce__(self):
        return self.function, self.arguments


# What a pickle that runs would do: make this file in the current folder.
MARK = "pickle-was-run"


def malicious():
    """Pickles that make a file named MARK when Python loads them."""
    made = {}
    code = f"open({MARK!r}, 'w')"
    for protocol in range(6):
        data = pickle.dumps(Calls(os.system, f"touch {MARK}"), protocol)  # of posix, where os has it from
        made[f"system-protocol-{protocol}"] = framed(data[11:].replace(b"\x8c\x05posix", b"\x8c\x02os")) if protocol >= 4 else data.replace(b"posix", b"os")
        made[f"eval-protocol-{protocol}"] = pickle.dumps(Calls(eval, code), protocol)
    made["inst"] = f"(S'touch {MARK}'\nios\nsystem\n.".encode()
    made["obj"] = f"(cos\nsystem\nS'touch {MARK}'\no.".encode()
    made["reduce-in-timings"] = Raw.state(b"cbuiltins\neval\n" + Raw.text(code) + b"\x85R")
    made["reduce-in-unit"] = Raw.state(b"}", b"cbuiltins\neval\n" + Raw.text(code) + b"\x85R")
    made["reduce-of-reduce"] = b"cbuiltins\ngetattr\ncos\npath\nS'join'\n\x86Rcbuiltins\neval\n" + Raw.text(code) + b"\x85R."
    made["build-with-setstate"] = Raw.begin + b"cbuiltins\neval\nb."
    made["reconstructor-of-another-class"] = b"ccopyreg\n_reconstructor\ncos\n_wrap_close\nc__builtin__\nobject\nN\x87R."
    made["reconstructor-with-another-base"] = b"ccopyreg\n_reconstructor\nc_line_profiler\nLineStats\ncbuiltins\ndict\n}\x87R."
    made["reconstructor-with-a-state"] = b"ccopyreg\n_reconstructor\nc_line_profiler\nLineStats\nc__builtin__\nobject\n}\x87R."
    made["call-of-the-class"] = b"c_line_profiler\nLineStats\n}K\x01\x86R."
    made["copyreg-newobj"] = f"ccopyreg\n__newobj__\n(cos\nsystem\nS'touch {MARK}'\ntR.".encode()
    made["copyreg-extension"] = b"ccopyreg\nadd_extension\n(S'os'\nS'system'\nI7\ntR0\x82\x07."
    made["stack-global-by-parts"] = b"\x80\x04" + Raw.text("os.path") + Raw.text("os.system") + b"\x93" + Raw.text(f"touch {MARK}") + b"\x85R."
    made["dotted-class"] = b"\x80\x04" + Raw.text("line_profiler.line_profiler") + Raw.text("LineStats.__init__") + b"\x93."
    made["newobj-with-arguments"] = b"\x80\x04c_line_profiler\nLineStats\n}K\x01\x86\x81."
    made["newobj-of-object"] = b"\x80\x04c__builtin__\nobject\n)\x81."
    made["persid"] = b"Pthing\n."
    made["binpersid"] = b"NQ."
    for name, opcode in (("ext1", b"\x82\x01"), ("ext2", b"\x83\x01\x00"), ("ext4", b"\x84\x01\x00\x00\x00")):
        made[name] = b"\x80\x02" + opcode + b"."
    return made


def faults():
    made = {f"run-{name}": data for name, data in malicious().items()}
    good = dump(SMALL)
    made["cut"] = good[:-20]
    made["frame-too-long"] = good.replace(good[3:11], struct.pack("<Q", len(good)), 1)
    made["protocol-6"] = b"\x80\x06" + good[2:]
    made["unknown-opcode"] = good[:2] + b"\xff" + good[2:]
    made["string-too-long"] = Raw.begin + b"X\xff\xff\xff\xffabc"
    made["string-beyond-memory"] = Raw.begin + b"\x8d\xff\xff\xff\xff\xff\xff\xff\x7fabc"
    made["string-of-negative-size"] = b"\x80\x02T\xff\xff\xff\xff."
    made["no-mark"] = b"\x80\x02]e."
    made["empty-stack"] = b"\x80\x020."
    made["under-the-mark"] = b"\x80\x02](a."
    made["memo-is-empty"] = b"\x80\x02h\x05."
    made["far-memo"] = b"\x80\x02]r\xff\xff\xff\x7fj\xfe\xff\xff\x7f."
    made["two-values"] = b"\x80\x02]]."
    made["append-to-a-tuple"] = b"\x80\x02)K\x01a."
    made["odd-dict"] = b"\x80\x02}(K\x01u."
    made["set"] = b"\x80\x04\x8f."
    made["bytearray"] = b"\x80\x05\x96\x01\x00\x00\x00\x00\x00\x00\x00x."
    made["buffer"] = b"\x80\x05\x97."
    made["nested"] = b"\x80\x02" + b"]" * 50000 + b"a" * 49999 + b"."
    laughs = b"\x80\x02]q\x00"
    for i in range(1, 60):
        laughs += b"](" + b"h" + bytes([i - 1]) + b"h" + bytes([i - 1]) + b"eq" + bytes([i])
    made["laughs"] = Raw.state(b"}" + Raw.key() + laughs[2:] + b"s")
    made["holds-itself"] = Raw.state(b"}" + Raw.key() + b"]\x94h\x00as")
    thousand = b"]\x94(" + ROW * 1000 + b"e"
    made["list-shown-again-and-again"] = Raw.state(b"}(" + Raw.key() + thousand + b"".join(Raw.key(name=f"f{i}") + b"h\x00" for i in range(1000)) + b"u")
    made["state-twice"] = Raw.begin + b"}b}b."
    made["no-state"] = Raw.begin + b"."
    made["no-timings"] = Raw.begin + b"}" + Raw.text("unit") + b"K\x01sb."
    made["no-unit"] = Raw.begin + b"}" + Raw.text("timings") + b"}sb."
    made["unit-is-zero"] = dump(SMALL, 0.0)
    made["unit-is-nan"] = dump(SMALL, math.nan)
    made["unit-is-text"] = dump(SMALL, "1e-9")
    made["timings-is-a-list"] = dump([])
    made["key-is-text"] = dump({"f": []})
    made["key-of-two"] = dump({("a.py", 1): []})
    made["file-is-a-number"] = dump({(1, 1, "f"): []})
    made["line-is-text"] = dump({("a.py", "1", "f"): []})
    made["name-is-none"] = dump({("a.py", 1, None): []})
    made["rows-are-a-tuple"] = dump({("a.py", 1, "f"): ()})
    made["row-is-a-list"] = dump({("a.py", 1, "f"): [[2, 1, 1]]})
    made["row-of-two"] = dump({("a.py", 1, "f"): [(2, 1)]})
    made["hits-are-text"] = dump({("a.py", 1, "f"): [(2, "1", 1)]})
    made["hits-beyond-64-bits"] = dump({("a.py", 1, "f"): [(2, 2**63, 1)]})
    made["time-is-none"] = dump({("a.py", 1, "f"): [(2, 1, None)]})
    made["time-beyond-64-bits"] = dump({("a.py", 1, "f"): [(2, 1, 2**70)]})
    made["time-beyond-64-bits-of-ns"] = dump({("a.py", 1, "f"): [(2, 1, 2**60)]}, 1e-7)
    made["sum-beyond-64-bits"] = dump({("a.py", 1, "f"): [(2, 1, 2**62), (3, 1, 2**62)]})
    made["sum-of-functions-beyond-64-bits"] = dump({("a.py", 1, "f"): [(2, 1, 2**62)], ("a.py", 5, "g"): [(6, 1, 2**62)]})
    made["another-dict"] = pickle.dumps({"a": 1}, 4)
    made["yappi"] = b"\x80\x04\x95\x15\x00\x00\x00\x00\x00\x00\x00\x8c\x05yappi\x94\x8c\x0aYFuncStats\x94\x93\x94."
    made["pstats"] = b"\x80\x04\x8c\x06pstats\x8c\x05Stats\x93)\x81}b."
    made["int-as-text"] = b"I12x\n."
    made["float-as-text"] = b"Fone\n."
    made["string-without-quotes"] = b"Sabc\n."
    made["broken-escape"] = b"(S'\\x4'\n."
    made["broken-unicode-escape"] = b"\x80\x02V\\u12\n."
    made["unended-line"] = b"\x80\x02I12"
    return made


def linked_summary(line, name, end):
    """A line of -m as rich writes it, with the two parts of the file's name as links; their commands end in ESC \\ or in BEL."""
    link, off = "\x1b]8;id=1;/work/a.py" + end, "\x1b]8;;" + end
    return f"  \x1b[1;36m0.00\x1b[0m seconds - {link}\x1b[35m/work/\x1b[0m{off}{link}\x1b[95ma.py\x1b[0m{off}:\x1b[1;36m{line}\x1b[0m - {name}\n"


def reports():
    """Text reports in the forms that no line_profiler at hand prints."""
    head = "Timer unit: 1e-06 s\n\nTotal time: 0.003 s\nFile: a.py\nFunction: f at line 8\n\n"
    table = "Line #      Hits         Time  Per Hit   % Time  Line Contents\n" + "=" * 62 + "\n"
    rows = ("     8                                               @profile\n     9                                               def f(x):\n"
            "    10         1         1000   1000.0     33.3      7 7.5 8 9\n    11      1000         2000      2.0     66.7      return x\n")
    made = {"ticks": head + table + rows}
    made["output-around"] = "hello\nTotal time: 5 s\nWrote profile results to a.py.lprof\n" + head + table + rows + "\nbye\n  12  13 14\n"
    made["two-reports"] = head + table + rows + "\n" + head.replace("1e-06", "0.001") + table + rows.replace("        1000 ", "         1.0 ").replace("        2000 ", "         2.0 ")
    made["cut-after-function"] = head + table + rows + "\nTotal time: 0.5 s\nFile: a.py\nFunction: <lambda> at line 20\n"
    missing = ("Total time: 7e-06 s\n\nCould not find file gone.py\nAre you sure you are running this program from the same directory\nthat you ran the profiler from?\n"
               "Continuing without the function's contents.\n\n" + table + "    10                                               \n    11                                               \n    12         1          7.0      7.0    100.0  \n")
    made["lost-source"] = "Timer unit: 1e-06 s\n\n" + missing
    made["lost-source-and-summary"] = "Timer unit: 1e-06 s\n\n" + missing + "\n  0.00 seconds - gone.py:10 - K.m\n  1.25 seconds - b - c:3.py:4 - g - h\n"
    made["pushed-to-the-right"] = head.replace("0.003", "1.23457e+07") + table + "     8                                               def f(x):\n     9  12345678901  12345678901234 123456789.0    100.0      1 2 3\n    10                                               x\n"
    made["widened"] = (head.replace("0.003", "41000") + "Line #      Hits            Time    Per Hit   % Time  Line Contents\n" + "=" * 67 + "\n"
                       + "     8                                                    def f(x):\n     9  1.235e+11           4e+10        0.3     97.6      x\n    10          1           1e+9       1e+9      2.4      y\n")
    made["zero"] = "Timer unit: 1e-06 s\n\nTotal time: 0 s\nFile: a.py\nFunction: a at line b at line 8\n\n" + table + "     8                                               def f(x):\n     9         1          0.0      0.0               7\n"
    made["colors"] = head + table + "".join("\x1b[1;36m" + row[:6] + "\x1b[0m" + row[6:] + "   \n" for row in rows.splitlines())
    made["links"] = made["colors"].replace("File: a.py", "File: /work/a.py") + "\n" + linked_summary(8, "f", "\x1b\\") + linked_summary(20, "K.m", "\x07")
    made["broken-rows"] = head + table + rows.replace("     33.3      7 7.5", "     \n33.3      7 7.5")
    made["crlf"] = (head + table + rows).replace("\n", "\r\n")
    made["only-the-unit"] = "Timer unit: 1e-07 s\n"
    made["no-unit-in-this-line"] = "Timer unit: unknown s\n" + head + table + rows
    return made


def write(path, data, made):
    with open(path, "wb") as f:
        f.write(data)
    made.add(path)


def record(python, force):
    """Profiles every function of a program; called through its API, so that the program is not changed."""
    label = subprocess.run([python, "-c", "import sys, line_profiler as l; print('py%d.%d-lp%s' % (*sys.version_info[:2], l.__version__))"],
                           check=True, capture_output=True, text=True).stdout.strip()
    script = ("import sys, types, line_profiler\nsource = open(sys.argv[1]).read()\nspace = {'__name__': 'program', '__file__': sys.argv[1]}\n"
              "exec(compile(source, sys.argv[1], 'exec'), space)\np = line_profiler.LineProfiler()\n"
              "[p.add_callable(f) for f in list(space.values()) if isinstance(f, types.FunctionType)]\n"
              "[p.add_class(c) for c in list(space.values()) if isinstance(c, type)]\n"
              "p.runcall(space['main'])\np.dump_stats(sys.argv[2])\n")
    with tempfile.TemporaryDirectory() as work:
        for program in ("recursion", "wordcount"):
            target = os.path.join(FOLDER, f"{label}-{program}.lprof")
            if os.path.exists(target) and not force:
                continue
            shutil.copy(os.path.join(HERE, "programs", program + ".py"), work)
            subprocess.run([python, "-c", script, program + ".py", target], check=True, cwd=work, stdout=subprocess.DEVNULL)
            print(os.path.relpath(target, HERE))
            for name, options in (("", []), ("-u1-z-m", ["-u", "1", "-z", "-m"])):
                report = subprocess.run([python, "-m", "line_profiler", "--no-config", *options, target], check=True, cwd=work, capture_output=True)
                with open(os.path.join(FOLDER + "-text", f"{label}-{program}{name}.txt"), "wb") as f:
                    f.write(report.stdout)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--record", metavar="PYTHON")
    parser.add_argument("--force", action="store_true")
    args = parser.parse_args()
    if args.record:
        return record(args.record, args.force)
    made = set()
    os.makedirs(FOLDER + "-text", exist_ok=True)
    for name, content in reports().items():
        write(os.path.join(FOLDER + "-text", f"special-{name}.txt"), content.encode(), made)
    os.makedirs(os.path.join(FOLDER, "bad"), exist_ok=True)
    for name, data in specials().items():
        write(os.path.join(FOLDER, f"special-{name}.lprof"), data, made)
    for name, data in faults().items():
        write(os.path.join(FOLDER, "bad", f"{name}.lprof"), data, made)
    print(f"{len(made)} files")


if __name__ == "__main__":
    main()
