#!/usr/bin/env python3
"""Builds the sample dumps that no interpreter at hand writes, and the broken ones, byte by byte.

    python3 testdata/make_marshal.py        writes pstats/special-*.prof, pstats/bad/, pstats/gz/

It also holds a decoder of its own, written from the format alone, that make.py checks every dump with.
Nothing here uses Python's marshal module, so this runs with any Python from 3.6 on and always writes the
same bytes (gz/ depends on the installed zlib).
"""

import math
import os
import struct
import zlib

HERE = os.path.dirname(os.path.abspath(__file__))
PSTATS = os.path.join(HERE, "pstats")


# ---- writing: every function returns the bytes of one object ----

def int32(n):
    return struct.pack("<i", n)


def i(n):
    return b"i" + int32(n)


def int64(n):
    return b"I" + struct.pack("<q", n)


def big(n):
    digits, rest = [], abs(n)
    while rest:
        digits.append(rest & 0x7FFF)
        rest >>= 15
    return b"l" + int32(len(digits) if n >= 0 else -len(digits)) + b"".join(struct.pack("<H", d) for d in digits)


def number(n):
    if isinstance(n, bytes):
        return n
    if isinstance(n, bool):
        return b"T" if n else b"F"
    if isinstance(n, float):
        return g(n)
    return i(n) if -2**31 <= n < 2**31 else big(n)


def g(x):
    return b"g" + struct.pack("<d", x)


def text_float(x):
    digits = ("%.17g" % x).encode() if isinstance(x, float) else x
    return b"f" + bytes([len(digits)]) + digits


def raw(text):
    """The bytes of a name: UTF-8, lone surrogates as they come."""
    return text if isinstance(text, bytes) else text.encode("utf-8", "surrogatepass")


def string(code, text):
    text = raw(text)
    if code in "zZ":
        return code.encode() + bytes([len(text)]) + text
    return code.encode() + int32(len(text)) + text


def name(text):
    """Text as Python 3.4 and later write it."""
    text = raw(text)
    if any(c >= 0x80 for c in text):
        return string("u", text)
    return string("z" if len(text) < 256 else "a", text)


def tup(*items):
    return (b")" + bytes([len(items)]) if len(items) < 256 else b"(" + int32(len(items))) + b"".join(items)


def old_tup(*items):
    return b"(" + int32(len(items)) + b"".join(items)


def dic(*pairs):
    return b"{" + b"".join(k + number(v) for k, v in pairs) + b"0"


def ref(n):
    return b"r" + int32(n)


def flag(data):
    """The same object, which also takes the next slot of the reference table."""
    return bytes([data[0] | 0x80]) + data[1:]


def key(file, line, function):
    part = lambda x: x if isinstance(x, bytes) else name(x)
    return tup(part(file), number(line), part(function))


def entry(primitive, calls, self_time, total, *callers):
    """The value of a function. Each of `callers` is a pair (key, value)."""
    return tup(number(primitive), number(calls), number(self_time), number(total), dic(*callers))


def caller(calls, primitive, self_time, total):
    """The value of a caller: here calls come before primitive calls."""
    return tup(number(calls), number(primitive), number(self_time), number(total))


class Dump(object):
    """Writes Python values the way CPython does: a string or int that was written before becomes a reference.

    CPython flags what had several owners at that moment, which is up to chance; here everything is flagged.
    """

    def __init__(self):
        self.slots = {}

    def write(self, value):
        if value is None or isinstance(value, bool):
            return {None: b"N", True: b"T", False: b"F"}[value]
        flat = all(isinstance(item, (str, int, float)) for item in value) if isinstance(value, tuple) else False
        same = repr(value) if flat or isinstance(value, (str, int, float)) else id(value)
        if same in self.slots:
            return ref(self.slots[same])
        self.slots[same] = len(self.slots)       # of containers: before their items
        if isinstance(value, tuple):
            return flag(tup(*[self.write(item) for item in value]))
        if isinstance(value, dict):
            return flag(dic(*[(self.write(k), self.write(v)) for k, v in value.items()]))
        return flag(name(value) if isinstance(value, str) else number(value))


# ---- Python 3.15: sampled dumps ----

def sampled(stacks, interval):
    """What profiling.sampling --pstats stores for these stacks.

    A stack is a list of (file, line, qualified name), outermost first, with the number of samples that saw it.
    """
    direct, seen, callers = {}, {}, {}
    for stack, count in stacks:
        for frame in stack:
            direct.setdefault(frame, 0)
            seen.setdefault(frame, 0)
            callers.setdefault(frame, {})
        direct[stack[-1]] += count
        for frame in set(stack):
            seen[frame] += count
        for above, frame in zip(stack, stack[1:]):
            callers[frame][above] = callers[frame].get(above, 0) + count
    stats = {}
    for frame in direct:
        stats[frame] = (direct[frame], seen[frame], direct[frame] * interval, seen[frame] * interval, callers[frame])
    stats[("__sampled__",)] = True
    return stats


def sampled_wordcount():
    def frame(line, function, file="/srv/demo/wordcount.py"):
        return (file, line, function)
    root = [("<frozen runpy>", 201, "_run_module_as_main"), ("<frozen runpy>", 87, "_run_code"),
            frame(108, "<module>")]
    find = root + [frame(104, "main"), frame(84, "find_mistakes")]
    smallest = find + [frame(75, "suggest"), frame(75, "suggest.<locals>.<lambda>")]
    return [
        (smallest + [frame(69, "edit_distance")], 212),
        (smallest + [frame(67, "edit_distance")], 57),
        (smallest + [frame(66, "edit_distance")], 31),
        (smallest, 18),
        (find + [frame(75, "suggest")], 9),
        (find + [frame(76, "suggest"), frame(69, "edit_distance")], 3),
        (root + [frame(103, "main"), frame(92, "build_index"), frame(39, "Tokenizer.words")], 4),
        (root + [frame(103, "main"), frame(93, "build_index"), frame(49, "Index.add")], 2),
        (root + [frame(104, "main"), frame(99, "report"),
                 frame(238, "dumps", "/usr/lib/python3.15/json/__init__.py"),
                 frame(202, "JSONEncoder.encode", "/usr/lib/python3.15/json/encoder.py")], 1),
        (root, 1),
    ]


def sampled_recursion():
    def frame(line, function):
        return ("recursion.py", line, function)
    module = [frame(75, "<module>")]
    fib = [(module + [frame(66, "main")] + [frame(5, "fib")] * depth, 3 * depth) for depth in range(1, 9)]
    even_odd = [(module + [frame(67, "main")] + [frame(9, "is_even"), frame(13, "is_odd")] * depth, depth)
                for depth in (1, 5, 20)]
    # One function recursing over several of its lines.
    ackermann = [(module + [frame(68, "main"), frame(21, "ackermann"), frame(20, "ackermann"),
                            frame(21, "ackermann"), frame(18, "ackermann")], 5)]
    return fib + even_odd + ackermann


