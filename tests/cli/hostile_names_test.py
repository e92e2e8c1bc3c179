"""Names of a profile are text, never more: not a file to open, a command, a format, a control sequence."""

import os
import pathlib
import shutil
import subprocess
import unittest

from tool import ToolTest, dump, run_tests

bin_folder = pathlib.Path(os.environ["PROFCONV_BIN"])
secret = "secret-7b1e"


class Sources(ToolTest):
    """A profile that names files it should not."""

    def naming(self, *files):
        return dump({(str(file), 1, "f"): (1, 1, 0.5, 0.5, {}) for file in files})

    def opened(self, *files, arguments=()):
        """What the tools say of a profile that names these files, and the files that they open, where strace is there."""
        self.file("t.prof", self.naming(*files))
        outputs = []
        for tool, *own in (["prof2calltree"], ["prof2text", "--names", "qualified"]):
            result = subprocess.run([bin_folder / tool, "-v", "-o", "-", *own, *arguments, "t.prof"], cwd=self.folder, env=self.environment,
                                    stdin=subprocess.DEVNULL, capture_output=True, timeout=20)
            self.assertEqual(result.returncode, 0, result.stderr)
            outputs.append((result.stdout + result.stderr).decode())
            self.assertNotIn(secret, outputs[-1])
        return outputs

    def test_files_that_are_no_python_source_are_not_opened(self):
        fifo = self.folder / "fifo"  # to open it would hang
        os.mkfifo(fifo)
        self.file("shadow", secret)
        for said in self.opened("/etc/shadow", "/dev/zero", "/dev/stdin", fifo, self.folder / "shadow", "/proc/self/environ"):
            self.assertNotIn("source file", said)
        if shutil.which("strace"):
            trace = self.folder / "trace"
            subprocess.run(["strace", "-f", "-o", trace, "-e", "trace=open,openat,stat,newfstatat", bin_folder / "prof2calltree", "-q", "-o", "x", "t.prof"],
                           cwd=self.folder, check=True, timeout=60,
                           env={**self.environment, "ASAN_OPTIONS": "detect_leaks=0"})  # LeakSanitizer traces, too
            self.assertIn("t.prof", trace.read_text())
            self.assertNotIn("shadow", trace.read_text())

    def test_a_source_that_is_no_regular_file_is_refused_at_once(self):
        os.mkfifo(self.folder / "fifo.py")
        (self.folder / "zero.py").symlink_to("/dev/zero")
        (self.folder / "folder.py").mkdir()
        for said in self.opened("fifo.py", "zero.py", "folder.py"):
            self.assertIn("warning: 3 source files left out, not a regular file: fifo.py is the first", said)

    def test_a_huge_source_is_not_read(self):
        with open(self.folder / "huge.py", "wb") as file:
            file.truncate(10 << 30)
        for said in self.opened("huge.py"):
            self.assertIn("warning: 1 source file left out, larger than 16777216 bytes: huge.py", said)

    def test_nothing_of_a_file_that_does_not_fit_is_shown(self):
        self.file("settings.py", f"PASSWORD = '{secret}'\nother = 1\n")
        (self.folder / "link.py").symlink_to("settings.py")
        self.opened("settings.py", "link.py")
        self.opened("../../../settings.py", arguments=["--source-dir", "."])

    def test_listings_show_only_sources_that_fit(self):
        self.file("settings.py", f"PASSWORD = '{secret}'\nother = 1\n")
        self.file("own.py", "def f():\n    return 'shown'\n")
        for name, shown in (("settings.py", False), ("own.py", True)):
            self.file("t.dump", "profconv dump 1\nmetric time ns sum\n"
                      f'function 0 "f" file "{name}" line 1 self 3 total 3\nline 0 1 self 1\nline 0 2 self 2\n')
            result = subprocess.run([bin_folder / "prof2text", "--lines", "t.dump"], cwd=self.folder, env=self.environment, capture_output=True, timeout=60)
            self.assertEqual(result.returncode, 0, result.stderr)
            said = (result.stdout + result.stderr).decode()
            self.assertNotIn(secret, said)
            self.assertEqual("return 'shown'" in said, shown, said)

    def test_no_file_leaves_the_folder_that_was_named(self):
        (self.folder / "sub").mkdir()
        self.file("above.py", "def f():\n    pass\n")
        for said in self.opened("/nowhere/../above.py", arguments=["--source-dir", "sub"]):
            self.assertIn("1 source file not found", said)

    def test_a_folder_of_sources_that_there_is_not_is_said(self):
        for said in self.opened("gone.py", arguments=["--source-dir", "nowhere"]):
            self.assertIn("warning: nowhere: no such folder; no source file is found in it", said)

    def test_no_source_opens_none(self):
        os.mkfifo(self.folder / "fifo.py")
        for said in self.opened("fifo.py", arguments=["--no-source"]):
            self.assertNotIn("source file", said)


