"""Where a profile can be written to: files by name, whole or not at all, and file objects."""

from __future__ import annotations

import codecs
import errno
import gzip as _gzip
import io
import os
import shutil
import subprocess
import warnings
from typing import Any, Optional

from profconv import _core
from profconv._formats import format_of_name, formats, require_name
from profconv._messages import ProfileWarning, pass_on, require_flag
from profconv._sources import EACH_HAS_ITS_OWN, Profiler, path_of, read, running

_PIECE = 1 << 18  # what is offered at once to a file that takes parts only, as unbuffered ones may


def write(
    source: Any,
    target: Any,
    format: Optional[str] = None,
    *,
    gzip: Optional[bool] = None,
    strict: bool = False,
    **options: Any,
) -> None:
    """Reads `source` as `read` does and writes it as `Profile.write` does. `strict` holds for both."""
    if Profiler in type(source).__mro__ and (EACH_HAS_ITS_OWN or running() is source):
        source.disable()
    refuse_overwriting(source, target)
    check_arguments(target, format, gzip, strict, options)
    read(source, strict=strict).write(target, format, gzip=gzip, strict=strict, **options)


def write_core(core, target, format, gzip, strict, options):
    """Writes the extension's profile; see Profile.write. What is refused as strict leaves no file."""
    format, packed = check_arguments(target, format, gzip, strict, options)
    report = []
    if format != "svg" and is_name(target) and not _may_refuse(strict):
        _core.write_file(core, path_of(target), format, packed, options, report)
        return pass_on(report)
    packed_here = packed and not is_name(target)
    if format == "svg":
        data = svg_of(core, options, report)
        data = _gzip.compress(data, mtime=0) if packed_here else data
    else:
        data = _core.write_bytes(core, format, packed_here, options, report)
    pass_on(report, strict)
    if is_name(target):
        _core.write_content(data, path_of(target), packed)
    else:
        write_bytes(data, target, packed_here)


def _may_refuse(strict):
    """Whether a warning may be an exception."""
    return strict or any(action == "error" and issubclass(ProfileWarning, kind) for action, _, kind, _, _ in warnings.filters)


def refuse_overwriting(source, target):
    """Raises Error where the file that is written would be the one that was read; one that is none of them is fine."""
    if not (is_name(source) and is_name(target)):
        return
    try:
        is_same = os.path.samefile(source, target)
    except (OSError, ValueError):
        return
    if is_same and os.path.isfile(source):
        raise _core.Error(f"the output {os.fsdecode(target)} is the input {os.fsdecode(source)}")


def form_of(target, format, gzip):
    """The format in which a target will be written, and whether packed; raises for what cannot be."""
    if format is not None:
        require_name(format)
    if gzip is not None and not isinstance(gzip, bool):
        raise TypeError(f"gzip: expected True, False or None, found {type(gzip).__name__}")
    is_named = is_name(target)
    if not is_named and not callable(getattr(target, "write", None)):
        raise TypeError(f"expected a file name (str, bytes, os.PathLike) or a file to write to, found {type(target).__name__}")
    named, packed = format_of_name(os.fsdecode(target)) if is_named else (None, False)
    if format is None:
        format = named if named is not None or not is_named else _refuse_name(target)
    packed = packed if gzip is None else gzip
    if packed and not is_named and _is_text(target):
        raise TypeError("a text file takes no packed bytes; it has to be opened in binary mode")
    return "callgrind" if format is None else format, packed


def check_arguments(target, format, gzip, strict, options, others=(), specimen=None):
    """Raises what writing raises for these arguments, whatever the profile: before that is measured, read or made.

    Returns what `form_of` does. `others` are arguments that the caller takes besides, for a message about an unknown one.
    With `specimen` it raises also what writing a profile of this kind does.
    """
    require_flag("strict", strict)
    format, packed = form_of(target, format, gzip)
    if format == "svg":
        _graphviz()
    _core.check_write_options("dot" if format == "svg" else format, options, (*others, "gzip", "strict"), specimen)
    return format, packed


