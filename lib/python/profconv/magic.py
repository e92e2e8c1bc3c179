"""IPython magics: %profconv STATEMENT and %%profconv."""

import cProfile
import html
import io
import os
import sys

from IPython.core.error import UsageError
from IPython.core.magic import Magics, line_cell_magic, magics_class, needs_local_scope
from IPython.display import display

from profconv._core import Error
from profconv._profile import Profile, check_fold
from profconv._writing import check_arguments, check_place, specimen


@magics_class
class ProfconvMagics(Magics):
    """The magics that `%load_ext profconv` adds."""

    @needs_local_scope
    @line_cell_magic
    def profconv(self, line, cell=None, local_ns=None):
        """Profiles a statement or a cell with cProfile and shows its call graph and its hottest functions, or lines.

            %profconv [-o FILE] [-n N] [-b KEY] [-F WHAT] [-r] [-q] STATEMENT
            %profconv -l FUNC ... STATEMENT
            %%profconv [...]
            CELL

        -o FILE  writes the profile; the ending says the format: .callgrind, .svg, .dot, .csv, ...; ~ is the home folder;
                 with -l tables (.csv, .txt, .md, ...) are of the lines
        -n N     shows N functions (default 15; 0: all)
        -b KEY   sorts them by total (default), self or calls
        -F WHAT  merges builtins, stdlib, site, import or a glob into the callers
        -l FUNC  measures and shows the lines of a function, with line_profiler; may be given several times
        -r       returns the Profile
        -q       shows nothing

        Quotes keep a FILE or WHAT with spaces together: -o "my run.csv"
        """
        options, statement = self.parse_options(line, "o:n:b:F:l:rq", list_all=True, posix=False, preserve_non_opts=True)
        options = {name: [_unquoted(value) for value in values] for name, values in options.items()}
        if cell is not None:
            statement = f"{statement}\n{cell}" if statement.strip() else cell
        if not statement.strip():
            raise UsageError("nothing to profile: %profconv STATEMENT")
        count, files = self._number(options), [os.path.expanduser(file) for file in options.get("o", [])]
        key = options.get("b", ["total"])[-1]
        if key not in ("total", "self", "calls"):
            raise UsageError(f"-b: unknown key {key!r}, known are total, self, calls")
        shown = {"limit": count, "sort": key, **({"view": "lines"} if "l" in options else {})}
        try:
            check_arguments(io.BytesIO(), "text", None, False, shown, specimen=specimen(of_lines="l" in options))
        except Error as error:
            raise UsageError(f"-b: {error}") from error
        written = {file: self._checked_options(file, "l" in options) for file in files}
        try:
            check_fold(options.get("F", []))
        except Error as error:
            raise UsageError(f"-F: {error}") from error
        profile = self._run(statement, options.get("l", []), local_ns)
        if "F" in options:
            profile = profile.fold(*options["F"])
        if "q" not in options:
            (self._show_lines if "l" in options else self._show)(profile, shown)
        for file, wanted in written.items():  # after it was shown: a full disk does not take that away
            profile.write(file, **wanted)
        return profile if "r" in options else None

    def _checked_options(self, file, of_lines):
        """How the file is written: a report of lines shows lines. Refuses before the run what would keep it from that."""
        options = {"view": "lines"} if of_lines else {}
        try:
            try:
                check_arguments(file, None, None, False, options, specimen=specimen(of_lines))
            except TypeError:  # a format that has no views
                options = {}
                check_arguments(file, None, None, False, options, specimen=specimen(of_lines))
            check_place(file)
        except (Error, OSError) as error:
            raise UsageError(f"-o: {error}") from error
        return options

    def _number(self, options):
        text = options.get("n", ["15"])[-1]
        if not text.isdecimal():
            raise UsageError(f"-n: expected a number, found {text!r}")
        return min(int(text), sys.maxsize)

    def _run(self, statement, functions, local_ns):
        """Runs the statement as the cell it is, with its magics, and returns the profile also when it fails."""
        source = self.shell.transform_cell(statement)
        namespace = {**self.shell.user_ns, **local_ns} if local_ns else self.shell.user_ns
        # As a cell of its own, whose functions have a source, and with what earlier cells have imported from __future__.
        code = self.shell.compile(source, self.shell.compile.cache(source, self.shell.execution_count), "exec")
        profiler = self._line_profiler(functions, namespace) if functions else cProfile.Profile()
        try:
            profiler.runctx(code, self.shell.user_ns, local_ns if local_ns else self.shell.user_ns)
        except SystemExit:
            print("*** SystemExit exception caught in code being profiled.")
        except KeyboardInterrupt:
            print("*** KeyboardInterrupt exception caught in code being profiled.")
        return Profile.from_stats(profiler)

    def _line_profiler(self, functions, namespace):
        try:
            from line_profiler import LineProfiler
        except ImportError as error:
            raise UsageError("-l needs line_profiler: pip install line_profiler") from error
        found = []
        for name in functions:
            try:
                function = eval(name, self.shell.user_global_ns, namespace)
            except Exception as error:
                raise UsageError(f"-l: could not find {name!r}: {type(error).__name__}: {error}") from error
            if not hasattr(function, "__code__") and not hasattr(function, "__func__"):
                raise UsageError(f"-l: {name!r} is not a Python function")
            found.append(function)
        return LineProfiler(*found)

    def _show(self, profile, shown):
        """As a rich output: a picture and a table where the front end shows them, text elsewhere."""
        picture = profile._repr_svg_() if len(profile.calls) else None
        bundle = {"text/plain": profile.to_text(**shown), "text/html": profile._html(shown["limit"], shown["sort"])}
        display({**bundle, "image/svg+xml": picture} if picture else bundle, raw=True)

    def _show_lines(self, profile, shown):
        text = profile.to_text(**shown)
        display({"text/plain": text, "text/html": f"<pre>{html.escape(text)}</pre>"}, raw=True)


def _unquoted(value):
    """The value of an option without the quotes around it: the line is split as it stands, for the statement's sake."""
    if value[:1] not in ("'", '"'):
        return value
    if len(value) < 2 or value[-1] != value[0]:
        raise UsageError(f"{value}: the quotes end too early; a space goes before them")
    return value[1:-1]
