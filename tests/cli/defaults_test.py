"""profconv.toml and the environment: defaults for options, and what may not be set there."""

import os
import pathlib
import shutil
import subprocess
import unittest

from tool import ToolTest, dump, program, run_tests

source = pathlib.Path(os.environ["PROFCONV_SOURCE"])


class Defaults(ToolTest):
    def setUp(self):
        super().setUp()
        for name in [name for name in self.environment if name.startswith("PROFCONV_")]:
            del self.environment[name]
        self.home = self.folder.parent / "home"
        self.home.mkdir()
        self.environment |= {"HOME": str(self.home), "XDG_CONFIG_HOME": ""}
        self.file("run.prof", dump())

    def personal(self, text):
        path = self.home / ".config/profconv/profconv.toml"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        return path

    def root_is_written(self, *arguments):
        code, out, error = self.run_tool("-o", "-", *arguments, "run.prof")
        self.assertEqual((code, error), (0, ""))
        return b"(root)" in out

    def test_without_a_file_nothing_changes(self):
        self.assertTrue(self.root_is_written())

    def test_the_file_in_the_folder_counts(self):
        self.file("profconv.toml", "no-root = true\n")
        self.assertFalse(self.root_is_written())

    def test_a_file_above_the_folder_counts(self):
        (self.folder.parent / "profconv.toml").write_text("no-root = true\n")
        self.assertFalse(self.root_is_written())

    def test_the_nearest_file_counts_alone(self):
        (self.folder.parent / "profconv.toml").write_text("no-root = true\n")
        self.file("profconv.toml", "")
        self.assertTrue(self.root_is_written())

    def test_the_users_file_counts_last(self):
        self.personal("no-root = true\n")
        self.assertFalse(self.root_is_written())
        self.file("profconv.toml", "")
        self.assertTrue(self.root_is_written())

    def test_the_tools_section_goes_before_the_top(self):
        self.file("profconv.toml", "no-root = true\n[prof2calltree]\nno-root = false\n")
        self.assertFalse(self.root_is_written())  # false is "not given", so the top counts
        self.file("profconv.toml", 'max-size = "1K"\n[prof2calltree]\nmax-size = "1M"\n')
        self.assertTrue(self.root_is_written())

    def test_the_command_line_goes_before_everything(self):
        self.file("profconv.toml", 'max-size = "1"\n')
        self.environment["PROFCONV_MAX_SIZE"] = "2"
        self.assertTrue(self.root_is_written("--max-size", "1M"))

    def test_the_environment_goes_before_the_file(self):
        self.file("profconv.toml", 'max-size = "1"\n')
        self.environment["PROFCONV_MAX_SIZE"] = "1M"
        self.assertTrue(self.root_is_written())

    def test_flags_in_the_environment(self):
        self.environment["PROFCONV_NO_ROOT"] = "1"
        self.assertFalse(self.root_is_written())
        self.environment["PROFCONV_NO_ROOT"] = "no"
        self.assertTrue(self.root_is_written())
        self.environment["PROFCONV_NO_ROOT"] = "maybe"
        self.expect("run.prof", code=2,
                    error="prof2calltree: PROFCONV_NO_ROOT: expected 1 or 0, found 'maybe' (hint: it switches --no-root on or off)\n")

    def test_switches_that_say_no(self):
        self.file("mod.py", "def f():\n    pass\n\n\ndef main():\n    f()\n")
        self.file("run.txt", "profconv dump 1\nmetric time ns sum\n"
                             'function 0 "main" file "mod.py" line 5 calls 1 primitive 1 self 1 total 3\n'
                             'function 1 "f" file "mod.py" line 1 calls 1 primitive 1 self 2 total 2\n'
                             "call 0 1 line 0 calls 1 primitive 1 self 2 total 2\n")
        knows_the_line = lambda *arguments: b"\n6 2\n" in self.run_tool("-o", "-", *arguments, "run.txt")[1]
        self.assertTrue(knows_the_line())
        self.assertFalse(knows_the_line("--no-source"))
        self.environment["PROFCONV_NO_SOURCE"] = "1"
        self.assertFalse(knows_the_line())
        del self.environment["PROFCONV_NO_SOURCE"]
        self.file("profconv.toml", "no-source = true\n")
        self.assertFalse(knows_the_line())
        self.file("profconv.toml", "no-source = false\n")
        self.assertTrue(knows_the_line())

    def test_both_names_of_a_switch(self):
        (self.folder / "run.prof").write_text(
            "profconv dump 1\nmetric time ns sum\n"
            + "".join(f'function {i} "{name}" file "m.py" line {i + 1} calls {calls} primitive {calls} self 1 total {total}\n'
                      for i, (name, calls, total) in enumerate([("main", 1, 3004), ("apply", 2, 3002), ("a", 1, 1001), ("b", 1, 2000)]))
            + "call 0 1 line 0 calls 1 primitive 1 self 1 total 1002\ncall 1 2 line 0 calls 1 primitive 1 self 1 total 1001\n"
            + "call 1 3 line 0 calls 1 primitive 1 self 1 total 2000\ncall 3 1 line 0 calls 1 primitive 1 self 1 total 2000\n")
        folded = self.text("--fold", "a")
        whole = self.text("--no-split", "--fold", "a")
        for text, expected in (("no-split = true", whole), ("split = false", whole), ("split = true", folded), ("no-split = false", folded)):
            self.file("profconv.toml", f"[prof2text]\n{text}\n")
            self.assertEqual(self.text("--fold", "a"), expected, text)
        os.remove(self.folder / "profconv.toml")
        for name, value, expected in (("NO_SPLIT", "1", whole), ("SPLIT", "0", whole), ("SPLIT", "1", folded), ("NO_SPLIT", "no", folded)):
            self.environment[f"PROFCONV_{name}"] = value
            self.assertEqual(self.text("--fold", "a"), expected, (name, value))
            del self.environment[f"PROFCONV_{name}"]

    def test_a_list_for_an_option_with_one_value(self):
        self.file("profconv.toml", 'names = ["short", "full"]\n')
        error = f"prof2calltree: {self.folder.resolve() / 'profconv.toml'}: line 1: names: expected one value, found 2\n"
        self.expect("run.prof", code=2, error=error)

    def test_what_excludes_a_given_option_stays_out(self):
        self.file("profconv.toml", "verbose = true\n")
        self.expect("-q", "-o", "x.callgrind", "run.prof")

    def test_lists(self):
        self.file("profconv.toml", 'path-map = ["t.py=/a/t.py", "x=y"]\n')
        code, out, _ = self.run_tool("-o", "-", "run.prof")
        self.assertEqual(code, 0)
        self.assertIn(b"/a/t.py", out)

    def test_a_named_file(self):
        other = self.file("other.toml", "no-root = true\n")
        self.environment["PROFCONV_CONFIG"] = str(other)
        self.assertFalse(self.root_is_written())
        self.file("profconv.toml", "no-root = true\n")
        self.environment["PROFCONV_CONFIG"] = ""
        self.assertTrue(self.root_is_written())
        self.environment["PROFCONV_CONFIG"] = "missing.toml"
        self.expect("run.prof", code=1, error="prof2calltree: missing.toml: cannot open: No such file or directory\n")

    def test_a_file_in_a_working_folder_starts_no_program(self):
        path = self.file("profconv.toml", "[prof2calltree]\nviewer = 'touch pwned'\n")
        self.expect("run.prof", code=2, error=f"prof2calltree: {path}: line 2: --viewer may not be set by a file in a working folder "
                                              "(hint: your own file of defaults may: ~/.config/profconv/profconv.toml)\n")
        self.assertNotIn("pwned", self.names())

    def test_the_users_file_may_name_the_viewer(self):
        log = self.folder / "log"
        viewer = self.script("my-viewer", f"#!/bin/sh\necho seen > {log}\n", self.bin)
        self.personal(f"viewer = '{viewer}'\n")
        self.expect("-k", "run.prof", out=None, error=f"prof2calltree: opening {viewer} (2 functions, 1.500 s profiled)\n")
        self.assertTrue(log.exists())
        self.personal(f"viewer = '{viewer}'\npython = 'python3'\n")
        self.expect("-q", "run.prof", out=None)  # nothing is run or opened, and nothing is wrong with that

    @unittest.skipUnless(os.geteuid() == 0, "only root can give files away")
    def test_a_file_of_somebody_else_is_passed_over(self):
        path = self.file("profconv.toml", "no-root = true\n")
        os.chown(path, 12345, 12345)
        self.assertTrue(self.root_is_written())

    def text(self, *arguments):
        """What prof2text prints of run.prof."""
        result = subprocess.run([pathlib.Path(program).parent / "prof2text", *arguments, "run.prof"], cwd=self.folder, env=self.environment,
                                capture_output=True, text=True, timeout=60)
        self.assertEqual((result.returncode, result.stderr), (0, ""))
        return result.stdout

    def test_options_that_stand_alone_or_have_a_value(self):
        alone, one = self.text("--callees"), self.text("--callees=module")
        self.assertEqual(len({alone, one, self.text()}), 3)
        for value, expected in (("true", alone), ("'module'", one), ("false", self.text())):
            self.file("profconv.toml", f"callees = {value}\n")
            self.assertEqual(self.text(), expected)
        os.remove(self.folder / "profconv.toml")
        none = self.text()
        for value, expected in (("1", alone), ("true", alone), ("Yes", alone), ("module", one), ("0", none), ("off", none), ("", none)):
            self.environment["PROFCONV_CALLEES"] = value
            self.assertEqual(self.text(), expected, value)

    def test_a_report_goes_where_the_command_line_says(self):
        for value in ("true", "'r'"):
            self.file("profconv.toml", f"report = {value}\n")
            self.environment["PROFCONV_REPORT"] = value
            self.text()
            self.assertEqual(self.names(), ["profconv.toml", "run.prof"])

    def test_what_means_nothing_beside_the_command_line_stays_out(self):
        wanted = {style: self.text("--style", style) for style in ("default", "pstats")} | {"tree": self.text("--tree")}
        for text in ("[prof2text]\npercent = true\nfold = ['stdlib']\nformat = 'markdown'\n", "percent = true\nby = 'file'\n"):
            self.file("profconv.toml", text)
            self.assertEqual(self.text("--style", "pstats"), wanted["pstats"])
        self.file("profconv.toml", "peek = 'f'\ncallees = true\n")
        self.assertEqual(self.text("--tree"), wanted["tree"])
        os.remove(self.folder / "profconv.toml")
        self.environment |= {"PROFCONV_LINES": "1", "PROFCONV_FOLD": "stdlib"}
        self.assertEqual(self.text("--tree"), self.text("--tree", "--fold", "stdlib"))
        self.assertEqual(self.text("--style", "pstats"), wanted["pstats"])

    def test_what_depends_on_the_output_stays_out_without_it(self):
        self.environment |= {"PROFCONV_KCACHEGRIND": "1", "PROFCONV_SAMPLING": "1"}
        self.assertTrue(self.root_is_written())
        del self.environment["PROFCONV_KCACHEGRIND"]
        self.file("profconv.toml", "sampling = true\ngzip = true\n[prof2text]\nformat = 'csv'\n")
        self.assertEqual(self.run_tool("-q", "run.prof")[0], 0)
        self.assertIn(b"\nfn=", (self.folder / "run.prof.callgrind").read_bytes())
        self.assertEqual(self.run_tool("-q", "-o", "packed", "run.prof")[0], 0)
        self.assertTrue((self.folder / "packed").read_bytes().startswith(b"\x1f\x8b"))
        for name, begin in (("x.json", "{"), ("x", "name,"), ("x.txt", "run.prof: ")):
            self.text("-o", name)
            self.assertTrue((self.folder / name).read_text().startswith(begin), (self.folder / name).read_text()[:80])

    def test_of_views_that_exclude_each_other_the_first_counts(self):
        callers = self.text("--callers")
        self.file("profconv.toml", "tree = true\n[prof2text]\ncallees = true\n")
        self.assertEqual(self.text(), self.text("--callees"))
        self.environment["PROFCONV_CALLERS"] = "1"
        self.assertEqual(self.text(), callers)

    def test_a_style_is_no_default_beside_what_it_does_not_know(self):
        tree = self.text("--tree")
        for style in ("pstats", "memory_profiler"):
            self.file("profconv.toml", f"[prof2text]\nstyle = '{style}'\n")
            self.assertEqual(self.text("--tree"), tree)

    def test_a_view_or_format_is_no_default_beside_what_it_excludes(self):
        def as_without(variable, *arguments):
            wanted = self.text(*arguments)
            name, value = variable
            self.environment[f"PROFCONV_{name.upper()}"] = value
            self.assertEqual(self.text(*arguments), wanted, (variable, arguments))
            del self.environment[f"PROFCONV_{name.upper()}"]
            self.file("profconv.toml", f"{name} = {'true' if value == '1' else repr(value)}\n")
            self.assertEqual(self.text(*arguments), wanted, (variable, arguments))
            os.remove(self.folder / "profconv.toml")

        for arguments in (["-s", "self"], ["--restrict", "work"], ["--reverse"], ["-q", "-t", "collapsed"]):
            as_without(("tree", "1"), *arguments)
        for arguments in (["-n", "3"], ["--tree"], ["--callers"], ["--percent"], ["-s", "self"]):
            as_without(("format", "collapsed"), *arguments)

    def test_a_view_is_a_default_where_it_is_excluded_by_another_default(self):
        tree = self.text("--tree")
        self.environment |= {"PROFCONV_TREE": "1", "PROFCONV_SORT": "self"}
        self.assertEqual(self.text(), tree)

    def test_options_of_a_view_or_format_that_is_a_default(self):
        for options in ({"tree": "1", "depth": "1"}, {"callees": "1", "calls_limit": "1", "calls_sort": "name"}, {"format": "collapsed", "frames": "name"}):
            arguments = ["-q"] + [f"--{name.replace('_', '-')}" + (f"={value}" if value != "1" or name in ("depth", "calls_limit") else "")
                                  for name, value in options.items()]
            wanted = self.text(*arguments)
            variables = {f"PROFCONV_{name.upper()}": value for name, value in options.items()}
            self.environment |= variables
            self.assertEqual(self.text("-q"), wanted, options)
            for name in variables:
                del self.environment[name]

    def test_defaults_that_mean_nothing_in_a_style_that_is_one(self):
        wanted = self.text("--style", "pstats", "-s", "name")
        self.environment |= {"PROFCONV_FOLD": "stdlib", "PROFCONV_SORT": "name", "PROFCONV_TREE": "1", "PROFCONV_FORMAT": "csv", "PROFCONV_STYLE": "pstats"}
        self.assertEqual(self.text(), wanted)

    def test_a_default_order_of_ours_leaves_a_style_its_own(self):
        wanted = self.text("--style", "pstats")
        self.file("profconv.toml", '[prof2text]\nsort = ["self", "percall"]\n')
        self.assertEqual(self.text("--style", "pstats"), wanted)

    def test_a_style_is_no_default_beside_an_order_that_it_does_not_know(self):
        wanted = [self.text("-s", "self"), self.text("--style", "pstats", "-s", "name")]
        self.environment["PROFCONV_STYLE"] = "pstats"
        self.assertEqual([self.text("-s", "self"), self.text("-s", "name")], wanted)

    def test_a_style_is_no_default_where_the_output_says_a_format(self):
        for name in ("x.csv", "x.json", "x.tsv.gz", "x.txt", "x"):
            self.text("-o", name)
            wanted = (self.folder / name).read_bytes()
            self.environment["PROFCONV_STYLE"] = "pstats"
            self.text("-o", name)
            del self.environment["PROFCONV_STYLE"]
            self.assertEqual((self.folder / name).read_bytes() == wanted, name not in ("x.txt", "x"), name)

    def test_lists_and_text_need_no_picture(self):
        def is_fine(defaults, *arguments):
            command = [pathlib.Path(program).parent / "prof2dot", *arguments, "run.prof"]
            result = subprocess.run(command, cwd=self.folder, env=self.environment | defaults, capture_output=True)
            return (result.returncode, result.stderr) == (0, b"") and result.stdout != b""

        self.assertTrue(is_fine({"PROFCONV_RENDER": "svg", "PROFCONV_VIEW": "1"}, "--list-functions", "+"))
        self.assertTrue(is_fine({"PROFCONV_VIEW": "1"}, "-o", "-"))

    def test_a_picture_is_what_its_name_says(self):
        command = [pathlib.Path(program).parent / "prof2dot", "-o", "run.dot", "run.prof"]
        result = subprocess.run(command, cwd=self.folder, env=self.environment | {"PROFCONV_RENDER": "svg"}, capture_output=True)
        self.assertEqual((result.returncode, result.stderr), (0, b""))
        self.assertTrue((self.folder / "run.dot").read_text().startswith("digraph"))

    def test_the_style_of_line_profiler_takes_no_value_of_another_option(self):
        self.file("profconv.toml", "[prof2text]\nsort = 'calls'\n")
        result = subprocess.run([pathlib.Path(program).parent / "prof2text", "--style", "line_profiler", "run.prof"], cwd=self.folder, env=self.environment, capture_output=True)
        self.assertNotIn(b"profconv.toml", result.stderr)

    def test_the_style_of_line_profiler_leaves_keys_of_the_others_alone(self):
        self.file("profconv.toml", "[prof2text]\nlimit = 3\nno-such-key = 1\n")
        program_text = pathlib.Path(program).parent / "prof2text"
        result = subprocess.run([program_text, "--style", "line_profiler", "run.prof"], cwd=self.folder, env=self.environment, capture_output=True)
        self.assertNotIn(b"profconv.toml", result.stderr)
        result = subprocess.run([program_text, "run.prof"], cwd=self.folder, env=self.environment, capture_output=True)
        self.assertIn(b"line 3: prof2text has no option --no-such-key to set here", result.stderr)

    def test_the_other_styles_leave_keys_of_line_profilers_alone(self):
        wanted = self.text()
        for text in ("skip-zero = true", "summarize = true", "unit = 1e-3", "sort = true"):
            self.file("profconv.toml", f"[prof2text]\n{text}\n")
            self.assertEqual(self.text(), wanted, text)
        for text, fault in (("output = 'x'", "prof2text has no option --output to set here"), ("max-size = true", "max-size: expected a text, a number or a list of them")):
            path = self.file("profconv.toml", f"[prof2text]\n{text}\n")
            result = subprocess.run([pathlib.Path(program).parent / "prof2text", "run.prof"], cwd=self.folder, env=self.environment, capture_output=True, text=True)
            self.assertEqual((result.returncode, result.stderr), (2, f"prof2text: {path}: line 2: {fault}\n"))
        self.file("profconv.toml", "[prof2text]\nskip-zero = true\n")
        report = source / "testdata/line_profiler/py3.11-lp5.0.2-wordcount.lprof"
        run = lambda *options: subprocess.run([pathlib.Path(program).parent / "prof2text", "--style", "line_profiler", *options, report], cwd=self.folder,
                                              env=self.environment, capture_output=True)
        self.assertEqual(run().stdout, run("-z").stdout)

    def test_the_style_of_line_profiler_is_no_default(self):
        self.environment["PROFCONV_STYLE"] = "line_profiler"
        result = subprocess.run([pathlib.Path(program).parent / "prof2text", "run.prof"], cwd=self.folder, env=self.environment, capture_output=True)
        self.assertEqual((result.returncode, result.stderr.decode()), (2, "prof2text: --style line_profiler cannot be a default, as it has options "
                                                                          "of its own (hint: it is taken on the command line)\n"))

    def test_another_name_of_an_option_is_no_key(self):
        self.file("profconv.toml", "format = 'markdown'\n")  # of prof2text; in prof2dot, as in gprof2dot, it is --from
        result = subprocess.run([pathlib.Path(program).parent / "prof2dot", "run.prof"], cwd=self.folder, env=self.environment, capture_output=True)
        self.assertEqual((result.returncode, result.stderr), (0, b""))

    def test_messages(self):
        def complains(text, where, message):
            path = self.file("profconv.toml", text)
            self.expect("run.prof", code=2, error=f"prof2calltree: {path}: {where}: {message}\n")

        complains("[prof2calltree]\nno-rot = true\n", "line 2", "prof2calltree has no option --no-rot to set here (hint: did you mean no-root?)")
        complains("no-root = 1\n", "line 1", "no-root: expected true or false")
        complains("[prof2calltree]\nreport = true\n", "line 2", "prof2calltree has no option --report to set here")
        complains("[prof2calltree]\noutput = 'x'\n", "line 2", "prof2calltree has no option --output to set here")
        complains('max-size = ""\n', "line 1", "max-size: expected a text that is not empty")
        complains("max-size = 1979-05-27\n", "line 1", "max-size: expected a text, a number or a list of them")
        complains("prof2calltree = 1\n", "line 1", "expected a section [prof2calltree]")
        path = self.file("profconv.toml", "#" * (1 << 20) + "\n")
        self.expect("run.prof", code=1, error=f"prof2calltree: {path}: is larger than 1048576 bytes\n")
        path = self.file("profconv.toml", "callers = 1\n")
        result = subprocess.run([pathlib.Path(program).parent / "prof2text", "run.prof"], cwd=self.folder, env=self.environment, capture_output=True)
        self.assertEqual((result.returncode, result.stderr.decode()), (2, f"prof2text: {path}: line 1: callers: expected true, false or a text\n"))
        path = self.file("profconv.toml", "no-root = \n")
        code, _, error = self.run_tool("run.prof")
        self.assertEqual(code, 2)
        self.assertTrue(error.startswith(f"prof2calltree: {path}: line 1: "), error)
        self.assertTrue(error.endswith(" (hint: this is a file of defaults, in TOML)\n"), error)

    def test_keys_of_other_tools_at_the_top_are_theirs(self):
        self.file("profconv.toml", "colormap = 'pink'\n[prof2dot]\nmax-nodes = 10\n")
        self.assertTrue(self.root_is_written())


if __name__ == "__main__":
    run_tests()
