"""Makes big dumps in the form that cProfile writes. The same arguments give the same bytes, whatever Python runs this.

    python3 tests/bench/generate.py OUT [--scattered] [--functions N] [--callers N] [--seed N]
    python3 tests/bench/generate.py OUT --program [--functions N] [--seed N] [--sources FOLDER]

The marshal is written by hand, in the form of CPython 3.4 and later: strings, small ints and the tuples that name callers are
written once and referred to after that, floats are written each time. cProfile makes one tuple for a function's own entry and
one for all calls that it makes; nothing refers to the former, nor to the latter where the function calls one other.
"""

import argparse
import collections
import pathlib
import pickle
import random
import struct
import sys
import types

roots = ["/usr/lib/python3.11", "/srv/shop/venv/lib/python3.11/site-packages", "/home/build/projects/shop/src"]
packages = ["app", "app/models", "app/views", "orm", "orm/query", "http/client", "json", "template/filters"]
verbs = ["get", "set", "load", "render", "parse", "visit", "update", "merge", "check", "run"]
nouns = ["user", "order", "node", "row", "token", "page", "state", "event", "index", "cache"]
functions_per_file = 15


def key(number):
    """File, first line and name: one in eleven is a C function."""
    if number % 11 == 0:
        return "~", 0, f"<method '{verbs[number % 10]}_{number}' of '{nouns[number // 10 % 10]}' objects>"
    file = number // functions_per_file
    path = f"{roots[file % 3]}/{packages[file % 8]}/{nouns[file % 10]}_{file // 10}.py"
    return path, number % functions_per_file * 17 + 1, f"{verbs[number % 10]}_{nouns[number // 10 % 10]}_{number % 97}"


def scattered_key(number):
    """The same with a file for each function, of a name that files in other folders have, too."""
    file, line, name = key(number)
    if file != "~":
        inside = number // 24 // 14
        file = f"{roots[number % 3]}/{packages[number // 3 % 8]}/part_{number // 24 % 14}/{nouns[inside % 10]}_{inside // 10}.py"
    return file, line, name


class Marshal:
    """As much of marshal as a dump needs."""

    def __init__(self, uses):
        """`uses`: how often each function is a caller."""
        self.out = bytearray()
        self.references = {}
        self.uses = uses

    def refer(self, value):
        """Writes a reference if the value was written before, else gives it a number; whether it was."""
        number = self.references.get(value)
        if number is None:
            self.references[value] = len(self.references)
            return False
        self.out += b"r" + struct.pack("<i", number)
        return True

    def string(self, text):
        if not self.refer(text):
            raw = text.encode("ascii")
            self.out += bytes([0xDA, len(raw)]) + raw if len(raw) < 256 else b"\xe1" + struct.pack("<i", len(raw)) + raw

    def integer(self, value):
        if -5 <= value <= 256:  # there is one object of each of these
            if not self.refer(value):
                self.out += b"\xe9" + struct.pack("<i", value)
        elif value < 1 << 31:
            self.out += b"i" + struct.pack("<i", value)
        else:
            digits = []
            while value:
                digits.append(value & 0x7FFF)
                value >>= 15
            self.out += b"l" + struct.pack(f"<i{len(digits)}H", len(digits), *digits)

    def real(self, value):
        self.out += b"g" + struct.pack("<d", value)

    def function(self, function):
        self.string(function[0])
        self.integer(function[1])
        self.string(function[2])

    def caller(self, function):
        if self.uses[function] == 1:
            self.out += b")\x03"
            self.function(function)
        elif not self.refer(function):
            self.out += b"\xa9\x03"
            self.function(function)

    def numbers(self, first, second, own, total):
        self.integer(first)
        self.integer(second)
        self.real(own)
        self.real(total)

    def entry(self, function, primitive, calls, own, total, callers):
        """`callers`: pairs of a function and what it says of its calls."""
        self.out += b")\x03"
        self.function(function)
        self.out += b")\x05"
        self.numbers(primitive, calls, own, total)
        self.out += b"{"
        for caller, numbers in callers:
            self.caller(caller)
            self.out += b")\x04"
            self.numbers(*numbers)
        self.out += b"0"


def write_entries(path, entries):
    """`entries()` gives them, and the same once more."""
    marshal = Marshal(collections.Counter(caller for *_, callers in entries() for caller, _ in callers))
    marshal.out += b"\xfb"
    marshal.references[None] = 0  # the dict itself
    with open(path, "wb") as file:
        for entry in entries():
            marshal.entry(*entry)
            file.write(marshal.out)
            marshal.out.clear()
        file.write(b"0")


