#!/usr/bin/env python3
"""Builds the samples of sampled profiles: recordings of Python 3.15's profiler, good and bad, and collapsed stacks.

    python3 testdata/make_sampling.py       writes sampling-binary/, sampling-jsonl/ and collapsed/

Written from the description of the formats alone; nothing here comes from the readers. Always the same bytes.
`*.replay` beside a recording holds its stacks as Python's own `replay --collapsed` prints them, counted by this program.
"""

import collections
import json
import os
import struct

HERE = os.path.dirname(os.path.abspath(__file__))
OWN = "/usr/lib/python3.15/profiling/sampling/_sync_coordinator.py"
GIL, CPU, UNKNOWN, WAITS, EXCEPTION, MAIN = 1, 2, 4, 8, 16, 32


def varint(n):
    out = bytearray()
    while n > 0x7F:
        out.append(n & 0x7F | 0x80)
        n >>= 7
    return bytes(out) + bytes([n])


def svarint(n):
    return varint(n << 1 if n >= 0 else (-n << 1) - 1)


def zstd(data, piece=100):
    """A zstd frame (RFC 8878) of stored blocks, window of 2 MiB, without size and checksum."""
    pieces = [data[i : i + piece] for i in range(0, len(data), piece)] or [b""]
    blocks = [struct.pack("<I", (len(p) << 3) | (i == len(pieces) - 1))[:3] + p for i, p in enumerate(pieces)]
    return bytes.fromhex("28b52ffd0058") + b"".join(blocks)


def zstd_run(byte, length):
    """A zstd frame that unpacks to one byte over and over."""
    largest, blocks = 128 * 1024, []
    while length > 0:
        part = min(length, largest)
        length -= part
        blocks.append(struct.pack("<I", (part << 3) | (1 << 1) | (length == 0))[:3] + bytes([byte]))
    return bytes.fromhex("28b52ffd0058") + b"".join(blocks)


class Recording:
    """A binary recording. Frames are (file, function, line); stacks have the outermost frame first."""

    def __init__(self, order="<", interval=1000, python=(3, 15, 2), mode=0x49):
        self.order, self.interval, self.python, self.mode = order, interval, python, mode
        self.data, self.strings, self.frames = bytearray(), {}, {}
        self.stacks, self.samples, self.counts = {}, 0, collections.Counter()
        self.statistics, self.position = None, {}

    # What the file is made of.

    def string(self, text):
        return self.strings.setdefault(text.encode("utf-8", "surrogateescape"), len(self.strings))

    def frame(self, frame):
        file, function, line = frame[:3]
        opcode = frame[3] if len(frame) > 3 else 255
        key = (self.string(file), self.string(function), line, opcode)
        return self.frames.setdefault(key, len(self.frames))

    def head(self, thread, kind):
        self.data += struct.pack(self.order + "QIB", thread[0], thread[1], kind)

    # Records.

    def full(self, thread, status, stack, delta=1000):
        self.head(thread, 1)
        self.data += varint(delta) + bytes([status]) + varint(len(stack)) + b"".join(varint(self.frame(f)) for f in reversed(stack))
        self.sampled(thread, status, stack)

    def suffix(self, thread, status, keep, new, delta=1000):
        self.head(thread, 2)
        self.data += varint(delta) + bytes([status]) + varint(keep) + varint(len(new)) + b"".join(varint(self.frame(f)) for f in reversed(new))
        self.sampled(thread, status, self.stacks.get(thread, [])[:keep] + new)

    def pop_push(self, thread, status, pop, push, delta=1000):
        self.head(thread, 3)
        self.data += varint(delta) + bytes([status]) + varint(pop) + varint(len(push)) + b"".join(varint(self.frame(f)) for f in reversed(push))
        stack = self.stacks.get(thread, [])
        self.sampled(thread, status, stack[: len(stack) - pop] + push)

    def repeat(self, thread, statuses, delta=1000):
        self.head(thread, 0)
        self.data += varint(len(statuses)) + b"".join(varint(delta) + bytes([s]) for s in statuses)
        for status in statuses:
            self.sampled(thread, status, self.stacks.get(thread, []))

    def sampled(self, thread, status, stack):
        self.stacks[thread] = stack
        self.samples += 1
        shown = [f for f in stack if not f[0].endswith("_sync_coordinator.py")]
        if shown:
            names = [f[1] if f[0] == "~" else "%s:%s:%d" % (os.path.basename(f[0]), f[1], max(f[2], 0)) for f in shown]
            self.counts[";".join(["tid:%d" % thread[0], *names])] += 1

    # The whole.

    def finish(self, pack=None, packing=None, old_statistics=False, **changes):
        """The file's bytes; `changes` are fields that lie."""
        o = self.order
        data = pack(bytes(self.data)) if pack else bytes(self.data)
        strings = b"".join(varint(len(s)) + s for s in self.strings)
        frames = b"".join(
            varint(file) + varint(function) + svarint(line) + svarint(0) + svarint(-1 if line < 0 else 4) + svarint(0 if line < 0 else 9) + bytes([opcode])
            for file, function, line, opcode in self.frames
        )
        statistics = b""
        if self.statistics:
            seconds, rate, failed, missed = self.statistics
            body = struct.pack(o + "dd", seconds, rate)
            if not old_statistics:
                body += struct.pack(o + "ddII", failed, missed, 3, 0)
            statistics = body + b"TACHSTAT" + struct.pack(o + "II", 1, len(body) + 16)
        get = changes.get
        strings_at = get("strings_at", 64 + len(data))
        frames_at = get("frames_at", 64 + len(data) + len(strings))
        size = 64 + len(data) + len(strings) + len(frames) + len(statistics) + 32
        header = struct.pack(
            o + "II4BQQQIQQII", 0x54414348, get("version", 1), *self.python, 0, 3650713689, self.interval, get("samples", self.samples),
            get("threads", len(self.stacks)), strings_at, frames_at, (1 if pack else 0) if packing is None else packing, self.mode,
        )  # fmt: skip
        footer = struct.pack(o + "IIQ16x", get("strings", len(self.strings)), get("frames", len(self.frames)), get("size", size))
        return header + data + strings + frames + statistics + footer

    def replay(self):
        lines = sorted(self.counts.items(), key=lambda item: (-item[1], item[0]))
        return "".join("%s %d\n" % item for item in lines).encode("utf-8", "surrogateescape")


