"""`prof2text --style memory_profiler` against memory_profiler itself: what it printed is printed again, to the byte."""

import json
import os
import pathlib
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "support"))
from samples import Checks, program, run, source, text  # noqa: E402

corpus = pathlib.Path(os.environ.get("PROFCONV_CORPUS", "no corpus"))
folder = source / "testdata/memory_profiler"


def check(checks, path, expected):
    printed = run(program("prof2text"), "--style", "memory_profiler", path)
    checks.equal(printed.returncode, 0, path.name, text(printed.stderr))
    checks.equal(text(printed.stdout), text(expected), path.name)


def check_peer(checks):
    """A report that is made now, of a program whose memory does change."""
    peer = os.environ.get("PROFCONV_PEERS", "no peers")
    if not os.path.exists(peer) or subprocess.run([peer, "-c", "import memory_profiler"], capture_output=True).returncode != 0:
        print("memory_profiler is not installed")
        return
    for precision in ("1", "4"):
        report = run(peer, "-m", "memory_profiler", "--precision", precision, folder / "shop.py", cwd=folder).stdout
        with tempfile.TemporaryDirectory() as name:
            path = pathlib.Path(name) / "report.txt"
            path.write_bytes(report)
            checks.equal(report.count(b"Filename: "), 6, "listings of memory_profiler", text(report))
            check(checks, path, report)


def main():
    checks = Checks()
    for path in sorted(folder.glob("shop-*.txt")):
        listings = path.read_bytes().split(b"\n", 1)[1]  # the program itself prints one line
        # Before 0.59 the word was misspelt, so its column was as wide as its title.
        expected = listings.replace(b"Occurences", b"Occurrences").replace(b"=" * 60 + b"\n", b"=" * 61 + b"\n")
        check(checks, path, expected if path.stem == "shop-0.58" else listings)
    if (corpus / "MANIFEST.json").exists():
        for entry in json.loads((corpus / "MANIFEST.json").read_text())["files"]:
            path = corpus / entry["file"]
            if entry["kind"] == "memprof-text" and b"Occurences" not in path.read_bytes():
                check(checks, path, path.read_bytes())
    check_peer(checks)
    refused = run(program("prof2text"), "--style", "memory_profiler", source / "testdata/mprof/special-nested.dat")
    checks.equal(refused.returncode, 2, "a profile without listings", text(refused.stderr))
    return checks.finish()


if __name__ == "__main__":
    sys.exit(main())
