"""Samples against what is kept beside them: dumps of all, callgrind files of a dozen, messages of the broken ones.

PROFCONV_BLESS=1 rewrites the goldens; read the difference before committing it.
"""

import pathlib
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "support"))
from samples import Checks, convert, source, text  # noqa: E402

folder = source / "testdata/pstats"

# One for each thing that the writer does.
callgrind_samples = [
    "py2.7-cProfile-recursion-ticks",  # Python 2's C functions
    "py2.7-profile-recursion-run",  # bare counts of callers: estimates
    "py3.11-cProfile-recursion-ticks",  # recursion, a circle
    "py3.11-cProfile-recursion-backwards-timer",  # negative costs
    "py3.11-cProfile-recursion-no-subcalls",  # every call comes from the root
    "py3.11-cProfile-recursion-snapshot",  # callers are missing
    "py3.11-pyinstrument-wordcount",  # nobody counted
    "py3.11-yappi-recursion",  # qualified names, exchanged counts
    "py3.13-cProfile-nonascii_file",
    "py2.7-cProfile-packages",  # equal names in files of equal names
    "special-control-characters",
    "special-missing-callers",
    "special-sampled",  # costs per line, two columns
    "special-sampled-recursion",
    "special-windows-paths",
]

# Large recordings that hold nothing new; the facts about them are checked in tests/reference.
too_much = {f"py3.{minor}-cProfile-wordcount" for minor in range(7, 13)} | {
    "py3.7-profile-wordcount",
    "py3.11-cProfile-threads",
    "py3.11-cProfile-packages-strip-dirs",
    "py3.11-cProfile-wordcount-no-builtins",
    "py3.12-cProfile-threads",
    "py3.13-cProfile-collisions",
}


def check_sample(checks, path, scratch):
    dumped = convert("dump", path)
    checks.equal(dumped.returncode, 0, path.name, text(dumped.stderr))
    # Warnings belong to what a sample is about; notes too.
    oddities = b"".join(b"# " + line + b"\n" for line in dumped.stderr.splitlines())
    if path.stem not in too_much:
        checks.golden(path.with_suffix(".dump"), dumped.stdout + oddities)

    kept = scratch / f"{path.name}.kept"
    kept.write_bytes(dumped.stdout)
    again = convert("dump", kept)
    checks.equal(again.stdout, dumped.stdout, path.name, "dump of the dump")

    # With the file's own numbers too, which the golden leaves out.
    recorded = convert("--as-recorded", "dump", path)
    kept.write_bytes(recorded.stdout)
    checks.equal(convert("dump", kept).stdout, recorded.stdout, path.name, "dump of the dump as recorded")

    callgrind = convert("callgrind", path)
    checks.equal(convert("callgrind", path).stdout, callgrind.stdout, path.name, "callgrind written twice")
    if path.stem in callgrind_samples:
        checks.golden(path.with_suffix(".callgrind"), callgrind.stdout)


def check_detection(checks, files):
    for file, name in files:
        found = convert("--detect", file)
        checks.equal(text(found.stdout), f"{name} {file.name}\n", file.name, text(found.stderr))


def check_messages(checks):
    lines = []
    for path in sorted((folder / "bad").glob("*.prof")):
        result = convert("dump", path)
        checks.equal(result.returncode, 1, path.name, "is to be refused")
        lines.append(result.stderr)
    checks.golden(folder / "bad/MESSAGES.txt", b"".join(lines))


def check_packed(checks):
    """The gzip files are wrappers of one sample: read as that, or refused with a message."""
    plain = convert("dump", folder / "special-sampled.prof").stdout.split(b"\n", 4)
    lines = []
    for path in sorted((folder / "gz").glob("*.gz")):
        result = convert("dump", path)
        if result.returncode == 0:
            checks.equal(result.stdout.split(b"\n", 4)[4], plain[4], path.name, "unpacked")
            lines.append(f"{path.name}: read\n".encode())
        lines.append(result.stderr)
    checks.golden(folder / "gz/MESSAGES.txt", b"".join(lines))


def main():
    checks = Checks()
    samples = sorted(folder.glob("*.prof"))
    checks.equal(len(samples) > 50, True, "samples in", folder)
    missing = set(callgrind_samples) - {path.stem for path in samples}
    checks.equal(missing, set(), "chosen samples that are not there")
    with tempfile.TemporaryDirectory() as scratch:
        for path in samples:
            check_sample(checks, path, pathlib.Path(scratch))
    check_detection(checks, [(path, "pstats") for path in samples] + [(path.with_suffix(".dump"), "dump") for path in samples if path.stem not in too_much])
    check_messages(checks)
    check_packed(checks)
    return checks.finish()


if __name__ == "__main__":
    sys.exit(main())