# ---- recordings ----

SCRIPT = "/srv/app/t.py"
START = [("<frozen runpy>", "_run_module_as_main", 201), ("<frozen runpy>", "_run_code", 87)]
COORDINATOR = [(OWN, "<module>", 259), (OWN, "main", 254), (OWN, "_execute_script", 195)]
MODULE, LOOP = (SCRIPT, "<module>", 55), (SCRIPT, "main", 46)
MAIN_THREAD, WORKER = (3247, 0), (3250, 0)


def program(**settings):
    """Two threads, every kind of record, frames of the profiler's own at the root."""
    r = Recording(interval=500, **settings)
    r.repeat((0, 0), [UNKNOWN])  # how a process ends, or begins: no stack
    r.full(MAIN_THREAD, GIL | UNKNOWN | MAIN, START + COORDINATOR[:2], delta=649)
    r.suffix(MAIN_THREAD, GIL | UNKNOWN | MAIN, len(START) + 2, [COORDINATOR[2], MODULE, LOOP, (SCRIPT, "slow_count", 16)])
    r.repeat(MAIN_THREAD, [GIL | UNKNOWN | MAIN] * 4 + [UNKNOWN | MAIN] + [GIL | UNKNOWN | MAIN] * 2)
    r.pop_push(MAIN_THREAD, GIL | CPU | MAIN, 1, [(SCRIPT, "slow_count", 17)], delta=70000)
    r.full(WORKER, WAITS | UNKNOWN, [("/usr/lib/python3.15/threading.py", "Thread._bootstrap", 1044), (SCRIPT, "work", 9)])
    r.repeat(WORKER, [WAITS | UNKNOWN] * 2 + [EXCEPTION | UNKNOWN])
    r.repeat(MAIN_THREAD, [GIL | CPU | MAIN] * 200)
    r.pop_push(MAIN_THREAD, GIL | CPU | MAIN, 2, [(SCRIPT, "main", 48), (SCRIPT, "Report.rows", 34), (SCRIPT, "Report.rows.<locals>.<lambda>", 34)])
    r.pop_push(MAIN_THREAD, GIL | CPU | MAIN, 0, [("~", "<GC>", -1)])
    r.pop_push(MAIN_THREAD, GIL | CPU | MAIN, 3, [])
    r.suffix(WORKER, GIL | CPU, 1, [], delta=1 << 40)
    r.full(WORKER, UNKNOWN, [])  # gone
    r.full(MAIN_THREAD, GIL | UNKNOWN | MAIN, START + COORDINATOR[:1])
    r.statistics = (0.83548, 1998.84, 13.533, 0.0)
    return r


