"""What the golden, corpus and reference tests share."""

import difflib
import os
import pathlib
import subprocess
import sys

source = pathlib.Path(os.environ.get("PROFCONV_SOURCE", pathlib.Path(__file__).parents[2]))
bin_folder = pathlib.Path(os.environ.get("PROFCONV_BIN", source / "build/dev/bin"))
bless = os.environ.get("PROFCONV_BLESS") == "1"


def program(name):
    path = bin_folder / name
    if not path.exists():
        skip(f"{path} is not built")
    return str(path)


def skip(why):
    print(f"skipped: {why}")
    sys.exit(77)


def run(*command, **options):
    return subprocess.run([str(part) for part in command], capture_output=True, timeout=options.pop("timeout", 120), **options)


def convert(*arguments, **options):
    """Runs profconv_test_convert: a CompletedProcess with bytes."""
    return run(program("profconv_test_convert"), *arguments, **options)


def text(data):
    return data.decode("utf-8", "backslashreplace")


class Checks:
    """Counts faults and prints them as they come."""

    def __init__(self):
        self.faults = self.checked = 0

    def fail(self, *what):
        self.faults += 1
        print(*what, flush=True)

    def equal(self, found, expected, *what):
        self.checked += 1
        if found != expected:
            self.fail(*what, f": found {found!r}, expected {expected!r}")

    def golden(self, path, found):
        """Compares bytes with a file that is kept beside its sample; PROFCONV_BLESS=1 writes it anew."""
        self.checked += 1
        expected = path.read_bytes() if path.exists() else b""
        if found == expected and path.exists():
            return
        if bless:
            path.write_bytes(found)
            print(f"blessed {path.relative_to(source)}")
            return
        self.fail(f"{path.relative_to(source)} differs (PROFCONV_BLESS=1 rewrites it):")
        lines = [text(data).splitlines(keepends=True) for data in (expected, found)]
        sys.stdout.writelines(list(difflib.unified_diff(*lines, "golden", "found", n=1))[:60])

    def finish(self):
        print(f"{self.checked} checks, {self.faults} faults")
        return 1 if self.faults or not self.checked else 0
