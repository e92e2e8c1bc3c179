"""prof2calltree: inputs, outputs, messages about them, and what is left when something fails."""

import gzip
import os
import resource
import shutil
import signal
import stat
import subprocess
import threading
import time
import unittest

from tool import ToolTest, dump, empty, run_tests


class Inputs(ToolTest):
    def test_an_input_by_position_or_by_option(self):
        self.file("run.prof", dump())
        message = "prof2calltree: wrote run.prof.callgrind (2 functions, 1.500 s profiled; open it with kcachegrind run.prof.callgrind)\n"
        for arguments in (["run.prof"], ["-i", "run.prof"], ["--input", "run.prof"], ["--infile=run.prof"], ["-irun.prof"], ["--", "run.prof"]):
            self.expect(*arguments, error=message)
            self.assert_whole((self.folder / "run.prof.callgrind").read_bytes())
            self.assertEqual(self.names(), ["run.prof", "run.prof.callgrind"])
            os.remove(self.folder / "run.prof.callgrind")

    def test_several_inputs_are_added_up_and_the_first_names_the_output(self):
        for name in ("b.prof", "a.prof", "c.prof"):
            self.file(name, dump())
        self.expect("b.prof", "-i", "a.prof", "c.prof",
                    error="prof2calltree: wrote b.prof.callgrind (2 functions, 4.500 s profiled; open it with kcachegrind b.prof.callgrind)\n")
        self.assert_whole((self.folder / "b.prof.callgrind").read_bytes(), 4_500_000_000)

    def test_standard_input_to_standard_output(self):
        self.file("a.prof", dump())
        for arguments in ([], ["-"], ["-i", "-"], ["-o", "-"], ["-o", "/dev/stdout"]):
            code, out, error = self.run_tool(*arguments, stdin=dump())
            self.assertEqual((code, error), (0, ""))
            self.assert_whole(out)
        code, out, _ = self.run_tool("a.prof", "-", stdin=dump())
        self.assertEqual((code, self.summary_of(out)), (0, 3_000_000_000))
        self.assertEqual(self.names(), ["a.prof"])

    def test_standard_input_to_a_file(self):
        self.expect("-o", "x", stdin=dump(), error="prof2calltree: wrote x (2 functions, 1.500 s profiled; open it with kcachegrind x)\n")
        self.assert_whole((self.folder / "x").read_bytes())

    def test_standard_input_once(self):
        self.expect("-", "-", code=2, error="prof2calltree: - is given more than once, and standard input can be read once\n")

    def test_gzip_is_unpacked(self):
        self.file("run.prof.gz", gzip.compress(dump()[:20]) + gzip.compress(dump()[20:]))
        self.expect("-v", "run.prof.gz", error="prof2calltree: note: run.prof.gz: read as pstats, unpacked from gzip\n"
                    "prof2calltree: note: 1 source file not found: t.py\n"
                    "prof2calltree: wrote run.prof.gz.callgrind (2 functions, 1.500 s profiled; open it with kcachegrind run.prof.gz.callgrind)\n")

    def test_names_that_look_odd(self):
        for name in ("-x", "[a,b]", "two words", "tab\there", "=", "umlaut \u00e4"):
            self.file(name, dump())
            self.expect("-q", "-o", "x", "--", name)
            self.assert_whole((self.folder / "x").read_bytes())
        self.expect("tab\there", error="prof2calltree: wrote tab\\there.callgrind (2 functions, 1.500 s profiled; "
                    "open it with kcachegrind 'tab\\there.callgrind')\n")

    def test_what_cannot_be_read(self):
        self.file("text", "hello\n")
        self.expect("nowhere", code=1, error="prof2calltree: nowhere: cannot open: No such file or directory\n")
        self.expect(".", code=1, error="prof2calltree: .: cannot read: Is a directory\n")
        code, out, error = self.run_tool("text")
        self.assertEqual((code, out), (1, b""))
        self.assertRegex(error, r"^prof2calltree: text: no known profile format \(hint: .*\)\n$")
        self.assertEqual(self.names(), ["text"])

    def test_a_fault_names_its_place(self):
        self.file("cut.prof", dump()[:-30])
        code, out, error = self.run_tool("cut.prof")
        self.assertEqual((code, out), (1, b""))
        self.assertRegex(error, r"^prof2calltree: cut\.prof: byte \d+: .*; 1 entry before it is complete \(hint: .*--salvage converts what is complete\)\n$")
        code, out, error = self.run_tool("--salvage", "-o", "-", "cut.prof")
        self.assertEqual(code, 0)
        self.assertRegex(error, r"^prof2calltree: warning: cut\.prof: byte \d+: .* and converted\n(.*viewers will show .*\n)?$")
        self.assert_whole(out, 500_000_000)

    def test_packed_data_that_were_cut_off_are_salvaged(self):
        packed = gzip.compress(dump(), mtime=0)
        self.file("cut.gz", packed[:-30])
        place = f"cut.gz: byte {len(packed) - 30} of the gzip data"
        hint = "hint: the file looks cut off; --salvage converts what is there"
        self.expect("cut.gz", code=1, error=f"prof2calltree: {place}: the gzip data end too early ({hint})\n")
        code, out, error = self.run_tool("--salvage", "-o", "-", "cut.gz")
        self.assertEqual(code, 0)
        self.assertRegex(
            error,
            rf"^prof2calltree: warning: {place}: the gzip data end too early; the \d+ bytes that they unpack to are converted\n"
            r"prof2calltree: warning: cut\.gz: byte \d+: .*; 1 entry before it is complete and converted\n(.*viewers will show .*\n)?$",
        )
        self.assert_whole(out, 500_000_000)
        self.file("trailer.gz", packed[:-8])  # all data, without the checksum
        code, out, error = self.run_tool("--salvage", "-o", "-", "trailer.gz")
        self.assertEqual((code, error.count("\n")), (0, 1))
        self.assert_whole(out)
        self.assertEqual(self.run_tool("--salvage", "--strict", "-o", "-", "trailer.gz")[0], 1)

    def test_warnings(self):
        self.file("empty.prof", dump(empty))
        warning = "prof2calltree: warning: empty.prof: the profile is empty\n"
        wrote = "prof2calltree: wrote x (0 functions, 0.000 s profiled; open it with kcachegrind x)\n"
        self.expect("-o", "x", "empty.prof", error=warning + wrote)
        self.expect("-q", "-o", "x", "empty.prof")
        self.expect("-v", "-o", "x", "empty.prof", error="prof2calltree: note: empty.prof: read as pstats\n" + warning + wrote)
        os.remove(self.folder / "x")
        for quiet in ([], ["-q"]):
            self.expect(*quiet, "--strict", "-o", "x", "empty.prof", code=1,
                        error="prof2calltree: empty.prof: the profile is empty (hint: without --strict this is a warning)\n")
        self.assertEqual(self.names(), ["empty.prof"])

    def test_too_little_memory(self):
        def limit():
            resource.setrlimit(resource.RLIMIT_AS, (80 << 20, 80 << 20))

        if self.start("-V", preexec_fn=limit, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).wait() != 0:
            self.skipTest("a sanitizer needs more")
        name = "x" * (100 << 20)
        self.expect("-", stdin=dump({("t.py", 1, name): (1, 1, 0.0, 0.0, {})}), preexec_fn=limit, code=1, error="prof2calltree: out of memory\n")