def sampled_special_frames():
    def frame(line, function):
        return ("/srv/demo/wordcount.py", line, function)
    root = [frame(108, "<module>"), frame(104, "main")]
    return [
        (root + [frame(84, "find_mistakes")], 7),
        (root + [frame(84, "find_mistakes"), ("~", 0, "<GC>")], 4),
        (root + [("~", 0, "<native>"), frame(99, "report"), ("~", 0, "<native>")], 3),
        (root + [("~", 0, "<GC>")], 2),
        ([("__init__", 0, "__init__")], 1),
        ([frame(108, "<module>"), ("__init__", 0, "__init__")], 1),
        ([("<unknown file>", 0, "<unknown function>")], 1),
        ([("~", 0, "<GC>")], 1),
        ([frame(0, "Task-4")], 2),
    ]


# ---- code objects as layout D with everything a constant can be ----

def code_d(filename, function, first_line, *consts, qualified=None):
    flat = lambda data: b"s" + int32(len(data)) + data
    return (b"c" + int32(0) * 3 + int32(2) + int32(0) + flat(b"\x95\x00S\x00") + tup(*consts) + tup(name("print")) +
            tup() + flat(b"") + name(filename) + name(function) + name(qualified or function) +
            int32(first_line) + flat(b"\xf0\x03\x01") + flat(b""))


def code_314():
    nested = code_d("t.py", "inner", 3, b"N", qualified="outer.<locals>.inner")
    consts = [
        b"N", b"T", b"F", b".", i(-1), big(2**70), g(1.5), b"y" + struct.pack("<dd", 0.0, 2.0),
        b":" + i(1) + b"N" + i(2),                        # slice(1, None, 2), Python 3.14 and later
        b">" + int32(2) + i(1) + i(2), string("s", b"\x00\xff"), name("größe"), tup(tup(i(1)), tup()), nested,
    ]
    code = code_d("t.py", "<module>", 1, *consts)
    other = code_d("t.py", "<module>", 1, *consts)        # equal, not the same object
    caller_of_f = tup(name("profile"), i(0), other)
    return dic(
        (tup(name("profile"), i(0), flag(code)), entry(1, 1, 0.0, 0.5, (key("profile", 0, "profiler"), i(1)))),
        (key("profile", 0, "profiler"), entry(0, 0, 0, 0)),
        (key("t.py", 3, "inner"), entry(2, 2, 0.25, 0.25, (caller_of_f, i(1)),
                                        (tup(name("profile"), i(0), ref(0)), i(1)))),
    )


# ---- good special dumps ----

def two_functions(main="main", work="work", file="a.py"):
    """main calls work three times; the smallest dump that has everything."""
    main, work = key(file, 1, main), key(file, 5, work)
    return dic((main, entry(1, 1, 0.25, 1.0)), (work, entry(3, 3, 0.75, 0.75, (main, caller(3, 3, 0.75, 0.75)))))


def text_floats(version):
    """Python 2.3 (version 0) and 2.4 (version 1): floats as text, and names interned in version 1 only."""
    intern = "s" if version == 0 else "t"
    f = text_float
    main = old_tup(string("s", "a.py"), i(1), string(intern, "main"))
    work = old_tup(string("s", "a.py"), i(5), string(intern, "work"))
    again = main if version == 0 else old_tup(string("s", "a.py"), i(1), b"R" + int32(0))
    return dic(
        (main, old_tup(i(1), i(1), f(0.25), f(1.0), dic())),
        (work, old_tup(i(3), i(3), f(0.1), f(7.5e-07), dic((again, old_tup(i(3), i(3), f(0.1), f(b"7.5e-07")))))),
        (old_tup(string("s", "a.py"), i(9), string("s", "rest")),
         old_tup(i(1), i(2), f(b"0"), f(b"1e+2"), dic((work if version == 0 else
                 old_tup(string("s", "a.py"), i(5), b"R" + int32(1)), old_tup(i(2), i(1), f(b"0"), f(b"100")))))),
    )


def names_dump(names, files=None):
    """One entry per name, a chain: each calls the next one."""
    files = files or ["a.py"] * len(names)
    keys = [key(file, line, function) for line, (file, function) in enumerate(zip(files, names), 1)]
    pairs = []
    for n, k in enumerate(keys):
        callers = [(keys[n - 1], caller(1, 1, 0.5, 0.5 * (len(keys) - n)))] if n else []
        pairs.append((k, entry(1, 1, 0.5, 0.5 * (len(keys) - n), *callers)))
    return dic(*pairs)


def shared_callers():
    """Three functions whose callers are one dict, written once."""
    main = key("a.py", 1, "main")
    callers = dic((main, caller(2, 2, 0.5, 0.5)))
    return dic(
        (main, entry(1, 1, 0.0, 1.5)),
        (key("a.py", 5, "one"), tup(i(2), i(2), g(0.5), g(0.5), flag(callers))),
        (key("a.py", 7, "two"), tup(i(2), i(2), g(0.5), g(0.5), ref(0))),
        (key("a.py", 9, "three"), tup(i(2), i(2), g(0.5), g(0.5), ref(0))),
    )


def shared_entries():
    """A whole entry and a whole key by reference; a flag on singletons takes no slot."""
    main = flag(key("a.py", 1, "main"))                                     # slot 0
    value = flag(tup(b"\xd4", b"\xd4", g(0.5), g(0.5),                     # slot 1; True twice, flagged: no slots
                     flag(dic((ref(0), flag(caller(1, 1, 0.5, 0.5)))))))     # slots 2 and 3
    return dic((main, entry(1, 1, 0.25, 1.25)), (key("a.py", 5, "one"), value), (key("a.py", 7, "two"), ref(1)),
               (key("a.py", 9, "three"), entry(1, 1, 0.0, 0.5, (key("a.py", 7, "two"), ref(3)))))


def big_ints():
    main = key("a.py", 1, "main")
    return dic(
        (main, entry(1, 1, 0.0, 2.0)),
        (key("a.py", 5, "int64"), entry(int64(2**40), int64(2**40 + 5), 1.0, 1.0,
                                        (main, caller(int64(2**40 + 5), int64(2**40), 1.0, 1.0)))),
        (key("a.py", 9, "big"), entry(big(2**40), big(2**40 + 5), 1.0, 1.0,
                                      (main, caller(big(2**40 + 5), big(2**40), 1.0, 1.0)))),
        (key("a.py", big(13), "zero"), entry(big(0), big(0), big(0), int64(0))),
        (key("a.py", int64(14), "time"), entry(1, 1, big(10**6), int64(10**6))),
    )


