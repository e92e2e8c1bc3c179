"""What a profile can be read from: files, bytes, and the objects of profilers, which are read in memory."""

from __future__ import annotations

import errno
import functools
import linecache
import marshal
import os
import pickle
import sys
from _lsprof import Profiler
from typing import TYPE_CHECKING, Any, Iterable, Optional, Union

from profconv import _core
from profconv._formats import require_name
from profconv._messages import Report, pass_on, require_flag

if TYPE_CHECKING:
    from profconv._profile import Profile

FileName = Union[str, bytes, "os.PathLike[Any]"]
Folders = Union[FileName, Iterable[FileName]]  # one or several

_ACCEPTED = (
    "a file name (str, bytes, os.PathLike), the bytes of a profile, a binary file, a profconv.Profile, a cProfile.Profile, "
    "a profile.Profile, a pstats.Stats, the list of getstats(), a line_profiler.LineProfiler or its LineStats"
)
_LONGEST_PATH = 4096  # Linux; nothing accepts longer ones
# Whose profiler runs in this thread. What begins with an object of one asks that first of all and stops it, with nothing
# that the profiler sees: a function for it would be in the profile, a partial is not. From 3.12 on nobody stops another's.
running = functools.partial(sys.getprofile)
EACH_HAS_ITS_OWN = sys.version_info >= (3, 12)
_LINE_PROFILERS = ("", ".line_profiler", "._line_profiler")  # where line_profiler has had its classes


def read(
    source: Any,
    *,
    format: Optional[str] = None,
    command: Optional[str] = None,
    time_unit: Optional[float] = None,
    interval: Optional[float] = None,
    salvage: bool = False,
    strict: bool = False,
    max_size: Optional[int] = None,
    max_ratio: Optional[int] = None,
    max_depth: Optional[int] = None,
    max_string: Optional[int] = None,
    max_functions: Optional[int] = None,
    max_calls: Optional[int] = None,
    max_lines: Optional[int] = None,
    name: Union[str, bytes, None] = None,
) -> Profile:
    """Reads a profile from a file, from bytes or from a profiler's object.

    source    -- a file name (str, bytes, os.PathLike), the bytes of a profile (gzip is unpacked), a file object, a
                 cProfile.Profile, profile.Profile, pstats.Stats, the list or a tuple of getstats(), a
                 line_profiler.LineProfiler or its LineStats, a profconv.Profile. Profilers are stopped first, as pstats.Stats does it. Bytes are the
                 profile itself if they look like one, and the name of a file otherwise.
    format    -- one of formats(); by default the content decides, never the name
    command   -- what was profiled, where the input does not say
    time_unit -- seconds per unit of recorded time, for profiles made with a timer that counts something else (1e-9:
                 nanoseconds)
    interval  -- seconds between two samples, for sampled inputs that do not say it
    salvage   -- read the complete part of an input that was cut short, with a warning, instead of refusing it
    strict    -- raise Error where there would be a ProfileWarning
    max_size  -- refuse inputs that are larger than so many bytes once unpacked (default 4 GiB)
    max_ratio, max_depth, max_string, max_functions, max_calls, max_lines
              -- refuse gzip data that unpack to more than so many times their size (100), values nested deeper (200), names of
                 more bytes (256 MiB), more functions (100 million), calls or lines (1000 million)
    name      -- what messages and Profile.sources call the input

    A Profile is returned as it is; the options that say how to read are refused with one.

    Raises Error when the input is no profile or a damaged one, OSError when a file cannot be read, TypeError for any other
    source.
    """
    if Profiler in type(source).__mro__ and (EACH_HAS_ITS_OWN or running() is source):
        source.disable()
    from profconv._profile import Profile

    require_flag("strict", strict)
    options = {"format": format, "command": command, "time_unit": time_unit, "interval": interval, "salvage": salvage, "max_size": max_size}
    options |= {"max_ratio": max_ratio, "max_depth": max_depth, "max_string": max_string, "max_functions": max_functions, "max_calls": max_calls, "max_lines": max_lines}
    if isinstance(source, Profile):  # strict holds: it has nothing to warn of
        given = [option for option, value in {**options, "name": name}.items() if value is not None and value is not False]
        if given:
            raise _core.Error(f"{given[0]}: the source is a Profile, which has been read")
        return source
    report: Report = []
    core = read_core(source, options, report, name)
    pass_on(report, strict)
    return Profile._of(core)


def read_core(source, options, report, name=None):
    """As `read`, with the extension's own objects; appends to `report` what `pass_on` takes."""
    live = read_live(source, options, report, name)
    if live is not None:
        return live
    if isinstance(source, (bytes, bytearray, memoryview)):
        if not isinstance(source, bytes) or not _is_file_name(source, options):
            return _core.read_bytes(_frozen(source), name or "<bytes>", options, report)
    if isinstance(source, (str, bytes, os.PathLike)):
        return _core.read_file(path_of(source), name or None, options, report)
    if callable(getattr(source, "read", None)):
        return _core.read_bytes(_content(source, options), name or _name_of(source), options, report)
    raise TypeError(f"expected {_ACCEPTED}; found {type(source).__name__}")


