"""Compares `prof2text --style pstats` with the pstats of the Python that runs this test, byte for byte.

Every dump of testdata/pstats that Python can be made to read, with fixed options and with random ones (the seed is printed;
PROFCONV_SEED sets it). Names that are bytes to Python 3 (dumps of Python 2) are decoded first, code objects become the text
of their repr without the address, and the marker of a sampled dump is taken out: pstats knows none of the three.
"""

import io
import marshal
import os
import pathlib
import pstats
import random
import shutil
import subprocess
import sys
import tempfile
import time

source = pathlib.Path(os.environ["PROFCONV_SOURCE"])
tool = os.path.join(os.environ["PROFCONV_BIN"], "prof2text")
seed = int(os.environ.get("PROFCONV_SEED", "20261124"))
left_out = {"special-latin1-short-string.prof"}
unordered = {"special-nan.prof"}
zone = "Pacific/Chatham"  # a quarter of an hour off

keys = sorted(pstats.Stats.sort_arg_dict_default)
restrictions = ["0", "1", "3", "+7", "1000", "-2", "0.0", "0.1", "0.5", "1.0", "1e-05", "py", "o.*n", "^{", "it's", r"\(f", "nobody", '"\'', "\\\\n"]

fixed = [
    [],
    *(["-s", key] for key in keys),
    ["-s", "cu"],
    ["-s", "tot", "-s", "name"],
    ["-s", "name", "-s", "line", "--reverse"],
    ["--reverse"],
    ["--strip-dirs"],
    ["--strip-dirs", "-s", "stdname"],
    ["--callers"],
    ["--callers", "-s", "cumulative", "--strip-dirs"],
    ["--callees", "-s", "calls"],
    ["--callees", "--strip-dirs", "--restrict", "0.5"],
    ["--callers=m", "--callees=i", "-s", "time", "--reverse", "--restrict", "5"],
]


def random_options(rng):
    options = []
    for _ in range(rng.choice([0, 1, 1, 2, 3])):
        options += ["-s", rng.choice(keys)]
    for _ in range(rng.choice([0, 0, 1, 2, 3])):
        options += ["--restrict=" + rng.choice(restrictions)]
    options += [flag for flag in ("--reverse", "--strip-dirs", "--callers", "--callees") if rng.random() < 0.3]
    return options


def as_text(value):
    if isinstance(value, bytes):
        try:
            return value.decode("utf-8", "surrogatepass")
        except UnicodeDecodeError:
            return value.decode("utf-8", "surrogateescape")
    if hasattr(value, "co_name"):
        return f'<code object {as_text(value.co_name)}, file "{as_text(value.co_filename)}", line {value.co_firstlineno}>'
    return value


def load(path):
    """The dump as a dict of pstats' kind, None when Python cannot read it."""
    data = path.read_bytes()
    try:
        dump = marshal.loads(data)
        key = lambda k: tuple(as_text(part) for part in k)
        return {
            key(k): (*v[:4], {key(c): numbers for c, numbers in v[4].items()})
            for k, v in dump.items()
            if k != ("__sampled__",)
        }
    except Exception:  # code objects of another version fail in many ways
        return None


class Dump:
    def __init__(self, stats):
        self.stats = dict(stats)

    def create_stats(self):
        pass


def expected(dumps, names, options):
    """What pstats prints; raises what it raises."""
    out = io.StringIO()
    loaded = []
    for dump, name in zip(dumps, names):
        stats = pstats.Stats(Dump(dump), stream=out)
        stats.files = [time.ctime(os.stat(name).st_mtime) + "    " + name]
        loaded.append(stats)
    stats = loaded[0].add(*loaded[1:])
    if "--strip-dirs" in options:
        stats.strip_dirs()
    sort_keys = [value for option, value in zip(options, options[1:]) if option == "-s"]
    if sort_keys:
        stats.sort_stats(*sort_keys)
    if "--reverse" in options:
        stats.reverse_order()
    amounts = []
    for position, option in enumerate(options):
        if option == "--restrict" or option.startswith("--restrict="):
            text = options[position + 1] if option == "--restrict" else option.removeprefix("--restrict=")
            for kind in (int, float, str):
                try:
                    amounts.append(kind(text))
                    break
                except ValueError:
                    pass
    parts = False
    for part, call in (("--callers", stats.print_callers), ("--callees", stats.print_callees)):
        for option in options:
            if option.partition("=")[0] == part:
                pattern = option.partition("=")[2]
                call(*([pattern] if pattern else []), *amounts)
                parts = True
    if not parts:
        stats.print_stats(*amounts)
    return out.getvalue().encode("utf-8", "backslashreplace")


def main():
    os.environ["TZ"] = zone
    time.tzset()
    rng = random.Random(seed)
    compared, refused, failed = 0, 0, []
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        dumps = {}
        for position, path in enumerate(sorted((source / "testdata/pstats").glob("*.prof"))):
            dump = load(path)
            if not dump or path.name in left_out:
                continue
            dumps[path.name] = dump
            shutil.copyfile(path, path.name)
            # Days of one and of two digits, summer and winter; the last one is within a float's error of a full second.
            mtime = [1_700_000_000_123_456_789, 1_712_345_678_000_000_001, 1_720_000_000_999_999_999][position % 3]
            os.utime(path.name, ns=(mtime, mtime))
        cases = [([name], options) for name in dumps for options in fixed]
        cases += [([name], random_options(rng)) for name in sorted(set(dumps) - unordered) for _ in range(12)]
        cases += [(rng.sample(sorted(set(dumps) - unordered), rng.choice([2, 3, 4])), random_options(rng)) for _ in range(150)]
        for names, options in cases:
            try:
                wanted = expected([dumps[name] for name in names], names, options)
            except Exception:  # pstats itself has no answer
                refused += 1
                wanted = None
            done = subprocess.run([tool, "--style", "pstats", "-q", *options, "--", *names], capture_output=True)
            if done.returncode != 0 or wanted is not None and done.stdout != wanted:
                failed.append(f"prof2text --style pstats {options} {names}\n{done.stderr.decode()}\nexpected {wanted!r}\nprinted  {done.stdout!r}")
            compared += wanted is not None
    print(f"seed {seed}, pstats of Python {sys.version.split()[0]}: {len(dumps)} dumps, {compared} reports compared, {refused} that pstats cannot print")
    print("\n\n".join(failed[:3]))
    if failed:
        print(f"{len(failed)} differ")
    return bool(failed) or compared < 2000


if __name__ == "__main__":
    sys.exit(main())