def markers():
    r = Recording(mode=0xF9)
    native = ("~", "<native>", -1)
    stack = [native, *START, native, native, (SCRIPT, "<module>", 5, 83), (SCRIPT, "f", 3, 52)]
    r.full(MAIN_THREAD, MAIN | UNKNOWN, stack)
    r.pop_push(MAIN_THREAD, MAIN | UNKNOWN, 1, [(SCRIPT, "f", 3, 60)])  # the same line, another opcode
    r.pop_push(MAIN_THREAD, MAIN | UNKNOWN, 0, [native, ("~", "<GC>", -1)])
    r.pop_push(MAIN_THREAD, MAIN | UNKNOWN, 2, [("<unknown file>", "<unknown function>", -1)])
    r.full((3247, 2), UNKNOWN, [(SCRIPT, "g", 8), ("__init__", "__init__", -1)])  # of another interpreter
    r.statistics = (0.01, 1000.0, 0.0, 30.5)
    return r


def deep():
    """fib-like recursion up to the recorder's limit: at 256 frames the outermost are missing."""
    r = Recording()
    climb = [(SCRIPT, "<module>", 9)] + [(SCRIPT, "down", 2)] * 253
    r.full(MAIN_THREAD, MAIN, climb)
    r.pop_push(MAIN_THREAD, MAIN, 0, [(SCRIPT, "down", 3)])
    r.pop_push(MAIN_THREAD, MAIN, 1, [(SCRIPT, "down", 2), (SCRIPT, "leaf", 5)])  # 256
    r.repeat(MAIN_THREAD, [MAIN] * 3)
    r.full(MAIN_THREAD, MAIN, [(SCRIPT, "down", 2)] * 255 + [(SCRIPT, "leaf", 6)])
    r.pop_push(MAIN_THREAD, MAIN, 1, [(SCRIPT, "leaf", 5)])
    r.pop_push(MAIN_THREAD, MAIN, 1, [])  # 255: not cut
    r.statistics = (0.01, 1000.0, 66.6, 0.0)
    return r


def one(thread=MAIN_THREAD):
    r = Recording()
    r.full(thread, MAIN, [MODULE, LOOP])
    return r


def good_binaries():
    yield "two-threads", program(), {}
    yield "big-endian", program(order=">"), {}
    yield "zstd", program(), {"pack": zstd}
    yield "old-statistics", program(), {"old_statistics": True}
    yield "markers", markers(), {}
    yield "deep", deep(), {}
    yield "no-samples", Recording(), {}
    yield "no-samples-zstd", Recording(), {"pack": zstd}
    yield "no-interval", one_with(interval=0), {}
    yield "fewer-samples-than-said", one(), {"samples": 3}
    r = Recording()
    r.full(MAIN_THREAD, MAIN, [("/srv/gr\udcf6\udcdfe.py", "größe", 1), ("C:\\app\\t.py", "a;b", 2), ("", "", 3), ("x.py", "new\nline", 4)])
    yield "odd-names", r, {}


def one_with(**settings):
    r = Recording(**settings)
    r.full(MAIN_THREAD, MAIN, [MODULE, LOOP])
    return r


def raw(records, **changes):
    r = one()
    r.data += records
    changes.setdefault("samples", 9)
    return r.finish(**changes)


HEAD = struct.pack("<QI", *MAIN_THREAD)


