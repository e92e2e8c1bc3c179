"""Times prof2calltree, end to end, beside pyprof2calltree and CPython's marshal.loads, on a generated dump.

Prints a table of medians; how fast is fast enough is not decided here. pyprof2calltree is left out where it is not
installed. Runs of all alternate, so that a noisy moment does not hit one alone.
"""

import argparse
import os
import pathlib
import platform
import statistics
import subprocess
import sys
import tempfile
import time

here = pathlib.Path(__file__).resolve().parent
source = here.parents[1]
sys.path.insert(0, str(here))
import generate  # noqa: E402

load = "import marshal, sys, time; data = open(sys.argv[1], 'rb').read(); a = time.perf_counter(); marshal.loads(data); print(time.perf_counter() - a)"


def wall(command):
    begin = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return time.perf_counter() - begin


def peak_mib(command):
    """The largest memory of one run, in MiB; None where the system does not say."""
    code = "import resource, subprocess, sys; subprocess.run(sys.argv[1:], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL); print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)"
    result = subprocess.run([sys.executable, "-c", code, *command], capture_output=True, text=True, check=True)
    return int(result.stdout) / 1024 if sys.platform == "linux" else None


def find_peer():
    folders = [os.environ.get("PROFCONV_PEERS"), source / "build/peers/bin/python"]
    for python in filter(None, folders):
        program = pathlib.Path(python).parent / "pyprof2calltree"
        if program.exists():
            return program
    return None


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--bin", type=pathlib.Path, default=os.environ.get("PROFCONV_BIN", source / "build/release/bin"), help="folder of the tools")
    parser.add_argument("--functions", type=int, default=100_000)
    parser.add_argument("--callers", type=int, default=5, help="callers per function, on average")
    parser.add_argument("--runs", type=int, default=7)
    parser.add_argument("files", nargs="*", type=pathlib.Path, help="dumps to time instead of a generated one")
    options = parser.parse_args()
    tool = options.bin / "prof2calltree"
    if not tool.exists():
        raise SystemExit(f"{tool} is not there: ./dev build")

    with tempfile.TemporaryDirectory() as name:
        scratch = pathlib.Path(name)
        files = options.files
        if not files:
            files = [scratch / "generated.prof"]
            generate.write(files[0], options.functions, options.callers, 1)
        print(f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}, median of {options.runs} runs")
        for file in files:
            compare(options, tool, file, scratch)


def compare(options, tool, file, scratch):
    size = file.stat().st_size
    print(f"\n{file.name}: {size / 1e6:.1f} MB")
    commands = {
        "prof2calltree": [tool, "-q", "-i", file, "-o", scratch / "ours.callgrind"],
        "marshal.loads alone": None,
    }
    peer = find_peer()
    if peer:
        commands["pyprof2calltree"] = [peer, "-i", file, "-o", scratch / "theirs.callgrind"]
    else:
        print("pyprof2calltree is not installed here; left out")

    times = {name: [] for name in commands}
    for _ in range(options.runs):
        for name, command in commands.items():
            if command is None:
                result = subprocess.run([sys.executable, "-c", load, file], capture_output=True, text=True, check=True)
                times[name].append(float(result.stdout))
            else:
                times[name].append(wall(command))
    ours = statistics.median(times["prof2calltree"])
    print(f"{'':22} {'seconds':>9} {'min':>9} {'MB/s':>8} {'to ours':>8} {'peak MiB':>9}")
    for name, values in times.items():
        median = statistics.median(values)
        peak = peak_mib(commands[name]) if commands[name] else None
        shown = "" if peak is None else f"{peak:9.0f}"
        print(f"{name:22} {median:9.4f} {min(values):9.4f} {size / 1e6 / median:8.1f} {median / ours:7.1f}x {shown}")


if __name__ == "__main__":
    main()
