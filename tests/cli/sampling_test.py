"""Sampled profiles in the tools: intervals, threads, states, collapsed output, and -r --sampling."""

import os
import pathlib
import shutil
import subprocess
import sys

from tool import ToolTest, dump, run_tests

source = pathlib.Path(os.environ["PROFCONV_SOURCE"])
recording = source / "testdata/sampling-binary/two-threads.bin"
text_tool = os.path.join(os.environ["PROFCONV_BIN"], "prof2text")

# A Python that only says that it is this version, and that records what it was asked for.
fake = """#!/bin/sh
if [ "$1" = -c ]; then
  echo "{version}" > "$3"
  exit {code}
fi
printf '%s\\n' "$@" > arguments
while [ "$1" != -o ]; do shift; done
{record}
exit {status}
"""


class Text(ToolTest):
    def text(self, *arguments):
        done = subprocess.run([text_tool, *map(str, arguments)], cwd=self.folder, capture_output=True, encoding="utf-8")
        return done.returncode, done.stdout, done.stderr

    def stacks(self, *arguments):
        code, out, error = self.text("-q", "--format", "collapsed", "--frames", "name", *arguments)
        self.assertEqual((code, error), (0, ""))
        return dict(line.rsplit(" ", 1) for line in out.splitlines())

    def test_collapsed_output_is_what_python_writes(self):
        code, out, error = self.text("--format", "collapsed", "--frames", "cpython", recording)
        self.assertEqual((code, error), (0, ""))
        self.assertEqual(out.encode(), recording.with_suffix(".replay").read_bytes())

    def test_threads(self):
        self.assertEqual(self.stacks("--thread", "3250", recording), {"Thread._bootstrap;work": "4", "Thread._bootstrap": "1"})
        self.assertEqual(sum(map(int, self.stacks("--thread", "main", recording).values())), 214)
        self.assertEqual(self.stacks("--thread", "325*", "--separate-threads", recording), {"thread (3250);Thread._bootstrap;work": "4", "thread (3250);Thread._bootstrap": "1"})
        self.assertEqual(self.text("--thread", "7", recording), (2, "", "prof2text: there is no thread '7' (hint: there are '3247', '3250')\n"))

    def test_states(self):
        self.assertEqual(self.stacks("--only", "exception", recording), {"Thread._bootstrap;work": "1"})
        self.assertEqual(sum(map(int, self.stacks("--only", "cpu", "--only", "gil", recording).values())), 205)
        self.assertEqual(self.text("--only", "idle", recording), (2, "", "prof2text: --only: expected gil, cpu or exception, found 'idle'\n"))

    def test_profiles_without_stacks_are_refused(self):
        self.file("a.prof", dump())
        code, out, error = self.text("--thread", "main", "a.prof")
        self.assertEqual((code, out), (2, ""))
        self.assertIn("threads and states belong to samples of stacks", error)

    def test_interval(self):
        self.file("a.collapsed", "t.py:f:1;t.py:g:2 4\n")
        code, out, error = self.text("--interval", "1.5ms", "--format", "tsv", "a.collapsed")
        self.assertEqual((code, error), (0, ""))
        self.assertEqual(out.splitlines()[0].split("\t")[5:], ["time_self", "time_total", "samples_self", "samples_total"])
        self.assertEqual(out.splitlines()[1].split("\t")[5:], ["0", "6000000", "0", "4"])
        for bad in ("5", "1h", "-1ms", "0ms", "ms", "1e30s"):
            self.assertEqual(self.text(f"--interval={bad}", "a.collapsed"), (2, "", f"prof2text: --interval: expected a time such as 500us or 1ms, found '{bad}'\n"))

    def test_text_says_samples_and_no_calls(self):
        self.file("a.collapsed", "t.py:f:1;t.py:g:2 4\n")
        code, out, error = self.text("a.collapsed")
        self.assertEqual(out, "a.collapsed: 2 functions, 4 samples\n\nsamples      %  self samples      %  function\n"
                              "      4  100.0             0    0.0  f  t.py\n      4  100.0             4  100.0  g  t.py\n")
        self.assertEqual(self.text("-s", "calls", "a.collapsed"), (2, "", "prof2text: cannot sort by 'calls', the profile has no call counts: samples are no calls\n"))

    def test_the_tree_is_exact_and_says_so(self):
        self.file("a.collapsed", "f;g;f 3\nf 1\nh;g 2\n")
        code, out, error = self.text("--tree", "a.collapsed")
        self.assertEqual((code, error), (0, ""))
        self.assertNotIn("~", out)
        self.assertIn("The stacks were recorded: nothing here is an estimate.", out)

    def test_focus_and_fold_are_exact(self):
        self.file("a.collapsed", "a;s;x 3\nb;s;y 4\nb 1\n")
        self.assertEqual(self.stacks("--focus", "x", "a.collapsed"), {"a;s;x": "3"})
        self.assertEqual(self.stacks("--ignore", "[(]y[)]", "a.collapsed"), {"a;s;x": "3", "b": "1"})
        self.assertEqual(self.stacks("--fold", "s,b", "a.collapsed"), {"a;x": "3", "y": "4", "b": "1"})


