"""Manual pages and completions: what the tools print for them is taken by the programs that they are for."""

import os
import pathlib
import shutil
import subprocess
import tempfile
import unittest

bin_folder = pathlib.Path(os.environ["PROFCONV_BIN"])
tools = ("prof2calltree", "prof2dot", "prof2text")


def generate(tool, what):
    return subprocess.run([bin_folder / tool, "--generate", what], capture_output=True, text=True, check=True).stdout


def help_options(tool):
    """The long names that -h lists."""
    text = subprocess.run([bin_folder / tool, "-h"], capture_output=True, text=True, check=True).stdout
    words = (line.split()[:3] for line in text.splitlines() if line.startswith(("  -", "      --")))
    return {word for line in words for word in line if word.startswith("--")}


def needs(program):
    return unittest.skipUnless(shutil.which(program), f"{program} is not installed")


class ManualPages(unittest.TestCase):
    @needs("mandoc")
    def test_are_valid(self):
        for tool in tools:
            lint = subprocess.run(["mandoc", "-T", "lint", "-W", "warning"], input=generate(tool, "man"), capture_output=True, text=True)
            complaints = [line for line in lint.stdout.splitlines() if "missing date" not in line]
            self.assertEqual(complaints, [], tool)

    @needs("mandoc")
    def test_show_every_option_and_example(self):
        for tool in tools:
            shown = subprocess.run(["mandoc", "-T", "ascii"], input=generate(tool, "man"), capture_output=True, text=True, check=True).stdout
            plain = subprocess.run(["col", "-b"], input=shown, capture_output=True, text=True).stdout if shutil.which("col") else shown
            for option in help_options(tool):
                self.assertIn(option, plain)
            self.assertIn("EXIT STATUS", plain)
            self.assertIn(f"{tool} -", plain)

    def test_name_every_option(self):
        for tool in tools:
            page = generate(tool, "man")
            for option in help_options(tool):
                self.assertIn(option.replace("-", "\\-"), page)

    def test_unknown_kinds_are_refused(self):
        result = subprocess.run([bin_folder / "prof2dot", "--generate", "bsh"], capture_output=True, text=True)
        self.assertEqual(result.returncode, 2)
        self.assertEqual(result.stderr, "prof2dot: --generate: expected man, bash, zsh or fish, found 'bsh' (hint: did you mean bash?)\n")


class Completions(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="profconv-complete-"))
        self.addCleanup(shutil.rmtree, self.folder)
        (self.folder / "a run.prof").touch()
        (self.folder / "sources").mkdir()

    def bash(self, *words):
        """What bash offers for the last of the words."""
        tool = words[0]
        script = generate(tool, "bash") + "compopt() { :; }\nCOMP_WORDS=(\"$@\"); COMP_CWORD=$(($# - 1)); _" + tool + "\nprintf '%s\\n' \"${COMPREPLY[@]}\"\n"
        result = subprocess.run(["bash", "-c", script, "bash", *words], capture_output=True, text=True, cwd=self.folder)
        self.assertEqual(result.stderr, "")
        return [line for line in result.stdout.split("\n") if line]

    def fish(self, line):
        script = self.folder / "completions.fish"
        script.write_text("".join(generate(tool, "fish") for tool in tools))
        result = subprocess.run(["fish", "--no-config", "-c", f"source {script}; complete -C {line!r}"], capture_output=True, text=True, cwd=self.folder,
                                env={**os.environ, "HOME": str(self.folder), "XDG_CONFIG_HOME": str(self.folder)})
        self.assertEqual(result.stderr, "")
        return [row.split("\t")[0] for row in result.stdout.splitlines()]

    @needs("bash")
    def test_bash_knows_options_values_and_files(self):
        self.assertEqual(self.bash("prof2dot", "--edge"), ["--edge-thres"])
        self.assertIn("pstats", self.bash("prof2text", "-f", "p"))
        self.assertEqual(self.bash("prof2dot", "--colormap", "=", "pi"), ["pink"])
        self.assertEqual(self.bash("prof2dot", "--cluster", "="), ["module", "package"])
        self.assertEqual(self.bash("prof2calltree", "-o", "a"), ["a run.prof"])
        self.assertEqual(self.bash("prof2calltree", "a"), ["a run.prof"])
        self.assertEqual(self.bash("prof2text", "--limit", "4"), [])

    @needs("fish")
    def test_fish_knows_options_values_and_files(self):
        self.assertEqual(self.fish("prof2dot --edge"), ["--edge-thres"])
        self.assertIn("pstats", self.fish("prof2text --from p"))
        self.assertEqual(self.fish("prof2dot -c pi"), ["pink"])
        self.assertEqual(self.fish("prof2dot -o so"), ["sources/"])

    @needs("zsh")
    def test_zsh_knows_options_values_and_files(self):
        for tool in tools:
            (self.folder / f"_{tool}").write_text(generate(tool, "zsh"))
        # zsh completes for a terminal only; zpty gives it one, and the list of matches comes back as text.
        driver = self.folder / "driver.zsh"
        driver.write_text("""
zmodload zsh/zpty
zpty z zsh -f -i
zpty -w z "PS1='>'; fpath=($PWD \\$fpath); autoload -Uz compinit; compinit -u -d $PWD/dump; cd $PWD; setopt no_list_beep; LISTMAX=0"
zpty -w z "zstyle ':completion:*' list-separator ' '; echo ready-\\$((1+1))"
zpty -r z line '*ready-2*'
zpty -w -n z "$1"$'\\t'
sleep 2
zpty -w -n z $'\\x15'"echo done-\\$((1+1))"$'\\n'
zpty -r z line '*done-2*'
print -r -- $line
""")
        for typed, expected in (("prof2dot --edge", "--edge-thres"), ("prof2dot -c pi", "pink"), ("prof2dot -o sour", "sources/")):
            result = subprocess.run(["zsh", "-f", driver, typed], capture_output=True, text=True, cwd=self.folder, timeout=60, stdin=subprocess.DEVNULL,
                                    env={**os.environ, "HOME": str(self.folder), "TERM": "dumb"})
            if "can't" in result.stderr or "not supported" in result.stderr:
                self.skipTest(result.stderr.strip())
            self.assertIn(expected, result.stdout, typed)


if __name__ == "__main__":
    unittest.main()
