"""prof2calltree: help, version, wrong usage, and values of options."""

import os
import subprocess

from tool import ToolTest, dump, main, run_tests, work

see_help = " (hint: prof2calltree -h lists the options)\n"


class Usage(ToolTest):
    def test_help_goes_to_standard_output(self):
        code, out, error = self.run_tool("-h")
        self.assertEqual((code, error), (0, ""))
        text = out.decode()
        for piece in ("Usage: prof2calltree [OPTION]... [-i] [FILE]...\n", "-r -m MODULE [ARGUMENT]...\n", "Examples:\n", "QCacheGrind does not"):
            self.assertIn(piece, text)
        for option in ("-i, --input FILE", "-o, --output FILE", "-k, --kcachegrind", "-r, --run", "--python COMMAND", "--viewer COMMAND",
                       "--gzip", "--time-unit UNIT", "--max-size BYTES", "--salvage", "--strict", "-q, --quiet", "-v, --verbose"):
            self.assertIn(option, text)
        self.assertEqual(self.run_tool("--help"), (0, out, ""))

    def test_help_that_cannot_be_written_is_an_error(self):
        with open("/dev/full", "wb") as full:
            self.expect("-h", stdout=full, out=None, code=1, error="prof2calltree: -: cannot write: No space left on device\n")

    def test_version(self):
        code, out, error = self.run_tool("-V")
        self.assertRegex(out, rb"^prof2calltree 0\.1\.0( \([0-9a-f]+(\+changes)?\))?\n$")
        self.assertEqual((code, error), (0, ""))
        self.expect("--version", out=out)

    def test_unknown_options(self):
        self.expect("--outptu", "x", code=2, error="prof2calltree: unknown option --outptu (hint: did you mean --output?)\n")
        self.expect("--gzipp", code=2, error="prof2calltree: unknown option --gzipp (hint: did you mean --gzip?)\n")
        self.expect("--in", "x", code=2, error="prof2calltree: unknown option --in (hint: did you mean --input or --interval?)\n")
        self.expect("--x", "x", code=2, error="prof2calltree: unknown option --x" + see_help)
        self.file("-x.prof", dump())
        self.expect("-x.prof", code=2, error="prof2calltree: unknown option -x.prof (hint: ./-x.prof is the file of that name)\n")
        self.expect("--run-script=x.py", code=2, error="prof2calltree: --run-script takes no value, found 'x.py'" + see_help)
        self.expect("-z", code=2, error="prof2calltree: unknown option -z" + see_help)
        self.expect("--\x1b[2J", code=2, error="prof2calltree: unknown option --\\x1b[2J" + see_help)

    def test_missing_values_and_contradictions(self):
        self.expect("-o", code=2, error="prof2calltree: --output needs a value: FILE" + see_help)
        self.expect("-q", "-v", "x", code=2, error="prof2calltree: --verbose excludes --quiet" + see_help)

    def test_options_may_be_repeated(self):
        self.file("a.prof", dump())
        self.expect("-q", "-q", "--strict", "--strict", "-o", "x", "-o", "y", "a.prof")
        self.assertEqual(self.names(), ["a.prof", "y"])

    def test_time_unit(self):
        self.file("a.prof", dump({main: (1, 1, 1500.0, 1500.0, {})}))
        for unit, total in (("s", 1500 * 10**9), ("ms", 1500 * 10**6), ("us", 1500 * 10**3), ("ns", 1500), ("1e-6", 1500 * 10**3), ("0.5", 750 * 10**9)):
            code, out, error = self.run_tool("--time-unit", unit, "-o", "-", "a.prof")
            self.assertEqual((code, error, self.summary_of(out)), (0, "", total))
        self.file("seconds.prof", dump({main: (1, 1, 0.25, 0.4, {})}))
        self.assertEqual(self.run_tool("--time-unit", "ns", "-o", "-", "seconds.prof")[2],
                         "prof2calltree: warning: seconds.prof: in the unit that --time-unit says no time is as long as half a nanosecond, and all are 0\n")
        for bad in ("0", "-1", "inf", "nan", "h", "1s", " "):
            self.expect(f"--time-unit={bad}", "a.prof", code=2,
                        error=f"prof2calltree: --time-unit: expected s, ms, us, ns or a positive number of seconds, found '{bad}'\n")

    def test_max_size(self):
        content = dump()
        self.file("a.prof", content)
        for enough in (str(len(content)), "1k", "1K", "2M", "3G"):
            self.expect("-q", "--max-size", enough, "-o", "x", "a.prof")
        limit = len(content) - 1
        self.expect("--max-size", str(limit), "a.prof", code=1,
                    error=f"prof2calltree: a.prof: is larger than {limit} bytes (hint: --max-size raises the limit)\n")
        for bad in ("0", "-5", "x", "1T", "1KB", "K", "99999999999G", "1.5M"):
            self.expect(f"--max-size={bad}", "a.prof", code=2,
                        error=f"prof2calltree: --max-size: expected a positive number of bytes such as 500M or 8G, found '{bad}'\n")

    def test_format(self):
        self.file("a.prof", dump())
        self.expect("-q", "-f", "pstats", "-o", "x", "a.prof")
        code, _, error = self.run_tool("-f", "pstat", "a.prof")
        self.assertEqual(code, 2)
        self.assertRegex(error, r"^prof2calltree: unknown format 'pstat', known are .*pstats.* \(hint: did you mean pstats\?\)\n$")
        self.expect("--from", "callgrind", "a.prof", code=2, error="prof2calltree: the format callgrind can be written, not read\n")

    def test_transforms_come_before_writing(self):
        self.file("a.prof", dump())
        folded = self.run_tool("-o", "-", "--fold", "work", "a.prof")[1].decode()
        self.assertIn("summary: 1500000000\n", folded)
        self.assertNotIn("work", folded)
        self.assertIn("fl=(2) /srv/t.py\n", self.run_tool("-o", "-", "--path-map", "t.py=/srv/t.py", "a.prof")[1].decode())
        self.assertNotIn("module", self.run_tool("-o", "-", "--ignore", "module", "a.prof")[1].decode())
        self.expect("--focus", "(", "a.prof", code=2, error="prof2calltree: bad regular expression '(': missing ): (\n")

    def test_paths_of_two_machines_are_one_before_profilers_are_fused(self):
        self.file("a.dump", 'profconv dump 1\nmetric time ns sum\nfunction 0 "f" file "/here/t.py" line 1 calls 2 primitive 2 self 100 total 100\n')
        self.file("b.dump", 'profconv dump 1\nmetric time ns sum\nmetric hits count sum\nfunction 0 "f" file "/there/t.py" line 1 self 300 2 total 300 2\n'
                            "line 0 2 self - 2 total 300 -\n")
        code, out, error = self.run_tool("-o", "-", "--path-map", "/there=/here", "a.dump", "b.dump")
        self.assertEqual((code, error), (0, ""))
        self.assertIn(b"summary: 100 2\n", out)

    def test_what_only_ignored_imports_lead_to_is_dropped(self):
        source = os.path.join(os.environ["PROFCONV_SOURCE"], "testdata/pstats/py3.11-cProfile-wordcount.prof")
        written = self.run_tool("-o", "-", "--ignore", "importlib", source)[1].decode()
        self.assertIn(" wordcount.py", written)
        self.assertNotIn("/scanner.py", written)  # of json, which the program imports
        self.assertIn("/scanner.py", self.run_tool("-o", "-", "--no-split", "--ignore", "importlib", source)[1].decode())

    def test_nothing_to_read_on_a_terminal_is_wrong_usage(self):
        terminal, other = self.open_terminal()
        try:
            process = subprocess.run([os.path.join(os.environ["PROFCONV_BIN"], "prof2calltree")], stdin=other, capture_output=True, timeout=60)
        finally:
            os.close(terminal)
            os.close(other)
        self.assertEqual(process.returncode, 2)
        self.assertEqual(process.stderr.decode(),
                         "prof2calltree: no input (hint: prof2calltree FILE, or prof2calltree -r SCRIPT; -h lists the options)\n")

    def test_gzip_needs_a_file_name(self):
        self.file("a.prof", dump())
        self.expect("--gzip", "a.prof", code=2, error="prof2calltree: --gzip needs -o FILE\n")
        self.expect("--gzip", stdin=dump(), code=2, error="prof2calltree: --gzip needs -o FILE\n")

    def test_gzip_to_a_terminal_is_refused(self):
        self.file("a.prof", dump())
        terminal, other = self.open_terminal()
        try:
            self.expect("--gzip", "-o", "-", "a.prof", stdout=other, out=None, code=2,
                        error="prof2calltree: gzip is not for a terminal (hint: -o FILE or a pipe takes it)\n")
        finally:
            os.close(terminal)
            os.close(other)

    def test_the_root_can_be_left_out(self):
        self.file("a.prof", dump({main: (1, 1, 0.5, 0.5, {}), work: (2, 2, 1.0, 1.0, {})}))
        self.assertIn(b"(root)", self.run_tool("-o", "-", "a.prof")[1])
        self.assertNotIn(b"(root)", self.run_tool("-o", "-", "--no-root", "a.prof")[1])


if __name__ == "__main__":
    run_tests()
