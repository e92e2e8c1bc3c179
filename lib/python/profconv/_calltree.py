"""The interface of pyprof2calltree, so that a program changes one import."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from typing import Any

from profconv import _core
from profconv._messages import Report, pass_on, require_flag, warn
from profconv._profile import Profile
from profconv._sources import EACH_HAS_ITS_OWN, Folders, Profiler, read_core, running
from profconv._writing import check_arguments, is_name, refuse_overwriting, write_core

KCACHEGRIND_EXECUTABLES = ["kcachegrind", "qcachegrind"]


class CalltreeConverter:
    """A profile that is to be written for KCachegrind; `profiling_data` is anything that `read` accepts, `strict` as there."""

    def __init__(self, profiling_data: Any, *, strict: bool = False) -> None:
        if Profiler in type(profiling_data).__mro__ and (EACH_HAS_ITS_OWN or running() is profiling_data):
            profiling_data.disable()
        require_flag("strict", strict)
        self.out_file: Any = None
        self._is_read_once = False
        self._file = os.fsdecode(profiling_data) if is_name(profiling_data) and os.path.exists(profiling_data) else None
        if isinstance(profiling_data, Profile):
            self._core = profiling_data._core
            return
        report: Report = []
        self._core = read_core(profiling_data, {}, report)
        pass_on(report, strict)

    def output(
        self, out_file: Any, *, sources: bool = True, source_dirs: Folders = (), split: bool = True, **options: Any
    ) -> None:
        """Writes the profile in the format of callgrind to a file object or a file of this name; see `convert`."""
        self.out_file = out_file
        refuse_overwriting(self._file, out_file)
        gzip, strict = options.pop("gzip", None), options.pop("strict", False)
        options = {"names": "qualified", **options}
        check_arguments(out_file, "callgrind", gzip, strict, options, ("sources", "source_dirs", "split"))
        core = self._prepared(strict, sources=sources, source_dirs=source_dirs, split=split)
        write_core(core, out_file, "callgrind", gzip, strict, options)

    def visualize(self) -> None:
        """Opens the profile in KCachegrind or QCacheGrind and waits for its end. Warns when neither is installed."""
        viewer = next(filter(None, map(shutil.which, KCACHEGRIND_EXECUTABLES)), None)
        if viewer is None:
            tried = ", ".join(KCACHEGRIND_EXECUTABLES)
            warn(f"could not find kcachegrind, tried: {tried}")
            return
        written: Any = self.out_file if is_name(self.out_file) else getattr(self.out_file, "name", None)
        if is_name(written) and os.path.isfile(written):
            if callable(getattr(self.out_file, "flush", None)) and not self.out_file.closed:
                self.out_file.flush()
            subprocess.call([viewer, written])
            return
        with tempfile.TemporaryDirectory(prefix="profconv-") as folder:
            file = os.path.join(folder, "profile.callgrind")
            write_core(self._prepared(), file, "callgrind", False, False, {"names": "qualified"})
            subprocess.call([viewer, file])

    def _prepared(self, strict=False, **options):
        """What the viewer is to see: calls on their lines, no false cycles. As prof2calltree does it."""
        report = []
        folder = os.path.dirname(self._file or "")
        beside = {"beside": folder} if folder else {}
        core = _core.prepare_calltree(self._core, {"is_last": self._is_read_once, **beside, **options}, report)
        pass_on(report, strict)
        return core


def convert(profiling_data: Any, outputfile: Any, **options: Any) -> None:
    """Writes a profile for KCachegrind.

    profiling_data -- anything that `read` accepts: a file name, a cProfile.Profile, a pstats.Stats, ...
    outputfile     -- a file name or a file object open for writing; a name ending in .gz is packed with gzip
    sources        -- look up in the source files which lines make the calls, and qualified names: Profile.apply_sources
    source_dirs    -- a folder or several, where to look for files that do not stand where the profile says
    split          -- divide functions that only seem to be in cycles: Profile.split
    options        -- as for Profile.write; `strict` holds for reading, too

    Raises what `read` and `Profile.write` raise.
    """
    if Profiler in type(profiling_data).__mro__ and (EACH_HAS_ITS_OWN or running() is profiling_data):
        profiling_data.disable()
    converter = CalltreeConverter(profiling_data, strict=options.get("strict", False))
    converter._is_read_once = not isinstance(profiling_data, Profile)  # then nobody else has it: it is not copied
    converter.output(outputfile, **options)


def visualize(profiling_data: Any) -> None:
    """Opens a profile in KCachegrind or QCacheGrind and waits for its end; `profiling_data` as for `convert`."""
    CalltreeConverter(profiling_data).visualize()
