"""Times the tools beside their peers, end to end, on generated dumps, and prints a table of ratios.

Each row runs ours and the peer in turns, several times, and takes the median of the ratios of neighbouring runs: what else
the machine does at the time meets both. Each is run twice at its turn and the second run counts: the first one, ours or the
peer, pays for what the other gave back to the system before, which in a virtual machine can double its time. How fast is fast
enough is not decided here; no test looks at a clock. Peers that are not installed are left out. `--check` counts instructions
instead of time (instructions.py).
"""

import argparse
import multiprocessing
import os
import pathlib
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

here = pathlib.Path(__file__).resolve().parent
source = here.parents[1]
sys.path.insert(0, str(here))
import generate  # noqa: E402
import instructions  # noqa: E402

load = "import marshal, sys; marshal.loads(open(sys.argv[1], 'rb').read())"
report = "import pstats, sys; pstats.Stats(sys.argv[1]).sort_stats('cumulative').print_stats(20)"
add = "import pstats, sys; stats = pstats.Stats(sys.argv[2])\nfor name in sys.argv[3:]: stats.add(name)\nstats.dump_stats(sys.argv[1])"


def run(command, stdout=None):
    """Wall seconds, processor seconds and peak bytes of one run. What it writes (-o) is not there before: for who writes
    over the file of the run before that may have to go to the disk first."""
    quiet = os.open(os.devnull, os.O_WRONLY) if stdout is None else os.open(stdout, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644)
    actions = [(os.POSIX_SPAWN_DUP2, quiet, 1), (os.POSIX_SPAWN_DUP2, quiet, 2)]
    command = [str(part) for part in command]
    for option, path in zip(command, command[1:]):
        if option == "-o":
            pathlib.Path(path).unlink(missing_ok=True)
    begin = time.perf_counter()
    child = os.posix_spawnp(command[0], command, os.environ, file_actions=actions)
    _, status, usage = os.wait4(child, 0)
    wall = time.perf_counter() - begin
    os.close(quiet)
    if status != 0:
        raise SystemExit(f"{' '.join(command)[:200]} failed")
    return wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss * (1024 if sys.platform == "linux" else 1)


def make(how, *arguments):
    """Has inputs made in a process of its own: what this one has in memory counts as the peak of those that it starts."""
    process = multiprocessing.Process(target=how, args=arguments)
    process.start()
    process.join()
    if process.exitcode != 0:
        raise SystemExit(f"{how.__name__} failed")


def total(runs):
    """Several commands one after the other, as one."""
    return tuple(map(sum, zip(*runs)))


