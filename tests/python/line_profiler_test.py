"""Objects of line_profiler, read in memory."""

import cProfile
import linecache
import pickle
import sys

import pytest

import profconv

line_profiler = pytest.importorskip("line_profiler")


class Counter:
    def count(self, n):
        total = 0
        for i in range(n):
            total += self.one(i)
        return total

    def one(self, i):
        return 1


@pytest.fixture
def measured():
    profiler = line_profiler.LineProfiler(Counter.count, Counter.one)
    profiler.runcall(Counter().count, 7)
    return profiler


def test_hits_and_times_are_those_of_the_profiler(measured):
    stats = measured.get_stats()
    for source in (measured, stats):
        profile = profconv.read(source)
        assert [metric.name for metric in profile.metrics] == ["time", "hits"]
        found = {}
        for function in profile.functions:
            for line in function.lines:
                found[function.file, function.line, line.line] = (line.self_costs["hits"], line.total_costs["time"])
        expected = {
            (file, first, line): (hits, pytest.approx(ticks * stats.unit * 1e9, abs=1))
            for (file, first, _), lines in stats.timings.items()
            for line, hits, ticks in lines
        }
        assert found == expected and len(found) == 5


def test_from_stats_and_convert(measured, tmp_path):
    assert profconv.Profile.from_stats(measured) == profconv.read(measured)
    profconv.convert(measured, tmp_path / "lines.callgrind")
    text = (tmp_path / "lines.callgrind").read_text()
    assert "count" in text and "Line hits" in text


def test_a_source_that_is_no_file_has_its_text(tmp_path):
    text = "def double(n):\n    m = n + n\n    # of which nothing is measured\n    return m\n"
    for file in ("<cell 3>", str(tmp_path / "gone" / "3.py")):
        linecache.cache[file] = (len(text), None, text.splitlines(True), file)
        exec(compile(text, file, "exec"), names := {})
        profiler = line_profiler.LineProfiler(names["double"])
        profiler.runcall(names["double"], 3)
        profile, stats = profconv.read(profiler), profconv.read(profiler.get_stats())
        del linecache.cache[file]
        for kept in (profile, stats, pickle.loads(pickle.dumps(profile)), profile.fuse()):
            report = kept.to_text(view="lines")
            assert "m = n + n" in report and "# of which" in report


def test_fused_with_calls(measured):
    profiler = cProfile.Profile()
    profiler.runcall(Counter().count, 7)
    fused = profconv.read(profiler).fuse(measured)
    (count,) = fused.find("count")
    qualified = "Counter.count" if sys.version_info >= (3, 11) else ""  # code objects have such names since
    assert (count.calls, count.qualified) == (1, qualified)
    assert [line.self_costs["hits"] for line in count.lines] == [1, 8, 7, 1]
    first = Counter.count.__code__.co_firstlineno
    assert {call.callee.name: call.line for call in count.callees}["one"] == first + 3
