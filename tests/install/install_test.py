"""Installs the library, moves the tree, and builds a consumer against it with find_package and with pkg-config.

Without --shared the build that the test belongs to is installed; with it, a shared build made for the purpose.
"""

import argparse
import os
import pathlib
import shlex
import shutil
import subprocess
import sys
import tempfile

here = pathlib.Path(__file__).resolve().parent
source = here.parents[1]


def run(*command, **options):
    print("+", shlex.join(str(part) for part in command), flush=True)
    return subprocess.run([str(part) for part in command], check=True, **options)


def build_shared(options):
    """The build folder is kept, so the next run compiles only what has changed. A compiler's cache knows what the build that
    the test belongs to has compiled with the same flags, as far as its paths are the same from the one folder and the other."""
    run(
        options.cmake, "-S", source, "-B", options.build, "-G", "Ninja",
        "-DCMAKE_BUILD_TYPE=Debug", *(f"-D{definition}" for definition in options.define), "-DBUILD_SHARED_LIBS=ON",
        "-DPROFCONV_BUILD_TESTS=OFF", "-DPROFCONV_BUILD_BENCHMARKS=OFF",
        "-DPROFCONV_BUILD_PYTHON=OFF",  # is not looked at here, and takes as long as the library
    )  # fmt: skip
    run(options.cmake, "--build", options.build)


def install(options, folder):
    """Installs into one prefix and moves it to another: nothing in it may know where it was made."""
    made, moved = folder / "made", folder / "moved"
    run(options.cmake, "--install", options.build, "--prefix", made, stdout=subprocess.DEVNULL)
    shutil.move(made, moved)
    return moved


def check_output(command, expected, **options):
    output = run(*command, stdout=subprocess.PIPE, text=True, **options).stdout
    print(output, end="")
    if expected not in output:
        raise SystemExit(f"{command[0]} should have printed {expected!r}")


def with_find_package(options, prefix, folder):
    run(
        options.cmake, "-S", here, "-B", folder, "-G", "Ninja", f"-DCMAKE_PREFIX_PATH={prefix}",
        f"-DCMAKE_CXX_COMPILER={options.compiler}", f"-DCMAKE_CXX_FLAGS={options.cxx_flags}", f"-DEXPECTED_VERSION={options.version}",
    )  # fmt: skip
    run(options.cmake, "--build", folder)
    check_output([folder / "consumer"], options.version)


def with_pkg_config(options, prefix, folder):
    (pc,) = prefix.rglob("profconv.pc")
    environment = dict(os.environ, PKG_CONFIG_PATH=str(pc.parent))
    flags = run("pkg-config", "--cflags", "--libs", "profconv", stdout=subprocess.PIPE, text=True, env=environment).stdout
    program = folder / "consumer"
    folder.mkdir()
    run(options.compiler, "-std=c++20", *shlex.split(options.cxx_flags), here / "consumer.cpp", *shlex.split(flags), "-o", program)
    check_output([program], options.version, env=dict(os.environ, LD_LIBRARY_PATH=str(pc.parents[1])))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--cmake", required=True)
    parser.add_argument("--compiler", required=True)
    parser.add_argument("--cxx-flags", default="")
    parser.add_argument("--version", required=True)
    parser.add_argument("--build", type=pathlib.Path, required=True)
    parser.add_argument("--shared", action="store_true")
    parser.add_argument("define", nargs="*", help="NAME=VALUE, for the shared build")
    options = parser.parse_args()

    if options.shared:
        build_shared(options)
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        prefix = install(options, folder)
        with_find_package(options, prefix, folder / "find_package")
        if shutil.which("pkg-config"):
            with_pkg_config(options, prefix, folder / "pkg_config")
        for tool in sorted((prefix / "bin").glob("*")):
            check_output([tool, "--version"], options.version)


if __name__ == "__main__":
    sys.exit(main())