def numbers_of_every_kind():
    main = key("a.py", 1, "main")
    return dic(
        (main, entry(True, True, 0, 3)),
        (key("a.py", 5, "floats"), entry(2.0, 2.9, 1, True, (main, caller(2.0, 2.9, 1, False)))),
        (key("a.py", False, "mixed"), entry(text_float(2.0), int64(2), big(1), text_float(1.0), (main, i(2)))),
        (key("a.py", 9, "bare"), entry(1, 1, 0.5, 0.5, (main, True))),
        (key("a.py", 11, "bare_float"), entry(3, 3, 0.5, 0.5, (main, g(3.0)))),
    )


def duplicate_keys():
    main, work = key("a.py", 1, "main"), key("a.py", 5, "work")
    return dic(
        (main, entry(1, 1, 0.25, 1.0)),
        (work, entry(9, 9, 9.0, 9.0, (main, caller(9, 9, 9.0, 9.0)))),
        (work, entry(3, 3, 0.75, 0.75, (main, caller(1, 1, 0.125, 0.125)), (main, caller(3, 3, 0.75, 0.75)))),
    )


def same_name_in_every_code():
    """`main` as every code that can hold it: one function, called by itself under other codes."""
    codes = "stuaAzZ"
    keys = [tup(string(c, "a.py"), i(1), string(c, "main")) for c in codes]
    work = [(key("a.py", 10 + n, "work%d" % n), entry(1, 1, 0.125, 0.125, (k, caller(1, 1, 0.125, 0.125))))
            for n, k in enumerate(keys)]
    return dic((keys[-1], entry(1, 1, 0.125, 1.0)), *work)


def old_string_table():
    """Python 2: `t` fills the string table, `s` and `u` do not, and references reach across functions."""
    R = lambda n: b"R" + int32(n)
    s, t, u = (lambda x: string("s", x)), (lambda x: string("t", x)), (lambda x: string("u", x))
    main = old_tup(t("a.py"), i(1), t("main"))                     # 0, 1
    work = old_tup(R(0), i(5), t("work"))                          # 2
    return dic(
        (main, old_tup(i(1), i(1), g(0.25), g(1.5), dic())),
        (work, old_tup(i(3), i(3), g(0.75), g(0.75), dic((old_tup(R(0), i(1), R(1)),
                                                         old_tup(i(3), i(3), g(0.75), g(0.75)))))),
        (old_tup(s("b.py"), i(5), R(2)), old_tup(i(1), i(1), g(0.25), g(0.25), dic())),
        (old_tup(u("c.py"), i(5), t("c")), old_tup(i(1), i(1), g(0.25), g(0.25),
                                                   dic((old_tup(R(0), i(5), R(2)), i(1))))),
        (old_tup(R(3), i(5), R(3)), old_tup(i(1), i(1), g(0.0), g(0.0), dic())),
    )


def missing_callers():
    """Callers that have no entry, one of them twice; one entry called by nobody."""
    lost, gone = key("lib.py", 70, "lost"), key("", 0, "gone")
    return dic(
        (key("a.py", 5, "work"), entry(3, 3, 0.75, 0.75, (lost, caller(2, 2, 0.5, 0.5)), (gone, caller(1, 1, 0.25, 0.25)))),
        (key("a.py", 9, "rest"), entry(2, 2, 0.25, 0.25, (lost, caller(2, 2, 0.25, 0.25)))),
        (key("a.py", 11, "alone"), entry(4, 4, 0.5, 0.5)),
    )


def odd_counts():
    main = key("a.py", 1, "main")
    return dic(
        (main, entry(1, 1, 0.25, 1.0)),
        (key("a.py", 5, "swapped"), entry(30, 2, 0.25, 0.25, (main, caller(2, 30, 0.25, 0.25)))),
        (key("a.py", 7, "unknown"), entry(-1, -1, 0.25, 0.25, (main, caller(-1, -1, 0.25, 0.25)))),
        (key("a.py", 9, "never"), entry(0, 0, 0.0, 0.0, (main, caller(0, 0, 0.0, 0.0)))),
        (key("a.py", 11, "too_much"), entry(1, 1, 0.25, 0.25, (main, caller(7, 7, 2.0, 2.0)))),
    )


def groups_of_four():
    """A caller tuple of eight: two groups of four, to be added."""
    main = key("a.py", 1, "main")
    eight = tup(*[number(n) for n in (2, 1, 0.25, 0.5, 3, 3, 0.25, 0.25)])
    return dic((main, entry(1, 1, 0.0, 0.75)), (key("a.py", 5, "work"), entry(4, 5, 0.5, 0.75, (main, eight))))


def not_finite(*values):
    main = key("a.py", 1, "main")
    pairs = [(main, entry(1, 1, 0.25, 1.0))]
    for n, x in enumerate(values):
        pairs.append((key("a.py", 5 + n, "self%d" % n), entry(1, 1, x, 0.5, (main, caller(1, 1, 0.25, 0.5)))))
        pairs.append((key("a.py", 25 + n, "total%d" % n), entry(1, 1, 0.25, x, (main, caller(1, 1, 0.25, 0.5)))))
        pairs.append((key("a.py", 45 + n, "caller%d" % n), entry(1, 1, 0.25, 0.5, (main, caller(1, 1, x, x)))))
    return dic(*pairs)


def negative_lines():
    main = key("a.py", -1, "main")
    return dic((main, entry(1, 1, 0.25, 1.0)), (key("a.py", -2**31, "work"), entry(3, 3, 0.75, 0.75,
                                                (main, caller(3, 3, 0.75, 0.75)))))


MARKUP = ["(3) x", "(1)", "cfn=(2) y", "fn=(2)", "calls=1 2", "a => b", "a -> b", "a;b", "a b 12", '"quoted"', "it's",
          "back\\slash", "\\n", "<script>alert(1)</script>", "&amp;", "]]>", "{x}", "%s", "#comment", "", " ", " lead",
          "trail ", "-o", "=1+1", "a,b", "a|b", "a:5(b)", "*", "+3", "0x10", "digraph", "0", "<b>", "main\u200b",
          "\u202eevil", "e\u0301", "\u00e9", "\ufeffbom", "\U0001f40d", "x" * 255, "y" * 256, "z" * 300]
CONTROLS = ["a\0b", "a\nb", "a\tb", "a\rb", "a\r\nb", "\n", "a\x1b[31mred\x1b[0m", "a\x7fb", "a\x85b", "a\u2028b",
            "a\bb", "fn=x\ncalls=9 9", "\0", "a\0", "a\x01b", "a\x0bb", "a\x0cb"]
