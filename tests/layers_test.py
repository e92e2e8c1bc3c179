"""Checks every #include of the project against the table of layers (docs/architecture.md), and that every hash table of the
library has a hash function with a seed."""

import os
import pathlib
import re
import sys

source = pathlib.Path(os.environ.get("PROFCONV_SOURCE", pathlib.Path(__file__).parents[1]))

# The folder (or file) and what it may include: folders of lib/, single headers of theirs, and <profconv/...> headers.
values = {"error", "diagnostics"}
model = values | {"profile", "builder", "detail", "main_metric", "measured"}
everything = {path.stem for path in (source / "include/profconv").glob("*.hpp")} | {"version"}
layers = {
    "include/profconv": (set(), everything),
    "lib/base": ({"base"}, values | {"workers"}),
    "lib/io": ({"base", "io"}, values | {"input", "output"}),
    "lib/codecs": ({"base", "io", "codecs"}, values | {"input"}),
    "lib/model": ({"base", "model"}, model),
    "lib/readers": ({"base", "io", "codecs", "model", "readers"}, everything),
    "lib/source": ({"base", "io", "source"}, values | {"source"}),
    "lib/transforms": ({"base", "model", "source", "transforms"}, model | {"source", "fuse", "prepare", "transforms"}),
    "lib/writers": ({"base", "model", "codecs", "source", "writers"}, everything),
    "lib/python": ({"python"}, everything),
    "lib/formats.cpp": ({"base", "readers", "writers"}, everything),
    "tools": ({"common"}, everything),
    "tests/unit": ({"base", "io", "codecs", "model", "readers", "source", "transforms", "writers", "common", "unit", "support"}, everything),
    "tests/support": ({"support", "readers", "writers", "source"}, everything),
    "tests/property": ({"support"}, everything),
    "tests/fuzz": ({"fuzz", "codecs", "io", "source", "support"}, everything),
    "tests/bench": ({"support"}, everything),
    "tests/install": (set(), everything),
}
# What the folders below lib/transforms may include of it, beside what stands in lib/transforms itself; and that nothing below.
below_transforms = {"": set(), "splitting": {"splitting"}, "call_lines": {"call_lines", "splitting"}, "folding": {"folding", "splitting"}, "fusion": {"fusion", "call_lines"}}
# Who may see third-party headers; the public headers must not.
third_party = {"zlib.h": "lib/io/", "zstd.h": "lib/io/", "nlohmann/": ("lib/readers/sampling_jsonl.cpp", "tests/fuzz/"), "xxhash.h": "lib/base/hash.cpp", "re2/": "lib/base/pattern.cpp", "boost/": "lib/python/", "CLI/": "tools/", "doctest/": "tests/", "benchmark/": "tests/bench/"}
# What only POSIX systems have: the library asks them in lib/io alone, so that another system needs another lib/io and no more; and
# threads of the library get no signals, where there are such.
posix = re.compile(r"(unistd|fcntl|dlfcn|pthread|spawn|signal|poll|termios|dirent)\.h$|csignal$|sys/|linux/|mach/")
posix_homes = ("lib/io/", "lib/base/without_signals.cpp", "lib/python/", "tools/", "tests/")


def faults(path, layer, folders, headers):
    text = path.read_text(encoding="utf-8")
    for number, line in enumerate(text.splitlines(), 1):
        match = re.match(r'\s*#\s*include\s*(?:"(?P<quoted>[^"]+)"|<(?P<angled>[^>]+)>)', line)
        if not match:
            continue
        name = match["quoted"] or match["angled"]
        if match["quoted"]:
            beside = layer == "tests/unit" and (path.parent / name).exists()
            right = beside or name.split("/")[0] in folders and "/" in name
        elif name.startswith("profconv/"):
            right = name.removeprefix("profconv/").removesuffix(".hpp") in headers
        else:
            homes = [home for start, home in third_party.items() if name.startswith(start)]
            right = all(str(path.relative_to(source)).startswith(home) for home in homes)
            if posix.match(name) and not str(path.relative_to(source)).startswith(posix_homes):
                right = False
        if not right:
            yield f"{path.relative_to(source)}:{number}: {layer} must not include {name}"


def faults_below_transforms(path):
    """Transforms are made of all that there is; what they share, of less."""
    place = path.relative_to(source / "lib/transforms").parts
    if len(place) == 1 and path.suffix == ".cpp" and not path.with_suffix(".hpp").exists():
        return
    allowed = below_transforms["" if len(place) == 1 else place[0]]
    for inner in re.findall(r'#include "transforms/(\w+)/', path.read_text(encoding="utf-8")):
        if inner not in allowed:
            yield f"{path.relative_to(source)}: must not include of lib/transforms/{inner}"


# A table whose hash function everybody knows can be made a list by the names in an input. lib/python has keys that no input chose.
unseeded = re.compile(r"\bstd::unordered_\w+<(?![^;]*Hash\b)")


def hash_tables(path):
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        if unseeded.search(line):
            yield f"{path.relative_to(source)}:{number}: a hash table without a seed; base/hash_tables.hpp has some"


def main():
    found, seen, files = [], 0, [p for top in ("include", "lib", "tools", "tests") for p in sorted((source / top).rglob("*.[ch]pp"))]
    for path in files:
        place = path.relative_to(source).as_posix()
        homes = [layer for layer in layers if place == layer or place.startswith(layer + "/")]
        if not homes:
            found.append(f"{place}: in no layer; add its folder to the table in tests/layers_test.py")
            continue
        found += faults(path, homes[0], *layers[homes[0]])
        if place.startswith("lib/") and not place.startswith("lib/python/"):
            found += hash_tables(path)
        if place.startswith("lib/transforms/"):
            found += faults_below_transforms(path)
        seen += 1
    print("\n".join(found) or f"{seen} files, every include within its layer, every hash table with a seed")
    return bool(found) or seen == 0


if __name__ == "__main__":
    sys.exit(main())
