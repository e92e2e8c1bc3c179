"""prof2calltree -k: opens the viewer, waits for it, and leaves nothing behind."""

import os
import pathlib
import signal
import sys

from tool import ToolTest, dump, run_tests, viewer_text

# Says what it was given and keeps a copy.
fake = 'printf "%s\\n" "$@" > seen; for file; do :; done; cp "$file" copy; ls -A "$(dirname "$file")" > beside'


class Viewer(ToolTest):
    def setUp(self):
        super().setUp()
        self.file("run.prof", dump())
        # Without the real ones.
        self.environment["PATH"] = f"{self.bin}:/usr/bin:/bin"

    def viewer(self, name="kcachegrind", body=fake):
        return self.script(name, viewer_text(body), self.bin)

    def seen(self):
        return (self.folder / "seen").read_text().splitlines()

    def assert_opened_a_temporary_file(self, name):
        path = pathlib.Path(self.seen()[0])
        self.assertEqual((path.name, path.parent.parent), (name, self.temporary))
        self.assertEqual((self.folder / "beside").read_text(), name + "\n")
        self.assert_whole((self.folder / "copy").read_bytes())
        self.assertEqual(self.names(self.temporary), [])

    def test_a_temporary_file(self):
        self.viewer()
        for option in ("-k", "--kcachegrind"):
            self.expect(option, "-i", "run.prof", error="prof2calltree: opening kcachegrind (2 functions, 1.500 s profiled)\n")
            self.assert_opened_a_temporary_file("run.prof.callgrind")
        self.assertEqual(self.names(), ["beside", "copy", "run.prof", "seen"])

    def test_standard_input(self):
        self.viewer()
        self.expect("-qk", stdin=dump())
        self.assert_opened_a_temporary_file("stdin.callgrind")

    def test_a_named_file_stays(self):
        self.viewer()
        self.expect("-k", "-o", "out.callgrind", "run.prof", error="prof2calltree: wrote out.callgrind (2 functions, 1.500 s profiled)\n")
        self.assertEqual(self.seen(), ["out.callgrind"])
        self.assert_whole((self.folder / "copy").read_bytes())
        self.assert_whole((self.folder / "out.callgrind").read_bytes())

    def test_a_named_file_is_no_option_of_the_viewer(self):
        self.viewer()
        self.expect("-k", "-o", "-dash", "run.prof", error="prof2calltree: wrote -dash (2 functions, 1.500 s profiled)\n")
        self.assertEqual(self.seen(), ["./-dash"])

    def test_standard_output_cannot_be_opened(self):
        self.expect("-k", "-o", "-", "run.prof", code=2, error="prof2calltree: -k opens a file, and -o - writes none\n")

    def test_programs_that_nothing_starts(self):
        self.expect("--viewer", "true", "run.prof", code=2, error="prof2calltree: --viewer is for -k (hint: -k opens the result)\n")
        self.expect("--python", "python3", "run.prof", code=2,
                    error="prof2calltree: --python is for -r (hint: prof2calltree -r SCRIPT runs one)\n")

    def test_the_order_of_viewers(self):
        if os.path.exists("/usr/bin/kcachegrind"):
            # Everything else that a viewer of ours needs, without it.
            for name in ("sh", "cp", "ls", "dirname"):
                (self.bin / name).symlink_to(f"/bin/{name}")
            self.environment["PATH"] = str(self.bin)
        self.viewer("qcachegrind")
        self.expect("-k", "run.prof", error="prof2calltree: opening qcachegrind (2 functions, 1.500 s profiled)\n")
        self.viewer("kcachegrind")
        self.expect("-k", "run.prof", error="prof2calltree: opening kcachegrind (2 functions, 1.500 s profiled)\n")

    def test_no_viewer(self):
        self.environment["PATH"] = str(self.bin)
        message = "prof2calltree: no viewer found, tried kcachegrind, qcachegrind{} (hint: install kcachegrind, or name another with --viewer)\n"
        message = message.format(", open -W -a qcachegrind" if sys.platform == "darwin" else "")
        self.expect("-k", "run.prof", code=1, error=message)
        self.expect("-k", "no.prof", code=1, error=message)  # before any work
        self.file("t.py", "open('ran', 'w')")
        self.expect("-k", "--python", sys.executable, "-r", "t.py", code=1, error=message)
        self.assertEqual(self.names(), ["run.prof", "t.py"])
        self.expect("-k", "--no-source", "-o", "x", "run.prof", code=1, error="prof2calltree: wrote x (2 functions, 1.500 s profiled)\n" + message)
        self.assert_whole((self.folder / "x").read_bytes())

    def test_another_viewer(self):
        path = self.script("my viewer", viewer_text(fake))
        self.expect("-qk", "--viewer", "./my viewer", "run.prof")
        self.assert_opened_a_temporary_file("run.prof.callgrind")
        path.rename(self.bin / "other")
        self.expect("-qk", "--viewer", "other", "run.prof")
        self.assert_opened_a_temporary_file("run.prof.callgrind")
        self.expect("-k", "--viewer", "no-viewer", "run.prof", code=1,
                    error="prof2calltree: no-viewer: no such program (hint: --viewer names a program that opens callgrind files)\n")

    def test_a_viewer_with_arguments(self):
        self.viewer("other")
        self.expect("-qk", "--viewer", "other  one two", "-o", "x", "run.prof")
        self.assertEqual(self.seen(), ["one", "two", "x"])

    def test_a_viewer_that_cannot_be_run(self):
        (self.bin / "broken").write_bytes(b"\x00\x01")
        (self.bin / "broken").chmod(0o755)
        self.expect("-qk", "--viewer", "broken", "run.prof", code=1, error=f"prof2calltree: {self.bin}/broken: cannot run: Exec format error\n")
        self.assertEqual(self.names(self.temporary), [])

    def test_a_viewer_that_fails_is_a_warning(self):
        self.viewer(body=fake + "; exit 3")
        self.expect("-k", "run.prof", error="prof2calltree: opening kcachegrind (2 functions, 1.500 s profiled)\n"
                    "prof2calltree: warning: kcachegrind: exit status 3\n")
        self.assert_opened_a_temporary_file("run.prof.callgrind")
        self.viewer(body=fake + "; kill -TERM $$")
        self.expect("-k", "run.prof", error="prof2calltree: opening kcachegrind (2 functions, 1.500 s profiled)\n"
                    "prof2calltree: warning: kcachegrind: ended by signal 15 (Terminated)\n")
        self.assert_opened_a_temporary_file("run.prof.callgrind")

    def test_a_viewer_without_a_display(self):
        for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"):
            self.environment.pop(name, None)
        self.viewer(body=fake + "; kill -ABRT $$")
        ended = "prof2calltree: warning: kcachegrind: ended by signal 6 (Aborted)"
        hint = " (hint: there is no display here; -o FILE keeps the file, to be opened where there is one)"
        self.expect("-qk", "run.prof", error="")
        self.expect("-k", "run.prof", error=self.opening.decode() + ended + hint + "\n")
        self.environment["DISPLAY"] = ":0"
        self.expect("-k", "run.prof", error=self.opening.decode() + ended + "\n")

    def test_a_run_then_the_viewer_then_the_status_of_the_run(self):
        self.viewer()
        self.file("t.py", "import sys; sys.exit(int(sys.argv[1]))")
        code, _, error = self.run_tool("--python", sys.executable, "-kr", "t.py", "3")
        self.assertEqual(code, 3)
        self.assertRegex(error, r"^prof2calltree: opening kcachegrind \(\d+ functions, \d+\.\d{3} s profiled\)\n$")
        self.assertEqual(pathlib.Path(self.seen()[0]).name, "t.py.callgrind")
        self.assertEqual(self.names(self.temporary), [])

    opening = b"prof2calltree: opening kcachegrind (2 functions, 1.500 s profiled)\n"

    def waiting_viewer(self, body="exec sleep 60"):
        self.viewer(body="echo $$ > pid.new; mv pid.new pid; " + body)
        process = self.start("-k", "run.prof", start_new_session=True)
        self.wait_for((self.folder / "pid").exists)
        self.assertEqual(len(self.names(self.temporary)), 1)
        return process

    def test_an_interrupt_is_for_the_viewer(self):
        process = self.waiting_viewer()
        process.send_signal(signal.SIGINT)  # to us alone: the viewer goes on, and so do we
        self.assertRaises(Exception, process.wait, 0.2)
        self.assertEqual(len(self.names(self.temporary)), 1)
        os.killpg(process.pid, signal.SIGINT)  # as a terminal does
        error = process.communicate(timeout=60)[1]
        warning = b"prof2calltree: warning: kcachegrind: ended by signal 2 (Interrupt)\n"
        self.assertEqual((process.returncode, error), (0, self.opening + warning))
        self.assertEqual(self.names(self.temporary), [])

    def test_sigterm_ends_both(self):
        for number in (signal.SIGTERM, signal.SIGHUP):
            process = self.waiting_viewer()
            process.send_signal(number)
            error = process.communicate(timeout=60)[1]
            self.assertEqual((process.returncode, error), (-number, self.opening))
            self.assertEqual(self.names(self.temporary), [])
            pid = int((self.folder / "pid").read_text())
            self.assertRaises(ProcessLookupError, os.kill, pid, 0)
            os.remove(self.folder / "pid")

    def test_a_signal_before_the_viewer_starts_leaves_no_folder(self):
        self.viewer()
        big = {("t.py", i, f"function{i}"): (1, 1, 0.0, 0.0, {}) for i in range(200_000)}
        self.file("big.prof", dump(big))
        process = self.start("-qk", "big.prof")
        self.wait_for(lambda: self.names(self.temporary) or process.poll() is not None)
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=60)
        self.assertEqual((process.returncode, self.names(self.temporary)), (-signal.SIGTERM, []))
        self.assertFalse((self.folder / "seen").exists())

    def test_no_place_for_temporary_files(self):
        self.viewer()
        self.environment["TMPDIR"] = str(self.folder / "nowhere")
        self.expect("-k", "run.prof", code=1, error=f"prof2calltree: {self.folder}/nowhere: cannot make a temporary folder: "
                    "No such file or directory (hint: TMPDIR says where temporary files go)\n")


if __name__ == "__main__":
    run_tests()
