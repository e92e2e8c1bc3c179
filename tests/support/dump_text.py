"""A little reader of the dump format (lib/readers/dump.cpp) that shares nothing with the library."""

import re
from dataclasses import dataclass, field

token = re.compile(rb'"((?:[^"\\]|\\x[0-9a-f]{2}|\\["\\])*)"|(\S+)')
escape = re.compile(rb'\\x([0-9a-f]{2})|\\(["\\])')


@dataclass
class Function:
    name: bytes
    file: bytes
    line: int
    qualified: bytes = b""
    context: bytes = b""
    calls: object = None  # None: nobody counted
    primitive: object = None
    self: list = field(default_factory=list)
    total: list = field(default_factory=list)


@dataclass
class Call:
    caller: int
    callee: int
    line: int
    calls: object = None
    primitive: object = None
    self: list = field(default_factory=list)
    total: list = field(default_factory=list)
    estimated: bool = False


@dataclass
class Dump:
    metrics: list = field(default_factory=list)
    functions: list = field(default_factory=list)
    calls: list = field(default_factory=list)
    lines: list = field(default_factory=list)  # (function, line, self, total)
    recorded_callers: int = 0


def unquote(text):
    return escape.sub(lambda m: bytes([int(m[1], 16)]) if m[1] else m[2], text)


def words(line):
    """The words of a line up to the comment: texts as bytes, all else as str."""
    found = []
    for match in token.finditer(line):
        if match[2] == b"#":
            break
        found.append(unquote(match[1]) if match[2] is None else match[2].decode())
    return found


def number(word):
    return None if word == "-" else int(word)


def take_numbers(items, row, metrics):
    while items:
        keyword = items.pop(0)
        if keyword in ("calls", "primitive", "line"):
            setattr(row, keyword, number(items.pop(0)))
        elif keyword in ("self", "total"):
            setattr(row, keyword, [number(items.pop(0)) for _ in metrics])
        elif keyword in ("qualified", "file", "context"):
            setattr(row, keyword, items.pop(0))
        elif keyword == "estimated":
            row.estimated = True
        else:
            raise ValueError(f"unexpected {keyword!r}")
    return row


def parse(data):
    dump = Dump()
    lines = data.split(b"\n")
    if lines[0] != b"profconv dump 1":
        raise ValueError("no dump")
    for line in lines[1:]:
        items = words(line)
        if not items:
            continue
        kind = items.pop(0)
        if kind == "metric":
            dump.metrics.append(items[0])
        elif kind == "function":
            assert int(items.pop(0)) == len(dump.functions)
            dump.functions.append(take_numbers(items, Function(items.pop(0), b"", 0), dump.metrics))
        elif kind == "call":
            dump.calls.append(take_numbers(items, Call(int(items.pop(0)), int(items.pop(0)), 0), dump.metrics))
        elif kind == "line":
            row = take_numbers(items[2:], Call(int(items[0]), 0, int(items[1])), dump.metrics)
            dump.lines.append((row.caller, row.line, row.self, row.total))
        elif kind == "caller":
            dump.recorded_callers += 1
    return dump
