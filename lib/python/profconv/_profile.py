"""A profile as Python sees it."""

from __future__ import annotations

import collections.abc
import copyreg
import fnmatch
import os
from typing import Any, Dict, Iterable, List, Literal, Mapping, Optional, Union, overload

from profconv import _core
from profconv._core import Call, Calls, Function, Functions, Line, Lines, Metric, Metrics, Sample, Samples, Source, Sources
from profconv._formats import require_name
from profconv._html import hottest_html, rows_html
from profconv._messages import Report, pass_on, require_flag, warn
from profconv._sources import EACH_HAS_ITS_OWN, FileName, Folders, Profiler, read, read_live, running
from profconv._writing import svg_of, text_of, write_core

_TABLES = ("functions", "calls", "lines", "samples", "metrics", "sources")


def _to_dict(self, orient="list"):
    """The table as plain values: "list" gives {column: [values]}, "records" gives [{column: value}].

    Both are what pandas.DataFrame takes. Functions in other tables are named; the columns *_index tell them apart.
    """
    if orient not in ("list", "records"):
        raise _core.Error(f"orient: unknown value {orient!r}, known are list, records")
    columns = self._columns()
    if orient == "list":
        return columns
    return [dict(zip(columns, row)) for row in zip(*columns.values())]


def _table_repr(self):
    return f"<{type(self).__name__}: {len(self)}>"


def _format(self, spec):
    return format(str(self), spec)


def _copy(self):
    """The copy of what never changes. A row's pickle, by which it would be copied, holds its whole profile."""
    return self


def _deepcopy(self, memo):
    return self


for _table in (Functions, Calls, Lines, Samples, Metrics, Sources):
    collections.abc.Sequence.register(_table)
    for _method in ("__contains__", "__iter__", "__reversed__", "index", "count"):
        setattr(_table, _method, getattr(collections.abc.Sequence, _method))
    setattr(_table, "__repr__", _table_repr)
    setattr(_table, "_repr_html_", rows_html)
    setattr(_table, "to_dict", _to_dict)
for _kind in (Functions, Calls, Lines, Samples, Metrics, Sources, Function, Call, Line, Sample, Metric, Source):
    setattr(_kind, "__copy__", _copy)
    setattr(_kind, "__deepcopy__", _deepcopy)

setattr(Function, "__format__", _format)