def read_live(source, options, report, name=None):
    """The same for objects of profilers; None for what is none."""
    if isinstance(source, (str, bytes, os.PathLike)):
        return None
    if isinstance(source, list) or type(source) is tuple:
        return _core.read_entries(source, name or "<getstats>", _options_for("pstats", options), report)
    if _is_a(source, "_lsprof", "Profiler"):
        return _core.read_entries(source.getstats(), name or "<cProfile>", _options_for("pstats", options), report)
    if _is_a(source, "profile", "Profile"):
        source.create_stats()
        return _read_stats(source, options, report, name)
    if _is_a(source, "pstats", "Stats"):
        return _read_stats(source, options, report, name)
    if any(_is_a(source, f"line_profiler{module}", kind) for module in _LINE_PROFILERS for kind in ("LineProfiler", "LineStats")):
        return _read_line_stats(source, options, report, name)
    return None


def _is_a(value, module, name):
    """Whether it is an instance of a class of a module that nobody need import: without the module there is none."""
    kind = getattr(sys.modules.get(module), name, None)
    return isinstance(kind, type) and isinstance(value, kind)


def path_of(path):
    """The name of a file, for the extension, to which "-" would be a standard stream."""
    path = os.fsencode(path)
    if b"\0" in path:
        raise ValueError("embedded null byte in a file name")
    if not path:  # as `open` says it
        raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), "")
    return b"./-" if path == b"-" else path


def _is_file_name(data, options):
    if not data or len(data) > _LONGEST_PATH or b"\0" in data or b"\n" in data:
        return False
    return not _core.recognised(data)


def _frozen(data):
    """Bytes that nobody can change while they are read without the interpreter's lock."""
    try:
        return data if type(data) is bytes else bytes(data)
    except (BufferError, ValueError) as error:
        raise TypeError(f"expected bytes, found a {type(data).__name__} that cannot be read: {error}") from error


def _name_of(file):
    name = getattr(file, "name", None)
    return name if isinstance(name, (str, bytes)) and name else f"<{type(file).__name__}>"


def _content(file, options):
    """What is left to read of a file object, at most one byte more than is allowed."""
    limit = options.get("max_size")
    if not isinstance(limit, int) or limit < 0:
        limit = 4 << 30
    parts, size = [], 0
    while size <= limit:
        part = file.read(min(limit + 1 - size, 1 << 20))
        if part is None:
            raise BlockingIOError("the file has nothing to read now; a profile is read from blocking files")
        if isinstance(part, str):
            part = part.encode("utf-8", "surrogateescape")
        elif not isinstance(part, bytes):
            part = _frozen(part) if isinstance(part, (bytearray, memoryview)) else None
        if part is None:
            raise TypeError("expected a file whose read() returns bytes")
        if not part:
            break
        parts.append(part)
        size += len(part)
    return b"".join(parts)


def _options_for(format, options):
    """The options for an object of a profiler, which nothing need detect; refuses another format that was asked for."""
    wanted = options.get("format")
    if wanted is not None:
        require_name(wanted)
    if wanted is not None and wanted != format:
        raise _core.Error(f"format: {wanted!r} was asked for, but the object is of {format!r}")
    return {**options, "format": format}


def _read_stats(stats, options, report, name):
    """A pstats.Stats or what it was made of: the dict that a dump is, marshalled in memory."""
    table = getattr(stats, "stats", None)
    if not isinstance(table, dict):
        raise TypeError(f"expected a {type(stats).__name__} with a dict 'stats', found {type(table).__name__}")
    files = getattr(stats, "files", None)
    if name is None and isinstance(files, list) and len(files) == 1 and isinstance(files[0], str):
        name = files[0].rpartition("    ")[2]  # pstats puts the date before it
    try:
        data = marshal.dumps(table)
    except ValueError as error:
        raise TypeError(f"expected a {type(stats).__name__} of plain numbers and texts: {error}") from error
    return _core.read_bytes(data, name or f"<{type(stats).__name__}>", _options_for("pstats", options), report)


def _read_line_stats(source, options, report, name):
    stats = source.get_stats() if callable(getattr(source, "get_stats", None)) else source
    data = pickle.dumps(stats, protocol=4)
    core = _core.read_bytes(data, name or f"<{type(source).__name__}>", _options_for("line_profiler", options), report)
    lines = _lines_in_memory(stats.timings)
    return _core.with_source_lines(core, lines) if lines else core


def _lines_in_memory(timings):
    """(file, line, text) of functions whose source is no file: cells of IPython and others that linecache keeps the text of."""
    found = []
    for (file, first, _), counted in timings.items():
        kept = linecache.cache.get(file)  # getlines() would look for a file
        if kept is None or len(kept) != 4 or not counted or os.path.exists(file):
            continue
        last = min(max(row[0] for row in counted), len(kept[2]))
        found += [(file, number, kept[2][number - 1].rstrip("\r\n")) for number in range(max(first, 1), last + 1)]
    return found
