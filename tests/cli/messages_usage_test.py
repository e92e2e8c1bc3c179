"""What the tools say of options and values that make no sense, to the byte, and what they suggest instead."""

import os
import pathlib
import subprocess
import unittest

from tool import ToolTest, dump, run_tests

bin_folder = pathlib.Path(os.environ["PROFCONV_BIN"])
source = pathlib.Path(os.environ["PROFCONV_SOURCE"])


class Messages(ToolTest):
    def setUp(self):
        super().setUp()
        self.file("t.prof", dump())

    def says(self, tool, arguments, message, code=2):
        result = subprocess.run([bin_folder / tool, *arguments, "t.prof"], cwd=self.folder, env=self.environment, stdin=subprocess.DEVNULL,
                                capture_output=True, timeout=60)
        self.assertEqual((result.stderr.decode(), result.returncode), (f"{tool}: {message}\n", code))
        return result.stdout.decode()

    def begins(self, tool, arguments, message):
        result = subprocess.run([bin_folder / tool, *arguments, "t.prof"], cwd=self.folder, env=self.environment, stdin=subprocess.DEVNULL,
                                capture_output=True, timeout=60, text=True)
        self.assertNotEqual(result.returncode, 0)
        self.assertEqual(result.stderr[:len(f"{tool}: {message}")], f"{tool}: {message}")

    def test_values_that_there_are_not(self):
        self.says("prof2text", ["--by", "fil"], "--by: expected one of function, file, module, package, found 'fil' (hint: did you mean file?)")
        self.says("prof2text", ["--style", "pstat"],
                  "--style: expected one of default, pstats, line_profiler, memory_profiler, found 'pstat' (hint: did you mean pstats?)")
        self.says("prof2text", ["-t", "jsn"],
                  "--format: expected one of dump, collapsed, text, markdown, csv, tsv, json, found 'jsn' (hint: did you mean json?)")
        self.says("prof2text", ["--color", "maybe"], "--color: expected one of auto, always, never, found 'maybe' (hint: prof2text -h lists the options)")
        self.says("prof2calltree", ["--names", "shrt"], "--names: expected one of short, qualified, full, found 'shrt' (hint: did you mean short?)")
        self.says("prof2text", ["--sort", "cumtine"],
                  "unknown sort key 'cumtine', known are total, cumtime, cumulative, self, time, tottime, calls, ncalls, pcalls, percall, selfpercall, "
                  "samples, hits, mem_grow, mem_free, mem_peak, name, file, filename, module, line, stdname, nfl (hint: did you mean cumtime?)")
        self.says("prof2dot", ["--node-label", "self-tim"],
                  "--node-label: unknown measure 'self-tim', known are total-time, self-time, total-time-percentage, self-time-percentage "
                  "(hint: did you mean self-time?)")
        self.says("prof2dot", ["--cluster", "modul"], "--cluster: expected module or package, found 'modul' (hint: did you mean module?)")
        self.says("prof2dot", ["-c", "colr"], "unknown theme 'colr', known are color, pink, gray, bw, print, light, dark (hint: did you mean color?)")
        self.says("prof2calltree", ["--generate", "bsh"], "--generate: expected man, bash, zsh or fish, found 'bsh' (hint: did you mean bash?)")
        for tool in ("prof2calltree", "prof2dot", "prof2text"):
            self.says(tool, ["--focuss", "x"], "unknown option --focuss (hint: did you mean --focus?)")

    def test_functions_that_there_are_not(self):
        self.assertIn("<module>", self.says("prof2text", ["--ignore", "wrk"], "warning: no function matches 'wrk': did you mean work?", code=0))
        self.says("prof2text", ["--peek", "wrok"], "warning: no function matches 'wrok': did you mean work?", code=0)
        for expression in ("nothing_like_it", "wr.k$", "json.*loads", "xx|yy"):
            self.says("prof2text", ["--ignore", expression], f"warning: no function matches '{expression}'", code=0)
        for arguments in (["--ignore", "wo.k"], ["--peek", "work"], ["--ignore", "wor", "--peek", "module"], ["--peek", "t"]):
            result = subprocess.run([bin_folder / "prof2text", *arguments, "t.prof"], cwd=self.folder, env=self.environment, capture_output=True)
            self.assertEqual((result.stderr, result.returncode), (b"", 0), arguments)

    def test_path_mappings_that_fit_no_path(self):
        for tool in ("prof2text", "prof2dot"):
            self.says(tool, ["--path-map", "/nope=/x", "--path-map", "t.p=u.p"], "warning: no path starts with '/nope', which --path-map is to replace", code=0)
        lines = source / "testdata/line_profiler/special-protocol-2.lprof"
        result = subprocess.run([bin_folder / "prof2text", "--style", "line_profiler", "--path-map", "/nope=/x", lines], cwd=self.folder, env=self.environment, capture_output=True)
        self.assertIn(b"no path starts with '/nope'", result.stderr)
        self.says("prof2text", ["--strict", "--path-map", "/nope=/x"],
                  "no path starts with '/nope', which --path-map is to replace (hint: without --strict this is a warning)", code=1)
        self.file("u.prof", dump({("/nope/u.py", 1, "f"): (1, 1, 1.0, 1.0, {})}))
        self.file("profconv.toml", "path-map = ['/srv=/home']\n")  # for every profile: it may fit another one
        for arguments in (["u.prof", "--path-map", "/nope=/x"], []):  # fits one of the inputs
            result = subprocess.run([bin_folder / "prof2text", *arguments, "t.prof"], cwd=self.folder, env=self.environment, capture_output=True)
            self.assertEqual((result.stderr, result.returncode), (b"", 0))

    def test_options_that_exclude_each_other(self):
        self.says("prof2text", ["--callers=x", "--tree"],
                  "--callers, --callees, --peek, --tree and --lines exclude each other (hint: --peek REGEX shows callers and callees)")
        self.says("prof2text", ["--style", "pstats", "--tree"], "--tree and --style pstats exclude each other (hint: pstats has nothing like it)")
        for name, style in (("q.csv", "pstats"), ("q.json.gz", "pstats"), ("q.dump", "memory_profiler")):
            self.says("prof2text", ["--style", style, "-o", name],
                      f"the output {name} says a format, and --style {style} prints text (hint: -o NAME.txt takes it)")
            self.assertFalse((self.folder / name).exists())
        self.says("prof2text", ["--style", "memory_profiler", "--sort", "x"],
                  "--sort and --style memory_profiler exclude each other (hint: memory_profiler prints all of its listings)")
        for name in ("--split", "--no-split"):
            self.says("prof2text", ["--style", "pstats", name], f"{name} and --style pstats exclude each other (hint: pstats has nothing like it)")
        for style, hint in (("pstats", "pstats has nothing like it"), ("memory_profiler", "memory_profiler prints all of its listings")):
            for option in (["--source-dir", "."], ["--no-source"], ["--no-recovered-calls"], ["--color", "always"]):
                self.says("prof2text", ["--style", style, *option], f"{option[0]} and --style {style} exclude each other (hint: {hint})")
        for name in ("x.svg", "x.dot"):
            self.says("prof2dot", ["--list-functions", "+", "-o", name], f"warning: {name} will hold names: --list-functions draws nothing", code=0)
        self.says("prof2dot", ["--depth", "3"], "--depth is for -z and -l (hint: it counts calls from the functions that they choose)")
        self.says("prof2dot", ["--list-functions", "x", "--view"], "--list-functions draws nothing; -T and --view go without it")

    def test_numbers(self):
        for tool, option, name in (("prof2text", "--threshold", "--threshold"), ("prof2dot", "-n", "--node-thres"), ("prof2dot", "-e", "--edge-thres")):
            for bad in ("200", "-1", "nan", "inf", "x", "1%", "0x1"):
                self.says(tool, [f"{option}{'=' * option.startswith('--')}{bad}"],
                          f"{name}: expected a percentage from 0 to 100, found '{bad}' (hint: {tool} -h lists the options)")
        self.says("prof2text", ["--style", "line_profiler", "-u", "x"], "--unit: expected a positive number of seconds, found 'x'")
        for bad in ("x", "-1", "nan", "inf", "1e999"):
            self.says("prof2dot", ["--skew", bad], f"--skew: expected a number above 0, found '{bad}' (hint: prof2dot -h lists the options)")
        hint = "(hint: e.g. %.7g or '%.3f s')"
        self.says("prof2dot", ["--time-format", "%g%g"], f"bad number format '%g%g': expected one conversion, found more {hint}")
        self.says("prof2dot", ["--time-format", "%300g"], f"bad number format '%300g': width and precision go up to 99 {hint}")
        self.says("prof2dot", ["--time-format", "x"], f"bad number format 'x': expected a conversion such as %g, found none {hint}")
        self.says("prof2dot", ["--editor-url", "nope"],
                  "bad editor URL 'nope': expected vscode, idea, file or a template with {file} (hint: e.g. 'myeditor://open?path={file}&line={line}')")

    def test_whole_numbers(self):
        for tool, option, most in (("prof2text", "--limit", 2**63 - 1), ("prof2text", "--calls-limit", 2**63 - 1), ("prof2text", "--depth", 1000),
                                   ("prof2dot", "--max-nodes", 2**63 - 1)):
            for bad in ("-1", "x", "1.5", "0x10", "1e3"):
                self.says(tool, [f"{option}={bad}"], f"{option}: expected a whole number from 0 on, found '{bad}' (hint: {tool} -h lists the options)")
            for large in (10**20, most + 1):
                self.says(tool, [f"{option}={large}"],
                          f"{option}: expected a whole number from 0 to {most}, found '{large}' (hint: {tool} -h lists the options)")
        self.says("prof2text", ["--restrict", "-3"], "--restrict: expected a whole number from 0 on, found '-3' (hint: in an expression [-] is a minus)")
        self.says("prof2dot", ["--depth=-2"], "--depth: expected a whole number from -1 on, found '-2' (hint: prof2dot -h lists the options)")
        self.says("prof2dot", [f"--depth={2**31}"],
                  f"--depth: expected a whole number from -1 to {2**31 - 1}, found '{2**31}' (hint: prof2dot -h lists the options)")
        self.environment["PROFCONV_LIMIT"] = "x"
        self.says("prof2text", [], "PROFCONV_LIMIT: --limit: expected a whole number from 0 on, found 'x'")
        del self.environment["PROFCONV_LIMIT"]
        path = self.file("profconv.toml", "limit = -1\n")
        self.says("prof2text", [], f"{path}: line 1: --limit: expected a whole number from 0 on, found '-1'")

    def test_defaults_that_are_refused_later_say_where_they_stand(self):
        cases = (("prof2text", "sort", "speed", "unknown sort key 'speed'"), ("prof2text", "sort", "mem_peak", "cannot sort by 'mem_peak'"),
                 ("prof2text", "interval", "1", "--interval: expected a time such as 500us or 1ms, found '1'"), ("prof2text", "time-unit", "h", "--time-unit: expected s, ms"),
                 ("prof2text", "only", "x", "--only: expected gil, cpu or exception, found 'x'"), ("prof2text", "restrict", "(", "bad regular expression '('"),
                 ("prof2dot", "colormap", "colr", "unknown theme 'colr'"), ("prof2dot", "cluster", "modul", "--cluster: expected module or package, found 'modul'"),
                 ("prof2dot", "node-label", "self-tim", "--node-label: unknown measure 'self-tim'"), ("prof2dot", "root", "nobody", "no root function matches 'nobody'"),
                 ("prof2calltree", "path-map", "x", "bad path mapping 'x'"))
        for tool, option, value, message in cases:
            variable = "PROFCONV_" + option.upper().replace("-", "_")
            self.environment[variable] = value
            self.begins(tool, [], f"{variable}: {message}")
            del self.environment[variable]
            path = self.file("profconv.toml", f"quiet = true\n{option} = '{value}'\n")
            self.begins(tool, [], f"{path}: line 2: {message}")
            os.remove(path)
        self.environment["PROFCONV_LIMIT"] = "10"  # is not what is refused
        self.says("prof2text", ["--interval", "10"], "--interval: expected a time such as 500us or 1ms, found '10'")

    def test_numbers_are_decimal(self):
        functions = {("t.py", i, f"f{i:02}"): (1, 1, 1.0, 1.0, {}) for i in range(12)}
        self.file("t.prof", dump(functions))
        for number, shown in (("010", 10), ("08", 8), ("007", 7)):
            result = subprocess.run([bin_folder / "prof2text", "--format", "csv", "-n", number, "t.prof"], cwd=self.folder, env=self.environment,
                                    stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60)
            self.assertEqual((len(result.stdout.splitlines()), result.stderr), (shown + 1, ""))
            result = subprocess.run([bin_folder / "prof2dot", "-q", "-n0", "--max-nodes", number, "t.prof"], cwd=self.folder, env=self.environment,
                                    stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60)
            self.assertIn(f"{shown} of 12 functions", result.stdout)

    def test_missing_values(self):
        cases = (("prof2text", ["--max-size=", "--sort="], "--max-size", "BYTES"), ("prof2text", ["--sort="], "--sort", "KEY"),
                 ("prof2calltree", ["-o", ""], "--output", "FILE"), ("prof2dot", ["-qo", ""], "--output", "FILE"), ("prof2text", ["-f", ""], "--from", "FORMAT"),
                 ("prof2text", ["-n", ""], "--limit", "N"), ("prof2text", ["--threshold", ""], "--threshold", "PERCENT"),
                 ("prof2text", ["--depth", ""], "--depth", "N"), ("prof2dot", ["--depth", ""], "--depth", "N"), ("prof2dot", ["-n", ""], "--node-thres", "PERCENT"),
                 ("prof2text", ["--style", "line_profiler", "-u", ""], "--unit", "SECONDS"))
        for tool, arguments, option, value in cases:
            self.says(tool, arguments, f"{option} needs a value: {value} (hint: {tool} -h lists the options)")
        for tool in ("prof2calltree", "prof2dot", "prof2text"):
            self.says(tool, [""], f"the name of an input is empty (hint: {tool} -h lists the options)")
            self.says(tool, ["--", ""], f"the name of an input is empty (hint: {tool} -h lists the options)")

    def test_values_of_flags(self):
        for tool, argument, option in (("prof2text", "--tree=5", "--tree"), ("prof2text", "--no-source=false", "--no-source"), ("prof2dot", "--strip=", "--strip"),
                                       ("prof2calltree", "--kcachegrind=yes", "--kcachegrind"), ("prof2dot", "--help=1", "--help")):
            value = argument.partition("=")[2]
            self.says(tool, [argument], f"{option} takes no value, found '{value}' (hint: {tool} -h lists the options)")

    def test_what_a_profile_does_not_have(self):
        self.says("prof2text", ["--style", "memory_profiler"],
                  "t.prof: the style of memory_profiler is for its own reports (hint: python3 -m memory_profiler script.py > report.txt makes one)")
        self.says("prof2text", ["--style", "line_profiler"],
                  "t.prof: the style line_profiler shows hits and times of lines, and this profile has none (hint: kernprof -l records them)")
        self.says("prof2text", ["--thread", "x"],
                  "threads and states belong to samples of stacks, and the profile has none, or not for all costs "
                  "(hint: binary recordings of Python 3.15's profiler and collapsed stacks have them)")

    def test_which_input_has_not_what_a_style_shows(self):
        line_profiler = source / "testdata/line_profiler/special-protocol-2.lprof"
        self.says("prof2text", ["--style", "line_profiler", line_profiler],
                  "t.prof: the style line_profiler shows hits and times of lines, and this profile has none (hint: kernprof -l records them)")
        memory_profiler = source / "testdata/memory_profiler/shop-0.61.txt"
        out = self.says("prof2text", ["--style", "memory_profiler", memory_profiler],
                        "t.prof: the style of memory_profiler is for its own reports (hint: python3 -m memory_profiler script.py > report.txt makes one)")
        self.assertEqual(out, "")

    def test_a_missing_opener(self):
        self.script("dot", '#!/bin/sh\nfor a; do case $a in -o*) echo picture > "${a#-o}";; esac; done\n', self.bin)
        self.environment["PATH"] = str(self.bin)
        self.says("prof2dot", ["--view"], "--view needs xdg-open, which is not installed (hint: write a file with -o and open it yourself)", code=1)


if __name__ == "__main__":
    run_tests()
