"""Python profiles: read any, look at them, change them, write them for other tools.

    import profconv

    profile = profconv.read("run.prof")          # or a cProfile.Profile, a pstats.Stats, bytes, a file, ...
    print(profile.to_text(limit=10))
    profile.fold("stdlib").write("run.callgrind")

    with profconv.profile("run.callgrind"):      # profile a block
        work()

    profconv.convert(profiler, "run.callgrind")  # what pyprof2calltree has, with the same names

Times are integers in nanoseconds. Errors: `Error` (a ValueError) for what is wrong with an input or an argument's value,
OSError for what the system refuses, TypeError for a wrong type. What was odd but went well is a `ProfileWarning`.
"""

from profconv import _core

_core.require_first_interpreter()  # an interpreter that comes with the process's extension already loaded

from profconv._calltree import CalltreeConverter, convert, visualize
from profconv._core import Call, Calls, Error, Function, Functions, Line, Lines, Metric, Metrics, Sample, Samples, Source, Sources
from profconv._core import version as __version__
from profconv._formats import Format, formats
from profconv._messages import ProfileWarning
from profconv._profile import Profile, merge
from profconv._profiling import profile
from profconv._sources import read
from profconv._writing import write

__all__ = [
    "Call",
    "Calls",
    "CalltreeConverter",
    "Error",
    "Format",
    "Function",
    "Functions",
    "Line",
    "Lines",
    "Metric",
    "Metrics",
    "Profile",
    "ProfileWarning",
    "Sample",
    "Samples",
    "Source",
    "Sources",
    "__version__",
    "convert",
    "formats",
    "merge",
    "profile",
    "read",
    "visualize",
    "write",
]


def load_ipython_extension(ipython):
    """What `%load_ext profconv` calls: adds the magics %profconv and %%profconv."""
    from profconv.magic import ProfconvMagics

    ipython.register_magics(ProfconvMagics)