class Profile:
    """A profile: constant tables of functions, calls, lines and samples with their costs.

    functions, calls, lines, samples, metrics, sources
        Sequences. A slice is a sequence, too; `to_dict()` gives any of them as columns or records. Nothing is copied
        before it is asked for. `lines` and `samples` are empty where the profiler took none.

    Costs are integers in the unit of their metric: nanoseconds, counts or bytes. `self` and `total` of a row are those of
    the first metric, `self_costs` and `total_costs` all of them by name. None: nobody measured or counted it.

    Methods that change something return a new profile. Profiles can be compared (==), copied and pickled, and used by
    several threads.
    """

    __slots__ = ("_core", "_picture", "__weakref__")
    __hash__ = None  # type: ignore[assignment]

    _core: Any
    _picture: Optional[str]  # of _repr_svg_, which notebooks ask for more than once

    def __init__(self, *args, **kwargs):
        raise TypeError("a Profile is made by profconv.read(source) or Profile.from_stats(object)")

    @classmethod
    def _of(cls, core):
        profile = object.__new__(cls)
        profile._core = core
        profile._picture = None
        return profile

    @classmethod
    def from_stats(
        cls, stats: Any, *, time_unit: Optional[float] = None, command: Optional[str] = None, strict: bool = False
    ) -> Profile:
        """The profile in an object of a profiler: cProfile.Profile, profile.Profile, pstats.Stats, the list of getstats(),
        line_profiler.LineProfiler or LineStats.

        Read in memory, and with the code objects where there are any, so that functions have qualified names. A profiler
        is stopped, as pstats.Stats does it. Raises TypeError for anything else; the rest is as in `read`.
        """
        if Profiler in type(stats).__mro__ and (EACH_HAS_ITS_OWN or running() is stats):
            stats.disable()
        require_flag("strict", strict)
        report: Report = []
        core = read_live(stats, {"time_unit": time_unit, "command": command}, report)
        if core is None:
            raise TypeError(
                "expected a cProfile.Profile, a profile.Profile, a pstats.Stats, the list of getstats(), a LineProfiler or "
                f"LineStats; found {type(stats).__name__}"
            )
        pass_on(report, strict)
        return cls._of(core)

    @property
    def functions(self) -> Functions:
        """The functions, as a sequence of Function."""
        return self._core.functions

    @property
    def calls(self) -> Calls:
        """The call edges, as a sequence of Call."""
        return self._core.calls

    @property
    def lines(self) -> Lines:
        """The lines with costs, as a sequence of Line."""
        return self._core.lines

    @property
    def samples(self) -> Samples:
        """The sampled stacks, as a sequence of Sample."""
        return self._core.samples

    @property
    def metrics(self) -> Metrics:
        """The kinds of costs, as a sequence of Metric."""
        return self._core.metrics

    @property
    def sources(self) -> Sources:
        """The inputs that were read, as a sequence of Source."""
        return self._core.sources

    @property
    def totals(self) -> Dict[str, int]:
        """The sum of the self costs of all functions by metric (for gauges such as mem_peak the largest)."""
        return self._core.totals

    @property
    def total(self) -> int:
        """The whole cost in the first metric: nanoseconds for profiles with times."""
        return next(iter(self.totals.values()), 0)

    def top(self, n: int = 10, by: str = "total", metric: Optional[str] = None) -> List[Function]:
        """The n functions with the largest "total", "self", "calls" or "primitive", as a list, the largest first.

        `metric` names the one that costs are compared by; default is the first.
        """
        return self._core.top(n, by, metric)

    def find(self, name: str) -> List[Function]:
        """The functions whose name or qualified name is `name` or matches it as a glob ("*.save"), as a list."""
        if not isinstance(name, str):
            raise TypeError(f"name: expected a str, found {type(name).__name__}")
        exact = [f for f in self.functions if f.name == name or f.qualified == name != ""]  # "": it has none
        if exact or not set(name) & set("*?["):
            return exact
        return [f for f in self.functions if fnmatch.fnmatchcase(f.name, name) or fnmatch.fnmatchcase(f.qualified, name)]

    def callers(self, function: Union[Function, int, str]) -> List[Call]:
        """The calls of a function, as a list of Call.

        `function` is a Function, a position in `functions`, or a name that only one function has. Raises Error when there
        is no such function, or more than one.
        """
        return self._function(function).callers

    def callees(self, function: Union[Function, int, str]) -> List[Call]:
        """The calls that a function makes, as a list of Call; `function` as for `callers`."""
        return self._function(function).callees

    def _function(self, function):
        if isinstance(function, Function):
            if self._core.owns(function):
                return function
            key = function._asdict()
            wanted = [key[part] for part in ("name", "qualified", "file", "line", "context")]
            found = [f for f in self.functions if [f.name, f.qualified, f.file, f.line, f.context] == wanted]
            text = str(function)
        elif isinstance(function, str):
            found, text = self.find(function), function
        elif isinstance(function, int) and not isinstance(function, bool):
            count = len(self.functions)
            found, text = [self.functions[function]] if -count <= function < count else [], function
        else:
            raise TypeError(f"function: expected a Function, an int or a str, found {type(function).__name__}")
        if len(found) == 1:
            return found[0]
        if not found:
            raise _core.Error(f"the profile has no function {text!r}")
        places = ", ".join(f"{f.file}:{f.line}" for f in found[:3]) + (", ..." if len(found) > 3 else "")
        raise _core.Error(f"{len(found)} functions are called {text!r} ({places}); take one from Profile.find({text!r})")

    def merge(self, *others: Any) -> Profile:
        """The sum of this profile and others (anything that `read` accepts). Functions are the same when file, line, name
        and qualified name are. Raises Error when sampled profiles meet counted ones, or a sum leaves 64 bits."""
        return merge([self, *others])

    def fuse(
        self,
        *others: Any,
        lines: Optional[List[str]] = None,
        sources: bool = True,
        source_dirs: Folders = (),
        recover_calls: bool = True,
    ) -> Profile:
        """Joins what several profilers saw of one program: the call graph of cProfile, the lines of line_profiler, the
        growth of memory_profiler. `others` may be anything that `read` accepts; those of one kind are added up.

        sources       -- look up in the source files which line makes a call; otherwise numbers alone decide
        source_dirs   -- a folder or several, where to look for files that do not stand where the profile says
        recover_calls -- find the calls between functions of line profiles alone
        lines         -- a list that gets a report of what was matched and how, line by line

        docs/fusion.md says what the numbers of the result are. Raises Error when a sampled profile meets others.
        """
        if lines is not None and not callable(getattr(lines, "extend", None)):  # not after all the work
            raise TypeError(f"lines: expected a list, found {type(lines).__name__}")
        report: Report = []
        said: List[str] = []
        options = {"sources": sources, "source_dirs": source_dirs, "recover_calls": recover_calls}
        core = _core.fuse([profile._core for profile in map(read, (self, *others))], options, said, report)
        pass_on(report)
        if lines is not None:
            lines.extend(said)
        return type(self)._of(core)

    def fold(self, *what: str, **options: int) -> Profile:
        """Merges functions into their callers: "builtins", "stdlib", "site" (site-packages), "import" (what runs imports)
        and globs for whole names, qualified names or files; also several in one text, with commas between them.

        The self costs of all functions together stay the same, but for hits, which belong to lines. Of a profile that was
        not split (`split`), what a function such as `exec` runs and is folded goes to all that called `exec`.

        max_new_calls          -- a function whose folding would make more calls than this (default a million) stays
        max_new_calls_together -- and so does one that would take all of them beyond this (16 million)

        What matches nothing is a ProfileWarning. Raises Error for a broken glob and for an empty text.
        """
        return self._changed(_core.fold, {"what": list(what), **options})

    def split(
        self, estimate_importers: bool = False, *, sources: bool = False, source_dirs: Folders = ()
    ) -> Profile:
        """Divides functions that do one thing for one caller and another for the next (import, exec, sorted, dispatchers) into
        copies, one for each, so that code that never called each other is in no cycle; docs/cycles.md has the rules.

        A copy says in `context` whom it is for. `estimate_importers` puts modules with several importers below the
        likeliest one. The costs of all copies together are those of the function.

        sources     -- read the import statements of the source files that the profile names: they prove more
        source_dirs -- a folder or several, where to look for files that do not stand where the profile says
        """
        options = {"estimate_importers": estimate_importers, "sources": sources, "source_dirs": source_dirs}
        return self._changed(_core.split, options)

    def apply_sources(self, source_dirs: Folders = (), *, calls: bool = True, names: bool = True) -> Profile:
        """Puts calls on the lines that make them, and gives functions their qualified names, by the source files that the
        profile names; docs/call-lines.md has the rules.

        source_dirs -- a folder or several, where to look for files that do not stand where the profile says
        calls        -- the lines, and callers that the profiler lost: docs/cycles.md
        names        -- the names
        """
        return self._changed(_core.apply_sources, {"source_dirs": source_dirs, "calls": calls, "names": names})

    def focus(self, *patterns: str, ignore: Union[str, Iterable[str]] = ()) -> Profile:
        """Keeps only what calls a match of any of the patterns or is called by one, and drops what matches `ignore` and
        what only that leads to. Regular expressions (RE2), searched in `file:line(name)`."""
        return self._changed(_core.focus, {"focus": list(patterns), "ignore": ignore})

    def ignore(self, *patterns: str) -> Profile:
        """Drops functions that match any of the patterns, and what only they lead to; see `focus`."""
        return self._changed(_core.focus, {"ignore": list(patterns)})

    def prune(self, functions: float = 0, calls: float = 0) -> Profile:
        """Drops functions and calls whose inclusive cost is below so many percent of the whole."""
        return self._changed(_core.prune, {"functions": functions, "calls": calls})

    def group(self, by: str) -> Profile:
        """Makes one function of all functions of a "file", "module" or "package"."""
        return self._changed(_core.group, by)

    def map_paths(self, mapping: Mapping[Any, FileName]) -> Profile:
        """Paths that start with a key of the dict start with its value instead; the first that fits a path is used. Both may
        be str, bytes or os.PathLike."""
        if not isinstance(mapping, collections.abc.Mapping):
            raise TypeError(f"mapping: expected a dict, found {type(mapping).__name__}")
        pairs = [[os.fsencode(path) if isinstance(path, os.PathLike) else path for path in pair] for pair in mapping.items()]
        return self._changed(_core.map_paths, pairs)

    def strip_paths(self) -> Profile:
        """Shortens every file to the end of its path that tells it apart from the others."""
        return self._changed(_core.strip_paths)

    def _changed(self, transform, *arguments):
        report = []
        core = transform(self._core, *arguments, report)
        pass_on(report)
        return type(self)._of(core)

    def write(
        self, target: Any, format: Optional[str] = None, *, gzip: Optional[bool] = None, strict: bool = False, **options: Any
    ) -> None:
        """Writes the profile.

        target  -- a file name (str, bytes, os.PathLike): the file appears whole or not at all; or a file object, binary or
                   text: what only has `write` gets bytes, or a str where it takes none
        format  -- one of formats() or "svg"; by default what the name's ending says, callgrind for file objects
        gzip    -- pack it; by default names that end in .gz
        strict  -- raise Error where there would be a ProfileWarning
        options -- the format's own: callgrind: root; dot and svg: node_percent, edge_percent, max_nodes, theme, cluster,
                   root, leaf, ...; text, markdown, csv, tsv and json: view, sort, limit, pattern, percent, names, ...
                   (docs/python.md lists them)

        Raises OSError when the file cannot be written, Error for an unknown format or value, TypeError for an unknown
        option.
        """
        write_core(self._core, target, format, gzip, strict, options)

    def to_bytes(self, format: str, **options: Any) -> bytes:
        """What `write` would write, as bytes: `format` is one of formats() or "svg"."""
        require_name(format)
        report: Report = []
        data = svg_of(self._core, options, report) if format == "svg" else _core.write_bytes(self._core, format, False, options, report)
        pass_on(report)
        return data

    def to_callgrind(self, **options: Any) -> str:
        """The profile for KCachegrind, as a str."""
        return text_of(self._core, "callgrind", options)

    def to_dot(self, **options: Any) -> str:
        """The call graph for Graphviz, as a str."""
        return text_of(self._core, "dot", options)

    def to_text(self, **options: Any) -> str:
        """A report for people, as a str: the hottest functions, or what `view`, `sort`, `limit`, ... say."""
        return text_of(self._core, "text", options)

    def to_svg(self, **options: Any) -> str:
        """The call graph as SVG, as a str; drawn by Graphviz. Raises FileNotFoundError when that is not installed."""
        report: Report = []
        picture = svg_of(self._core, options, report)
        pass_on(report)
        return picture.decode("utf-8", "backslashreplace")

    @overload
    def to_dict(self, orient: Literal["list"] = "list", table: str = "functions") -> Dict[str, List[Any]]: ...
    @overload
    def to_dict(self, orient: Literal["records"], table: str = "functions") -> List[Dict[str, Any]]: ...
    @overload
    def to_dict(self, orient: str, table: str = "functions") -> Union[Dict[str, List[Any]], List[Dict[str, Any]]]: ...

    def to_dict(self, orient: str = "list", table: str = "functions") -> Union[Dict[str, List[Any]], List[Dict[str, Any]]]:
        """A table as plain values; `table` is "functions", "calls", "lines", "samples", "metrics" or "sources".

        orient "list" gives {column: [values]}, "records" gives [{column: value}]; pandas.DataFrame takes both.
        """
        if table not in _TABLES:
            raise _core.Error(f"table: unknown value {table!r}, known are {', '.join(_TABLES)}")
        return getattr(self, table).to_dict(orient)

    def __eq__(self, other):
        if not isinstance(other, Profile):
            return NotImplemented
        return self._core == other._core

    def __copy__(self):
        return self

    def __deepcopy__(self, memo):
        return self

    def __reduce__(self):
        return _unpickled, (self._core.shared(),)  # the one of its rows: together they hold it once

    def __repr__(self):
        parts = [f"{len(self.functions)} functions", f"{len(self.calls)} calls"]
        parts += [f"{len(table)} {name}" for name, table in (("lines", self.lines), ("samples", self.samples)) if len(table)]
        units = {metric.name: metric.unit for metric in self.metrics}
        totals = sorted(self.totals.items(), key=lambda total: total[0] != self._core.main_metric)
        parts += [f"{name} {value}{'' if units[name] == 'count' else ' ' + units[name]}" for name, value in totals]
        return f"<profconv.Profile: {', '.join(parts)}>"

    def _repr_svg_(self):
        """The call graph for notebooks; None where there is no Graphviz."""
        if self._picture is None:
            try:
                self._picture = svg_of(self._core, {"max_nodes": 60}, []).decode("utf-8", "backslashreplace")
            except OSError:
                return None
        return self._picture

    def _repr_html_(self):
        """The call graph, where there is Graphviz, and the table of the hottest functions, for notebooks."""
        return self._html(15, "total")

    def _html(self, n, by):
        picture = self._repr_svg_() or ""
        return picture[max(picture.find("<svg"), 0) :] + hottest_html(self, n, by)