class Bench:
    def __init__(self, options, scratch):
        self.options = options
        self.scratch = scratch
        self.python = os.environ.get("PROFCONV_PEERS", sys.executable)
        self.rows = []

    def tool(self, name):
        return self.options.bin / name

    def peer(self, name):
        program = pathlib.Path(self.python).parent / name
        return program if program.exists() else None

    def dump(self, name, functions, scattered=False):
        path = self.scratch / name
        make(generate.write, path, functions, self.options.callers, 1, scattered)
        return path

    def compare(self, what, ours, peer_name, peer, runs=None, twice=True):
        """`ours` and `peer` are called in turns; each gives what `run` gives."""
        ours(), peer()  # caches are warm, folders exist
        turn = (lambda work: (work(), work())[1]) if twice else (lambda work: work())
        pairs = [(turn(ours), turn(peer)) for _ in range(runs or self.options.runs)]
        walls = [pair[0][0] for pair in pairs]
        self.add(
            what,
            f"{statistics.median(walls) * 1000:.1f} ms",
            peer_name,
            f"{statistics.median(theirs[0] for _, theirs in pairs) * 1000:.1f} ms",
            f"{statistics.median(theirs[0] / mine[0] for mine, theirs in pairs):.2f}",
            f"{statistics.median(mine[2] for mine, _ in pairs) / 2**20:.0f} MiB",
        )
        return pairs

    def add(self, *cells):
        self.rows.append(cells)
        print("| " + " | ".join(cells) + " |", flush=True)

    def everything(self):
        print("| what | ours | peer | its time | times faster | our peak |\n| --- | --- | --- | --- | --- | --- |")
        big = self.dump("big.prof", self.options.functions)
        self.callgrind(big)
        self.others(big)
        self.gzip(big)
        big.unlink()
        self.scattered()
        self.lines()
        self.typical()
        self.merge()
        if self.options.ten_times:
            self.ten_times()

    def callgrind(self, big):
        out, copy = self.scratch / "big.callgrind", self.scratch / "copy"
        ours = lambda: run([self.tool("prof2calltree"), "-q", "-i", big, "-o", out])  # noqa: E731
        if peer := self.peer("pyprof2calltree"):
            self.compare("prof2calltree, big", ours, "pyprof2calltree", lambda: run([peer, "-i", big, "-o", copy]), runs=3)
        pairs = self.compare("prof2calltree, big", ours, "marshal.loads", lambda: run([self.python, "-c", load, big]))
        self.compare("prof2calltree, big", ours, "cat IN; cat OUT > FILE", lambda: total([run(["cat", big]), run(["cat", out], copy)]))
        peak = statistics.median(mine[2] for mine, _ in pairs)
        self.add("prof2calltree, big: memory", f"{peak / 2**20:.0f} MiB", "size of the input", f"{big.stat().st_size / 2**20:.0f} MiB", f"{big.stat().st_size / peak:.2f}", "")

    def others(self, big):
        out = self.scratch / "out"
        if peer := self.peer("gprof2dot"):
            self.compare("prof2dot, big", lambda: run([self.tool("prof2dot"), "-q", "-o", out, big]), "gprof2dot", lambda: run([peer, "-f", "pstats", "-o", out, big]), runs=3)
        ours = [self.tool("prof2text"), "--style", "pstats", "-s", "cumulative", "-n", "20", big]
        self.compare("prof2text --style pstats, big", lambda: run(ours), "pstats", lambda: run([self.python, "-c", report, big]), runs=3)

    def scattered(self):
        """Nearly as many files as functions."""
        dump, out = self.dump("scattered.prof", self.options.functions, scattered=True), self.scratch / "out"
        if peer := self.peer("pyprof2calltree"):
            self.compare("prof2calltree, big, a file per function", lambda: run([self.tool("prof2calltree"), "-q", "-i", dump, "-o", out]), "pyprof2calltree", lambda: run([peer, "-i", dump, "-o", out]), runs=3)
        ours = [self.tool("prof2text"), "--style", "pstats", "-s", "cumulative", "-n", "20", dump]
        self.compare("prof2text --style pstats, big, a file per function", lambda: run(ours), "pstats", lambda: run([self.python, "-c", report, dump]), runs=3)
        dump.unlink()

    def gzip(self, big):
        packed, out, plain = self.scratch / "big.prof.gz", self.scratch / "out.gz", self.scratch / "big.callgrind"
        with open(packed, "wb") as file:
            subprocess.run(["gzip", "-c", str(big)], stdout=file, check=True)
        tool = self.tool("prof2calltree")
        convert = lambda: run([tool, "-q", "-i", big, "-o", plain])  # noqa: E731
        self.compare("prof2calltree, packed input", lambda: run([tool, "-q", "-i", packed, "-o", plain]), "zcat, and the same unpacked", lambda: total([run(["zcat", packed]), convert()]), runs=3)
        self.compare("prof2calltree --gzip", lambda: run([tool, "-q", "-i", big, "-o", out]), "the same unpacked, and gzip -6", lambda: total([convert(), run(["gzip", "-6", "-c", plain])]), runs=3)

    def lines(self):
        folder, out = self.scratch / "sources", self.scratch / "lines.txt"
        folder.mkdir()
        for what, sources in ((", sources there", folder), ("", None)):
            profile = self.scratch / "run.lprof"
            make(generate.write_line_profile, profile, 2000, 50, 1, sources)
            ours = [self.tool("prof2text"), "-q", "--style", "line_profiler", "-o", out, profile]
            if self.peer("kernprof"):
                self.compare(f"prof2text --style line_profiler, 2,000 functions of 50 lines{what}", lambda: run(ours), "line_profiler", lambda: run([self.python, "-m", "line_profiler", profile]))
        shutil.rmtree(folder)

    def typical(self):
        dump, out = self.scratch / "typical.prof", self.scratch / "typical.callgrind"
        make(generate.write_program, dump, 2000, 1)
        ours = lambda: run([self.tool("prof2calltree"), "-q", "-i", dump, "-o", out])  # noqa: E731
        if peer := self.peer("pyprof2calltree"):
            self.compare("prof2calltree, typical", ours, "pyprof2calltree", lambda: run([peer, "-i", dump, "-o", out]))
        self.compare("prof2calltree, typical", ours, "true; cat IN", lambda: total([run(["true"]), run(["cat", dump])]), runs=50)
        if peer:
            make(generate.write_program, dump, 2000, 1, self.scratch / "sources")
            self.compare("prof2calltree, typical, sources there", ours, "pyprof2calltree, which opens none", lambda: run([peer, "-i", dump, "-o", out]))
            shutil.rmtree(self.scratch / "sources")

    def merge(self):
        folder = self.scratch / "runs"
        folder.mkdir()
        dumps = [folder / f"{number}.prof" for number in range(self.options.dumps)]
        make(generate.write_program, dumps[0], 2000, 1)
        for dump in dumps[1:]:
            shutil.copyfile(dumps[0], dump)
        out = self.scratch / "merged"
        ours = lambda: run([self.tool("prof2calltree"), "-q", "-o", out, *dumps])  # noqa: E731
        self.compare(f"prof2calltree, {len(dumps)} typical", ours, "pstats.Stats.add", lambda: run([self.python, "-c", add, out, *dumps]), runs=1, twice=False)
        shutil.rmtree(folder)

    def ten_times(self):
        out = self.scratch / "ten.callgrind"
        convert = lambda dump: run([self.tool("prof2calltree"), "-q", "-i", dump, "-o", out])  # noqa: E731
        for what, scattered in (("", False), (", a file per function", True)):
            small, huge = self.dump("small.prof", self.options.functions, scattered), self.dump("huge.prof", 10 * self.options.functions, scattered)
            pairs = self.compare(f"prof2calltree, big{what}", lambda: convert(small), "itself, ten times as big", lambda: convert(huge), runs=3)
            peak = statistics.median(theirs[2] for _, theirs in pairs)
            size = huge.stat().st_size
            self.add(f"prof2calltree, ten times big{what}: memory", f"{peak / 2**20:.0f} MiB", "size of the input", f"{size / 2**20:.0f} MiB", f"{size / peak:.2f}", "")


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--check", action="store_true", help="compare instruction counts with the committed ones")
    parser.add_argument("--bless", action="store_true", help="write the instruction counts of this build down as the ones to compare with")
    parser.add_argument("--bin", type=pathlib.Path, default=os.environ.get("PROFCONV_BIN", source / "build/release/bin"), help="folder of the tools")
    parser.add_argument("--functions", type=int, default=100_000, help="of the big dump")
    parser.add_argument("--callers", type=int, default=5, help="callers per function, on average")
    parser.add_argument("--dumps", type=int, default=1000, help="dumps to add up")
    parser.add_argument("--runs", type=int, default=9)
    parser.add_argument("--ten-times", action="store_true", help="also a dump ten times as big (takes minutes)")
    options = parser.parse_args()
    if not (options.bin / "prof2calltree").exists():
        raise SystemExit(f"{options.bin}/prof2calltree is not there: ./dev build")
    if options.check or options.bless:
        raise SystemExit(instructions.check(options.bin, options.bless))
    print(f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}, medians of paired runs\n")
    with tempfile.TemporaryDirectory() as name:
        Bench(options, pathlib.Path(name)).everything()


if __name__ == "__main__":
    main()