def write(path, functions, callers, seed, scattered=False):
    """Each function has up to 2 * callers callers, one in a hundred has many, one in fifty calls itself. Scattered ones are
    each in a file of its own, and one of them was called more often than 32 bits can say, as in programs that run for long."""
    key_of = scattered_key if scattered else key

    def entry(rng, number):
        wanted = rng.randrange(2 * callers + 1) if rng.random() > 0.01 else 20 * callers
        edges = {}
        for _ in range(wanted):
            calls = int(10 ** (rng.random() * 4)) * (10**6 if scattered and number == functions // 2 + 1 else 1)
            edges[rng.randrange(functions)] = (calls, calls, calls * 1.25e-6, calls * 3.5e-6)
        if number % 50 == 0:
            edges[number] = (40, 4, 5e-05, 0.00014)
        calls = sum(edge[0] for edge in edges.values()) or 1
        primitive = calls - (36 if number % 50 == 0 else 0)
        total = sum(edge[3] for caller, edge in edges.items() if caller != number) or 1e-6
        return key_of(number), primitive, calls, total / 2, total, ((key_of(caller), edge) for caller, edge in edges.items())

    def entries():
        rng = random.Random(seed)
        return (entry(rng, number) for number in range(functions))

    write_entries(path, entries)


class Recording:
    """What cProfile records of a run, in nanoseconds."""

    class Sum:
        def __init__(self):
            self.calls = self.primitive = self.own = self.total = self.active = 0

        def leave(self, own, total):
            """Time of a call inside another one is in that one's."""
            self.active -= 1
            self.calls += 1
            self.own += own
            if self.active == 0:
                self.primitive += 1
                self.total += total

    def __init__(self):
        self.functions = {}  # with the sums of its callers
        self.stack = []

    def call(self, function, own, inside=()):
        """Calls a function that calls others: `inside` gives the arguments for these. Returns how long it took."""
        of_function, of_callers = self.functions.setdefault(function, (self.Sum(), {}))
        sums = [of_function]
        if self.stack:
            sums.append(of_callers.setdefault(self.stack[-1], self.Sum()))
        for one in sums:
            one.active += 1
        self.stack.append(function)
        total = own + sum(self.call(*arguments) for arguments in inside)
        self.stack.pop()
        for one in sums:
            one.leave(own, total)
        return total

    def entries(self):
        for function, (of_function, of_callers) in self.functions.items():
            callers = ((caller, (s.calls, s.primitive, s.own / 1e9, s.total / 1e9)) for caller, s in of_callers.items())
            yield function, of_function.primitive, of_function.calls, of_function.own / 1e9, of_function.total / 1e9, callers


machinery = [
    ("<frozen importlib._bootstrap>", 1349, "_find_and_load"),
    ("<frozen importlib._bootstrap>", 1304, "_find_and_load_unlocked"),
    ("<frozen importlib._bootstrap>", 911, "_load_unlocked"),
    ("<frozen importlib._bootstrap_external>", 989, "exec_module"),
    ("<frozen importlib._bootstrap>", 480, "_call_with_frames_removed"),
    ("~", 0, "<built-in method builtins.exec>"),
]


def write_program(path, functions, seed, folder=None):
    """What cProfile writes of a program that imports its modules, one from the other, and then calls each function, most of
    them from one place. As in dumps of real programs there are two calls per function, and all imports go one way. None of
    its files exists, unless there is a folder to write them to."""

    def key_of(number):
        file, line, name = key(number)
        return (f"{folder}{file}" if folder and file != "~" else file), line, name

    rng = random.Random(seed)
    numbers = [number for number in range(functions) if number % 11 != 0]  # of functions in Python
    built_in = [key(number) for number in range(0, 11 * 40, 11)]
    modules = list(dict.fromkeys(key_of(number)[0] for number in numbers))
    imports, calls = [[] for _ in modules], {number: [] for number in numbers}
    for module in range(1, len(modules)):
        imports[rng.randrange(module // 2, module)].append(module)
    for at, number in enumerate(numbers[1:], 1):
        calls[numbers[rng.randrange(at // 2, at)]].append(number)

    def own():
        return int(10 ** (3 + rng.random() * 3))

    def some_built_in():
        return ((rng.choice(built_in), own() // 10) for _ in range(rng.randrange(3)))

    def run_module(module):
        for other in imports[module]:
            yield import_through(machinery, other)
        yield from some_built_in()

    def import_through(chain, module):
        if chain:
            return chain[0], own(), iter([import_through(chain[1:], module)])
        return (modules[module], 1, "<module>"), own(), run_module(module)

    def run_function(number, again=True):
        yield from some_built_in()
        for other in calls[number]:
            yield key_of(other), own(), run_function(other)
        if again and number % 50 == 1:  # calls itself, what it calls only once
            yield key_of(number), own(), some_built_in()

    def run_program():
        yield from run_module(0)
        yield key_of(numbers[0]), own(), run_function(numbers[0])

    recording = Recording()
    recording.call(machinery[-1], own(), iter([((modules[0], 1, "<module>"), own(), run_program())]))
    write_entries(path, recording.entries)
    if folder:
        write_sources(recording, {modules[module]: [modules[other] for other in imports[module]] for module in range(len(modules))})


def write_sources(recording, imports):
    """The modules of a program: each function where the profile has it, with the calls that it made, then what the module
    imports and calls itself."""

    def module_name(file):
        return file.removesuffix(".py").rpartition("/")[2]

    def package(file):
        return next(package for package in sorted(packages, key=len, reverse=True) if f"/{package}/" in file).replace("/", ".")

    def call(function, file):
        called = function[2].split("'")[1] if function[0] == "~" else function[2]
        place = "values." if function[0] == "~" else "" if function[0] == file else f"{module_name(function[0])}."
        return f"{place}{called}(values, limit=3)"

    callees_of = {}
    for function, (_, callers) in recording.functions.items():
        for caller in callers:
            callees_of.setdefault(caller, []).append(function)
    for file, imported in imports.items():
        first = functions_per_file * 17 + 1
        lines = [""] * first
        uses = set(imported)
        for function in (f for f in recording.functions if f[0] == file and f[2] != "<module>"):
            calls = [call(other, file) for other in callees_of.get(function, [])]
            uses.update(other[0] for other in callees_of.get(function, []) if other[0] not in ("~", file))
            begin = function[1] - 1
            lines[begin] = f"def {function[2]}(values, limit):"
            for at in range(15):  # of 16 lines, the last one empty
                here = calls[at::15]
                lines[begin + 1 + at] = f"    total_{at} = {' + '.join(here)}" if here else f"    result_{at} = {{'name': 'value {at}', 'limit': limit}}"
        lines += [f"from {package(other)} import {module_name(other)}" for other in sorted(uses)]
        lines += [call(other, file) for other in callees_of.get((file, 1, "<module>"), []) if other[0] in ("~", file) and "exec" not in other[2]]
        target = pathlib.Path(file)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text("\n".join(lines) + "\n")


def function_source(name, lines):
    """A function of one line and `lines` more, and two empty ones behind it."""
    body = ["for item in values[{0}:]:  # the rest", "    total_{0} = item.weight * {0} + sum(values[:limit])", "result_{0} = {{'name': 'value {0}', 'limit': limit}}"]
    return "\n    ".join([f"def {name}(values, limit):", *(body[line % 3].format(line) for line in range(lines))]) + "\n\n\n"


def write_line_profile(path, functions, lines, seed, folder=None):
    """What line_profiler writes of so many functions of so many lines each. None of their files exists, unless there is a
    folder to write them to."""
    rng = random.Random(seed)
    timings = {}
    for number in range(functions):
        _, first, name = key(number * 11 + 1)
        file = f"{roots[number % 3]}/{packages[number % 8]}/{nouns[number % 10]}_{number}.py"
        if folder:
            first, file = number % functions_per_file * (lines + 3) + 1, str(folder / f"module_{number // functions_per_file}.py")
            with open(file, "a") as source:
                source.write(function_source(name, lines))
        rows = [(first + 1 + line, hits := int(10 ** (rng.random() * 6)), int(hits * 10 ** (rng.random() * 4))) for line in range(lines)]
        timings[file, first, name] = rows
    # Pickle names the class by its module, which need not be installed here.
    module = types.ModuleType("line_profiler.line_profiler")
    module.LineStats = type("LineStats", (), {"__module__": module.__name__})
    stats = module.LineStats()
    stats.timings, stats.unit = timings, 1e-9
    before = dict(sys.modules)
    sys.modules.update({"line_profiler": types.ModuleType("line_profiler"), module.__name__: module})
    try:
        path.write_bytes(pickle.dumps(stats, protocol=4))
    finally:
        sys.modules.clear()
        sys.modules.update(before)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("out")
    parser.add_argument("--functions", type=int, default=100_000)
    parser.add_argument("--callers", type=int, default=5, help="callers per function, on average")
    parser.add_argument("--program", action="store_true", help="of a program that imports its modules")
    parser.add_argument("--sources", metavar="FOLDER", type=pathlib.Path, help="where to write the program's sources")
    parser.add_argument("--scattered", action="store_true", help="each function in a file of its own")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    if options.program:
        write_program(options.out, options.functions, options.seed, options.sources and options.sources.resolve())
    else:
        write(options.out, options.functions, options.callers, options.seed, options.scattered)


if __name__ == "__main__":
    main()