def merge(profiles: Iterable[Any]) -> Profile:
    """The sum of profiles; each may be anything that `read` accepts. See Profile.merge."""
    if isinstance(profiles, (str, bytes, bytearray, memoryview, os.PathLike, Profile)) or not isinstance(profiles, collections.abc.Iterable):
        raise TypeError(f"profiles: expected an iterable of profiles, found one {type(profiles).__name__}; merge([first, second]) adds up two")
    profiles = [read(profile) for profile in profiles]
    sampled = [metrics for metrics in ({metric.name for metric in profile.metrics} for profile in profiles) if "samples" in metrics]
    without = sum("time" not in metrics for metrics in sampled)
    if 0 < without < len(sampled):
        text = f"{without} of {len(sampled)} profiles have samples without a time: these weigh nothing in what is shown by time; interval says what one is worth"
        warn(text)
    return Profile._of(_core.merge([profile._core for profile in profiles]))


def check_fold(what):
    """Raises what `Profile.fold` raises for these texts, whatever the profile: before that is measured."""
    _core.fold(_core.read_bytes(b"profconv dump 1\nmetric time ns sum\n", "<nothing>", {"format": "dump"}, []), {"what": list(what)}, [])


def _unpickled(core):
    return Profile._of(core)


def _unpickled_core(dump):
    return _core.read_bytes(dump, "<pickle>", {"format": "dump"}, [])


# As the text form of the model, which holds all of it.
copyreg.pickle(_core.Profile, lambda core: (_unpickled_core, (_core.write_bytes(core, "dump", False, {}, []),)))
