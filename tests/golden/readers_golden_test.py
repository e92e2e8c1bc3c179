"""Samples of the formats below against the dumps kept beside them; messages of the broken ones.

PROFCONV_BLESS=1 rewrites the goldens; read the difference before committing it. (pstats has a test of its own.)
"""

import pathlib
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "support"))
from samples import Checks, convert, source, text  # noqa: E402

# format: ending of its samples, those with a golden callgrind file
formats = {
    "hotshot": (".hotshot", ["special-lines", "py2.7-recursion-line-times"]),
    "memory_profiler": (".txt", ["shop-0.61-precision6"]),
    "mprof": (".dat", ["special-nested"]),
}


def check_sample(checks, name, path, scratch, callgrind_samples):
    checks.equal(text(convert("--detect", path).stdout), f"{name} {path.name}\n", path.name)
    dumped = convert("dump", path)
    checks.equal(dumped.returncode, 0, path.name, text(dumped.stderr))
    oddities = b"".join(b"# " + line + b"\n" for line in dumped.stderr.splitlines())
    checks.golden(path.with_suffix(".dump"), dumped.stdout + oddities)

    for options in ([], ["--as-recorded"]):
        dump = convert(*options, "dump", path).stdout
        kept = scratch / f"{path.name}.kept"
        kept.write_bytes(dump)
        checks.equal(convert("dump", kept).stdout, dump, path.name, "dump of the dump", options)

    callgrind = convert("callgrind", path)
    checks.equal(convert("callgrind", path).stdout, callgrind.stdout, path.name, "callgrind written twice")
    if path.stem in callgrind_samples:
        checks.golden(path.with_suffix(".callgrind"), callgrind.stdout)


def check_messages(checks, folder, ending):
    lines = []
    for path in sorted(set(folder.glob(f"*{ending}")) - {folder / "MESSAGES.txt"}):
        result = convert("dump", path)
        checks.equal(result.returncode, 1, path.name, "is to be refused")
        lines.append(result.stderr)
    checks.golden(folder / "MESSAGES.txt", b"".join(lines))


def main():
    checks = Checks()
    with tempfile.TemporaryDirectory() as scratch:
        for name, (ending, callgrind_samples) in formats.items():
            folder = source / "testdata" / name
            samples = sorted(folder.glob(f"*{ending}"))
            checks.equal(set(callgrind_samples) <= {path.stem for path in samples}, True, name, "chosen samples are there")
            for path in samples:
                check_sample(checks, name, path, pathlib.Path(scratch), callgrind_samples)
            check_messages(checks, folder / "bad", ending)
    return checks.finish()


if __name__ == "__main__":
    sys.exit(main())