class Run(ToolTest):
    def python(self, version="3 15", code=0, status=0, record=f'cp {recording} "$2"'):
        self.script("python3.15", fake.format(version=version, code=code, status=status, record=record), self.bin)
        return ["--python", "python3.15", "--sampling"]

    def arguments(self):
        words = (self.folder / "arguments").read_text().splitlines()
        words[5] = "DUMP"
        return words

    def test_a_script(self):
        self.file("t.py", "")
        code, out, error = self.run_tool(*self.python(status=3), "-r", "t.py", "-o", "x")
        self.assertEqual((code, out), (3, b""))
        self.assertIn("wrote t.py.callgrind (", error)
        self.assertEqual(self.arguments(), ["-m", "profiling.sampling", "run", "--binary", "-o", "DUMP", "t.py", "-o", "x"])
        text = (self.folder / "t.py.callgrind").read_text()
        self.assertIn("\ncmd: t.py -o x\n", text)
        self.assertIn("\nevents: ns samples\n", text)
        self.assertEqual(self.names(self.temporary), [])

    def test_a_module_and_an_interval(self):
        code, _, error = self.run_tool(*self.python(), "--interval", "250us", "-o", "y", "-r", "-m", "json.tool", "x.json")
        self.assertEqual(code, 0, error)
        self.assertEqual(self.arguments(), ["-m", "profiling.sampling", "run", "--binary", "-o", "DUMP", "-r", "4000", "-m", "json.tool", "x.json"])

    def test_an_older_interpreter(self):
        self.file("t.py", "")
        self.expect(*self.python(version="3 14"), "-r", "t.py", code=1,
                    error="prof2calltree: python3.15: it is Python 3.14, and --sampling needs 3.15 or newer (hint: --python names another interpreter; without --sampling cProfile is used)\n")
        self.assertEqual(self.names(), ["t.py"])
        if sys.version_info < (3, 15):
            code, _, error = self.run_tool("--python", sys.executable, "--sampling", "-r", "t.py")
            self.assertEqual(code, 1)
            self.assertIn(f"it is Python {sys.version_info[0]}.{sys.version_info[1]}, and --sampling needs 3.15 or newer", error)

    def test_no_interpreter_at_all(self):
        self.file("t.py", "")
        self.expect(*self.python(version="", code=2), "-r", "t.py", code=1,
                    error="prof2calltree: python3.15: cannot tell its version: exit status 2 (hint: is it a Python interpreter?)\n")

    def test_no_recording_was_written(self):
        self.file("t.py", "")
        self.expect(*self.python(status=4, record=""), "-r", "t.py", code=4, error="prof2calltree: t.py: no profile was written: exit status 4\n")

    def test_sampling_without_a_script(self):
        shutil.copy(recording, self.folder / "a.bin")
        self.expect("--sampling", "a.bin", code=2, error="prof2calltree: --sampling is for -r (hint: a recording is read without it: prof2calltree FILE)\n")


if __name__ == "__main__":
    run_tests()