SURROGATES = ["a\ud800b", "\udcff.py", "\udfff", "\ud83d\udc0d", "ok"]
BROKEN_UTF8 = [b"caf\xe9", b"\xff\xfe", b"a\x80b", b"\xc0\xafx", b"\xf5\x80\x80\x80", b"cut\xe2\x82", b"ok"]
WINDOWS = ["C:\\Users\\Ann Lee\\app\\main.py", "c:/Users/ann/app/main.py", "\\\\server\\share\\tool.py", "C:tool.py",
           "C:\\new\\table\\u0041.py", "app\\..\\lib\\x.py", "\\\\?\\C:\\very\\long.py", "D:\\a;b\\c.py"]

GOOD = {
    "sampled": Dump().write(sampled(sampled_wordcount(), 0.001)),
    "sampled-recursion": Dump().write(sampled(sampled_recursion(), 0.0005)),
    "sampled-special-frames": Dump().write(sampled(sampled_special_frames(), 0.001)),
    "sampled-empty": flag(dic((tup(name("__sampled__")), b"T"))),
    "sampled-marker-first": dic((tup(name("__sampled__")), b"T"), (key("a.py", 3, "f"), entry(2, 5, 0.002, 0.005)),
                                (key("a.py", 4, "f"), entry(1, 1, 0.001, 0.001, (key("a.py", 3, "f"), i(1))))),
    "two-functions": two_functions(),
    "py2-text-floats-v0": text_floats(0),
    "py2-text-floats-v1": text_floats(1),
    "py2-string-table": old_string_table(),
    "py2-broken-utf8": dic(*[(old_tup(string("s", b"dir\xe9/" + n), i(1), string("t", n)),
                              old_tup(i(1), i(1), g(0.5), g(0.5), dic())) for n in BROKEN_UTF8]),
    "big-ints": big_ints(),
    "numbers-of-every-kind": numbers_of_every_kind(),
    "largest-values": dic((key("a.py", 2**31 - 1, "f"), entry(2**63 - 1, 2**63 - 1, 9.2e9, 9.2e9))),
    "smallest-times": names_dump(["f"])[:-1] + key("a.py", 2, "g") + entry(1, 1, 5e-324, 4.9999e-10) +
                      key("a.py", 3, "h") + entry(1, 1, -0.0, 5.0001e-10) + b"0",
    "shared-callers": shared_callers(),
    "shared-entries": shared_entries(),
    "duplicate-keys": duplicate_keys(),
    "same-name-in-every-code": same_name_in_every_code(),
    "missing-callers": missing_callers(),
    "odd-counts": odd_counts(),
    "groups-of-four": groups_of_four(),
    "nan": not_finite(float("nan")),
    "infinite": not_finite(float("inf"), float("-inf")),
    "negative-lines": negative_lines(),
    "negative-times": dic((key("a.py", 1, "main"), entry(1, 1, -0.25, 0.5)),
                          (key("a.py", 5, "work"), entry(3, 3, 0.75, -0.125, (key("a.py", 1, "main"),
                                                                          caller(3, 3, -0.75, -0.5))))),
    "markup-in-names": names_dump(MARKUP),
    "markup-in-files": names_dump(["f"] * len(MARKUP), MARKUP),
    "control-characters": names_dump(CONTROLS, CONTROLS),
    "lone-surrogates": names_dump(SURROGATES, SURROGATES),
    "broken-utf8": dic(*[(tup(string("u", n), i(1), string("t", n)), entry(1, 1, 0.5, 0.5)) for n in BROKEN_UTF8]),
    "latin1-short-string": dic((tup(string("z", b"gr\xf6\xdfe.py"), i(1), string("Z", b"gr\xf6\xdfe")), entry(1, 1, 0.5, 0.5))),
    "windows-paths": names_dump(["f"] * len(WINDOWS), WINDOWS),
    "code-object-3.14": code_314(),
    "trailing-bytes": two_functions() + b"left over",
    "two-dumps": two_functions() + two_functions("other", "one"),
    "empty": dic(),
}


# ---- broken dumps ----

FAULT = object()     # stands in front of the object that is at fault


def broken(*parts):
    """Bytes and the offset of the fault; without FAULT it is the end of the file."""
    data, offset = b"", None
    for part in parts:
        if part is FAULT:
            offset = len(data)
        else:
            data += part
    return data, len(data) if offset is None else offset


A, F = name("a.py"), name("f")
KEY = key("a.py", 1, "f")
OPEN = b"{" + KEY                                         # a dump cut after its first key
HEAD = OPEN + b")\x05" + i(1) + i(1) + g(0.5) + g(0.5)    # ... before the callers of its first entry
OK = entry(1, 1, 0.5, 0.5)
IN_CALLERS = HEAD + b"{"
NEXT = b"{" + KEY + OK                                    # one good entry, the second one is to come


def value(*items):
    return b")" + bytes([len(items)]) + b"".join(items)


def laughs():
    """41 tuples side by side; each but the first holds the one before it twice. Slot 0 is the tuple around them."""
    return flag(tup(flag(tup(b"T", b"T")), *[flag(tup(ref(n), ref(n))) for n in range(1, 41)]))