def bad_binaries():
    good = one().finish()
    yield "unfinished", bytes(64)
    yield "unfinished-with-data", bytes(64) + good[64:]
    yield "cut-in-header", good[:40]
    yield "cut-in-data", good[:80]
    yield "cut-in-footer", good[:-9]
    yield "something-added", good + b"\0" * 16
    yield "version-2", one().finish(version=2)
    yield "packing-2", one().finish(packing=2)
    yield "strings-before-header", one().finish(strings_at=63)
    yield "frames-before-strings", one().finish(frames_at=70)
    yield "frames-beyond-footer", one().finish(frames_at=1 << 40)
    yield "strings-too-many", one().finish(strings=1 << 31)
    yield "strings-too-few", one().finish(strings=2)
    yield "frames-too-many", one().finish(frames=9)
    yield "frames-too-few", one().finish(frames=1)
    yield "samples-too-many", one().finish(samples=0)
    yield "threads-too-many", one().finish(threads=0)
    yield "kind-4", raw(HEAD + b"\4\0\0\0")
    yield "keep-too-large", raw(HEAD + b"\2\0\0\3\0")
    yield "pop-too-large", raw(HEAD + b"\3\0\0\3\0")
    yield "depth-257", raw(HEAD + b"\1\0\0" + varint(257) + bytes(257))
    yield "depth-257-by-push", raw(HEAD + b"\1\0\0" + varint(256) + bytes(256) + HEAD + b"\3\0\0\0\1\0")
    yield "frame-not-there", raw(HEAD + b"\1\0\0\1\2")
    yield "record-without-end", raw(HEAD + b"\1\0")
    yield "repeat-without-end", raw(HEAD + b"\0" + varint(1000) + b"\0\0" * 4)
    yield "varint-of-33-bits", raw(HEAD + b"\1\0\0" + b"\xff\xff\xff\xff\x1f")
    yield "varint-of-65-bits", raw(HEAD + b"\1" + b"\xff" * 9 + b"\2\0\0")
    yield "varint-of-eleven-bytes", raw(HEAD + b"\1" + b"\x80" * 10 + b"\0\0\0")
    r = one()
    r.frames[(7, 0, 1, 255)] = len(r.frames)
    yield "string-not-there", r.finish()
    r = one()
    r.statistics = (1.0, 1.0, 1.0, 1.0)
    whole = bytearray(r.finish())
    whole[-36:-32] = struct.pack("<I", 9999)
    yield "statistics-too-long", bytes(whole)
    yield "interval-too-large", one_with(interval=1 << 63).finish()
    r = one_with(interval=1 << 53)
    r.repeat(MAIN_THREAD, [MAIN] * 2000)
    yield "time-too-large", r.finish()
    yield "zstd-no-frame", one().finish(pack=lambda data: data)
    yield "zstd-cut", one().finish(pack=lambda data: zstd(data)[:-5])
    yield "zstd-followed", one().finish(pack=lambda data: zstd(data) + b"more")
    yield "zstd-of-zeros", one().finish(pack=lambda data: zstd_run(0, 1 << 20))


# ---- JSONL ----

def jsonl(*records, v=0, compact=True):
    separators = (",", ":") if compact else (", ", ": ")
    return "".join(json.dumps({"type": r.pop("type"), "v": v, "run_id": "9d27", **r}, separators=separators) + "\n" for r in records).encode()


def strings(*texts, first=0):
    return [{"str_id": i, "value": text} for i, text in enumerate(texts, first)]


def release(**meta):
    return [
        {"type": "meta", "sample_interval_usec": 500, "mode": "wall", **meta},
        {"type": "string_table", "strings": strings("<module>", "/srv/app/t.py", "T.fib", "<GC>", "~")},
        {"type": "frame_table", "frames": [
            {"frame_id": 0, "path_str_id": 1, "func_str_id": 0, "line": 9, "end_line": 9, "col": 0, "end_col": 7},
            {"frame_id": 1, "path_str_id": 1, "func_str_id": 2, "line": 3, "end_line": 3, "col": 11, "end_col": 19},
            {"frame_id": 2, "path_str_id": 1, "func_str_id": 2, "line": 3, "end_line": 3, "col": 22, "end_col": 30},
            {"frame_id": 3, "path_str_id": 1, "func_str_id": 2, "line": 2},
            {"frame_id": 4, "path_str_id": 4, "func_str_id": 3, "line": 0},
        ]},
        {"type": "agg", "kind": "frame", "scope": "final", "samples_total": 20, "entries": [
            {"frame_id": 0, "self": 1, "cumulative": 19},
            {"frame_id": 1, "self": 6, "cumulative": 16},
            {"frame_id": 2, "self": 5, "cumulative": 12},
            {"frame_id": 3, "self": 7, "cumulative": 7},
            {"frame_id": 4, "self": 1, "cumulative": 1},
        ]},
        {"type": "end", "samples_total": 20},
    ]  # fmt: skip


def good_jsonl():
    yield "release", jsonl(*release())
    yield "branch", jsonl(
        {"type": "meta", "sample_interval_usec": 1000},
        {"type": "str_def", "defs": strings("main", "/srv/app/t.py", first=1)},
        {"type": "frame_def", "defs": [{"frame_id": 1, "path_str_id": 2, "func_str_id": 1, "line": 4, "synthetic": True}]},
        {"type": "str_def", "defs": strings("work", first=3)},
        {"type": "frame_def", "defs": [{"frame_id": 2, "path_str_id": 2, "func_str_id": 3, "line": 8}]},
        {"type": "agg", "kind": "frame", "scope": "final", "samples_total": 3, "entries": [{"frame_id": 1, "self": 1, "cumulative": 3}]},
        {"type": "agg", "kind": "frame", "scope": "final", "samples_total": 3, "entries": [{"frame_id": 2, "self": 2, "cumulative": 2}]},
        {"type": "end", "samples_total": 3}, v=1, compact=False)  # fmt: skip
    yield "no-samples", jsonl({"type": "meta", "sample_interval_usec": 1000, "mode": "cpu"}, {"type": "end", "samples_total": 0})
    records = release()
    records[1]["strings"] = strings("<module>", "/srv/gr\udcf6\udcdf \U0001f600.py", "T.f\\u", "<GC>", "~")
    records.insert(4, {"type": "heartbeat", "entries": [{"frame_id": 0, "self": 9, "cumulative": 9}], "deep": [[[{"value": "x"}]]]})
    records.insert(5, {"type": "agg", "kind": "thread", "scope": "final", "entries": []})
    records[-1]["samples_total"] = 21
    yield "odd", jsonl(*records)


