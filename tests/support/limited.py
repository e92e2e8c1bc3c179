"""Malformed files of the corpus, converted under limits of memory and time."""

import json
import resource
import subprocess

from samples import program, text


def sanitized():
    """Programs under AddressSanitizer reserve terabytes of addresses."""
    with open(program("profconv_test_convert"), "rb") as binary:
        return b"__asan_init" in binary.read()


def check_malformed(checks, folder, kinds):
    """Converts the files of these kinds, as EXPECTED.json names them, and looks at how that ends."""
    limited = not sanitized()
    for name, expected in json.loads((folder / "EXPECTED.json").read_text()).items():
        if expected["kind"] not in kinds:
            continue
        path = folder / name
        size = 10 * path.stat().st_size + 200 * 2**20

        def limit(size=size):
            if limited:
                resource.setrlimit(resource.RLIMIT_AS, (size, size))

        try:
            result = subprocess.run(
                [program("profconv_test_convert"), "callgrind", path],
                capture_output=True,
                timeout=10 if limited else 60,
                preexec_fn=limit,
            )
        except subprocess.TimeoutExpired:
            checks.fail(name, "took too long")
            continue
        outcomes = {"error": (1,), "accept": (0,), "either": (0, 1)}[expected["expect"]]
        checks.equal(result.returncode in outcomes, True, name, expected["why"], text(result.stderr))
        if result.returncode == 1:
            checks.equal(len(result.stderr.splitlines()), 1, name, "lines of message")
