"""What the tests of prof2calltree share: running it in a folder of its own, and dumps to give it."""

import marshal
import os
import pathlib
import pty
import shutil
import subprocess
import tempfile
import time
import unittest

program = str(pathlib.Path(os.environ["PROFCONV_BIN"]) / "prof2calltree")

# main calls work twice; 1.5 seconds in all.
main, work = ("t.py", 1, "<module>"), ("t.py", 3, "work")
stats = {main: (1, 1, 0.5, 1.5, {}), work: (2, 2, 1.0, 1.0, {main: (2, 2, 1.0, 1.0)})}
empty = {}  # makes the reader warn


def is_sanitized():
    """Programs under sanitizers reserve terabytes of addresses, and look at objects through a pipe."""
    text = pathlib.Path(program).read_bytes()
    return b"__asan_init" in text or b"__tsan_init" in text


def dump(value=stats):
    return marshal.dumps(value, 2)


def viewer_text(body):
    return "#!/bin/sh\n" + body + "\n"


class ToolTest(unittest.TestCase):
    """Runs in a folder of its own, `self.folder`, with another one for temporary files, `self.temporary`."""

    def setUp(self):
        base = pathlib.Path(tempfile.mkdtemp(prefix="profconv-cli-"))
        self.addCleanup(shutil.rmtree, base)
        self.folder, self.temporary, self.bin = base / "work", base / "temporary", base / "bin"
        for path in (self.folder, self.temporary, self.bin):
            path.mkdir()
        self.environment = {**os.environ, "TMPDIR": str(self.temporary), "PATH": f"{self.bin}:{os.environ['PATH']}"}
        for name in ("PYTHONSAFEPATH", "PYTHONPATH"):
            self.environment.pop(name, None)

    def file(self, name, content):
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    def open_terminal(self):
        """Both ends of a pseudo-terminal; the test is skipped where there are none (a bare chroot)."""
        try:
            return pty.openpty()
        except OSError as error:
            self.skipTest(f"no pseudo-terminal: {error}")

    def script(self, name, content, folder=None):
        path = (folder or self.folder) / name
        path.write_text(content)
        path.chmod(0o755)
        return path

    def start(self, *arguments, **options):
        options = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **options}
        return subprocess.Popen([program, *map(str, arguments)], cwd=self.folder, env=self.environment, **options)

    def run_tool(self, *arguments, stdin=b"", **options):
        """Returns (exit code, standard output, standard error); output that is text as text."""
        process = self.start(*arguments, stdin=subprocess.PIPE, **options)
        out, error = process.communicate(stdin, timeout=120)
        return process.returncode, out, error.decode()

    def expect(self, *arguments, code=0, out=b"", error="", stdin=b"", **options):
        """Runs it and compares everything; `error` is what stands on standard error."""
        found = self.run_tool(*arguments, stdin=stdin, **options)
        self.assertEqual(found[2], error)
        self.assertEqual(found[0], code)
        if out is not None:
            self.assertEqual(found[1], out)

    def names(self, folder=None):
        return sorted(path.name for path in (folder or self.folder).iterdir())

    def assert_whole(self, content, total_ns=1_500_000_000):
        """The content is a callgrind file to its end."""
        text = content.decode()
        self.assertTrue(text.startswith("# callgrind format\n"), text[:100])
        self.assertIn(f"\nsummary: {total_ns}\n", text)
        self.assertTrue(text.endswith("\n"))

    def summary_of(self, content):
        lines = [line for line in content.decode().splitlines() if line.startswith("summary: ")]
        return int(lines[0].split()[1])

    def wait_for(self, condition, seconds=20):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            result = condition()
            if result:
                return result
            time.sleep(0.001)
        self.fail("waited in vain")


def run_tests():
    unittest.main(verbosity=1)
