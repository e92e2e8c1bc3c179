"""CPython's own marshal reads the samples, and writes random dumps: our numbers are the same, function by function.

Samples that this Python cannot read (code objects of other versions) are held against FACTS.json, which the Python that
could wrote. The seed of the random dumps is printed; PROFCONV_SEED sets it.
"""

import decimal
import json
import marshal
import math
import os
import pathlib
import random
import sys
import tempfile
import types

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "support"))
import dump_text  # noqa: E402
from samples import Checks, convert, source, text  # noqa: E402

folder = source / "testdata/pstats"
marker = ("__sampled__",)


def as_bytes(name):
    if isinstance(name, bytes):
        return name
    if isinstance(name, types.CodeType):
        line = f":{name.co_firstlineno}" if name.co_firstlineno > 1 else ""
        name = f"{name.co_name} of {name.co_filename}{line}"
    return name.encode("utf-8", "surrogatepass")


def key_of(key):
    if key[0] in ("", b"") and key[1] == 0:  # a C function, of `profile`
        return b"~", 0, as_bytes(key[2])
    return as_bytes(key[0]), key[1] if 0 <= key[1] <= 0xFFFFFFFF else 0, as_bytes(key[2])


def nanoseconds(seconds):
    """Rounded to nearest, halves away from zero; 0 for what is not finite."""
    value = float(seconds) * 1e9
    if not math.isfinite(value):
        return 0
    return int(decimal.Decimal(value).quantize(decimal.Decimal(1), decimal.ROUND_HALF_UP))


def count(value):
    if isinstance(value, float) and math.isnan(value):
        return None
    return int(value) if value >= 0 else None


def counts(a, b):
    a, b = count(a), count(b)
    if a is None or b is None:
        return (b if a is None else a), None
    return max(a, b), min(a, b)


def groups(value):
    """A caller's value as a list of groups of four, or None for a bare count."""
    if not isinstance(value, tuple):
        return None
    return [value[i : i + 4] for i in range(0, len(value), 4)]


def expected(stats):
    """{key: (calls, primitive, self, total)} and {(caller, callee): (calls, primitive, self, total)}."""
    functions, edges = {}, {}
    for key, (a, b, own, total, callers) in stats.items():
        functions[key_of(key)] = (*counts(a, b), nanoseconds(own), nanoseconds(total))
        for caller, value in callers.items():
            fours = groups(value)
            if fours is None:
                edge = (count(value), None, None, None)
            else:
                parts = [(*counts(f[0], f[1]), nanoseconds(f[2]), nanoseconds(f[3])) for f in fours]
                edge = tuple(None if None in column else sum(column) for column in zip(*parts))
            edges[key_of(caller), key_of(key)] = edge
    return functions, edges


def found(dump):
    keys = [(f.file, f.line, f.name) for f in dump.functions]
    functions = {key: (f.calls, f.primitive, *f.self, *f.total) for key, f in zip(keys, dump.functions)}
    edges = {}
    for c in dump.calls:
        own, total = (column[0] if column else None for column in (c.self, c.total))
        edges[keys[c.caller], keys[c.callee]] = (c.calls, c.primitive, own, total)
    return functions, edges


def compare(checks, name, path, stats):
    result = convert("dump", path)
    if result.returncode != 0:
        checks.fail(name, text(result.stderr))
        return
    functions, edges = found(dump_text.parse(result.stdout))
    wanted_functions, wanted_edges = expected(stats)
    for key, numbers in wanted_functions.items():
        if all(f[0] is None and f[1] is None for f in functions.values()):
            numbers = (None, None, *numbers[2:])
        checks.equal(functions.get(key), numbers, name, key)
    uncosted = [numbers for key, numbers in functions.items() if key not in wanted_functions]
    for numbers in uncosted:
        checks.equal([n for n in numbers if n], [], name, "a caller without an entry")
    checks.equal(edges, wanted_edges, name, "edges")


