"""Makes the virtual environment with the tools that tests and benches compare with.

Usage: peers.py FOLDER

Does nothing when the folder already holds what requirements.txt asks for. Exits with 77 and leaves no folder behind when
that cannot be installed, for example without a network.
"""

import fcntl
import pathlib
import shutil
import subprocess
import sys

requirements = pathlib.Path(__file__).with_name("requirements.txt")


def make(folder):
    stamp = folder / "requirements.txt"
    if stamp.exists() and stamp.read_text() == requirements.read_text() and (folder / "bin/python").exists():
        return 0
    shutil.rmtree(folder, ignore_errors=True)
    pip = [str(folder / "bin/python"), "-m", "pip", "--disable-pip-version-check", "--no-input", "--timeout=10", "--retries=1"]
    try:
        subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True, timeout=120)
        subprocess.run([*pip, "install", "--quiet", "--requirement", str(requirements)], check=True, timeout=170)
    except (subprocess.SubprocessError, OSError) as error:
        shutil.rmtree(folder, ignore_errors=True)
        print(f"skipped: {error}")
        return 77
    shutil.copyfile(requirements, stamp)
    return 0


def main():
    folder = pathlib.Path(sys.argv[1]).absolute()
    folder.parent.mkdir(parents=True, exist_ok=True)
    with open(f"{folder}.lock", "w") as lock:  # two builds may be under test at the same time
        fcntl.flock(lock, fcntl.LOCK_EX)
        return make(folder)


if __name__ == "__main__":
    sys.exit(main())
