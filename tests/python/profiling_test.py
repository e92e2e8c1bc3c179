"""profile() as a context manager and a decorator."""

import asyncio
import io
import re
import sys
import threading
import time

import pytest

import cProfile

import profconv


def test_a_block(work, tmp_path):
    with profconv.profile(tmp_path / "run.callgrind") as run:
        work.run()
    assert run.profile.find("fibonacci")[0].calls > 50
    assert (tmp_path / "run.callgrind").read_text() == run.profile.to_callgrind()
    names = {f.name for f in run.profile.functions}
    assert "run" in names and not {"__enter__", "__exit__", "<method 'disable' of '_lsprof.Profiler' objects>"} & names


def test_a_block_that_fails_is_written(work, tmp_path):
    with pytest.raises(ZeroDivisionError), profconv.profile(tmp_path / "run.csv"):
        work.run()
        1 / 0
    assert "fibonacci" in (tmp_path / "run.csv").read_text()


def test_a_block_that_fails_and_cannot_be_written_raises_its_own_exception(tmp_path, caplog):
    target = tmp_path / "gone" / "run.csv"
    target.parent.mkdir()

    @profconv.profile(target)
    def divide():
        1 / 0

    @profconv.profile(target)
    async def wait():
        divide()

    measuring = profconv.profile(target)
    target.parent.rmdir()

    def block():
        with measuring:
            sum([1])
            1 / 0

    for run in (block, divide, lambda: asyncio.run(wait())):
        caplog.clear()
        with pytest.raises(ZeroDivisionError) as caught:
            run()
        said = getattr(caught.value, "__notes__", None) or [record.getMessage() for record in caplog.records]
        assert said and all(re.match("the profile was not written: FileNotFoundError: .*gone", line) for line in said)

    with pytest.raises(FileNotFoundError), measuring:
        sum([1])
    try:
        raise KeyError
    except KeyError:  # which is another's: the block itself goes well
        with pytest.raises(FileNotFoundError), measuring:
            sum([1])


def test_there_is_one_profiler_at_a_time(work):
    with profconv.profile() as run:
        work.leaf()
        with pytest.raises(ValueError, match="nother profil"):
            with profconv.profile():
                pass
        work.leaf()
    assert run.profile.find("leaf")[0].calls == 2


@pytest.mark.skipif(sys.version_info >= (3, 12), reason="there cProfile refuses to begin")
def test_a_profiler_that_begins_within_the_block(work, tmp_path):
    for run in profconv.profile(), profconv.profile(tmp_path / "run.csv"):
        with pytest.warns(profconv.ProfileWarning, match="another profiler was begun within the block") as caught:
            with run:
                work.leaf()
                cProfile.Profile().runcall(work.leaf)
                work.run()
        assert [warning.filename for warning in caught] == [__file__]
        assert sys.getprofile() is None
        assert run.profile.find("leaf")[0].calls == 1 and not run.profile.find("fibonacci")
        with run:
            work.leaf()
        assert run.profile.find("leaf")[0].calls == 2
    assert (tmp_path / "run.csv").exists()

    other = cProfile.Profile()
    try:
        with pytest.warns(profconv.ProfileWarning, match="another profiler was begun"):
            with profconv.profile() as run:
                work.leaf()
                other.enable()
        work.run()
        assert sys.getprofile() is other and not run.profile.find("<built-in method sys.getprofile>")
    finally:
        other.disable()
    with profconv.profile() as again:
        work.leaf()
        del run._profiler  # the end of one that was never disabled
        work.leaf()
    assert again.profile.find("leaf")[0].calls == 2
    assert profconv.read(other).find("run")