class Outputs(ToolTest):
    def setUp(self):
        super().setUp()
        self.file("run.prof", dump())

    def convert(self, output, *arguments, **options):
        self.expect("-q", "-o", output, *arguments, "run.prof", **options)

    def test_gzip(self):
        self.convert("a.callgrind.gz")
        self.convert("b", "--gzip")
        plain = self.run_tool("-o", "-", "run.prof")[1]
        for name in ("a.callgrind.gz", "b"):
            self.assertEqual(gzip.decompress((self.folder / name).read_bytes()), plain)
        code, out, _ = self.run_tool("--gzip", "-o", "-", "run.prof")
        self.assertEqual((code, gzip.decompress(out)), (0, plain))

    def test_the_output_is_the_same_every_time(self):
        self.convert("a.gz")
        first = (self.folder / "a.gz").read_bytes()
        self.convert("a.gz")
        self.assertEqual((self.folder / "a.gz").read_bytes(), first)

    def test_a_symbolic_link_is_followed(self):
        (self.folder / "elsewhere").mkdir()
        (self.folder / "link").symlink_to("elsewhere/target")
        self.convert("link")
        self.assertTrue((self.folder / "link").is_symlink())
        self.assert_whole((self.folder / "elsewhere/target").read_bytes())
        self.assertEqual(self.names(self.folder / "elsewhere"), ["target"])

    def test_symbolic_links_in_a_circle(self):
        (self.folder / "a").symlink_to("b")
        (self.folder / "b").symlink_to("a")
        self.expect("-o", "a", "run.prof", code=1, error="prof2calltree: a: cannot write: Too many levels of symbolic links\n")
        self.assertTrue((self.folder / "a").is_symlink())

    def test_pipes_that_do_not_block(self):
        """Node and some CI systems give such ones."""
        read, write = os.pipe()
        os.set_blocking(write, False)
        process = self.start("-q", "-o", "-", "run.prof", stdout=write)
        os.close(write)
        time.sleep(0.2)
        with os.fdopen(read, "rb") as pipe:
            whole = pipe.read()
        self.assertEqual(process.wait(60), 0)
        self.assert_whole(whole)
        read, write = os.pipe()
        os.set_blocking(read, False)
        process = self.start("-q", "-", "-o", "-", stdin=read)
        os.close(read)
        time.sleep(0.2)
        with os.fdopen(write, "wb") as pipe:
            pipe.write((self.folder / "run.prof").read_bytes())
        self.assert_whole(process.communicate(timeout=60)[0])

    def test_a_replaced_file_keeps_its_permissions(self):
        self.file("x", "old").chmod(0o640)
        self.convert("x")
        self.assertEqual(stat.S_IMODE(os.stat(self.folder / "x").st_mode), 0o640)

    def test_a_fifo_is_written_directly(self):
        os.mkfifo(self.folder / "fifo")
        read = []
        reader = threading.Thread(target=lambda: read.append((self.folder / "fifo").read_bytes()))
        reader.start()
        self.convert("fifo")
        reader.join()
        self.assert_whole(read[0])
        self.assertTrue((self.folder / "fifo").is_fifo())

    def test_a_device_is_written_directly(self):
        self.expect("-o", "/dev/full", "run.prof", code=1, error="prof2calltree: /dev/full: cannot write: No space left on device\n")
        self.convert("/dev/null")
        code, _, error = self.run_tool("-o", "/dev/null", "run.prof")
        self.assertEqual((code, "open it" in error), (0, False), error)

    def test_a_full_standard_output(self):
        with open("/dev/full", "wb") as full:
            self.expect("-o", "-", "run.prof", stdout=full, out=None, code=1, error="prof2calltree: -: cannot write: No space left on device\n")

    def test_a_closed_standard_output(self):
        process = subprocess.run(["sh", "-c", '"$0" -o - run.prof >&-', os.path.join(os.environ["PROFCONV_BIN"], "prof2calltree")],
                                 cwd=self.folder, capture_output=True, timeout=60)
        self.assertEqual((process.returncode, process.stderr), (1, b"prof2calltree: -: cannot write: Bad file descriptor\n"))

    def test_a_folder_that_is_not_there(self):
        self.convert("no/x", code=1, error="prof2calltree: no/x: cannot write: No such file or directory\n")
        self.convert(".", code=1, error="prof2calltree: .: cannot write: Is a directory\n")

    @unittest.skipIf(os.geteuid() == 0, "root may write everywhere")
    def test_a_read_only_folder(self):
        (self.folder / "locked").mkdir(mode=0o555)
        self.convert("locked/x", code=1, error="prof2calltree: locked/x: cannot write: Permission denied\n")

    @unittest.skipIf(os.geteuid() == 0, "root may write everywhere")
    def test_a_read_only_file_stays(self):
        self.file("x", "old").chmod(0o444)
        self.convert("x", code=1, error="prof2calltree: x: cannot write: Permission denied\n")
        self.assertEqual((self.folder / "x").read_text(), "old")

    def test_a_failed_write_leaves_the_old_file_and_nothing_else(self):
        self.file("x", "old")
        self.convert("x", preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (100, 100)), code=1,
                     error="prof2calltree: x: cannot write: File too large\n")
        self.assertEqual((self.folder / "x").read_text(), "old")
        self.assertEqual(self.names(), ["run.prof", "x"])

    def test_a_signal_while_writing_leaves_the_old_file_and_nothing_else(self):
        big = {("t.py", i, f"function{i}"): (1, 1, 0.0, 0.0, {}) for i in range(200_000)}
        self.file("big.prof", dump(big))
        self.file("x", "old")
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            process = self.start("-o", "x", "big.prof")
            hidden = lambda: [name for name in self.names() if name.startswith(".x.")]
            self.wait_for(lambda: hidden() or process.poll() is not None)
            process.send_signal(number)
            _, error = process.communicate()
            self.assertEqual((process.returncode, error, hidden()), (-number, b"", []))
            self.assertEqual((self.folder / "x").read_text(), "old")

    def test_a_killed_tool_leaves_the_old_file_and_nothing_that_looks_like_a_new_one(self):
        big = {("t.py", i, f"function{i}"): (1, 1, 0.0, 0.0, {}) for i in range(200_000)}
        self.file("big.prof", dump(big))
        self.file("x", "old")
        for name in ("x", "y"):  # one that is there, and one that is not
            process = self.start("-o", name, "big.prof")
            hidden = lambda: [found for found in self.names() if found.startswith(f".{name}.")]
            self.wait_for(lambda: hidden() or process.poll() is not None)
            process.kill()
            process.communicate()
            self.assertEqual(process.returncode, -signal.SIGKILL)
            self.assertEqual([found for found in self.names() if not found.startswith(".")], ["big.prof", "run.prof", "x"])
            self.assertEqual((self.folder / "x").read_text(), "old")
        for name in ("x", "y"):  # what was left does not disturb the next one
            self.convert(name)
            self.assert_whole((self.folder / name).read_bytes())

    def test_a_full_file_system_keeps_the_old_file_and_nothing_else(self):
        big = {("t.py", i, f"function{i}"): (1, 1, 0.0, 0.0, {}) for i in range(20_000)}
        self.file("big.prof", dump(big))
        mount = ["unshare", "--mount", "--map-root-user", "sh", "-c"]
        (self.folder / "small").mkdir()
        make = "mount -t tmpfs -o size=64k tmpfs small"
        if shutil.which("unshare") is None or subprocess.run([*mount, make], cwd=self.folder, stderr=subprocess.DEVNULL).returncode != 0:
            self.skipTest("a small file system cannot be mounted here")
        script = make + ' && echo old >small/x && { "$0" -o small/x big.prof; code=$?; "$0" -o small/y big.prof; } ; cat small/x; ls -A small; exit $code'
        process = subprocess.run([*mount, script, os.path.join(os.environ["PROFCONV_BIN"], "prof2calltree")],
                                 cwd=self.folder, capture_output=True, text=True, timeout=120)
        self.assertEqual((process.returncode, process.stdout), (1, "old\nx\n"))
        self.assertEqual(process.stderr, "".join(f"prof2calltree: small/{name}: cannot write: No space left on device\n" for name in "xy"))

    def test_a_closed_pipe_ends_quietly(self):
        big = {("t.py", i, f"function{i}"): (1, 1, 0.0, 0.0, {}) for i in range(50_000)}
        self.file("big.prof", dump(big))
        for restore in (True, False):  # without: SIGPIPE is ignored, as under some programs
            process = self.start("-o", "-", "big.prof", restore_signals=restore)
            process.stdout.read(10)
            process.stdout.close()
            self.assertEqual(process.stderr.read(), b"")
            process.stderr.close()
            self.assertEqual(process.wait(), -signal.SIGPIPE if restore else 1)

    def test_an_input_is_not_overwritten(self):
        before = (self.folder / "run.prof").read_bytes()
        os.link(self.folder / "run.prof", self.folder / "hard")
        (self.folder / "soft").symlink_to("run.prof")
        for name in ("run.prof", "./run.prof", "hard", "soft"):
            self.convert(name, code=2, error=f"prof2calltree: the output {name} is the input run.prof\n")
        self.file("a", dump())
        self.file("a.callgrind", dump())
        self.expect("a", "a.callgrind", code=2, error="prof2calltree: the output a.callgrind is the input a.callgrind\n")
        with open(self.folder / "run.prof", "rb+") as both:
            process = self.start("-o", "run.prof", stdin=both)
            error = process.communicate()[1]
            self.assertEqual((process.returncode, error), (2, b"prof2calltree: the output run.prof is the input -\n"))
        self.assertEqual((self.folder / "run.prof").read_bytes(), before)


