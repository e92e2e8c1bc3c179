"""Compiles the library for Windows, without linking: windows_check.py [FILE]...

For MinGW-w64 (Debian: g++-mingw-w64-x86-64-posix). lib/io is the part that asks the system, and has a branch for POSIX only;
everything else of lib/ must compile. Debian has no libraries for that target: their headers, which are the same everywhere, are
taken from this system, and nothing is linked.
"""

import concurrent.futures
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

source = pathlib.Path(__file__).resolve().parents[1]
compiler = "x86_64-w64-mingw32-g++-posix"
headers = ["zlib.h", "zstd.h", "zstd_errors.h", "xxhash.h", "re2", "nlohmann"]


def main():
    if not shutil.which(compiler):
        print(f"{compiler} is not installed")
        return 77
    files = [pathlib.Path(name).resolve() for name in sys.argv[1:]]
    if not files:
        files = sorted(path for path in (source / "lib").rglob("*.cpp") if not {"io", "python"} & set(path.relative_to(source).parts))
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        for header in headers:
            path = pathlib.Path("/usr/include") / header
            if path.exists():
                (folder / header).symlink_to(path)
        for path in [pathlib.Path("/usr/include/zconf.h"), *pathlib.Path("/usr/include").glob("*-linux-gnu*/zconf.h")]:
            if path.exists():
                (folder / "zconf.h").symlink_to(path)
                break
        (folder / "profconv").mkdir()
        version = (source / "lib/cmake/version.hpp.in").read_text()
        (folder / "profconv/version.hpp").write_text(version.replace("@PROJECT_VERSION@", "0"))

        def compiles(path):
            command = [compiler, "-std=c++20", "-fsyntax-only", "-Wall", "-Wextra", "-Werror", "-Wno-restrict", "-I", source / "include", "-I", source / "lib", "-isystem", folder, path]
            done = subprocess.run(command, capture_output=True, text=True)
            return path, done.returncode, done.stderr

        failed = 0
        with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
            for path, code, errors in pool.map(compiles, files):
                if code != 0:
                    failed += 1
                    print(path.relative_to(source), *errors.splitlines()[:12], sep="\n  ")
    print(f"{len(files) - failed} of {len(files)} files compile for Windows")
    return failed != 0


if __name__ == "__main__":
    sys.exit(main())
