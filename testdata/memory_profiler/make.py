#!/usr/bin/env python3
"""Makes the samples in this folder: real reports of several versions of memory_profiler.

    python3 testdata/memory_profiler/make.py --python PYTHON3.8

memory_profiler reads the memory of the process through one function; here that function reads a number that the program
(shop.py) counts up and down, so that reports are the same on every run. The versions come from PyPI into a virtual
environment in a temporary folder; Python 3.8 is the newest that all of them run on.
"""

import argparse
import pathlib
import subprocess
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
VERSIONS = ["0.31", "0.41", "0.52.0", "0.57.0", "0.58.0", "0.61.0"]

HEADER = "Line #    Mem usage    Increment  Occurrences   Line Contents\n" + 61 * "=" + "\n"
BAD = {
    "no-rows": "Filename: t.py\n\n" + HEADER,
    "memory-beyond-64-bits": "Filename: t.py\n\n" + HEADER + "     1 99999999999999.0 MiB      0.0 MiB           1   @profile\n",
    "hits-beyond-64-bits": 2 * (HEADER + "     1     20.0 MiB     20.0 MiB  9223372036854775807   @profile\n"),
}

RECORDER = r"""
import sys
import memory_profiler
precision = int(sys.argv[1])
space = {"__name__": "__main__", "__file__": "shop.py"}
memory_profiler._get_memory = lambda *args, **kw: space["memory"][0]
try:
    profiler = memory_profiler.LineProfiler(backend="psutil")
except TypeError:
    profiler = memory_profiler.LineProfiler()
space["profile"] = profiler
print("the program's own output")
with open("shop.py") as f:
    exec(compile(f.read(), "shop.py", "exec"), space)
memory_profiler.show_results(profiler, sys.stdout, precision)
"""


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--python", default="python3.8")
    python = parser.parse_args().python
    (HERE / "bad").mkdir(exist_ok=True)
    for name, content in BAD.items():
        (HERE / "bad" / f"{name}.txt").write_text(content)
    with tempfile.TemporaryDirectory() as folder:
        env = pathlib.Path(folder) / "env"
        subprocess.run([python, "-m", "venv", env], check=True)
        for version in VERSIONS:
            pip = [env / "bin/python", "-m", "pip", "install", "-q", "--disable-pip-version-check"]
            subprocess.run([*pip, "wheel", f"memory_profiler=={version}", "psutil"], check=True)
            for precision in (1, 6) if version == "0.61.0" else (3,) if version == "0.57.0" else (1,):
                report = subprocess.run(
                    [env / "bin/python", "-c", RECORDER, str(precision)], cwd=HERE, check=True, stdout=subprocess.PIPE
                ).stdout
                suffix = f"-precision{precision}" if precision != 1 else ""
                (HERE / f"shop-{version.removesuffix('.0')}{suffix}.txt").write_bytes(report)


if __name__ == "__main__":
    main()
