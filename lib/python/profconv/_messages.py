"""What the library found odd, passed on the way Python does it."""

import logging
import sys
import warnings
from typing import List, Tuple

from profconv import _core

Report = List[Tuple[bool, str, str, str, str]]  # whether it is a warning, the text, and its source, where and reason

_log = logging.getLogger("profconv")


class ProfileWarning(UserWarning):
    """Something in an input was repaired or left out, or looks wrong; said once per kind, with a count."""


def require_flag(name, value):
    """Raises TypeError for what is neither True nor False: a text such as "no" would count as True."""
    if not isinstance(value, bool):
        raise TypeError(f"{name}: expected True or False, found {type(value).__name__}")


def pass_on(report, strict=False):
    """Turns the report of a call of the extension into warnings and log records.

    Raises Error for the first warning when `strict`.
    """
    for is_warning, text, *parts in report:
        if not is_warning:
            _log.info("%s", text)
        elif strict:
            error = _core.Error(text)
            error.source, error.where, error.reason = parts
            raise error
        else:
            warnings.warn(text, ProfileWarning, stacklevel=_callers_level())


def warn(text):
    """The same for one warning of the package's own."""
    pass_on([(True, text, "", "", text)])


def _callers_level():
    """How far up the stack the first frame outside of this package is, as `warnings.warn` counts."""
    level, frame = 1, sys._getframe(1)  # `pass_on`, which calls `warnings.warn`
    while frame is not None and frame.f_globals.get("__name__", "").partition(".")[0] == "profconv":
        level, frame = level + 1, frame.f_back
    return level
