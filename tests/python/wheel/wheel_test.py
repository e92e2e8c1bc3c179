"""Builds the wheel, installs it into a fresh virtual environment and uses it with nothing of the checkout on its path.

Usage: wheel_test.py BUILD_FOLDER [CMAKE_DEFINITION]... The build folder is kept, so the next run compiles only what has changed;
the definitions are those of the build that the test belongs to, so that a compiler cache knows the files already. Returns
77 where the peers' environment has no scikit-build-core.
"""

import os
import pathlib
import subprocess
import sys
import tempfile
import zipfile

python = os.environ["PROFCONV_PEERS"]
source = pathlib.Path(os.environ["PROFCONV_SOURCE"])

program = """
import cProfile, json, pathlib, pickle, re, sys
import profconv

class Work:
    def run(self):
        return json.dumps([list(range(9))] * 9, indent=1)

profiler = cProfile.Profile()
profiler.runcall(Work().run)
profconv.convert(profiler, "live.callgrind")
text = pathlib.Path("live.callgrind").read_text()
assert text.startswith("# callgrind format") and "Work::run" in text, text[:200]
profile = profconv.read(profiler)
assert pickle.loads(pickle.dumps(profile)) == profile
profiler.dump_stats("live.prof")
maps = pathlib.Path("/proc/self/maps").read_text()
used = {path for path in re.findall(r"/\\S*(?:boost_python|profconv|re2)\\S*\\.so\\S*", maps)}
assert used and all(path.startswith(sys.prefix) for path in used), used
assert all(path.startswith((sys.prefix, sys.base_prefix)) for path in sys.path if path), sys.path
print(profconv.__version__, profconv.__file__)
"""


def run(*command, **options):
    print("+", *command, flush=True)
    return subprocess.run([str(part) for part in command], check=True, **options)


def build(folder, definitions, wheels):
    """With the compiler's flags of this build: it is the package that is under test here, not its speed."""
    flags = [f"--config-settings=build-dir={folder}", "--config-settings=cmake.build-type=Debug"]
    flags += [f"--config-settings=cmake.define.{definition}" for definition in definitions]
    run(python, "-m", "pip", "--disable-pip-version-check", "wheel", "--quiet", "--no-deps", "--no-build-isolation", *flags, "--wheel-dir", wheels, source)
    (wheel,) = wheels.glob("profconv-*.whl")
    return wheel


def check_content(wheel):
    names = zipfile.ZipFile(wheel).namelist()
    print(*names, sep="\n")
    for file in (source / "lib/python/profconv").glob("*.py*"):
        if file.suffix in (".py", ".pyi"):
            assert f"profconv/{file.name}" in names, file.name
    assert "profconv/py.typed" in names
    assert [name for name in names if name.startswith("profconv/_core.") and name.endswith(".so")], "no extension"
    for tool in (source / "tools").glob("*.cpp"):
        assert [name for name in names if name.endswith(f".data/scripts/{tool.stem}")], tool.stem
    places = ("profconv/", f"{wheel.name.rpartition('-cp')[0].rpartition('-cp')[0]}.")
    assert all(name.startswith(places) for name in names), [name for name in names if not name.startswith(places)]


def check_no_wheel_without_the_module(folder):
    """pip shows nothing of a success: a wheel of the tools alone would look like one with the module."""
    settings = ["SKBUILD=2", "SKBUILD_SCRIPTS_DIR=bin", "SKBUILD_DATA_DIR=data", "PROFCONV_BUILD_TESTS=OFF", "PROFCONV_BUILD_BENCHMARKS=OFF"]
    settings += [f"Python3_EXECUTABLE={python}", "CMAKE_DISABLE_FIND_PACKAGE_Boost=ON"]
    command = ["cmake", "-G", "Ninja", "-S", source, "-B", folder, *(f"-D{setting}" for setting in settings)]
    done = subprocess.run([str(part) for part in command], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, check=False)
    said = " ".join(done.stderr.split())
    assert done.returncode != 0 and "no Boost.Python for CPython" in said and "./dev wheel --python PYTHON" in said, done
    run(*command, "-DPROFCONV_BUILD_PYTHON=OFF", stdout=subprocess.DEVNULL)


def main():
    if subprocess.run([python, "-c", "import scikit_build_core"], stderr=subprocess.DEVNULL, check=False).returncode != 0:
        print("skipped: no scikit-build-core")
        return 77
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        check_no_wheel_without_the_module(folder / "none")
        wheel = build(pathlib.Path(sys.argv[1]), sys.argv[2:], folder / "wheels")
        check_content(wheel)
        run(python, "-m", "venv", folder / "venv")
        inside = folder / "venv/bin/python"
        run(inside, "-m", "pip", "--disable-pip-version-check", "install", "--quiet", "--no-index", "--no-deps", wheel)
        environment = {"PATH": f"{folder / 'venv/bin'}:{os.environ['PATH']}", "LC_ALL": "C.UTF-8"}
        run(inside, "-I", "-c", program, cwd=folder, env=environment)
        for tool in sorted((source / "tools").glob("*.cpp")):
            file = folder / "venv/bin" / tool.stem
            assert tool.stem in run(file, "--version", cwd=folder, env=environment, stdout=subprocess.PIPE, text=True).stdout
        run(folder / "venv/bin/prof2text", "-n", "3", "live.prof", cwd=folder, env=environment)
    return 0


if __name__ == "__main__":
    sys.exit(main())
