"""--report=FILE, in every tool: it overwrites nothing that was read or written, and is known to be writable before a script runs."""

import os
import pathlib
import subprocess
import sys

from tool import ToolTest, dump, run_tests

bin_folder = pathlib.Path(os.environ["PROFCONV_BIN"])
tools = ("prof2calltree", "prof2dot", "prof2text")


class Report(ToolTest):
    def setUp(self):
        super().setUp()
        self.file("g.prof", dump())

    def run_any(self, tool, *arguments, **options):
        process = subprocess.run([bin_folder / tool, *arguments], cwd=self.folder, env=self.environment, capture_output=True, timeout=60,
                                 **{"stdin": subprocess.DEVNULL, **options})
        return process.returncode, process.stderr.decode()

    def refused(self, tool, message, *arguments, **options):
        before = {path.name: path.read_bytes() for path in self.folder.iterdir()}
        self.assertEqual(self.run_any(tool, *arguments, **options), (2, f"{tool}: {message}\n"))
        self.assertEqual({path.name: path.read_bytes() for path in self.folder.iterdir()}, before)

    def test_an_input_is_not_overwritten(self):
        (self.folder / "soft").symlink_to("g.prof")
        for tool in tools:
            for name in ("g.prof", "./g.prof", "soft"):
                self.refused(tool, f"the output {name} is the input g.prof", f"--report={name}", "-o", "x", "g.prof")
            with open(self.folder / "g.prof", "rb") as stream:
                self.refused(tool, "the output g.prof is the input -", "--report=g.prof", "-", stdin=stream)

    def test_the_script_is_not_overwritten(self):
        self.file("s.py", "open('ran', 'w')")
        for more in ([], ["-k", "--viewer", "true"]):
            self.refused("prof2calltree", "the output s.py is the input s.py", *more, "--report=s.py", "--python", sys.executable, "-r", "s.py")

    def test_the_output_is_not_overwritten(self):
        hint = " (hint: --report alone prints it on standard error)"
        self.file("there", "old")
        (self.folder / "link").symlink_to("there")
        for tool in tools:
            for report, output in (("x", "x"), ("./x", "x"), ("there", "there"), ("link", "there"), ("-", "-")):
                self.refused(tool, f"the report {report} is the output {output}{hint}", f"--report={report}", "-o", output, "g.prof")
        for tool in ("prof2dot", "prof2text"):
            self.refused(tool, f"the report /dev/stdout is the output -{hint}", "--report=/dev/stdout", "g.prof")
        self.refused("prof2calltree", f"the report g.prof.callgrind is the output g.prof.callgrind{hint}", "--report=g.prof.callgrind", "g.prof")

    def test_a_file_stands_behind_an_equals_sign(self):
        for tool in tools:
            self.refused(tool, "there is no input 'r' (hint: a file stands after =: --report=r)", "--report", "r", "g.prof")
        self.assertEqual(self.run_any("prof2calltree", "--report", "-r", "no.py"), (1, "prof2calltree: no.py: cannot read: No such file or directory\n"))

    def test_what_is_no_file_takes_both(self):
        for tool in tools:
            self.assertEqual(self.run_any(tool, "-q", "--report=/dev/null", "-o", "/dev/null", "g.prof"), (0, ""))

    def test_the_last_one_counts(self):
        for tool in tools:
            self.assertEqual(self.run_any(tool, "-q", "--report=g.prof", "--report=r", "-o", "x", "g.prof"), (0, ""))
            self.assertNotEqual((self.folder / "r").read_text(), "")
            self.assertEqual((self.folder / "g.prof").read_bytes(), dump())

    def test_before_anything_is_written_it_is_known_that_the_report_can_be(self):
        self.file("folder/x", "")
        for tool in tools:
            for report, why in (("no/r", "No such file or directory"), ("folder", "Is a directory")):
                self.assertEqual(self.run_any(tool, f"--report={report}", "-o", "y", "g.prof"), (1, f"{tool}: {report}: cannot write: {why}\n"))
                self.assertEqual(self.names(), ["folder", "g.prof"])

    def test_before_a_script_runs_it_is_known_that_the_report_can_be_written(self):
        self.file("s.py", "open('ran', 'w')")
        for more in ([], ["-k", "--viewer", "true"]):
            self.expect(*more, "--report=no/r", "--python", sys.executable, "-r", "s.py", code=1,
                        error="prof2calltree: no/r: cannot write: No such file or directory\n")
        self.assertEqual(self.names(), ["g.prof", "s.py"])


if __name__ == "__main__":
    run_tests()
