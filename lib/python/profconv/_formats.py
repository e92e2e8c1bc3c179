"""The formats, from the library's own table."""

import os
from typing import List, NamedTuple, Tuple

from profconv import _core


class Format(NamedTuple):
    """A row of the table of formats."""

    name: str
    summary: str
    endings: Tuple[str, ...]  # usual endings of file names, such as ".prof"
    keeps: Tuple[str, ...]  # what it holds beside functions and costs: "calls", "lines"; of reports, at best
    readable: bool
    writable: bool


def formats() -> List[Format]:
    """All formats that this version knows, in the order of detection."""
    return [
        Format(name, summary, tuple(endings.split()), tuple(keeps.split(", ")), *rest)
        for name, summary, endings, keeps, *rest in _core.formats()
    ]


def require_name(format) -> None:
    """Raises TypeError for what cannot be the name of a format, known or not."""
    if not isinstance(format, str):
        raise TypeError(f"format: expected a str, found {type(format).__name__}")


def format_of_name(path: str):
    """The writable format that usually has this file name, and whether it is to be packed with gzip; None for none.

    "svg" stands for a picture made of "dot".
    """
    base, ending = os.path.splitext(path)
    packed = ending.lower() == ".gz"
    if packed:
        ending = os.path.splitext(base)[1]
    ending = ending.lower()
    if ending in (".svg", ".svgz"):
        return "svg", packed or ending == ".svgz"
    for row in formats():
        if row.writable and ending in row.endings:
            return row.name, packed
    return None, packed