def bad_jsonl():
    def without(record, **changes):
        records = release()
        if record is not None:
            del records[record]
        for number, fields in changes.items():
            records[int(number[1:])].update(fields)
        return jsonl(*records)

    yield "no-meta", without(0)
    yield "no-strings", without(1)
    yield "no-frames", without(2)
    yield "no-end", without(4)
    yield "entry-without-self", without(None, _3={"entries": [{"frame_id": 0, "cumulative": 1}]})
    yield "frame-without-function", without(None, _2={"frames": [{"frame_id": 0, "path_str_id": 0, "line": 1}]})
    yield "string-without-value", without(None, _1={"strings": [{"str_id": 0}]})
    yield "negative-samples", without(None, _3={"entries": [{"frame_id": 0, "self": -1, "cumulative": 1}]})
    yield "number-too-large", without(None, _3={"entries": [{"frame_id": 0, "self": 1 << 63, "cumulative": 1}]})
    yield "time-too-large", without(None, _3={"entries": [{"frame_id": 0, "self": 1 << 62, "cumulative": 1 << 62}]})
    yield "interval-too-large", without(None, _0={"sample_interval_usec": 1 << 62})
    yield "a-list", jsonl(*release()[:1]) + b"[1,2]\n"
    yield "a-number", jsonl(*release()[:1]) + b"7\n"
    yield "no-json", jsonl(*release()[:1]) + b"{'type':'end'}\n"
    yield "cut-in-a-line", jsonl(*release())[:400]


# ---- collapsed stacks ----

def collapsed():
    yield "python", program().replay()
    yield "pyspy", b"""\
<module> (t.py:30);main (t.py:21);fib (t.py:4);fib (t.py:4);fib (t.py:3) 120
<module> (t.py:30);main (t.py:21);fib (t.py:4) 31
<module> (t.py:30);main (t.py:22);<listcomp> (t.py:22);randint (random.py:370);read (libc.so.6) 9
"""
    yield "pyspy-threads", b"""\
process 12:"python t.py --all";thread (0x7F3C): MainThread;<module> (t.py:30);main (t.py:21) 5
process 12:"python t.py --all";thread (0x7F4C);run (threading.py:892);work (t.py:9) 4
process 13:"python u.py";thread (0x7F3C): MainThread;<module> (u.py:1) 1
"""
    yield "austin", b"""\
# austin: 3.6.0
# mode: wall
# interval: 100
# python: 3.11.2

P12;T0:12;/srv/app/t.py:<module>:30;/srv/app/t.py:main:21 104
P12;T0:12;/srv/app/t.py:<module>:30;/srv/app/t.py:main:21 98
P12;T0:14;/srv/app/t.py:work:9 203

# duration: 405
"""
    yield "perf", b"""\
python3;_start;__libc_start_main;Py_BytesMain;py::main:/srv/app/t.py;_PyEval_EvalFrameDefault_[k] 7
python3;[unknown];operator new (unsigned long) 2
java;Ljava/lang/Thread;.run;std::swap<int, int> 1
"""


def bad_collapsed():
    yield "no-stacks", b"hello\nworld wide\n"
    yield "number-too-large", b"a;b 1\na;b 9223372036854775808000\n"
    yield "sum-too-large", b"a;b 9223372036854775807\na;b 1\n"
    yield "austin-memory", b"# austin: 3.6.0\n# mode: memory\nP1;T2;/t.py:f:1 100\n"


def write(folder, name, content):
    path = os.path.join(HERE, folder, name)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "wb") as stream:
        stream.write(content)


def main():
    for name, recording, settings in good_binaries():
        write("sampling-binary", name + ".bin", recording.finish(**settings))
        write("sampling-binary", name + ".replay", recording.replay())
    for folder, ending, good, bad in (("sampling-binary", ".bin", (), bad_binaries()), ("sampling-jsonl", ".jsonl", good_jsonl(), bad_jsonl()), ("collapsed", ".collapsed", collapsed(), bad_collapsed())):
        for name, content in good:
            write(folder, name + ending, content)
        for name, content in bad:
            write(folder + "/bad", name + ending, content)


if __name__ == "__main__":
    main()
