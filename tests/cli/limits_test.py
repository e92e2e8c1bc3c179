"""What one input may cost: the options that say so, and the corpus' bombs, which every tool refuses in little memory."""

import gzip
import marshal
import os
import pathlib
import resource
import subprocess
import unittest

from tool import ToolTest, dump, is_sanitized, run_tests

bin_folder = pathlib.Path(os.environ["PROFCONV_BIN"])
malformed = pathlib.Path(os.environ["PROFCONV_CORPUS"]) / "malformed"
tools = ("prof2calltree", "prof2dot", "prof2text")


class Options(ToolTest):
    def refused(self, option, value, reason):
        self.expect(option, value, "a.prof", code=1, error=f"prof2calltree: a.prof: {reason} (hint: {option} raises the limit)\n")

    def test_every_limit_is_an_option(self):
        self.file("a.prof", dump())  # two functions, one call
        self.refused("--max-functions", "1", "has more than 1 functions")
        self.refused("--max-string", "7", "has a name of more than 7 bytes")
        three = {("t.py", 1, "f"): (1, 1, 0.0, 0.0, {("t.py", 2, "g"): (1, 1, 0.0, 0.0), ("t.py", 3, "h"): (1, 1, 0.0, 0.0)})}
        self.file("a.prof", dump(three))
        self.refused("--max-calls", "1", "has more than 1 calls between functions")
        self.file("a.prof", "(f:1);(g:2) 1\n(f:1);(h:3) 1\nf (a.py:1);g (a.py:2) 3\n")
        self.refused("--max-calls", "3", "has more than 3 different stacks")
        self.file("a.prof", 'profconv dump 1\nmetric time ns sum\nfunction 0 "f" file "t.py" line 1 self 3 total 3\nline 0 1 self 1\nline 0 2 self 2\n')
        self.refused("--max-lines", "1", "has more than 1 lines")
        self.file("a.prof", "f (a.py:1);g (a.py:2) 3\nf (a.py:5) 1\n")  # the lines of stacks
        self.refused("--max-lines", "2", "has more than 2 lines")
        for option, enough in (("--max-lines", "3"), ("--max-functions", "1K"), ("--max-string", "1M"), ("--max-calls", "4294967294")):
            self.expect("-q", "--no-source", option, enough, "-o", "x", "a.prof")

    def test_depth(self):
        self.file("a.prof", dump())  # a dict of tuples, of dicts of tuples
        for depth, offset in ((1, 1), (2, 66), (3, 130)):
            self.expect("--max-depth", depth, "a.prof", code=1,
                        error=f"prof2calltree: a.prof: byte {offset}: values are nested more than {depth} deep "
                              "(hint: --max-depth raises the limit)\n")
        self.expect("-q", "--no-source", "--max-depth", "4", "-o", "x", "a.prof")

    def test_ratio(self):
        self.file("a.prof.gz", gzip.compress(dump({("t.py", 1, "f" * (20 << 20)): (1, 1, 0.0, 0.0, {})})))
        code, _, error = self.run_tool("--max-ratio", "5", "a.prof.gz")
        self.assertEqual(code, 1)
        self.assertRegex(error, r"^prof2calltree: a\.prof\.gz: byte \d+ of the gzip data: "
                         r"unpacks to more than 5 times its size, which no profile does \(hint: --max-ratio raises the limit\)\n$")

    def test_wrong_values(self):
        self.file("a.prof", dump())
        for option, bad in (("--max-ratio", "0"), ("--max-functions", "-1"), ("--max-calls", "4294967295"), ("--max-lines", "x"), ("--max-depth", "10001")):
            most = {"--max-functions": 4294967294, "--max-calls": 4294967294, "--max-lines": 4294967294, "--max-depth": 10000}.get(option)
            at_most = f" of at most {most}" if most else ""
            self.expect(option, bad, "a.prof", code=2, error=f"prof2calltree: {option}: expected a positive number{at_most} such as 500 or 5K, found '{bad}'\n")
        self.expect("--max-string", "1X", "a.prof", code=2,
                    error="prof2calltree: --max-string: expected a positive number of bytes such as 500M or 8G, found '1X'\n")


@unittest.skipUnless(malformed.is_dir(), "no corpus")
@unittest.skipIf(is_sanitized(), "sanitizers need more memory")
class Bombs(unittest.TestCase):
    def run_limited(self, tool, path, *arguments):
        size = 10 * path.stat().st_size + 200 * 2**20
        return subprocess.run([bin_folder / tool, *arguments, path], stdin=subprocess.DEVNULL, capture_output=True, timeout=60,
                              preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (size, size)))

    def test_every_malformed_file_ends_with_a_message_or_a_result(self):
        files = [path for path in sorted(malformed.iterdir()) if path.suffix != ".json"]
        self.assertGreater(len(files), 20)
        for tool in tools:
            arguments = ["-o", "-", "-q"] if tool != "prof2text" else ["-q"]
            for path in files:
                with self.subTest(tool=tool, file=path.name):
                    result = self.run_limited(tool, path, *arguments)
                    self.assertIn(result.returncode, (0, 1))
                    if result.returncode == 1:
                        lines = result.stderr.decode().splitlines()
                        self.assertEqual(len(lines), 1)
                        self.assertTrue(lines[0].startswith(f"{tool}: {path}: "), lines[0])
                        self.assertNotIn("out of memory", lines[0])

    def test_without_threads_the_work_is_done_by_one(self):
        """An address space in which no stack of another thread has room."""
        stats = {("t.py", i, f"function{i}"): (1, 1, 0.0, 0.0, {}) for i in range(3000)}
        size = 64 * 2**20
        content = marshal.dumps(stats, 2)
        limit = lambda: (resource.setrlimit(resource.RLIMIT_STACK, (60 * 2**20, 60 * 2**20)), resource.setrlimit(resource.RLIMIT_AS, (size, size)))
        probe = subprocess.run([bin_folder / "prof2calltree", "-V"], capture_output=True, preexec_fn=limit)
        if probe.returncode != 0:
            self.skipTest("the program itself needs more")
        result = subprocess.run([bin_folder / "prof2calltree", "-q", "-o", "-"], input=content, capture_output=True, timeout=60, preexec_fn=limit)
        self.assertEqual((result.returncode, result.stderr), (0, b""))
        free = subprocess.run([bin_folder / "prof2calltree", "-q", "-o", "-"], input=content, capture_output=True, timeout=60)
        self.assertEqual(result.stdout, free.stdout)


if __name__ == "__main__":
    run_tests()