def test_a_target_that_cannot_be_written_is_refused_before_anything_runs(tmp_path):
    (tmp_path / "file").touch()
    for target, options, error, message in (
        (tmp_path / "run.cvs", {}, profconv.Error, "the name says no format"),
        (io.StringIO(), {"format": "csv", "gzip": True}, TypeError, "binary mode"),
        (tmp_path / "run.callgrind", {"nams": "short"}, TypeError, "unknown argument 'nams', did you mean names?"),
        (tmp_path / "run.callgrind", {"buitlins": False}, TypeError, "unknown argument 'buitlins', did you mean builtins?"),
        (tmp_path / "run.callgrind", {"names": "long"}, profconv.Error, "unknown value 'long'"),
        (tmp_path / "run.svg", {"node_percent": 101, "strict": True}, profconv.Error, "node_percent: expected a percentage from 0 to 100"),
        (tmp_path / "run.txt", {"tree_percent": -1}, profconv.Error, "tree_percent: expected a percentage from 0 to 100"),
        (tmp_path / "run.csv", {"sort": "foo"}, profconv.Error, "unknown sort key 'foo'"),
        (tmp_path / "run.csv", {"sort": "hits"}, profconv.Error, "cannot sort by 'hits', the profile has no"),
        (tmp_path / "run.txt", {"view": "callers", "call_sort": "foo"}, profconv.Error, "unknown sort key 'foo'"),
        (tmp_path / "run.txt", {"view": "callers", "pattern": "("}, profconv.Error, "missing"),
        (tmp_path / "run.json", {"restrictions": ["1.5"]}, profconv.Error, "is not between 0 and 1"),
        (tmp_path / "run.dot", {"theme": "foo"}, profconv.Error, "theme"),
        (tmp_path / "run.dot", {"time_format": "%q%q"}, profconv.Error, "bad number format"),
        (tmp_path / "run.dot", {"editor_url": "no://{nothing}"}, profconv.Error, "nothing"),
        (tmp_path / "no" / "run.csv", {}, FileNotFoundError, "No such file or directory: '.*run.csv'"),
        (tmp_path / "file" / "run.csv", {}, NotADirectoryError, "Not a directory: '.*run.csv'"),
        (tmp_path, {"format": "csv"}, IsADirectoryError, "Is a directory"),
        (tmp_path / "run.callgrind", {"fold": ["builtins", 7]}, TypeError, "fold: expected a str or an iterable of them, found int"),
        (tmp_path / "run.callgrind", {"fold": "builtins,,"}, profconv.Error, "bad list of what to fold"),
    ):
        with pytest.raises(error, match=message):
            profconv.profile(target, **options)
    # What may be there once something was measured.
    profconv.profile(tmp_path / "run.dot", root="main", leaf="work", paths=["*x*"], show_samples=True)
    profconv.profile(tmp_path / "run.txt", view="peek", pattern="main", restrictions=["main", "0.5", "10"])
    for view in ("functions", "callers", "callees", "tree"):
        profconv.profile(tmp_path / "run.txt", view=view, sort=["calls", "self"], percent=True)


def test_arguments_that_nothing_would_come_of_are_refused():
    for options, error, message in (
        ({"buitlins": False}, TypeError, "argument 'buitlins': without a target, .* known are builtins, subcalls, timer, time_unit, fold"),
        ({"names": "short"}, TypeError, "argument 'names': without a target"),
        ({"format": "csv"}, TypeError, "argument 'format': without a target"),
        ({"builtins": "no"}, TypeError, "builtins: expected True or False, found str"),
        ({"subcalls": 0}, TypeError, "subcalls: expected True or False, found int"),
        ({"timer": 3}, TypeError, "timer: expected a function, found int"),
        ({"time_unit": 1e-6}, profconv.Error, "time_unit: is the unit of a timer, and there is none"),
        ({"timer": time.perf_counter_ns, "time_unit": -1e-9}, profconv.Error, "time_unit: expected a number of seconds above 0"),
        ({"timer": time.perf_counter_ns, "time_unit": float("nan")}, profconv.Error, "time_unit: expected a number of seconds above 0"),
        ({"timer": time.perf_counter_ns, "time_unit": "ns"}, TypeError, "time_unit: expected a number, found str"),
    ):
        with pytest.raises(error, match=message):
            profconv.profile(**options)
    with profconv.profile(timer=time.perf_counter_ns, time_unit=1e-9) as run:
        time.sleep(0.01)
    assert 10**7 <= run.profile.total < 10**10


def test_the_profile_comes_after_the_block():
    with profconv.profile() as run:
        with pytest.raises(RuntimeError, match="when the block has ended"):
            run.profile


def test_only_the_block_is_in_its_profile(work):
    run = profconv.profile()
    with run, run:
        work.leaf()
    assert {f.name for f in run.profile.functions} == {"leaf", "<built-in method builtins.len>"}

    @profconv.profile
    def fibonacci(n):
        return n if n < 2 else fibonacci(n - 1) + fibonacci(n - 2)

    fibonacci(6)
    assert [(f.name, f.calls) for f in fibonacci.profiling.profile.functions] == [("fibonacci", 25)]


def test_a_block_ends_in_the_thread_that_began_it(work):
    run, failed = profconv.profile(), []

    def end():
        try:
            run.__exit__(None, None, None)
        except RuntimeError as error:
            failed.append(str(error))

    with run:
        work.leaf()
        thread = threading.Thread(target=end)
        thread.start()
        thread.join()
    assert failed == ["the block ends in another thread than it began in"]
    assert run.profile.find("leaf")[0].calls == 1


def test_a_block_that_never_began_does_not_end():
    run = profconv.profile()
    for _ in range(2):
        with pytest.raises(RuntimeError, match="the block ends without having begun"):
            run.__exit__(None, None, None)
        with run:
            pass


def test_uses_add_up(work):
    run = profconv.profile()
    for expected in (1, 2, 3):
        with run:
            work.leaf()
        assert run.profile.find("leaf")[0].calls == expected


def test_a_decorator_keeps_the_function(tmp_path):
    @profconv.profile(tmp_path / "f.callgrind", builtins=False, fold="builtins")
    def double(x, *, y=2):
        """Doubles."""
        return x * y

    assert double(3) == 6 and double(3, y=4) == 12
    assert (double.__name__, double.__doc__) == ("double", "Doubles.")
    assert double.profiling.profile.find("double")[0].calls == 2
    assert "double" in (tmp_path / "f.callgrind").read_text()


