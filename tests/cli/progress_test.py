"""Progress of long work: on a terminal, after a while, gone at the end. The tool waits for its input, not for a clock."""

import os
import select
import subprocess
import unittest

import tool


class ProgressTest(tool.ToolTest):
    def read_until(self, terminal, mark):
        shown = b""
        while mark not in shown:
            ready, _, _ = select.select([terminal], [], [], 60)
            self.assertTrue(ready, f"only this was shown: {shown!r}")
            shown += os.read(terminal, 1000)
        return shown

    def start(self, stderr, *options):
        return subprocess.Popen(
            [tool.program, *options, "-i", "-", "-o", "out.callgrind"],
            cwd=self.folder, env=self.environment, stdin=subprocess.PIPE, stderr=stderr, start_new_session=True,
        )

    def test_a_slow_input_is_named_until_it_is_there(self):
        ours, terminal = self.open_terminal()
        process = self.start(terminal)
        os.close(terminal)
        self.assertIn(b"prof2calltree: reading - (", self.read_until(ours, b" s)"))
        process.communicate(tool.dump(), timeout=60)
        self.assertEqual(process.returncode, 0)
        self.assertIn(b"\r\x1b[Kprof2calltree: wrote out.callgrind", self.read_until(ours, b"kcachegrind"))
        os.close(ours)

    def test_there_is_none_without_a_terminal_and_none_when_quiet(self):
        for options in ((), ("-q",)):
            ours, terminal = self.open_terminal()
            process = self.start(terminal if options else subprocess.PIPE, *options)
            with self.assertRaises(subprocess.TimeoutExpired):  # longer than it would take to appear
                process.wait(1.5)
            _, stderr = process.communicate(tool.dump(), timeout=60)
            self.assertEqual(process.returncode, 0)
            self.assertNotIn(b"reading", stderr or b"")
            self.assertEqual(select.select([ours], [], [], 0)[0], [])
            os.close(terminal)
            os.close(ours)


if __name__ == "__main__":
    unittest.main()
