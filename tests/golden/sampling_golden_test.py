"""Samples of sampled profiles against what is kept beside them: dumps, messages, and stacks as Python's replay prints them.

PROFCONV_BLESS=1 rewrites the goldens; read the difference before committing it.
"""

import pathlib
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "support"))
from samples import Checks, convert, source, text  # noqa: E402

formats = {"sampling-binary": ".bin", "sampling-jsonl": ".jsonl", "collapsed": ".collapsed"}

# One for each thing that the writers do.
callgrind_samples = ["sampling-binary/two-threads.bin", "sampling-binary/deep.bin", "sampling-jsonl/release.jsonl", "collapsed/pyspy.collapsed"]
collapsed_samples = ["sampling-binary/markers.bin", "sampling-binary/odd-names.bin", "collapsed/austin.collapsed", "collapsed/perf.collapsed"]


def check_sample(checks, format, path, scratch):
    dumped = convert("dump", path)
    checks.equal(dumped.returncode, 0, path.name, text(dumped.stderr))
    oddities = b"".join(b"# " + line + b"\n" for line in dumped.stderr.splitlines())
    checks.golden(path.with_suffix(".dump"), dumped.stdout + oddities)
    checks.equal(text(convert("--detect", path).stdout), f"{format} {path.name}\n", path.name)
    kept = scratch / f"{path.name}.kept"
    kept.write_bytes(dumped.stdout)
    checks.equal(convert("dump", kept).stdout, dumped.stdout, path.name, "dump of the dump")
    name = f"{format}/{path.name}"
    if name in callgrind_samples:
        checks.golden(path.with_suffix(".callgrind"), convert("callgrind", path).stdout)
    if name in collapsed_samples:
        checks.golden(path.with_suffix(".stacks"), convert("collapsed", path).stdout)


def check_replay(checks, path):
    """The stacks that another program counted; it does not mark those that are cut."""
    expected = sorted(path.with_suffix(".replay").read_bytes().splitlines())
    stacks = convert("--frames", "cpython", "collapsed", path)
    found = sorted(stacks.stdout.replace(b";<truncated>;", b";").splitlines())
    checks.equal(found, expected, path.name, "stacks")


def check_equal(checks, name, *others):
    """The same recording in other clothes: all but the source line."""
    def rows(other):
        return convert("dump", source / f"testdata/sampling-binary/{other}.bin").stdout.split(b"\n", 4)[4]

    for other in others:
        checks.equal(rows(other), rows(name), other, "is to hold what is in", name)


def check_messages(checks, format, ending):
    lines = []
    for path in sorted((source / "testdata" / format / "bad").glob("*" + ending)):
        result = convert("--from", format, "dump", path)
        checks.equal(result.returncode, 1, path.name, "is to be refused")
        lines.append(result.stderr)
    checks.golden(source / "testdata" / format / "bad/MESSAGES.txt", b"".join(lines))


def main():
    checks = Checks()
    with tempfile.TemporaryDirectory() as scratch:
        for format, ending in formats.items():
            samples = sorted((source / "testdata" / format).glob("*" + ending))
            checks.equal(len(samples) >= 4, True, "samples of", format)
            for path in samples:
                check_sample(checks, format, path, pathlib.Path(scratch))
            check_messages(checks, format, ending)
    for path in sorted((source / "testdata/sampling-binary").glob("*.bin")):
        if path.stem != "odd-names":  # holds what collapsed stacks cannot
            check_replay(checks, path)
    check_equal(checks, "two-threads", "big-endian", "zstd", "old-statistics")
    return checks.finish()


if __name__ == "__main__":
    sys.exit(main())
