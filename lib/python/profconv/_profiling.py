"""Profiling a block or a function."""

from __future__ import annotations

import cProfile
import functools
import glob
import inspect
import logging
import math
import numbers
import os
import sys
import threading
import types
from typing import Any, Callable, Iterable, List, Optional, TypeVar, Union, cast, overload

from profconv._core import Error
from profconv._messages import require_flag, warn
from profconv._profile import Profile, check_fold
from profconv._sources import EACH_HAS_ITS_OWN, running
from profconv._writing import check_arguments, check_place, specimen

_never_disabled: List[cProfile.Profile] = []  # and not to be freed: that would switch off whatever profiler runs then
_OWN = ("builtins", "subcalls", "timer", "time_unit", "fold")  # arguments that are not the format's
Called = TypeVar("Called", bound=Callable[..., Any])


@overload
def profile(target: Called) -> Called: ...
@overload
def profile(
    target: Any = None,
    format: Optional[str] = None,
    *,
    builtins: bool = True,
    subcalls: bool = True,
    timer: Optional[Callable[[], float]] = None,
    time_unit: Optional[float] = None,
    fold: Union[str, Iterable[str]] = (),
    **options: Any,
) -> Profiling: ...


def profile(
    target: Any = None,
    format: Optional[str] = None,
    *,
    builtins: bool = True,
    subcalls: bool = True,
    timer: Optional[Callable[[], float]] = None,
    time_unit: Optional[float] = None,
    fold: Union[str, Iterable[str]] = (),
    **options: Any,
) -> Any:
    """Profiles a block or a function with cProfile; a context manager and a decorator.

        with profconv.profile("run.callgrind") as run:
            work()
        print(run.profile.top(3))

        @profconv.profile("run.svg", fold="stdlib")
        def work(): ...

    target   -- where the profile is written when the block or call ends, also by an exception: see Profile.write; None:
                nowhere, it is in `.profile`. If that fails, too, it is a note on the exception (a log record before 3.11).
    builtins -- measure C functions, too
    subcalls -- measure per caller
    timer, time_unit -- another clock, and the seconds that its unit has, as for cProfile.Profile
    fold     -- what to merge into the callers before writing: see Profile.fold
    format, options  -- as for Profile.write; without a target there are none

    Every use adds to the same profile. Only one block of it is measured at a time: those that other threads begin meanwhile
    are run without. A coroutine function is measured while it runs, not while it is suspended. From Python 3.12 on cProfile
    sees what all threads call during the block, before that only the block's own thread. There is one profiler at a time:
    entering a block while another one runs raises ValueError. A block ends in the thread that began it; elsewhere
    RuntimeError is raised. A decorated function runs unmeasured beside another profiler, such as that of a decorated
    function which called it; its own is `function.profiling`, with `.profile`. One that begins within the block ends the
    measurement before Python 3.12, which is a ProfileWarning. Refused at once, as Profile.write would refuse them, are
    options that the format does not have or values that are none, a target whose name says no format, that is a folder or
    has none, and a picture where there is no Graphviz.
    """
    if isinstance(target, (type, staticmethod, classmethod)) or (callable(target) and not hasattr(target, "write") and not isinstance(target, os.PathLike)):
        return Profiling(None, format, builtins, subcalls, timer, time_unit, fold, options)(cast(Any, target))
    return Profiling(target, format, builtins, subcalls, timer, time_unit, fold, options)


class _Blocks(threading.local):
    """How deep this thread is in blocks that are measured, and in those around them that are not.

    Attributes and no calls: what is called before the profiler is stopped would be part of every profile.
    """

    measured = 0
    unmeasured = 0