def specimen(of_lines=False):
    """The smallest profile of the kind that cProfile makes, or line_profiler."""
    calls = """metric time ns sum
function 0 "f" file "" line 0 calls 1 primitive 1 self 1 total 2
function 1 "g" file "" line 0 calls 1 primitive 1 self 1 total 1
call 0 1 line 0 calls 1 primitive 1 self 1 total 1
"""
    lines = """metric time ns sum
metric hits count sum
function 0 "f" file "" line 1 self 1 1 total 1 1
line 0 1 self - 1 total 1 -
"""
    return _core.read_bytes(f"profconv dump 1\n{lines if of_lines else calls}".encode(), "<nothing>", {"format": "dump"}, [])


def check_place(target):
    """Raises what the system will say of a file that is a folder, or whose folder is not there."""
    if not is_name(target):
        return
    path = path_of(target)
    folder = os.path.dirname(os.path.realpath(path))
    if os.path.isdir(path):
        error = errno.EISDIR
    elif os.path.exists(path) or os.path.isdir(folder):
        return
    else:
        error = errno.ENOTDIR if os.path.exists(folder) else errno.ENOENT
    raise OSError(error, os.strerror(error), os.fsdecode(target))


def text_of(core, format, options):
    """What would be written, as a str; bytes that are not UTF-8 appear as \\xHH."""
    report = []
    data = _core.write_bytes(core, format, False, options, report)
    pass_on(report)
    return data.decode("utf-8", "backslashreplace")


def _graphviz():
    program = shutil.which("dot")
    if program is None:
        raise FileNotFoundError(2, "Graphviz, which draws the picture, is not installed", "dot")
    return program


def svg_of(core, options, report):
    """The call graph as SVG, by Graphviz."""
    program = _graphviz()
    graph = _core.write_bytes(core, "dot", False, options, report)
    done = subprocess.run([program, "-Tsvg"], input=graph, stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False)
    if done.returncode != 0:
        said = done.stderr.decode("utf-8", "backslashreplace").strip().splitlines()
        raise OSError(f"dot: {said[-1] if said else f'ended with {done.returncode}'}")
    return done.stdout


def write_bytes(data, target, packed=False):
    """To a file object, binary or text. One that does not say which gets bytes, or a str where it takes no bytes."""
    is_text, done, most = _is_text(target), 0, len(data)
    while not is_text and done < len(data):
        try:
            written = target.write(data[done : done + most])
        except TypeError:
            if done or is_text is not None or packed:
                raise
            is_text = True
            break
        left = len(data) - done
        if isinstance(target, io.RawIOBase) and not written:  # None: it would block
            raise BlockingIOError(errno.EAGAIN, f"the file takes nothing more after {done} of {len(data)} bytes", done)
        done += written if isinstance(written, int) and 0 < written < left else min(most, left)
        most = _PIECE
    if is_text:
        target.write(data.decode("utf-8", "backslashreplace"))


def is_name(target):
    return isinstance(target, (str, bytes, os.PathLike))


def _is_text(file):
    """Whether a file object takes str and no bytes; None if it does not say."""
    if isinstance(file, (io.TextIOBase, io.RawIOBase, io.BufferedIOBase)):
        return isinstance(file, io.TextIOBase)
    if isinstance(file, (codecs.StreamWriter, codecs.StreamReaderWriter)):  # they say the mode of what is below
        return True
    mode = getattr(file, "mode", None)
    if isinstance(mode, str):
        return "b" not in mode
    return True if hasattr(file, "encoding") else None


def _refuse_name(target):
    endings = " ".join(ending for row in formats() if row.writable for ending in row.endings)
    raise _core.Error(f"{os.fsdecode(target)!r}: the name says no format; give one, or an ending of: {endings} .svg")
