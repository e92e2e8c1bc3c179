"""Objects of profilers, read in memory."""

import cProfile
import io
import os
import profile as pure_profile
import pstats
import sys
import types

import pytest

import profconv


def key(function):
    return function.file, function.line, function.name


def test_the_numbers_are_those_of_the_dump(profiler, tmp_path):
    live = profconv.read(profiler)
    profiler.dump_stats(tmp_path / "dump")
    dumped = profconv.read(tmp_path / "dump")
    assert live.total == dumped.total
    by_key = {key(f): f for f in dumped.functions}
    assert {key(f) for f in live.functions} == set(by_key)
    for function in live.functions:
        same = by_key[key(function)]
        assert (function.calls, function.primitive, function.self, function.total) == (same.calls, same.primitive, same.self, same.total)
        edges = {key(c.callee): (c.calls, c.primitive, c.self, c.total) for c in function.callees}
        assert edges == {key(c.callee): (c.calls, c.primitive, c.self, c.total) for c in same.callees}


@pytest.mark.skipif(sys.version_info < (3, 11), reason="code objects have qualified names since Python 3.11")
def test_code_objects_say_qualified_names(profiler):
    names = {f.qualified for f in profconv.read(profiler).functions}
    assert {"Work.run", "Work.fibonacci", "Work.run.<locals>.<lambda>"} <= names
    assert "Work.fibonacci" in profconv.read(profiler).to_callgrind()
    assert "Work::fibonacci" in profconv.read(profiler).to_callgrind(names="qualified")


def test_every_object_of_a_profiler(profiler, work):
    for way in (profiler, profiler.getstats(), tuple(profiler.getstats()), pstats.Stats(profiler)):
        assert profconv.Profile.from_stats(way).find("fibonacci")[0].calls == profconv.read(way).find("fibonacci")[0].calls > 50
    pure = pure_profile.Profile()
    pure.runcall(work.run)
    calls = profconv.read(pure).find("fibonacci")[0].calls
    assert calls == profconv.read(profiler).find("fibonacci")[0].calls


def test_no_file_is_touched(profiler, monkeypatch):
    opened = []
    sys.addaudithook(lambda event, arguments: opened.append(arguments) if event == "open" and opened is not None else None)
    profconv.read(profiler), profconv.read(pstats.Stats(profiler)), profconv.read(profiler.getstats())
    assert opened == []


def test_from_stats_takes_objects_only(dump):
    for wrong in (str(dump), dump, dump.read_bytes(), io.BytesIO(), None):
        with pytest.raises(TypeError, match="expected a cProfile.Profile"):
            profconv.Profile.from_stats(wrong)


def test_a_running_profiler_is_stopped(work):
    profiler = cProfile.Profile()
    profiler.enable()
    work.run()
    profile = profconv.read(profiler)
    assert sys.getprofile() is None
    assert profile.find("fibonacci")


@pytest.mark.parametrize("ask", [profconv.read, profconv.Profile.from_stats, lambda profiler: profconv.convert(profiler, io.StringIO()),
                                 lambda profiler: profconv.write(profiler, io.StringIO()), lambda profiler: profconv.CalltreeConverter(profiler)])
def test_what_reads_a_running_profiler_is_not_in_it(work, ask):
    profiler = cProfile.Profile()
    profiler.enable()
    work.leaf()
    ask(profiler)
    assert sys.getprofile() is None
    functions = profconv.read(profiler).functions
    ours = [f.name for f in functions if os.path.dirname(f.file) == os.path.dirname(profconv.__file__)]
    assert len(ours) <= 1, "what was called, which stops the profiler first of all"
    assert {f.name for f in functions} - set(ours) <= {"leaf", "<lambda>", "<built-in method builtins.len>", "<method 'disable' of '_lsprof.Profiler' objects>"}


def test_another_profiler_stays(work):
    seen = []
    finished = cProfile.Profile()
    finished.runcall(work.run)
    sys.setprofile(lambda *event: seen.append(event))
    try:
        profconv.read(finished)
        assert sys.getprofile() is not None
    finally:
        sys.setprofile(None)


def test_custom_timers(work):
    ticks = iter(range(10**6))
    profiler = cProfile.Profile(timer=lambda: next(ticks), timeunit=0.001)
    profiler.runcall(work.leaf)
    assert profconv.read(profiler).total % 1_000_000 == 0 and profconv.read(profiler).total > 0
    raw = cProfile.Profile(timer=lambda: next(ticks))
    raw.runcall(work.leaf)
    assert profconv.read(raw, time_unit=1e-6).total == profconv.read(raw).total / 1e6


def test_functions_that_a_dump_cannot_tell_apart_are_added_up():
    first, second = (lambda: sum([1])), (lambda: sum([2]))
    second.__code__ = second.__code__.replace(co_firstlineno=first.__code__.co_firstlineno)
    profiler = cProfile.Profile()
    profiler.runcall(first)
    profiler.runcall(second)
    functions = [f for f in profconv.read(profiler).functions if f.name == "<lambda>"]
    assert [f.calls for f in functions] == [2]


def test_stats_know_their_file(dump):
    assert profconv.read(pstats.Stats(str(dump))).sources[0].name == str(dump)