BAD = {
    # what is not a dump at all
    "empty-file": (broken(), "no bytes"),
    "list-not-dict": (broken(FAULT, b"[" + int32(1) + tup(KEY, OK)), "the top object is a list"),
    "tuple-not-dict": (broken(FAULT, tup(KEY, OK)), "the top object is a tuple"),
    "none-not-dict": (broken(FAULT, b"N"), "the top object is None"),
    "int-not-dict": (broken(FAULT, b"import os\n"), "Python source: its first five bytes are a marshal int"),
    "pickle-not-marshal": (broken(FAULT, b"\x80\x04\x95\x0b\x00\x00\x00\x00\x00\x00\x00}\x94K\x01K\x02s."), "a pickle"),
    "dict-of-names": (broken(b"{", FAULT, name("a.py"), i(1), b"0"), "a dict, but its key is a string"),
    # shape of keys
    "key-is-list": (broken(b"{", FAULT, b"[" + int32(3) + A + i(1) + F, OK, b"0"), "the key is a list"),
    "key-is-none": (broken(NEXT, FAULT, b"N", OK, b"0"), "the second key is None"),
    "key-has-no-items": (broken(NEXT, FAULT, tup(), OK, b"0"), "a key of no items"),
    "key-has-one-item": (broken(NEXT, FAULT, tup(A), OK, b"0"), "a key of one item that is not `__sampled__`"),
    "key-has-two-items": (broken(NEXT, FAULT, tup(A, i(1)), OK, b"0"), "a key of two items"),
    "key-has-four-items": (broken(NEXT, FAULT, tup(A, i(1), F, i(2)), OK, b"0"), "a key of four items"),
    "key-file-is-int": (broken(b"{)\x03", FAULT, i(7), i(1), F, OK, b"0"), "the file name is an int"),
    "key-file-is-none": (broken(b"{)\x03", FAULT, b"N", i(1), F, OK, b"0"), "the file name is None"),
    "key-line-is-text": (broken(b"{)\x03", A, FAULT, name("1"), F, OK, b"0"), "the line is a string"),
    "key-line-is-none": (broken(b"{)\x03", A, FAULT, b"N", F, OK, b"0"), "the line is None"),
    "key-name-is-int": (broken(b"{)\x03", A, i(1), FAULT, i(1), OK, b"0"), "the function name is an int"),
    "key-name-is-tuple": (broken(b"{)\x03", A, i(1), FAULT, tup(F), OK, b"0"), "the function name is a tuple"),
    # shape of entries
    "value-null": (broken(OPEN, FAULT, b"0", b"0"), "a key without a value: NULL stands there"),
    "value-is-int": (broken(OPEN, FAULT, i(1), b"0"), "the value is an int"),
    "value-is-list": (broken(OPEN, FAULT, b"[" + int32(5) + i(1) * 2 + g(0.5) * 2 + b"{0", b"0"), "the value is a list"),
    "value-has-four-items": (broken(OPEN, FAULT, value(i(1), i(1), g(0.5), g(0.5)), b"0"),
                             "no callers, as before Python 1.6"),
    "value-has-six-items": (broken(OPEN, FAULT, value(i(1), i(1), g(0.5), g(0.5), dic(), i(0)), b"0"), "six items"),
    "value-has-no-items": (broken(OPEN, FAULT, tup(), b"0"), "no items"),
    "count-is-none": (broken(OPEN, b")\x05", i(1), FAULT, b"N", g(0.5), g(0.5), dic(), b"0"), "the number of calls is None"),
    "count-is-text": (broken(OPEN, b")\x05", FAULT, name("1"), i(1), g(0.5), g(0.5), dic(), b"0"),
                      "the number of primitive calls is a string"),
    "time-is-text": (broken(OPEN, b")\x05", i(1), i(1), FAULT, name("0.5"), g(0.5), dic(), b"0"), "the self time is a string"),
    "time-is-complex": (broken(OPEN, b")\x05", i(1), i(1), g(0.5), FAULT, b"y" + struct.pack("<dd", 0.5, 0.0), dic(), b"0"),
                        "the total time is complex"),
    "sampled-value-is-none": (broken(b"{", tup(name("__sampled__")), b"T", KEY, FAULT, b"N", b"0"),
                              "only the value of `__sampled__` may be no tuple"),
    # shape of callers
    "callers-not-a-dict": (broken(HEAD, FAULT, b"[" + int32(0), b"0"), "callers are a list"),
    "callers-are-none": (broken(HEAD, FAULT, b"N", b"0"), "callers are None"),
    "caller-key-is-text": (broken(IN_CALLERS, FAULT, F, i(1), b"00"), "the caller's key is a string"),
    "caller-key-has-two-items": (broken(IN_CALLERS, FAULT, tup(A, i(1)), i(1), b"00"), "the caller's key has two items"),
    "caller-key-is-sampled-marker": (broken(IN_CALLERS, FAULT, tup(name("__sampled__")), b"T", b"00"),
                                     "`__sampled__` among the callers"),
    "caller-value-null": (broken(IN_CALLERS, KEY, FAULT, b"0", b"00"), "a caller without a value"),
    "caller-value-is-text": (broken(IN_CALLERS, KEY, FAULT, name("1"), b"00"), "the caller's value is a string"),
    "caller-value-is-dict": (broken(IN_CALLERS, KEY, FAULT, dic(), b"00"), "the caller's value is a dict"),
    "caller-tuple-has-no-items": (broken(IN_CALLERS, KEY, FAULT, tup(), b"00"), "the caller's tuple is empty"),
    "caller-tuple-has-three-items": (broken(IN_CALLERS, KEY, FAULT, tup(i(1), i(1), g(0.5)), b"00"),
                                     "the caller's tuple has three items"),
    "caller-tuple-has-five-items": (broken(IN_CALLERS, KEY, FAULT, tup(i(1), i(1), g(0.5), g(0.5), g(0.5)), b"00"),
                                    "the caller's tuple has five items"),
    "caller-tuple-holds-text": (broken(IN_CALLERS, KEY, b")\x04", i(1), i(1), FAULT, name("0.5"), g(0.5), b"00"),
                                "the caller's self time is a string"),
    # the file ends too early; the offset is that of the object that is cut
    "truncated-before-end": (broken(NEXT), "only the closing `0` is missing"),
    "truncated-after-key": (broken(OPEN), "the file ends where the value should begin"),
    "truncated-after-open": (broken(b"{"), "one byte, the file ends where a key should begin"),
    "truncated-in-string": (broken(b"{)\x03", FAULT, A[:-2]), "two bytes of the file name are missing"),
    "truncated-in-string-length": (broken(b"{)\x03", FAULT, b"s\x04\x00"), "the length of the string is cut"),
    "truncated-in-tuple": (broken(b"{)\x03", A, i(1)), "the file ends where the third item of the key should begin"),
    "truncated-in-tuple-length": (broken(OPEN, FAULT, b")"), "the number of items is missing"),
    "truncated-in-int": (broken(b"{)\x03", A, FAULT, i(1)[:3]), "two bytes of the line are missing"),
    "truncated-in-int64": (broken(OPEN, b")\x05", FAULT, int64(2**40)[:8]), "one byte of the count is missing"),
    "truncated-in-big": (broken(OPEN, b")\x05", FAULT, big(2**40)[:-1]), "half a digit of the count is missing"),
    "truncated-in-float": (broken(OPEN, b")\x05", i(1), i(1), FAULT, g(0.5)[:7]), "two bytes of the float are missing"),
    "truncated-in-text-float": (broken(OPEN, b")\x05", i(1), i(1), FAULT, text_float(0.1)[:9]), "digits are missing"),
    "truncated-in-callers": (broken(IN_CALLERS, KEY), "the file ends where the caller's value should begin"),
    "truncated-in-reference": (broken(b"{" + flag(KEY), FAULT, b"r\x00"), "the index of the reference is cut"),
    "truncated-in-code": (broken(b"{)\x03", name("profile"), i(0), FAULT, code_d("t.py", "<module>", 1, b"N")[:-20]),
                          "a code object that ends early in every layout"),
    # lengths that cannot be
    "string-longer-than-file": (broken(b"{)\x03", FAULT, b"s" + int32(2**31 - 1) + b"a.py", i(1), F, OK, b"0"),
                                "a string of 2147483647 bytes"),
    "tuple-longer-than-file": (broken(b"{", FAULT, b"(" + int32(2**30) + A + i(1) + F, OK, b"0"), "a tuple of 1073741824 items"),
    "list-longer-than-file": (broken(HEAD, FAULT, b"[" + int32(2**31 - 1), b"0"), "a list of 2147483647 items"),
    "big-longer-than-file": (broken(OPEN, b")\x05", FAULT, b"l" + int32(2**31 - 1) + b"\x01\x00", i(1), b"0"),
                             "a big int of 2147483647 digits"),
    "big-of-smallest-length": (broken(OPEN, b")\x05", FAULT, b"l" + int32(-2**31) + b"\x01\x00", i(1), b"0"),
                               "a big int of -2147483648 digits: the sign cannot be turned"),
    "negative-length": (broken(b"{)\x03", FAULT, b"s" + int32(-1) + b"a.py", i(1), F, OK, b"0"), "a string of -1 bytes"),
    "negative-tuple-length": (broken(b"{", FAULT, b"(" + int32(-3) + A + i(1) + F, OK, b"0"), "a tuple of -3 items"),
    # references
    "ref-undefined": (broken(b"{", flag(KEY), OK, FAULT, ref(1), OK, b"0"), "reference 1, only 0 exists"),
    "ref-negative": (broken(b"{", flag(KEY), OK, FAULT, ref(-1), OK, b"0"), "reference -1"),
    "ref-to-open-tuple": (broken(b"{", b"\xa9\x03", A, i(1), FAULT, ref(0), OK, b"0"),
                          "the key holds a reference to itself"),
    "ref-to-open-dict": (broken(b"\xfb", KEY, b")\x05", i(1), i(1), g(0.5), g(0.5), FAULT, ref(0), b"0"),
                         "the callers are a reference to the whole dump, which is still being read"),
    "ref-to-open-callers": (broken(HEAD, b"\xfb", KEY, FAULT, ref(0), b"00"), "a caller's value is the callers themselves"),
    "ref-to-wrong-kind": (broken(b"{)\x03", flag(A), i(1), F, b")\x05", FAULT, ref(0), i(1), g(0.5), g(0.5), dic(), b"0"),
                          "the number of primitive calls is a reference to the file name"),
    "string-ref-undefined": (broken(b"{)\x03", string("t", "a.py"), i(1), FAULT, b"R" + int32(1), OK, b"0"),
                             "string reference 1, only 0 exists"),
    "string-ref-negative": (broken(b"{)\x03", string("t", "a.py"), i(1), FAULT, b"R" + int32(-1), OK, b"0"), "string reference -1"),
    "string-ref-into-other-table": (broken(b"{)\x03", flag(A), i(1), FAULT, b"R" + int32(0), OK, b"0"),
                                    "the reference table has entry 0, the string table is empty"),
    # single objects
    "unknown-type-code": (broken(NEXT, FAULT, b"q", OK, b"0"), "the byte 71"),
    "unknown-type-code-zero": (broken(NEXT, FAULT, b"\x00" * 16), "zeros after the first entry"),
    "unmarshallable": (broken(OPEN, FAULT, b"?", b"0"), "`?` stands for a value that could not be written"),
    "null-in-tuple": (broken(b"{)\x03", A, FAULT, b"0", F, OK, b"0"), "NULL as the line"),
    "null-at-top": (broken(FAULT, b"0"), "the top object is NULL"),
    "big-digit-too-large": (broken(OPEN, b")\x05", FAULT, b"l" + int32(2) + b"\x01\x00\x00\x80", i(1), g(0.5), g(0.5), dic(), b"0"),
                            "a digit of 15 bits is 0x8000"),
    "big-top-digit-zero": (broken(OPEN, b")\x05", FAULT, b"l" + int32(2) + b"\x01\x00\x00\x00", i(1), g(0.5), g(0.5), dic(), b"0"),
                           "the most significant digit is 0"),
    "text-float-not-a-number": (broken(OPEN, b")\x05", i(1), i(1), FAULT, text_float(b"0.5x"), g(0.5), dic(), b"0"), "`0.5x`"),
    "text-float-empty": (broken(OPEN, b")\x05", i(1), i(1), FAULT, text_float(b""), g(0.5), dic(), b"0"), "a float of no digits"),
    "text-float-in-hex": (broken(OPEN, b")\x05", i(1), i(1), FAULT, text_float(b"0x1p-1"), g(0.5), dic(), b"0"), "`0x1p-1`"),
    "code-of-no-layout": (broken(b"{)\x03", name("profile"), i(0), FAULT, b"c" + int32(0) * 6 + b"N" * 12 + int32(1), OK, b"0"),
                          "a code object that fits no version of Python"),
    "nested-too-deep": (broken(b"{", FAULT, b")\x01" * 300, A, OK, b"0"), "300 tuples inside each other as a key"),
    "nested-references": (broken(OPEN, b")\x05", FAULT, laughs(), i(1), g(0.5), g(0.5), dic(), b"0"),
                          "a count that is a tuple of tuples by reference: 2 to the power of 40 items if written out"),
    # numbers that do not fit
    "count-too-large": (broken(OPEN, b")\x05", i(1), FAULT, big(2**63), g(0.5), g(0.5), dic(), b"0"), "2 to the power of 63 calls"),
    "count-too-large-in-caller": (broken(IN_CALLERS, KEY, b")\x04", FAULT, big(2**63), i(1), g(0.5), g(0.5), b"00"),
                                  "2 to the power of 63 calls"),
    "count-too-small": (broken(OPEN, b")\x05", i(1), FAULT, big(-2**63 - 1), g(0.5), g(0.5), dic(), b"0"),
                        "one less than the smallest 64-bit number"),
    "count-too-large-float": (broken(OPEN, b")\x05", i(1), FAULT, g(1e19), g(0.5), g(0.5), dic(), b"0"), "1e19 calls, as a float"),
    "count-of-many-digits": (broken(OPEN, b")\x05", i(1), FAULT, big(7**2000), g(0.5), g(0.5), dic(), b"0"), "a count of 1691 decimal digits"),
    "time-too-large": (broken(OPEN, b")\x05", i(1), i(1), FAULT, g(1e10), g(0.5), dic(), b"0"),
                       "1e10 s are more nanoseconds than 64 bits hold"),
    "time-too-large-by-far": (broken(OPEN, b")\x05", i(1), i(1), g(0.5), FAULT, g(1e300), dic(), b"0"), "1e300 s"),
    "time-too-large-int": (broken(OPEN, b")\x05", i(1), i(1), FAULT, big(10**10), g(0.5), dic(), b"0"), "10**10 s, as an int"),
    "time-too-large-in-caller": (broken(IN_CALLERS, KEY, b")\x04", i(1), i(1), g(0.5), FAULT, g(1e10), b"00"), "1e10 s"),
}