class Profiling:
    """What `profile` returns: profiles while it is entered. `profile` holds all that was measured so far."""

    def __init__(self, target, format, builtins, subcalls, timer, time_unit, fold, options):
        if target is not None and not isinstance(target, (str, bytes, os.PathLike)) and not hasattr(target, "write"):
            raise TypeError(f"target: expected a file name, a file or a function, found {type(target).__name__}")
        require_flag("builtins", builtins)
        require_flag("subcalls", subcalls)
        _check_clock(timer, time_unit)
        if target is not None:  # nothing is measured for a file that cannot be written
            of_the_format = {name: value for name, value in options.items() if name not in ("gzip", "strict")}
            check_arguments(target, format, options.get("gzip"), options.get("strict", False), of_the_format, _OWN, specimen())
            check_place(target)
        elif options or format is not None:
            name = "format" if format is not None else next(iter(options))
            raise TypeError(f"argument {name!r}: without a target, where the profile is written, known are {', '.join(_OWN)}")
        clock = {} if timer is None else {"timer": timer, "timeunit": time_unit or 0.0}
        self._profiler = cProfile.Profile(builtins=builtins, subcalls=subcalls, **clock)
        self._target, self._format, self._options = target, format, options
        self._fold = (fold,) if isinstance(fold, str) else tuple(fold)
        for glob_or_word in self._fold:
            if not isinstance(glob_or_word, str):
                raise TypeError(f"fold: expected a str or an iterable of them, found {type(glob_or_word).__name__}")
        if self._fold:
            check_fold(self._fold)
        self._lock = threading.Lock()
        self._is_measuring = False
        self._here = _Blocks()
        self._profile = None

    @property
    def profile(self) -> Profile:
        """The profile of everything measured so far, a Profile. Raises RuntimeError within the block."""
        if self._is_measuring:
            raise RuntimeError("the profile is there when the block has ended")
        if self._profile is None:
            measured = Profile.from_stats([entry for entry in self._profiler.getstats() if not _is_own(entry)])
            # The wrapper of a function that calls itself belongs to that function.
            own = [glob.escape(__file__)] if any(f.file == __file__ for f in measured.functions) else []
            self._profile = measured.fold(*own, *self._fold) if own or self._fold else measured
        return self._profile

    def __enter__(self) -> Profiling:
        here = self._here
        if here.measured:
            here.measured += 1
            return self
        with self._lock:
            if self._is_measuring:
                here.unmeasured += 1
                return self
            self._is_measuring = True
        self._profile = None
        here.measured = 1
        try:
            # From 3.12 on `enable` says so itself; before, it would take the other one's place.
            if not EACH_HAS_ITS_OWN and sys.getprofile() is not None:
                raise ValueError("another profiler is running, and there is one at a time")
            self._profiler.enable()
        except BaseException:
            here.measured, self._is_measuring = 0, False
            raise
        return self

    def __exit__(self, kind: Any, error: Any, trace: Any) -> None:
        self._end(error)

    def _end(self, error, writes=True):
        here = self._here
        if here.measured > 1:
            here.measured -= 1
        elif here.measured:
            # Before 3.12 another one that was begun meanwhile has taken its place, and would be the one that ends here.
            other = None if EACH_HAS_ITS_OWN else running()
            is_lost = not EACH_HAS_ITS_OWN and other is not self._profiler
            if not is_lost or other is None:
                self._profiler.disable()
            else:
                _never_disabled.append(self._profiler)
            here.measured, self._is_measuring = 0, False
            if is_lost:
                warn("another profiler was begun within the block; what ran after that is not in the profile")
            if writes and self._target is not None:
                self._write(error)
        elif here.unmeasured:
            here.unmeasured -= 1
        elif self._is_measuring:
            raise RuntimeError("the block ends in another thread than it began in")
        else:
            raise RuntimeError("the block ends without having begun")

    def _write(self, error):
        """Writes the profile. Where the block has failed that is what its caller has to know: not writing is a note on it."""
        try:
            self.profile.write(self._target, self._format, **self._options)
        except Exception as failure:
            if error is None:
                raise
            text = f"the profile was not written: {type(failure).__name__}: {failure}"
            if hasattr(error, "add_note"):  # from Python 3.11 on
                error.add_note(text)
            else:
                logging.getLogger("profconv").error("%s", text)

    def _begin(self):
        """As `__enter__`; what another profiler measures runs without."""
        try:
            self.__enter__()
        except ValueError:
            self._here.unmeasured += 1

    @types.coroutine
    def _run(self, coroutine):
        """Runs it in the place of its caller, and measures each of its steps: what runs while it is suspended is others'."""
        steps = coroutine.__await__()
        step = functools.partial(steps.send, None)  # the profiler does not see a partial being called
        while True:
            self._begin()
            try:
                awaited = step()
            except StopIteration as end:
                self._end(None)
                return end.value
            except BaseException as error:
                self._end(error)
                raise
            self._end(None, writes=False)
            try:
                step = functools.partial(steps.send, (yield awaited))
            except BaseException as error:
                step = functools.partial(steps.throw, error)

    def __call__(self, function: Called) -> Called:
        if isinstance(function, (staticmethod, classmethod)):  # what a class makes of the function is to stay as it is
            return cast(Called, type(function)(self(function.__func__)))
        if not callable(function):
            raise TypeError(f"expected a function, found {type(function).__name__}")
        if isinstance(function, type):  # a function in its place would be no class: nothing could be derived from it
            raise TypeError("a class is profiled by its methods: decorate those, or put its use into a with block")
        called = (function, type(function).__call__)  # an object may have an `async def __call__`
        if any(map(inspect.isgeneratorfunction, called)) or any(map(inspect.isasyncgenfunction, called)):
            raise TypeError("a generator is profiled where it is used: put that into a with block")
        if any(map(inspect.iscoroutinefunction, called)):

            @functools.wraps(function)
            async def measured(*args, **kwargs):
                return await self._run(function(*args, **kwargs))

        else:

            @functools.wraps(function)
            def measured(*args, **kwargs):
                self._begin()
                try:
                    result = function(*args, **kwargs)
                except BaseException as error:
                    self._end(error)
                    raise
                self._end(None)
                return result

        setattr(measured, "profiling", self)
        return cast(Called, measured)


def _check_clock(timer, time_unit):
    """cProfile takes any object for a clock, any number for its unit, and a unit alone for nothing."""
    if timer is not None and not callable(timer):
        raise TypeError(f"timer: expected a function, found {type(timer).__name__}")
    if time_unit is None:
        return
    if isinstance(time_unit, bool) or not isinstance(time_unit, numbers.Real):
        raise TypeError(f"time_unit: expected a number, found {type(time_unit).__name__}")
    if not (time_unit > 0 and math.isfinite(time_unit)):
        raise Error("time_unit: expected a number of seconds above 0")
    if timer is None:
        raise Error("time_unit: is the unit of a timer, and there is none")


def _is_own(entry):
    """Whether it is of the code that begins blocks and ends them."""
    own = (Profiling.__enter__.__code__, Profiling.__exit__.__code__, Profiling._begin.__code__, Profiling._end.__code__)
    return entry.code in own or entry.code == "<method 'disable' of '_lsprof.Profiler' objects>"