class Commands(ToolTest):
    """Programs are started without a shell."""

    nasty = ["$(touch hit)", "`touch hit`", "; touch hit", "| touch hit", "-oHit", "--help", "a\nb", "'\"", "%s%n%d", "&& touch hit"]

    def test_names_of_files_reach_the_viewer_as_they_are(self):
        self.script("viewer", '#!/bin/sh\nprintf "%s" "$1" > "$VIEWED"\n', self.bin)
        for name in self.nasty:
            self.file(name, dump())
            self.environment["VIEWED"] = str(self.temporary / "viewed")
            code, _, error = self.run_tool("-q", "-k", "--viewer", "viewer", "-o", "./" + name + ".out", "--", "./" + name)
            self.assertEqual((code, error), (0, ""))
            self.assertEqual((self.temporary / "viewed").read_text(), "./" + name + ".out")
            self.assertFalse((self.folder / "hit").exists())

    def test_a_viewer_is_a_program_and_no_line_for_a_shell(self):
        self.file("t.prof", dump())
        code, _, error = self.run_tool("-q", "-k", "--viewer", "true; touch hit", "t.prof")
        self.assertNotEqual(code, 0)
        self.assertFalse((self.folder / "hit").exists())

    def test_names_of_a_profile_reach_no_command(self):
        stats = {(name, 1, name): (1, 1, 0.5, 0.5, {}) for name in self.nasty}
        self.file("t.prof", dump(stats))
        for tool in ("prof2calltree", "prof2dot", "prof2text"):
            result = subprocess.run([bin_folder / tool, "-o", "out", "t.prof"], cwd=self.folder, env=self.environment, capture_output=True, timeout=60)
            self.assertEqual(result.returncode, 0, result.stderr)
            self.assertFalse((self.folder / "hit").exists())
            self.assertIn("%s%n%d", (self.folder / "out").read_text())


class Terminal(ToolTest):
    """Control sequences are made visible wherever a person may look at them."""

    evil = "\x1b]0;owned\x07\x1b[2J\r\x08\x9b31m\u202e\u2028"

    def test_nothing_steers_a_terminal(self):
        stats = {(self.evil, 1, self.evil): (1, 1, 0.5, 0.5, {(self.evil, 2, "g"): (1, 1, 0.5, 0.5)})}
        self.file("t.prof", dump(stats))
        self.file("broken.prof", dump(stats)[:-8])
        name = "\x1b[31mred.prof"
        self.file(name, dump(stats)[:-8])
        for tool, *arguments in (["prof2calltree", "-v", "-o", "-", "t.prof"], ["prof2text", "-v", "t.prof"], ["prof2text", "-v", "--tree", "t.prof"],
                                 ["prof2text", "-t", "markdown", "t.prof"], ["prof2dot", "-v", "t.prof"], ["prof2calltree", "broken.prof"],
                                 ["prof2text", name], ["prof2text", "--focus", self.evil, "t.prof"], ["prof2text", "--" + self.evil, "t.prof"],
                                 ["prof2dot", "-f", self.evil, "t.prof"], ["prof2calltree", "--max-size", self.evil, "t.prof"],
                                 ["prof2text", "--sort", self.evil, "t.prof"], ["prof2calltree", "--names", self.evil, "t.prof"]):
            with self.subTest(tool=tool, arguments=arguments):
                result = subprocess.run([bin_folder / tool, *arguments], cwd=self.folder, env=self.environment, stdin=subprocess.DEVNULL,
                                        capture_output=True, timeout=60)
                for bad in (b"\x1b", b"\x07", b"\x08", b"\r", "\x9b".encode(), "\u202e".encode(), "\u2028".encode()):
                    self.assertNotIn(bad, result.stdout)
                    self.assertNotIn(bad, result.stderr)


if __name__ == "__main__":
    run_tests()
