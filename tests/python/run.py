"""Runs the tests of the Python module with pytest in the peers' environment; 77 where that has no pytest."""

import os
import pathlib
import subprocess
import sys

python = os.environ["PROFCONV_PEERS"]
here = pathlib.Path(__file__).parent


def main():
    if subprocess.run([python, "-c", "import pytest"], stderr=subprocess.DEVNULL, check=False).returncode != 0:
        print("skipped: no pytest")
        return 77
    settings = ["-c", str(here / "pytest.ini"), "-p", "no:cacheprovider", "-q"]
    return subprocess.run([python, "-m", "pytest", *settings, str(here), *sys.argv[1:]], check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
