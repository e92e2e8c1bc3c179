"""Whatever is passed: an exception that says so, never a crash."""

import itertools
import random

import pytest

import profconv
from profconv import _core


class Strange:
    def __index__(self):
        raise RuntimeError("no index")

    def __len__(self):
        return -1

    def __iter__(self):
        raise RuntimeError("no iteration")

    def __fspath__(self):
        return 3

    def __eq__(self, other):
        raise RuntimeError("no comparison")

    __hash__ = None


values = [
    None, True, False, 0, -1, 1, 10**30, -(10**30), 0.5, float("nan"), float("inf"), 1j, "", "x", "\udce9", "\ud800", "a\0b", "%s%n" * 10,
    "(" * 2000, b"", b"\0", b"{0", bytearray(b"x"), memoryview(b"x"), (), [], {}, set(), (1, 2), [None], [[]], {"a": 1}, {1: 2}, object(), object,
    Strange(), Strange, len, lambda: None, Exception("x"), iter([]), range(3), slice(None), slice(0, 10, 0), type, NotImplemented, ...,
]  # fmt: skip
expected = (TypeError, ValueError, OSError, LookupError, RuntimeError, AttributeError, OverflowError, MemoryError)


def attempt(call):
    try:
        call()
    except expected as error:
        assert str(error) is not None
    return True


@pytest.fixture
def profile(recursion):
    return profconv.read(recursion)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("value", values, ids=lambda value: type(value).__name__)
def test_one_argument(value, profile, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PATH", "/nowhere")
    for call in (
        profconv.read, profconv.Profile.from_stats, profconv.merge, profconv.convert, profconv.CalltreeConverter, profconv.profile, profconv.Profile,
        profile.top, profile.find, profile.callers, profile.callees, profile.merge, profile.fold, profile.focus, profile.ignore, profile.prune,
        profile.group, profile.map_paths, profile.write, profile.to_bytes, profile.to_dict, profile.functions.__getitem__,
        profile.functions.index, profile.functions.__contains__, profile.functions.to_dict, profile.__eq__, profile.functions[0].__eq__,
    ):  # fmt: skip
        attempt(lambda: call(value))
    for call, name in (
        *((profconv.read, name) for name in ("format", "command", "time_unit", "salvage", "strict", "max_size", "name")),
        *((profile.to_dot, name) for name in ("node_percent", "paths", "depth", "max_nodes", "theme", "measures", "cluster", "time_format")),
        *((profile.to_text, name) for name in ("view", "sort", "limit", "restrictions", "width", "names", "tree_percent")),
    ):
        source = (profile.to_bytes("dump"),) if call is profconv.read else ()
        attempt(lambda: call(*source, **{name: value}))


def test_the_extension_itself():
    """Two and three arguments of random kinds for every function and class of the extension, from a fixed seed."""
    random.seed(20)
    callables = [getattr(_core, name) for name in dir(_core) if callable(getattr(_core, name))]
    assert len(callables) > 15
    for function, count in itertools.product(callables, range(6)):
        for _ in range(40):
            attempt(lambda: function(*random.choices(values, k=count)))


def test_classes_of_the_extension_cannot_be_made_from_nothing():
    for name in ("Profile", "Function", "Functions", "Call", "Calls", "Line", "Sample", "Metric", "Source"):
        kind = getattr(_core, name)
        attempt(kind)
        hollow = kind.__new__(kind)
        for attribute in dir(hollow):
            attempt(lambda: getattr(hollow, attribute))
        attempt(lambda: repr(hollow))
        attempt(lambda: hollow == hollow)
        attempt(lambda: profconv.Profile._of(hollow).top())