# ---- gzip ----

def member(data, level=9):
    packer = zlib.compressobj(level, zlib.DEFLATED, -15)
    body = packer.compress(data) + packer.flush()
    return (b"\x1f\x8b\x08\0\0\0\0\0\x02\xff" + body +
            struct.pack("<II", zlib.crc32(data), len(data) & 0xFFFFFFFF))


def member_of_zeros(size, head=b""):
    """One member of `head` and `size` zeros, without holding them all."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    block, crc, body, left = bytes(1 << 20), zlib.crc32(head), [packer.compress(head)], size
    while left:
        part = block[:min(left, len(block))]
        body.append(packer.compress(part))
        crc, left = zlib.crc32(part, crc), left - len(part)
    return (b"\x1f\x8b\x08\0\0\0\0\0\x02\xff" + b"".join(body) + packer.flush() +
            struct.pack("<II", crc, (size + len(head)) & 0xFFFFFFFF))


def named_member(data):
    """With every optional field of the header: extra, file name, comment, checksum of the header."""
    head = b"\x1f\x8b\x08\x1f\0\0\0\0\x02\xff" + struct.pack("<H", 6) + b"AB\x02\0xy" + b"run.prof\0" + b"a comment\0"
    return head + struct.pack("<H", zlib.crc32(head) & 0xFFFF) + member(data)[10:]


def gz_files():
    dump = GOOD["sampled"]
    good = member(dump)
    half = len(dump) // 2
    return {
        "one-member.prof.gz": (good, "good: special-sampled.prof"),
        "two-members.prof.gz": (member(dump[:half]) + member(dump[half:]), "good: the same in two members, cut in the middle"),
        "empty-member-first.prof.gz": (member(b"") + good, "good: a member of no bytes comes first"),
        "stored.prof.gz": (member(dump, 0), "good: not compressed, only wrapped"),
        "every-header-field.prof.gz": (named_member(dump), "good: extra field, name, comment and header checksum"),
        "twice.prof.gz": (member(good), "gzip inside gzip: read, or refused in so many words"),
        "trailing-bytes.prof.gz": (good + b"left over", "bytes after the last member: a warning or an error, never silence"),
        "trailing-zeros.prof.gz": (good + bytes(512), "zeros after the last member, as from a tape; gzip ignores them"),
        "wrong-crc.prof.gz": (good[:-8] + bytes([good[-8] ^ 1]) + good[-7:], "bad: checksum, 8 bytes before the end"),
        "wrong-length.prof.gz": (good[:-4] + struct.pack("<I", len(dump) + 1), "bad: length, 4 bytes before the end"),
        "cut-short.prof.gz": (good[:len(good) // 2], "bad: the second half is missing"),
        "no-trailer.prof.gz": (good[:-8], "bad: checksum and length are missing"),
        "half-trailer.prof.gz": (good[:-4], "bad: the length is missing"),
        "header-only.prof.gz": (good[:10], "bad: ends after the header"),
        "half-header.prof.gz": (good[:5], "bad: ends in the header"),
        "second-member-cut.prof.gz": (member(dump[:half]) + member(dump[half:])[:-20], "bad: the second member is cut short"),
        "bad-deflate.prof.gz": (good[:40] + bytes([good[40] ^ 0xFF]) * 8 + good[48:], "bad: damaged from byte 40 on"),
        "unknown-method.prof.gz": (good[:2] + b"\x07" + good[3:], "bad: compression method 7, byte 2"),
        "not-a-dump.prof.gz": (member(b"just text\n"), "bad: text inside"),
        "empty.prof.gz": (member(b""), "bad: no bytes inside"),
        "bomb-of-zeros.prof.gz": (member_of_zeros(64 << 20), "bad: 64 MiB of zeros; the first byte inside is no dict"),
        "bomb-in-a-name.prof.gz": (member_of_zeros(64 << 20, b"{)\x03s" + int32(64 << 20)),
                                   "bad: a dict whose first file name is 64 MiB of zeros, then the end; memory must stay bounded"),
        "bomb-twice.prof.gz": (member(member_of_zeros(1 << 30)), "bad: 1 GiB of zeros, gzip inside gzip"),
    }


# ---- reading: an independent decoder ----

class Bad(Exception):
    pass


class Code(object):
    def __init__(self, fields):
        self.fields = fields

    def __eq__(self, other):
        return isinstance(other, Code) and self.fields == other.fields

    def __hash__(self):
        return hash(self.fields)


# The fields of a code object in order; "i" is a plain int32, "o" an object; then the positions of filename and name.
LAYOUTS = [
    ("i" * 4 + "o" * 8 + "io", 10, 11),       # 2.3 to 2.7
    ("i" * 5 + "o" * 8 + "io", 11, 12),       # 3.0 to 3.7
    ("i" * 6 + "o" * 8 + "io", 12, 13),       # 3.8 to 3.10
    ("i" * 5 + "o" * 8 + "ioo", 10, 11),      # 3.11 and later
]


class Decoder(object):
    """Text becomes bytes (so that equal names of different codes are equal), floats and ints stay themselves."""

    def __init__(self, data, layout=None):
        self.data, self.at, self.refs, self.strings, self.layout, self.met_code = data, 0, [], [], layout, False

    def take(self, n):
        if n < 0 or self.at + n > len(self.data):
            raise Bad("byte %d: wants %d bytes" % (self.at, n))
        self.at += n
        return self.data[self.at - n:self.at]

    def int32(self):
        return struct.unpack("<i", self.take(4))[0]

    def items(self, n):
        if n < 0 or n > len(self.data) - self.at:
            raise Bad("byte %d: %d items" % (self.at, n))
        return tuple(self.object() for _ in range(n))

    def object(self, null=False):
        byte = self.take(1)[0]
        code, flagged = chr(byte & 0x7F), byte & 0x80
        if code == "0" and null:
            return Decoder
        if code in "NTFS.":
            return {"N": None, "T": True, "F": False, "S": StopIteration, ".": Ellipsis}[code]
        if code in "rR":
            table, n = (self.refs if code == "r" else self.strings), self.int32()
            if not 0 <= n < len(table) or table[n] is Decoder:
                raise Bad("byte %d: invalid reference %d" % (self.at - 5, n))
            return table[n]
        slot = len(self.refs)
        if flagged:
            self.refs.append(Decoder)
        result = self.payload(code)
        if flagged:
            self.refs[slot] = result
        return result

    def payload(self, code):
        if code == "i":
            return self.int32()
        if code == "I":
            return struct.unpack("<q", self.take(8))[0]
        if code == "l":
            n = self.int32()
            digits = struct.unpack("<%dH" % abs(n), self.take(2 * abs(n)))
            if any(d > 0x7FFF for d in digits) or (digits and digits[-1] == 0):
                raise Bad("byte %d: bad digit" % self.at)
            return sum(d << 15 * k for k, d in enumerate(digits)) * (-1 if n < 0 else 1)
        if code == "f":
            return float(self.take(self.take(1)[0]))
        if code == "g":
            return struct.unpack("<d", self.take(8))[0]
        if code == "x":
            return complex(*[float(self.take(self.take(1)[0])) for _ in "ri"])
        if code == "y":
            return complex(*struct.unpack("<dd", self.take(16)))
        if code in "stuaA":
            text = self.take(self.int32())
            if code == "t":
                self.strings.append(text)
            return text if code in "stu" else text.decode("latin-1").encode()
        if code in "zZ":
            return self.take(self.take(1)[0]).decode("latin-1").encode()
        if code == "(":
            return self.items(self.int32())
        if code == ")":
            return self.items(self.take(1)[0])
        if code == "[":
            return list(self.items(self.int32()))
        if code in "<>":
            return frozenset(self.items(self.int32()))
        if code == ":":
            return ("slice",) + self.items(3)
        if code == "{":
            result = {}
            while True:
                k = self.object(null=True)
                if k is Decoder:
                    return result
                result[k] = self.object()
        if code == "c":
            self.met_code = True
            if self.layout is None:
                raise Bad("code object")
            kinds, filename, function = self.layout
            fields = tuple(self.int32() if kind == "i" else self.object() for kind in kinds)
            if not isinstance(fields[filename], bytes) or not isinstance(fields[function], bytes):
                raise Bad("layout")
            return Code(fields)
        raise Bad("byte %d: unknown code %r" % (self.at - 1, code))


def decode(data):
    """The top object and the number of bytes after it."""
    first = Decoder(data)
    try:
        return first.object(), len(data) - first.at
    except Bad:
        if not first.met_code:
            raise
    found = []
    for layout in LAYOUTS:
        decoder = Decoder(data, layout)
        try:
            result = decoder.object()
            if decoder.at == len(data):
                found.append(result)
        except (Bad, TypeError, ValueError):
            pass
    if len(found) != 1:
        raise Bad("%d layouts of code objects fit" % len(found))
    return found[0], 0


def check_numbers(numbers, what):
    for n, x in enumerate(numbers):
        if not isinstance(x, (int, float)):
            raise Bad("%s: a number is expected" % (what,))
        if isinstance(x, float) and not math.isfinite(x):
            continue
        scaled = x * 10**9 if n % 4 > 1 else x
        if scaled in (math.inf, -math.inf) or not -2**63 <= int(scaled) < 2**63:
            raise Bad("%s: too large" % (what,))


def check_key(k):
    if not isinstance(k, tuple) or len(k) != 3:
        raise Bad("a key")
    if not isinstance(k[0], bytes) or not isinstance(k[1], (int, float)) or not isinstance(k[2], (bytes, Code)):
        raise Bad("an item of a key")


def check(stats):
    """Raises Bad unless this is the shape of a dump."""
    if not isinstance(stats, dict):
        raise Bad("not a dict")
    for k, v in stats.items():
        if k == (b"__sampled__",):
            continue
        check_key(k)
        if not isinstance(v, tuple) or len(v) != 5 or not isinstance(v[4], dict):
            raise Bad("entry")
        check_numbers(v[:4], k)
        for c, cost in v[4].items():
            check_key(c)
            if not isinstance(cost, tuple):
                check_numbers([cost], k)
            elif not cost or len(cost) % 4:
                raise Bad("caller of %d items" % len(cost))
            else:
                check_numbers(cost, k)


def refused(data):
    try:
        check(decode(data)[0])
    except (Bad, ValueError, TypeError, RecursionError):       # TypeError: a list or a dict as a key
        return True
    return False


def facts(data):
    """The sums that a reader must arrive at; "first" and "second" are the counts as they stand in the file."""
    stats, rest = decode(data)
    check(stats)
    is_sampled = stats.pop((b"__sampled__",), None) is not None
    rows = list(stats.values())
    finite = [v[2] for v in rows if math.isfinite(v[2])]
    mentioned = set(c for v in rows for c in v[4])
    result = {
        "functions": len(rows),
        "edges": sum(len(v[4]) for v in rows),
        "only_callers": len(mentioned - set(stats)),
        "time": repr(math.fsum(finite)),
        "first": sum(int(v[0]) for v in rows),
        "second": sum(int(v[1]) for v in rows),
    }
    if len(finite) < len(rows):
        result["times_not_finite"] = len(rows) - len(finite)
    if rest:
        result["trailing_bytes"] = rest
    if is_sampled:
        fold = lambda k: (k[0], k[2])
        result["entries"] = result["functions"]
        result["functions"] = len(set(fold(k) for k in stats))
        result["entry_edges"] = result["edges"]
        result["edges"] = len(set((fold(c), fold(k)) for k, v in stats.items() for c in v[4]))
        result["samples"] = result["first"]
    else:
        result["primitive_calls"], result["calls"] = result["first"], result["second"]
    return result


# ---- writing it all ----

def save(path, data):
    with open(path, "wb") as f:
        f.write(data)


def table(head, rows):
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    return "\n".join(lines + ["| " + " | ".join(str(cell) for cell in row) + " |" for row in rows]) + "\n"


def main():
    for folder in ("bad", "gz"):
        os.makedirs(os.path.join(PSTATS, folder), exist_ok=True)
    for what, data in sorted(GOOD.items()):
        facts(data)
        save(os.path.join(PSTATS, "special-%s.prof" % what), data)
    rows = []
    for what, ((data, offset), why) in sorted(BAD.items()):
        assert refused(data), what
        save(os.path.join(PSTATS, "bad", what + ".prof"), data)
        rows.append(("`%s.prof`" % what, offset, len(data), why))
    with open(os.path.join(PSTATS, "bad", "README.md"), "w") as f:
        f.write("# Broken dumps\n\nWritten by `testdata/make_marshal.py`, this table too. Every file must be refused.\n\n"
                "Byte: where the object at fault begins, from 0: its type byte, or the end of the file where an object should\n"
                "begin. Where two objects can be blamed (a length that is wrong, the item missing because of it), it is the\n"
                "one that holds the wrong bytes.\n\n")
        f.write(table(("file", "byte", "size", "what is wrong"), rows))
    rows = []
    for what, (data, why) in sorted(gz_files().items()):
        save(os.path.join(PSTATS, "gz", what), data)
        rows.append(("`%s`" % what, len(data), why))
    with open(os.path.join(PSTATS, "gz", "README.md"), "w") as f:
        f.write("# gzip\n\nWritten by `testdata/make_marshal.py`, this table too. The dump inside is `special-sampled.prof`.\n\n")
        f.write(table(("file", "size", "what"), rows))
    print("%d good, %d bad, %d gzip" % (len(GOOD), len(BAD), len(gz_files())))


if __name__ == "__main__":
    main()
