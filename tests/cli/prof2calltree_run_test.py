"""prof2calltree -r: profiles a run of a script or a module and passes its end on."""

import os
import re
import signal
import subprocess
import sys

from tool import ToolTest, dump, run_tests

show = """
import sys
def work():
    return sum(i for i in range(1000))
work()
"""


class Run(ToolTest):
    def setUp(self):
        super().setUp()
        self.interpreter = ["--python", sys.executable]

    def run_script(self, *words, options=(), **settings):
        return self.run_tool(*self.interpreter, *options, "-r", *words, **settings)

    def functions(self, name):
        """The names of the functions in a file without those of the interpreter's own modules."""
        text = (self.folder / name).read_text()
        return set(re.findall(r"fn=\(\d+\) (.*)", text))

    def assert_wrote(self, error, name):
        self.assertRegex(error, rf"prof2calltree: wrote {re.escape(name)} \(\d+ functions?, \d+\.\d{{3}} s profiled; open it with kcachegrind {re.escape(name)}\)\n$")

    def test_a_script(self):
        self.file("sub/t.py", show + "print('out'); sys.stderr.write('error\\n')")
        code, out, error = self.run_script("sub/t.py")
        self.assertEqual((code, out), (0, b"out\n"))
        self.assertTrue(error.startswith("error\n"))
        self.assert_wrote(error.removeprefix("error\n"), "t.py.callgrind")
        self.assertEqual(self.names(), ["sub", "t.py.callgrind"])
        self.assertEqual(self.names(self.temporary), [])
        text = (self.folder / "t.py.callgrind").read_text()
        self.assertIn("\ncmd: sub/t.py\n", text)
        self.assertIn("work", self.functions("t.py.callgrind"))

    def test_nothing_of_the_runner_is_in_the_profile(self):
        self.file("t.py", show)
        self.run_script("t.py")
        ours = self.functions("t.py.callgrind")
        subprocess.run([sys.executable, "-m", "cProfile", "-o", "t.prof", "t.py"], cwd=self.folder, env=self.environment, check=True)
        self.expect("-q", "-o", "reference", "t.prof")
        self.assertEqual(ours, self.functions("reference"))

    def test_what_follows_belongs_to_the_script(self):
        self.file("t.py", "import sys; print(sys.argv)")
        words = ["-o", "x", "--flag", "-h", "-k", "--", "-", "-r", "two words", ""]
        for option in ("-r", "--run", "--run-script", "-qr"):
            code, out, error = self.run_tool(*self.interpreter, "-o", "y", option, "t.py", *words)
            self.assertEqual((code, out.decode()), (0, str(["t.py", *words]) + "\n"))
        code, out, _ = self.run_tool(*self.interpreter, "-rt.py", "-o", "x")
        self.assertEqual((code, out), (0, b"['t.py', '-o', 'x']\n"))
        self.assertEqual(self.names(), ["t.py", "t.py.callgrind", "y"])
        self.assertIn("\ncmd: t.py -o x --flag -h -k -- - -r 'two words' ''\n", (self.folder / "y").read_text())

    def test_values_of_options_are_not_r(self):
        self.file("t.py", "")
        code, _, error = self.run_tool(*self.interpreter, "-o", "-r", "-r", "t.py")
        self.assertEqual(code, 0, error)
        self.assertEqual(self.names(), ["-r", "t.py"])

    def test_the_output_lies_in_the_current_folder(self):
        self.file("sub/package/__main__.py", show)
        self.assertEqual(self.run_script("sub/package/")[0], 0)
        self.assertEqual(self.run_script("-m", "../x")[0], 1)  # no module has such a name
        self.assertEqual(self.names(), ["package.callgrind", "sub"])
        self.assertEqual(self.names(self.folder.parent), ["bin", "temporary", "work"])

    def test_a_module(self):
        self.file("package/__init__.py", "")
        self.file("package/tool.py", show + "print(sys.argv[1:], __name__, __package__, sys.argv[0] == __file__); sys.exit(4)")
        for words in (["-m", "package.tool"], ["-mpackage.tool"]):
            code, out, error = self.run_script(*words, "-o", "x")
            self.assertEqual((code, out), (4, b"['-o', 'x'] __main__ package True\n"))
            self.assert_wrote(error, "package.tool.callgrind")
            self.assertIn("work", self.functions("package.tool.callgrind"))
            self.assertIn("\ncmd: -m package.tool -o x\n", (self.folder / "package.tool.callgrind").read_text())

    def test_the_script_sees_what_it_would_see_alone(self):
        self.file("sub/neighbour.py", "")
        self.file("sub/t.py", """
import sys, pickle, neighbour
class Thing(object):
    pass
main = sys.modules['__main__']
print([__name__, __file__, sys.argv, sys.path, __package__, __spec__, type(__builtins__), sorted(vars(main)), main.Thing is Thing])
print(type(pickle.loads(pickle.dumps(Thing()))) is Thing, sys.stdin.read())
""")
        alone = subprocess.run([sys.executable, "sub/t.py", "a"], cwd=self.folder, env=self.environment, input=b"input", capture_output=True, check=True).stdout
        code, out, _ = self.run_script("sub/t.py", "a", stdin=b"input")
        self.assertEqual((code, out.decode()), (0, alone.decode()))

    def test_a_folder_with_a_main_module(self):
        self.file("app/__main__.py", "import sys, other; print(sys.argv, __name__)")
        self.file("app/other.py", "")
        code, out, error = self.run_script("app", "x")
        self.assertEqual((code, out), (0, b"['app', 'x'] __main__\n"))
        self.assert_wrote(error, "app.callgrind")

    def ends_as_alone(self, name):
        """Runs the script alone and under the tool; both must say the same and end the same."""
        alone = subprocess.run([sys.executable, name], cwd=self.folder, env=self.environment, capture_output=True)
        code, out, error = self.run_script(name, options=["-q"])
        status = alone.returncode if alone.returncode >= 0 else 128 - alone.returncode
        self.assertEqual((code, out.decode(), error), (status, alone.stdout.decode(), alone.stderr.decode()))
        return code

    def test_the_end_of_the_script_is_ours(self):
        cases = {
            "sys.exit(3)": 3,
            "sys.exit()": 0,
            "sys.exit('text')": 1,
            "sys.exit(None)": 0,
            "raise SystemExit(300)": 300 % 256,
            "work(None)": 1,
            "raise KeyboardInterrupt": 130,
            "raise ValueError('a') from KeyError('b')": 1,
            "sys.excepthook = lambda *a: print('mine', a[0]); work(None)": 1,
            "import atexit; atexit.register(print, 'later'); sys.exit(2)": 2,
        }
        for number, (text, status) in enumerate(cases.items()):
            with self.subTest(text):
                name = f"t{number}.py"
                self.file(name, show.replace("work():", "work(n=1000):").replace("range(1000)", "range(n)") + text)
                self.assertEqual(self.ends_as_alone(name), status)
                self.assertIn("work", self.functions(name + ".callgrind"))

    def test_a_syntax_error(self):
        self.file("t.py", "def f(:")
        alone = subprocess.run([sys.executable, "t.py"], cwd=self.folder, env=self.environment, capture_output=True)
        code, _, error = self.run_script("t.py")
        self.assertEqual((code, error), (1, alone.stderr.decode() + "prof2calltree: t.py: no profile was written: exit status 1\n"))
        self.assertEqual(self.names(), ["t.py"])

    def test_a_module_that_there_is_not(self):
        (self.folder / "folder").mkdir()
        for words, name in ((["-m", "no_such_module"], "no_such_module"), (["folder"], "folder")):
            code, _, error = self.run_tool("-r", *words)
            self.assertEqual(code, 1)
            self.assertTrue(error.endswith(f"prof2calltree: {name}: no profile was written: exit status 1\n"), error)
        self.assertEqual(self.names(), ["folder"])

    def test_the_present_folder(self):
        self.file("__main__.py", show)
        code, _, error = self.run_tool("-r", ".")
        self.assertEqual(code, 0, error)
        self.assertEqual([name for name in os.listdir(self.folder) if name.endswith(".callgrind")], [self.folder.resolve().name + ".callgrind"])

    def test_killed_by_a_signal(self):
        self.file("t.py", "import os; os.kill(os.getpid(), 9)")
        code, _, error = self.run_script("t.py")
        self.assertEqual((code, error), (137, "prof2calltree: t.py: no profile was written: ended by signal 9 (Killed)\n"))
        self.assertEqual((self.names(), self.names(self.temporary)), (["t.py"], []))

    def test_an_end_without_a_profile(self):
        self.file("t.py", "import os; os._exit(0)")
        code, _, error = self.run_script("t.py")
        self.assertEqual((code, error), (1, "prof2calltree: t.py: no profile was written: exit status 0\n"))

    def test_a_child_that_the_script_forks_writes_no_profile(self):
        self.file("t.py", "import os, sys\nif os.fork() == 0:\n    sys.exit(5)\nos.wait()\nimport colorsys\ncolorsys.rgb_to_hls(1, 2, 3)")
        code, _, error = self.run_script("t.py")
        self.assertEqual(code, 0, error)
        self.assertIn("rgb_to_hls", self.functions("t.py.callgrind"))

    def test_a_script_that_changes_its_folder(self):
        self.file("t.py", "import os; os.chdir('/')")
        self.environment["TMPDIR"] = "../temporary"
        code, _, error = self.run_script("t.py")
        self.assertEqual(code, 0, error)
        self.assertEqual((self.names(), self.names(self.temporary)), (["t.py", "t.py.callgrind"], []))

    def test_the_profile_may_go_to_standard_output(self):
        self.file("t.py", show)
        code, out, error = self.run_script("t.py", options=["-o", "-"])
        self.assertEqual((code, error), (0, ""))
        self.assertIn(b"work", out)

    def test_what_a_script_prints_is_not_in_the_profile(self):
        self.file("t.py", show + "print('progress: 50 %')")
        code, out, error = self.run_script("t.py", options=["-o", "-"])
        self.assertEqual((code, error), (0, "progress: 50 %\n"))
        self.assertTrue(out.startswith(b"# callgrind format\n"))
        self.assertNotIn(b"progress", out)

    def test_mistakes_in_the_command(self):
        self.file("a.prof", dump())
        forms = "-r SCRIPT [ARGUMENT]... or -r -m MODULE [ARGUMENT]..."
        self.expect("-r", code=2, error=f"prof2calltree: -r needs a script or -m MODULE (hint: {forms})\n")
        self.expect("-r", "-m", code=2, error=f"prof2calltree: -m needs the name of a module (hint: {forms})\n")
        self.expect("-r", "-o", "x", code=2, error="prof2calltree: -r needs a script or -m MODULE, found -o "
                    "(hint: what follows -r belongs to the script; options of this tool go before it)\n")
        self.expect("a.prof", "-r", "t.py", code=2,
                    error="prof2calltree: an input and -r exclude each other (hint: save the profile with -o, then add up the files)\n")

    def test_what_is_missing(self):
        self.file("t.py", "")
        self.expect("-r", "no.py", code=1, error="prof2calltree: no.py: cannot read: No such file or directory\n")
        self.expect("--python", "no-python", "-r", "t.py", code=1,
                    error="prof2calltree: no-python: no such program (hint: --python names the Python interpreter, default python3)\n")
        code, _, error = self.run_script("-m", "no_module", options=["-o", "-"])
        self.assertEqual((code, error), (1, f"{sys.executable}: No module named no_module\nprof2calltree: no_module: no profile was written: exit status 1\n"))

    def test_an_output_that_cannot_be_written_is_found_before_the_run(self):
        self.file("t.py", "open('ran', 'w')")
        code, _, error = self.run_script("t.py", options=["-o", "no/x"])
        self.assertEqual((code, error), (1, "prof2calltree: no/x: cannot write: No such file or directory\n"))
        code, _, error = self.run_script("t.py", options=["-o", "t.py"])
        self.assertEqual((code, error), (2, "prof2calltree: the output t.py is the input t.py\n"))
        self.assertEqual(self.names(), ["t.py"])

    def test_python_may_be_a_command_with_arguments(self):
        self.file("t.py", "assert False")
        code, _, error = self.run_tool("-q", "--python", f"{sys.executable} -O", "-r", "t.py")
        self.assertEqual((code, error), (0, ""))

    def test_an_interrupt_is_the_scripts(self):
        self.file("t.py", "import sys, time\ntry:\n    print('ready', flush=True); time.sleep(60)\nexcept KeyboardInterrupt:\n    sys.exit(7)")
        process = self.start(*self.interpreter, "-q", "-r", "t.py", start_new_session=True)
        self.assertEqual(process.stdout.readline(), b"ready\n")
        os.killpg(process.pid, signal.SIGINT)  # as a terminal does
        out, error = process.communicate(timeout=60)
        self.assertEqual((process.returncode, error), (7, b""))
        self.assertEqual((self.names(), self.names(self.temporary)), (["t.py", "t.py.callgrind"], []))

    def test_an_uncaught_interrupt_still_leaves_a_profile(self):
        self.file("t.py", show + "import time\nprint('ready', flush=True)\ntime.sleep(60)")
        process = self.start(*self.interpreter, "-q", "-r", "t.py", start_new_session=True)
        process.stdout.readline()
        os.killpg(process.pid, signal.SIGINT)
        error = process.communicate(timeout=60)[1].decode()
        self.assertEqual(process.returncode, 130)
        self.assertTrue(error.endswith("KeyboardInterrupt\n"), error)
        self.assertNotIn("prof2calltree", error)
        self.assertIn("work", self.functions("t.py.callgrind"))

    def test_sigterm_is_passed_on(self):
        handler = "import signal, sys, time\nsignal.signal(signal.SIGTERM, lambda *_: sys.exit(9))\nprint('ready', flush=True)\ntime.sleep(60)"
        self.file("handles.py", handler)
        self.file("dies.py", "import time\nprint('ready', flush=True)\ntime.sleep(60)")
        for name, status, left in (("handles.py", 9, True), ("dies.py", 143, False)):
            process = self.start(*self.interpreter, "-q", "-r", name)
            process.stdout.readline()
            process.send_signal(signal.SIGTERM)
            process.communicate(timeout=60)
            self.assertEqual(process.returncode, status)
            self.assertEqual((self.folder / f"{name}.callgrind").exists(), left)
        self.assertEqual(self.names(self.temporary), [])

    def test_nohup_reaches_the_script(self):
        self.file("t.py", "import signal; print(signal.getsignal(signal.SIGHUP), signal.getsignal(signal.SIGINT))")
        process = self.start(*self.interpreter, "-q", "-r", "t.py", preexec_fn=lambda: signal.signal(signal.SIGHUP, signal.SIG_IGN))
        out = process.communicate(timeout=60)[0].decode()
        self.assertTrue(out.startswith(str(signal.SIG_IGN)) and "default_int_handler" in out, out)


class OtherInterpreters(ToolTest):
    """The runner works on what is installed besides the Python that runs the tests."""

    def test_all_that_are_found(self):
        self.file("t.py", "import sys\ndef work(n):\n    return list(range(n))\nwork(9)\nwork(None)")
        found = 0
        for name in ("python2.7", *(f"python3.{minor}" for minor in range(3, 20)), "pypy", "pypy3"):
            if subprocess.run(["sh", "-c", f"{name} -c 'import cProfile'"], capture_output=True).returncode != 0:
                continue
            found += 1
            with self.subTest(name):
                alone = subprocess.run([name, "t.py"], cwd=self.folder, capture_output=True)
                code, _, error = self.run_tool("-q", "--python", name, "-o", "x", "-r", "t.py")
                self.assertEqual((code, error), (1, alone.stderr.decode()))
                self.assertIn(") work\n", (self.folder / "x").read_text())
        if found == 0:
            self.skipTest("no other interpreter")


if __name__ == "__main__":
    run_tests()
