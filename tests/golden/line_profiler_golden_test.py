"""Samples of line_profiler against their dumps, and the messages about the broken ones; nothing that a pickle wants is run.

PROFCONV_BLESS=1 rewrites the goldens; read the difference before committing it.
"""

import pathlib
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "support"))
from samples import Checks, convert, source, text  # noqa: E402

folder = source / "testdata/line_profiler"
mark = "pickle-was-run"  # the file that the malicious ones make when they are loaded

too_much = {"special-many-lines"}


def check_sample(checks, path, scratch):
    dumped = convert("dump", path)
    checks.equal(dumped.returncode, 0, path.name, text(dumped.stderr))
    oddities = b"".join(b"# " + line + b"\n" for line in dumped.stderr.splitlines())
    if path.stem not in too_much:
        checks.golden(path.with_suffix(".dump"), dumped.stdout + oddities)
    kept = scratch / f"{path.name}.kept"
    recorded = convert("--as-recorded", "dump", path)
    kept.write_bytes(recorded.stdout)
    checks.equal(convert("--as-recorded", "dump", kept).stdout, recorded.stdout, path.name, "dump of the dump as recorded")
    found = convert("--detect", path)
    checks.equal(text(found.stdout), f"{path.parent.name} {path.name}\n", path.name, text(found.stderr))


def check_messages(checks, scratch):
    lines = []
    for path in sorted((folder / "bad").glob("*.lprof")):
        for attempt in (convert("dump", path, cwd=scratch), convert("--from", "line_profiler", "dump", path, cwd=scratch)):
            checks.equal(attempt.returncode, 1, path.name, "is to be refused")
            checks.equal(len(attempt.stderr.splitlines()), 1, path.name, "lines of message")
        lines.append(attempt.stderr)
        checks.equal((scratch / mark).exists(), False, path.name, "was run")
    checks.golden(folder / "bad/MESSAGES.txt", b"".join(lines))


def check_that_they_are_malicious(checks, scratch):
    """Python itself, which does what a pickle wants, makes the file."""
    for name in ["system-protocol-0", "eval-protocol-5", "inst", "obj", "reduce-in-timings", "reduce-in-unit", "reduce-of-reduce"]:
        path = folder / "bad" / f"run-{name}.lprof"
        modules = "import sys, types, pickle\nfor n in ('line_profiler', 'line_profiler.line_profiler'): sys.modules[n] = types.ModuleType(n)\n"
        load = modules + "sys.modules[n].LineStats = type('LineStats', (), {})\npickle.load(open(sys.argv[1], 'rb'))"
        subprocess.run([sys.executable, "-c", load, str(path)], cwd=scratch, capture_output=True)
        checks.equal((scratch / mark).exists(), True, path.name, "does nothing in Python either")
        (scratch / mark).unlink(missing_ok=True)


def main():
    checks = Checks()
    samples = sorted(folder.glob("*.lprof")) + sorted(source.glob("testdata/line_profiler-text/*.txt"))
    checks.equal(len(samples) > 20, True, "samples in", folder)
    with tempfile.TemporaryDirectory() as name:
        scratch = pathlib.Path(name)
        for path in samples:
            check_sample(checks, path, scratch)
        check_messages(checks, scratch)
        check_that_they_are_malicious(checks, scratch)
    return checks.finish()


if __name__ == "__main__":
    sys.exit(main())
