"""Times profconv.convert beside pyprof2calltree.convert in one process: a dump by name, a pstats.Stats and a list of getstats().

Usage: python_bench.py [--functions N] [--runs N] [FILE]...; PYTHONPATH holds the module. Prints medians; how fast is fast enough
is not decided here. The two alternate, so that a noisy moment does not hit one alone.
"""

import _lsprof
import argparse
import gc
import os
import pathlib
import platform
import pstats
import statistics
import sys
import tempfile
import time

import profconv
import pyprof2calltree

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import generate  # noqa: E402


def seconds(convert, data, out):
    out.unlink(missing_ok=True)  # who replaces the file of the run before waits until that is on the disk
    gc.collect()
    begin = time.perf_counter()
    convert(data, str(out))
    return time.perf_counter() - begin


def compare(what, data, theirs, runs, folder):
    times = {profconv: [], pyprof2calltree: []}
    for run in range(runs):
        times[profconv].append(seconds(profconv.convert, data, folder / "ours"))
        if run < max(1, runs // 3):  # it takes its time
            times[pyprof2calltree].append(seconds(pyprof2calltree.convert, theirs, folder / "theirs"))
    ours, peer = (statistics.median(values) for values in times.values())
    print(f"{what:24} {ours:10.4f} s {peer:10.4f} s {peer / ours:8.1f}x")


def entries_of(stats):
    """The list of getstats() that such a dump is made of, with real code objects."""
    codes = {}
    for key in stats.stats:
        file, line, name = key
        codes[key] = name if file == "~" else (lambda: 0).__code__.replace(co_filename=file, co_firstlineno=line, co_name=name)
    calls = {key: [] for key in codes}
    for key, (_, _, _, _, callers) in stats.stats.items():
        for caller, (count, primitive, self_s, total_s) in callers.items():
            calls[caller].append(_lsprof.profiler_subentry((codes[key], count, count - primitive, total_s, self_s)))
    return [
        _lsprof.profiler_entry((codes[key], count, count - primitive, total_s, self_s, calls[key] or None))
        for key, (primitive, count, self_s, total_s, _) in stats.stats.items()
    ]


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--functions", type=int, default=100_000)
    parser.add_argument("--callers", type=int, default=5)
    parser.add_argument("--runs", type=int, default=7)
    parser.add_argument("files", nargs="*", type=pathlib.Path)
    options = parser.parse_args()
    print(f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}, {profconv.__file__}")
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        files = options.files
        if not files:
            files = [folder / "generated.prof"]
            generate.write(files[0], options.functions, options.callers, 1)
        for file in files:
            print(f"\n{file.name}, {file.stat().st_size / 1e6:.1f} MB {'profconv':>18} {'pyprof2calltree':>15}")
            compare("file", str(file), str(file), options.runs, folder)
            stats = pstats.Stats(str(file))
            compare("pstats.Stats", stats, stats, options.runs, folder)
            entries = entries_of(stats)
            compare("getstats()", entries, entries, options.runs, folder)


if __name__ == "__main__":
    main()