class Names(ToolTest):
    """KCachegrind opens every file whose name starts with that of the opened one."""

    def setUp(self):
        super().setUp()
        self.file("run.prof", dump())

    def wrote(self, name):
        return f"prof2calltree: wrote {name} (2 functions, 1.500 s profiled; open it with kcachegrind {name})\n"

    def test_the_default_name_lies_in_the_current_folder(self):
        self.file("sub/x.prof", dump())
        self.expect("sub/x.prof", error=self.wrote("x.prof.callgrind"))
        self.assertEqual(self.names(), ["run.prof", "sub", "x.prof.callgrind"])

    def test_a_name_that_looks_like_an_option_is_advised_as_a_file(self):
        self.file("-x.prof", dump())
        self.expect("--", "-x.prof", error="prof2calltree: wrote -x.prof.callgrind (2 functions, 1.500 s profiled; "
                    "open it with kcachegrind ./-x.prof.callgrind)\n")

    def test_the_default_name_is_used_again(self):
        for _ in range(2):
            self.expect("run.prof", error=self.wrote("run.prof.callgrind"))
        self.assertEqual(self.names(), ["run.prof", "run.prof.callgrind"])

    def test_the_default_name_starts_no_other_name(self):
        self.file("run.prof.callgrind.old", "")
        self.expect("run.prof", error=self.wrote("run.prof-2.callgrind"))
        self.file("run.prof-2.callgrind.gz", "")
        self.expect("run.prof", error=self.wrote("run.prof-3.callgrind"))

    def test_hidden_files_do_not_count(self):
        self.file(".run.prof.callgrind.old", "")
        self.expect("run.prof", error=self.wrote("run.prof.callgrind"))

    def test_a_given_name_that_starts_another_is_a_warning(self):
        self.file("out/x.old", "")
        self.file("out/x.older", "")
        warning = "out/x: KCachegrind will load x.old as well, since its name starts the same"
        self.expect("-o", "out/x", "run.prof", error=f"prof2calltree: warning: {warning}\n" + self.wrote("out/x"))
        self.expect("-q", "-o", "out/x", "run.prof")
        os.remove(self.folder / "out/x")
        self.expect("--strict", "-o", "out/x", "run.prof", code=1, error=f"prof2calltree: {warning} (hint: without --strict this is a warning)\n")
        self.assertEqual(self.names(self.folder / "out"), ["x.old", "x.older"])


if __name__ == "__main__":
    run_tests()