def test_a_decorated_function_that_calls_itself():
    @profconv.profile
    def fibonacci(n):
        return n if n < 2 else fibonacci(n - 1) + fibonacci(n - 2)

    assert fibonacci(10) == 55
    (function,) = fibonacci.profiling.profile.find("fibonacci")
    assert function.calls == 177
    assert {f.name for f in fibonacci.profiling.profile.functions if f.file == function.file} == {"fibonacci"}


def test_coroutines_and_generators():
    @profconv.profile
    async def wait():
        await asyncio.sleep(0)
        return 3

    assert asyncio.run(wait()) == 3
    assert wait.profiling.profile.find("wait")
    with pytest.raises(TypeError, match="with block"):

        @profconv.profile
        def generate():
            yield 1

    class Waits:
        async def __call__(self):
            return await asyncio.sleep(0, 4)

    class Generates:
        def __call__(self):
            yield 1

    wait = profconv.profile(Waits())
    assert asyncio.run(wait()) == 4
    assert wait.profiling.profile.find("__call__")
    with pytest.raises(TypeError, match="with block"):
        profconv.profile(Generates())


def test_a_coroutine_is_measured_while_it_runs_and_not_while_it_is_suspended(tmp_path):
    def own(n):
        return n

    def others():
        return sum(range(10))

    async def run_others():
        for _ in range(5):
            others()
            await asyncio.sleep(0)

    @profconv.profile(tmp_path / "run.csv")
    async def work(n):
        own(n)
        await asyncio.sleep(0.01)
        try:
            await asyncio.wait_for(asyncio.sleep(10), 0.001)
        except asyncio.TimeoutError:
            own(n)
        return own(n)

    async def all_of_them():
        return await asyncio.gather(work(1), run_others(), work(2))

    assert asyncio.iscoroutinefunction(work) and asyncio.run(all_of_them()) == [1, None, 2]
    profile = work.profiling.profile
    assert profile.find("own")[0].calls == 6 and not profile.find("others")
    assert not [f for f in profile.functions if f.file.endswith("_profiling.py") or "partial" in f.name]
    assert "own" in (tmp_path / "run.csv").read_text()

    class Waits:
        def __await__(self):
            return (yield "question")

    @profconv.profile
    async def ask():
        try:
            return await Waits()
        finally:
            own(3)

    coroutine = ask()
    assert coroutine.send(None) == "question" and sys.getprofile() is None
    with pytest.raises(StopIteration) as end:
        coroutine.send("answer")
    assert end.value.value == "answer"
    for stop in (lambda coroutine: coroutine.close(), lambda coroutine: coroutine.throw(KeyError("x"))):
        coroutine = ask()
        coroutine.send(None)
        try:
            stop(coroutine)
        except KeyError:
            pass
        assert sys.getprofile() is None
    assert ask.profiling.profile.find("own")[0].calls == 3
    with pytest.raises(TypeError):
        asyncio.run(ask(1))


def test_classes_are_refused(tmp_path):
    class File:
        def write(self, data): ...

    for decorate in (profconv.profile, profconv.profile(tmp_path / "run.csv")):
        for kind in (File, int):
            with pytest.raises(TypeError, match="a class is profiled by its methods"):
                decorate(kind)


@pytest.mark.parametrize("decorate", [profconv.profile, profconv.profile()])
def test_methods_of_a_class_stay_what_they_are(decorate):
    class Kind:
        @decorate
        @staticmethod
        def static(x):
            return x

        @decorate
        @classmethod
        def of_class(cls, x):
            return cls, x

        @staticmethod
        @decorate
        def inside(x):
            return x

    assert Kind.static(1) == Kind().static(1) == Kind.inside(1) == Kind().inside(1) == 1
    assert Kind.of_class(2) == Kind().of_class(2) == (Kind, 2)
    assert Kind.static.profiling.profile.find("static")[0].calls == 2
    assert Kind.of_class.profiling.profile.find("of_class")[0].calls == 2


def test_other_threads_run_without(work):
    run, inside, leave = profconv.profile(), threading.Event(), threading.Event()

    def hold():
        with run:
            inside.set()
            leave.wait()

    thread = threading.Thread(target=hold)
    thread.start()
    inside.wait()
    with run:
        work.leaf()
    leave.set()
    thread.join()
    if sys.version_info < (3, 12):  # cProfile sees the calls of all threads since
        assert not run.profile.find("leaf")
    with run:
        work.leaf()
    assert run.profile.find("leaf")


def test_targets():
    out = io.StringIO()
    with profconv.profile(out, "csv", limit=1):
        sum([1])
    assert out.getvalue().count("\n") == 2
    with pytest.raises(TypeError, match="target: expected"):
        profconv.profile(3)


def test_decorated_functions_that_call_each_other():
    @profconv.profile
    def inner(n):
        return n + 1

    @profconv.profile
    def outer(n):
        return inner(n)

    assert outer(1) == 2 and inner(1) == 2
    assert outer.profiling.profile.find("inner") and inner.profiling.profile.find("inner")
    other = cProfile.Profile()
    assert other.runcall(outer, 2) == 3