def entry(**changes):
    values = dict(code="<built-in method f>", callcount=1, reccallcount=0, totaltime=0.5, inlinetime=0.5, calls=None)
    return types.SimpleNamespace(**{**values, **changes})


@pytest.mark.parametrize(
    "changes, message",
    [
        ({"code": 3}, "without 'co_name'"),
        ({"callcount": "1"}, "expected an int as 'callcount', found str"),
        ({"callcount": 1.5}, "expected an int as 'callcount', found float"),
        ({"inlinetime": None}, "expected a number as 'inlinetime', found NoneType"),
        ({"calls": 5}, "not iterable"),
        ({"calls": [1]}, "entry 0, call 0: expected an entry"),
        ({"calls": [entry(callcount=None)]}, "entry 0, call 0: expected an int"),
    ],
)
def test_entries_of_wrong_types(changes, message):
    with pytest.raises(TypeError, match=message):
        profconv.read([entry(**changes)])


def test_entries_with_impossible_numbers():
    with pytest.raises(profconv.Error, match="callcount does not fit 64 bits"):
        profconv.read([entry(callcount=2**70)])
    with pytest.raises(profconv.Error, match="time_unit= says which"):
        profconv.read([entry(inlinetime=1e30)])
    with pytest.raises(profconv.Error, match="fit 64 bits"):
        profconv.read([entry(inlinetime=9e9), entry(code="g", inlinetime=9e9)])
    with pytest.warns(profconv.ProfileWarning, match="2 numbers are infinite or not a number"):
        assert profconv.read([entry(inlinetime=float("nan"), totaltime=float("inf"))]).total == 0
    with pytest.warns(profconv.ProfileWarning, match="1 pair of call counts makes no sense"):
        assert profconv.read([entry(callcount=-1)]).functions[0].calls is None
    with pytest.warns(profconv.ProfileWarning, match="empty"):
        profconv.read([])


def test_times_that_are_ints():
    assert profconv.read([entry(inlinetime=2, totaltime=3)]).total == 2_000_000_000
    with pytest.warns(profconv.ProfileWarning, match="2 numbers are infinite or not a number"):
        assert profconv.read([entry(inlinetime=10**400, totaltime=-(10**400))]).total == 0
    with pytest.raises(profconv.Error, match="time_unit= says which"):
        profconv.read([entry()], time_unit=1e300)


def test_options_hold_for_objects_too(profiler):
    assert profconv.read(profiler, command="t.py").sources[0].command == "t.py"
    assert profconv.Profile.from_stats(profiler.getstats(), command="t.py").sources[0].command == "t.py"
    assert profconv.read(profiler, format="pstats").total == profconv.read(profiler).total
    for source in (profiler, profiler.getstats(), pstats.Stats(profiler)):
        with pytest.raises(profconv.Error, match="'hotshot' was asked for, but the object is of 'pstats'"):
            profconv.read(source, format="hotshot")
        with pytest.raises(profconv.Error, match="'' was asked for"):
            profconv.read(source, format="")
        with pytest.raises(TypeError, match="format: expected a str"):
            profconv.read(source, format=3)
        with pytest.raises(TypeError, match="salvage: expected True or False"):
            profconv.read(source, salvage=1)
        for limit, most in {"max_functions": 1, "max_calls": 1, "max_string": 20}.items():
            with pytest.raises(profconv.Error, match=f"{limit}= raises the limit") as raised:
                profconv.read(source, **{limit: most})
            assert raised.value.source


def test_entries_that_change_while_they_are_read():
    entries = [entry(), entry(code="g")]

    class Hostile:
        code, callcount, reccallcount, inlinetime, totaltime = "h", 1, 0, 0.0, 0.0

        @property
        def calls(self):
            entries.clear()
            return None

    entries.insert(0, Hostile())
    assert {f.name for f in profconv.read(entries).functions} == {"h", "<built-in method f>", "g"}


def test_errors_in_attributes_come_through():
    class Broken:
        @property
        def code(self):
            raise OSError("broken")

    with pytest.raises(OSError, match="broken"):
        profconv.read([Broken()])


def test_stats_of_wrong_content(profiler):
    stats = pstats.Stats(profiler)
    stats.stats = {("f", 1, "g"): (1, 1, object(), 1.0, {})}
    with pytest.raises(TypeError, match="plain numbers and texts"):
        profconv.read(stats)
    stats.stats = {("f", 1, "g"): (1, 1)}
    with pytest.raises(profconv.Error, match="expected a tuple of 5"):
        profconv.read(stats)
    stats.stats = None
    with pytest.raises(TypeError, match="a dict 'stats'"):
        profconv.read(stats)


def test_codes_of_one_name_that_call_each_other_are_a_recursion():
    def made(text, **names):
        exec(compile(text, "<made>", "exec"), names)
        return names["step"]

    inner = made("def step(busy):\n    return busy()\n")
    outer = made("def step(busy):\n    return inner(busy)\n", inner=inner)
    profiler = cProfile.Profile()
    profiler.runcall(outer, lambda: sum(range(20000)))
    profile = profconv.read(profiler)
    (step,) = profile.find("step")
    assert (step.calls, step.primitive) == (2, 1)
    assert step.total <= profile.total