def check_samples(checks):
    read = 0
    for path in sorted(folder.glob("*.prof")):
        try:
            with open(path, "rb") as file:
                stats = marshal.load(file)
        except (ValueError, EOFError, TypeError, SystemError):  # SystemError: a code object of another version
            continue
        read += 1
        if marker in stats:
            continue  # is no table of functions; see check_facts
        if path.name == "special-latin1-short-string.prof":
            continue  # we keep the bytes, Python takes them for Latin-1; nothing writes them
        if len({key_of(key) for key in stats}) != len(stats):
            continue  # bytes and text of one name are two keys for Python 3
        compare(checks, path.name, path, stats)
    print(f"{read} samples read by Python {sys.version.split()[0]}")
    checks.equal(read > 40, True, "samples read by this Python")


def check_facts(checks):
    for name, facts in json.loads((folder / "FACTS.json").read_text()).items():
        result = convert("dump", folder / name)
        if result.returncode != 0:
            checks.fail(name, text(result.stderr))
            continue
        dump = dump_text.parse(result.stdout)
        checks.equal(len(dump.functions) - facts["only_callers"], facts["functions"], name, "functions")
        pairs = {(c.caller, c.callee) for c in dump.calls}
        checks.equal(len(pairs), facts["edges"], name, "edges")
        if "samples" in facts:
            checks.equal(sum(f.self[1] for f in dump.functions), facts["samples"], name, "samples")
            checks.equal(len(dump.lines), facts["entries"], name, "entries")
        elif all(f.calls is not None and f.primitive is not None for f in dump.functions):
            if "yappi" in name or "odd" not in name:
                checks.equal(sum(f.calls for f in dump.functions), facts["calls"], name, "calls")
                checks.equal(sum(f.primitive for f in dump.functions), facts["primitive_calls"], name, "primitive calls")
        seconds = sum(f.self[0] for f in dump.functions) / 1e9
        close = math.isclose(seconds, float(facts["time"]), rel_tol=1e-12, abs_tol=1e-9 * (1 + len(dump.functions)))
        checks.equal(close, True, name, "self time", seconds, facts["time"])


def random_name(rng):
    name = rng.choice(["f", "main", "<module>", "größe", "\U0001f40d", "a\nb", "\ud800", "x" * 300, "é" * 200, "", '"', "~"])
    return name + str(rng.randrange(5))


def random_number(rng):
    kind = rng.randrange(6)
    if kind == 0:
        return rng.randrange(-3, 100)
    if kind == 1:
        return rng.random() < 0.5
    if kind == 2:
        return rng.choice([1e-9, 5e-10, 1.5e-9, 2.5e-9, 1e-300, 0.1, 9e9, -0.001, 123456789.123456789])
    return rng.random() * 10 ** rng.randrange(-9, 3)


def random_count(rng):
    return rng.choice([0, 1, rng.randrange(1000), 2**31 - 1, 2**31, 2**40, 2**62, -1, True, 3.9])


def random_stats(rng):
    keys = [(random_name(rng), rng.choice([0, 1, 7, 2**31 - 1]), random_name(rng)) for _ in range(rng.randrange(12))]
    bare = rng.random() < 0.3
    stats = {}
    for key in keys:
        if rng.random() < 0.1:
            continue
        callers = {}
        for caller in rng.sample(keys, rng.randrange(min(5, len(keys) + 1))):
            four = (random_count(rng), random_count(rng), random_number(rng) % 1e6, random_number(rng) % 1e6)
            callers[caller] = max(1, int(four[0])) if bare else four
        stats[key] = (random_count(rng), random_count(rng), random_number(rng) % 1e6, random_number(rng) % 1e6, callers)
    return stats


def check_random(checks):
    seed = int(os.environ.get("PROFCONV_SEED", "20240229"))
    print(f"seed {seed} (PROFCONV_SEED=N for another one)")
    rng = random.Random(seed)
    with tempfile.TemporaryDirectory() as scratch:
        path = pathlib.Path(scratch) / "random.prof"
        for n in range(200):
            stats, version = random_stats(rng), n % 5
            path.write_bytes(marshal.dumps(stats, version))
            compare(checks, f"random dump {n} of version {version}", path, stats)


def main():
    checks = Checks()
    check_samples(checks)
    check_facts(checks)
    check_random(checks)
    return checks.finish()


if __name__ == "__main__":
    sys.exit(main())
