"""prof2dot as people call it: inputs, outputs, options, hostile names through Graphviz, deep chains."""

import gzip
import marshal
import os
import pathlib
import resource
import shutil
import signal
import subprocess
import tempfile
import time
import unittest
import xml.etree.ElementTree as ElementTree

from tool import is_sanitized

program = str(pathlib.Path(os.environ["PROFCONV_BIN"]) / "prof2dot")
testdata = pathlib.Path(os.environ["PROFCONV_SOURCE"]) / "testdata/pstats"
has_dot = shutil.which("dot") is not None

main, work, length = ("/s/t.py", 1, "<module>"), ("/s/t.py", 3, "work"), ("~", 0, "<built-in method builtins.len>")
stats = {
    main: (1, 1, 0.5, 1.5, {}),
    work: (2, 2, 0.75, 1.0, {main: (2, 2, 0.75, 1.0)}),
    length: (8, 8, 0.25, 0.25, {work: (8, 8, 0.25, 0.25)}),
}
svg = "{http://www.w3.org/2000/svg}"


class Prof2dotTest(unittest.TestCase):
    def setUp(self):
        base = pathlib.Path(tempfile.mkdtemp(prefix="profconv-dot-"))
        self.addCleanup(shutil.rmtree, base)
        self.folder, self.temporary, self.bin = base / "work", base / "temporary", base / "bin"
        for path in (self.folder, self.temporary, self.bin):
            path.mkdir()
        self.environment = {**os.environ, "TMPDIR": str(self.temporary)}
        (self.folder / "t.prof").write_bytes(marshal.dumps(stats, 2))

    def run_tool(self, *arguments, code=0, error="", stdin=b"", text=True):
        """Checks exit code and standard error; returns standard output."""
        process = subprocess.run([program, *arguments], input=stdin, capture_output=True, cwd=self.folder, env=self.environment, timeout=120)
        found = process.stderr.decode()
        self.assertEqual((process.returncode, found), (code, found if error is None else error))
        return process.stdout.decode() if text else process.stdout

    def render(self, dot):
        process = subprocess.run(["dot", "-Tsvg"], input=dot.encode(), capture_output=True, timeout=120)
        self.assertEqual((process.returncode, process.stderr.decode()), (0, ""))
        return ElementTree.fromstring(process.stdout)

    def program_file(self, name, body):
        path = self.bin / name
        path.write_text("#!/bin/sh\n" + body + "\n")
        path.chmod(0o755)
        return path

    def test_file_standard_input_and_gzip_give_the_same_graph(self):
        dump = marshal.dumps(stats, 2)
        expected = self.run_tool("t.prof")
        self.assertIn('label="t:1:<module>\\n100.00%\\n(33.33%)\\n1×"', expected)
        self.assertEqual(self.run_tool(stdin=dump), expected)
        self.assertEqual(self.run_tool("-", stdin=gzip.compress(dump)), expected)
        self.assertEqual(self.run_tool("-f", "pstats", "t.prof", "-o", "t.dot"), "")
        self.assertEqual((self.folder / "t.dot").read_text(), expected)

    def test_several_files_are_added_up(self):
        (self.folder / "u.prof").write_bytes((self.folder / "t.prof").read_bytes())
        self.assertIn("\\n2×", self.run_tool("t.prof", "u.prof"))

    def test_pictures_that_a_name_does_not_ask_for(self):
        self.run_tool("-o", "x.webp", "t.prof", error="prof2dot: warning: x.webp ends in .webp, which prof2dot -T webp draws\n")
        self.run_tool("-o", "x.csv", "t.prof", error="prof2dot: warning: x.csv ends in .csv, which prof2text writes\n")

    def test_options_of_gprof2dot(self):
        arguments = ["-n", "0", "-e0", "-c", "print", "-s", "-w", "--node-label", "total-time", "--node-label=self-time", "--time-format", "%.3f"]
        more = ["--format", "pstats", "--show-samples", "-z", "t:1:*", "-l", "t:3:*", "--depth", "-1", "--skew", "0.5", "-p", "/s", "--color-nodes-by-selftime"]
        graph = self.run_tool(*arguments, *more, "--colour-nodes-by-selftime", "t.prof")
        self.assertIn('label="t:1:<module>\\n1.500\\n(0.500)\\n1×"', graph)
        self.assertIn("style=solid", graph)
        self.assertNotIn("len", graph)

    def test_list_of_functions(self):
        self.assertEqual(self.run_tool("--list-functions", "+", "t.prof"), "t:1:<module>\nt:3:work\n<built-in method builtins.len>\n")
        self.assertEqual(self.run_tool("--list-functions", "*work", "t.prof"), "t:3:work\n")
        self.assertIn("file=/s/t.py line=3", self.run_tool("--list-functions=%*work", "t.prof"))

    def test_transforms(self):
        folded = self.run_tool("--fold", "builtins", "t.prof")
        self.assertIn('label="t:3:work\\n66.67%\\n(66.67%)\\n2×"', folded)
        self.assertNotIn("len", folded)
        self.assertIn("/home/t.py:3(work)", self.run_tool("--path-map", "/s=/home", "t.prof"))
        self.assertNotIn("work", self.run_tool("--ignore", "work", "t.prof"))
        self.assertNotIn("len", self.run_tool("--focus", r"t\.py:1", "--ignore=len", "t.prof"))

    def test_budget_is_said(self):
        graph = self.run_tool(
            "--max-nodes=1", "t.prof",
            error="prof2dot: warning: 2 functions not drawn, to keep to --max-nodes 1: those that cost least\n",
        )  # fmt: skip
        self.assertIn("1 of 3 functions", graph)

    def test_links_and_boxes(self):
        graph = self.run_tool("--editor-url", "vscode", "--cluster", "package", "t.prof")
        self.assertIn('URL="vscode://file/s/t.py:3"', graph)
        self.assertIn("subgraph cluster_0 {", graph)

    @unittest.skipUnless(has_dot, "no Graphviz")
    def test_boxes_around_modules_that_call_each_other_are_drawn(self):
        """Without newrank Graphviz 2.43 fails for this graph: trouble in init_rank."""
        dump = (testdata / "py3.10-cProfile-wordcount.prof").read_bytes()
        for boxes in ("module", "package"):
            root = self.render(self.run_tool("-n0", "-e0", "--max-nodes=150", "--cluster", boxes, stdin=dump, error=None))
            self.assertIn("cluster", {group.get("class") for group in root.iter(svg + "g")})

    def test_wrong_usage(self):
        cases = {
            ("--theme", "t.prof"): "unknown option --theme (hint: prof2dot -h lists the options)",
            ("-c", "blue", "t.prof"): "unknown theme 'blue', known are color, pink, gray, bw, print, light, dark",
            ("--node-label", "x", "t.prof"): "--node-label: unknown measure 'x', known are total-time, self-time, "
            "total-time-percentage, self-time-percentage",
            ("--cluster", "x", "t.prof"): "--cluster: expected module or package, found 'x'",
            ("--time-format", "%s", "t.prof"): "bad number format '%s': expected a conversion e, f or g (hint: e.g. %.7g or '%.3f s')",
            ("--focus", "(", "t.prof"): "bad regular expression '(': missing ): (",
            ("-o", "t.prof", "t.prof"): "the output t.prof is the input t.prof",
            ("--view", "-o", "-", "t.prof"): "--view opens a file, and -o - writes none",
            ("-T", "svg;x", "t.prof"): "-T: expected a format of Graphviz such as svg or png, found 'svg;x'",
        }
        for arguments, message in cases.items():
            self.run_tool(*arguments, code=2, error=f"prof2dot: {message}\n")
        self.run_tool(
            "-z", "nobody", "t.prof", code=1,
            error="prof2dot: no root function matches 'nobody' (hint: --list-functions shows the names)\n",
        )  # fmt: skip

    def test_rendering_without_graphviz_says_what_to_do(self):
        self.environment["PATH"] = str(self.bin)
        self.run_tool(
            "-Tsvg", "t.prof", code=1,
            error="prof2dot: dot, the program of Graphviz that draws graphs, is not installed "
            "(hint: install graphviz; with -o NAME.dot and without -T and --view prof2dot writes the graph itself)\n",
        )  # fmt: skip

    def test_a_failing_dot_leaves_no_picture(self):
        self.program_file("dot", "exit 3")
        self.environment["PATH"] = str(self.bin)
        self.program_file("xdg-open", "")
        for arguments in (["-Tsvg", "-o", "t.svg"], ["--view"]):
            self.run_tool(
                *arguments, "t.prof", code=1,
                error="prof2dot: dot could not draw the graph: exit status 3 (hint: dot -Tsvg on what prof2dot writes shows why)\n",
            )  # fmt: skip
        self.assertEqual([path.name for path in self.folder.iterdir()], ["t.prof"])
        self.assertEqual(list(self.temporary.iterdir()), [])

    def test_a_signal_ends_dot_and_the_tool(self):
        self.program_file("dot", f"echo $$ > {self.folder}/pid.new; mv {self.folder}/pid.new {self.folder}/pid; exec sleep 60")
        self.program_file("xdg-open", "")
        self.environment["PATH"] = f"{self.bin}:/usr/bin:/bin"
        pid = self.folder / "pid"
        for arguments in (["-Tsvg", "-o", "t.svg"], ["-Tsvg"], ["--view"]):
            for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT, signal.SIGQUIT):
                for send in (os.kill, os.killpg):  # to the tool alone, and to both, as a terminal does
                    process = subprocess.Popen([program, *arguments, "t.prof"], cwd=self.folder, env=self.environment, stdin=subprocess.DEVNULL,
                                               stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True)
                    while not pid.exists():
                        self.assertIsNone(process.poll())
                        time.sleep(0.01)
                    send(process.pid, number)
                    self.assertEqual(process.communicate(timeout=30), (b"", b""))
                    self.assertEqual(process.returncode, -number)
                    self.assertRaises(ProcessLookupError, os.kill, int(pid.read_text()), 0)
                    pid.unlink()
                    self.assertEqual([path.name for path in self.folder.iterdir()], ["t.prof"])
                    self.assertEqual(list(self.temporary.iterdir()), [])

    @unittest.skipIf(is_sanitized(), "sanitizers need more descriptors")
    def test_too_few_descriptors_leave_no_folder(self):
        self.program_file("dot", "exit 3")
        self.environment["PATH"] = str(self.bin)
        process = subprocess.run([program, "-Tsvg", "-o", "u.svg", "t.prof"], cwd=self.folder, env=self.environment, stdin=subprocess.DEVNULL,
                                 capture_output=True, timeout=60, preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (4, 4)))
        self.assertEqual(process.returncode, 1)
        self.assertRegex(process.stderr.decode(), r"^prof2dot: .*: Too many open files\n$")
        self.assertEqual([path.name for path in self.folder.iterdir()], ["t.prof"])
        self.assertEqual(list(self.temporary.iterdir()), [])

    def test_view_opens_a_file_that_stays(self):
        seen = self.folder / "seen"
        self.program_file("dot", 'for a; do case $a in -o*) echo picture > "${a#-o}";; esac; done')
        self.program_file("xdg-open", f'printf %s "$1" > {seen}.new; /bin/mv {seen}.new {seen}; /bin/sleep 30')
        self.environment["PATH"] = str(self.bin)
        begin = time.monotonic()
        self.run_tool("--view", "t.prof", error=None)
        self.assertLess(time.monotonic() - begin, 20)
        while not seen.exists() and time.monotonic() - begin < 20:
            time.sleep(0.01)
        shown = pathlib.Path(seen.read_text())
        self.assertEqual((shown.name, shown.read_text()), ("t.prof.svg", "picture\n"))

    def test_what_is_not_drawn_is_noted(self):
        (self.folder / "both.dump").write_text("profconv dump 1\nmetric time ns sum\nmetric hits count sum\nfunction 0 \"f\" file \"t.py\" line 1 self 5 7 total 5 7\n"
                               "line 0 2 self 5 7 total 5 7\n")
        self.run_tool("-v", "both.dump", error="prof2dot: note: both.dump: read as dump\nprof2dot: note: drawn by time; not shown: hits\n"
                      "prof2dot: note: dot does not hold all of the profile: lines\n")

    @unittest.skipUnless(has_dot, "no Graphviz")
    def test_rendering(self):
        self.assertIn("<svg", self.run_tool("-Tsvg", "t.prof"))
        self.run_tool("--render", "png", "-o", "t.png", "t.prof")
        self.assertTrue((self.folder / "t.png").read_bytes().startswith(b"\x89PNG"))
        self.assertTrue(self.run_tool("-Tsvgz", "t.prof", text=False).startswith(b"\x1f\x8b"))
        graph = self.run_tool("t.prof")
        for name, begin in (("t2.png", b"\x89PNG"), ("t.pdf", b"%PDF"), ("t.svg", b"<?xml"), ("t.svg.gz", b"<?xml"), ("t.dot", b"digraph"), ("t", b"digraph")):
            self.run_tool("-o", name, "t.prof")
            written = (self.folder / name).read_bytes()
            self.assertTrue((gzip.decompress(written) if name.endswith(".gz") else written).startswith(begin), name)
        self.run_tool("-o", "t.dot.gz", "t.prof")
        self.assertEqual(gzip.decompress((self.folder / "t.dot.gz").read_bytes()).decode(), graph)
        self.run_tool("--list-functions", "+", "-o", "list.svg", "t.prof", error="prof2dot: warning: list.svg will hold names: --list-functions draws nothing\n")
        self.assertNotIn(b"<svg", (self.folder / "list.svg").read_bytes())
        self.assertEqual(list(self.temporary.iterdir()), [])

    @unittest.skipUnless(has_dot, "no Graphviz")
    def test_hostile_names_reach_neither_dot_nor_svg(self):
        names = [
            '"]; x [label="', "\\", "ends with \\", '\\"', "<b>bold</b>", "]; x [", "&lt;script&gt;", "&", "&#x41;", "\\N \\G \\l", "new\nline\r\t",
            "nul\0byte", "\x1b[31m\x7f\x01", "\ufffe\uffff", "\u202e\u2028", "größe", "日本語", "{a|b}", "}", "digraph", "--", "/*", "#", "%s%n",
            "<script>alert(1)</script>", "</title></svg>", "]]>", "<!--", "javascript:alert(1)", "x" * 10_000, '"' * 10_000, "é" * 10_000,
            b"\xff\xfe bytes", b"\xc3", "",
        ]  # fmt: skip
        profile = {}
        for number, name in enumerate(names):
            name = name if isinstance(name, bytes) else name.encode("utf-8", "surrogatepass")
            profile[(name, number, name)] = (1, 1, 1.0, 2.0, {(b"t.py", 1, b"main"): (1, 1, 1.0, 2.0)})
        profile[(b"t.py", 1, b"main")] = (1, 1, 1.0, 100.0, {})
        dump = self.encoded(profile)
        for arguments in ([], ["-w", "-s", "--cluster", "module", "--editor-url", "my://{file}:{line}"], ["-c", "dark", "--cluster", "package"]):
            graph = self.run_tool("-n0", "-e0", "--max-nodes=0", *arguments, stdin=dump)
            self.assertNotIn("\0", graph)
            root = self.render(graph)
            nodes = [group for group in root.iter(svg + "g") if group.get("class") == "node"]
            self.assertEqual(len(nodes), len(names) + 1)
            self.assertEqual({element.tag for element in root.iter()} - {svg + tag for tag in ("svg", "g", "title", "text", "polygon", "path", "a")}, set())
            texts = {text.text for text in root.iter(svg + "text")}
            if not arguments:
                for shown in ('"]; x [label=":0:"]; x [label="', "<b>bold<:4:<b>bold</b>", "&lt;script&gt;:6:&lt;script&gt;", "&#x41;:8:&#x41;"):
                    self.assertTrue(any(shown.split(":")[-1] in (text or "") for text in texts), shown)

    def encoded(self, profile):
        """Marshal version 1 of Python 2: byte strings for names, so that they need not be UTF-8."""
        def value(v):
            if isinstance(v, bytes):
                return b"s" + len(v).to_bytes(4, "little") + v
            if isinstance(v, int):
                return b"i" + v.to_bytes(4, "little")
            if isinstance(v, float):
                text = repr(v).encode()
                return b"f" + bytes([len(text)]) + text
            if isinstance(v, tuple):
                return b"(" + len(v).to_bytes(4, "little") + b"".join(map(value, v))
            return b"{" + b"".join(value(key) + value(item) for key, item in v.items()) + b"0"

        return value(profile)

    def test_a_chain_of_100_000_calls(self):
        profile, caller = {}, None
        length = 100_000
        for number in range(length):
            total = float(length - number)
            callers = {} if caller is None else {caller: (1, 1, 1.0, total)}
            caller = ("t.py", number, "f")
            profile[caller] = (1, 1, 1.0, total, callers)
        dump = marshal.dumps(profile, 2)
        for arguments in (["-n0", "-e0", "--max-nodes=0"], ["-n0", "-e0", "--max-nodes=0", "-z", "t:0:f", "-l", "t:99999:f"]):
            graph = self.run_tool(*arguments, stdin=dump)
            self.assertEqual(graph.count(" -> "), 3 * (length - 1))
        self.assertIn("250 of 100000 functions", self.run_tool("-n0", "-e0", stdin=dump, error=None))
        self.assertEqual(self.run_tool("--fold", "*.py", "--max-nodes=0", stdin=dump).count("label="), 1)
        self.assertEqual(self.run_tool("--focus", "nobody", stdin=dump, error=None).count(" -> "), 0)

    @unittest.skipUnless(has_dot, "no Graphviz")
    def test_every_sample_is_drawn_by_dot(self):
        for path in sorted(testdata.glob("*.prof")):
            with self.subTest(path.name):
                self.render(self.run_tool(str(path), error=None))


if __name__ == "__main__":
    unittest.main()
