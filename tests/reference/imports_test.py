"""Which import ran which module: what is proved from a dump of cProfile and the sources, against what sys.setprofile sees."""

import json
import pathlib
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "support"))
import dump_text  # noqa: E402
from samples import Checks, convert, run, skip, text  # noqa: E402

script = """\
import logging.config
import unittest.mock
import xml.dom.minidom
from email.mime import text
from http import cookiejar


def late():
    import smtplib
    return smtplib.SMTP_PORT


late()
"""

# argv: MODE OUT SCRIPT
recorder = """\
import cProfile, json, sys
mode, out, script = sys.argv[1:]
code = compile(open(script).read(), script, "exec")
names = {"__name__": "__main__", "__file__": script}
if mode == "dump":
    profile = cProfile.Profile()
    profile.runctx(code, names, None)
    profile.dump_stats(out)
    sys.exit()
found = {}

def is_importlib(file):
    return file.startswith("<frozen importlib") or file.endswith("importlib/__init__.py")

def trace(frame, event, argument):
    if event == "call" and frame.f_code.co_name == "<module>":
        importer = frame.f_back
        while importer and is_importlib(importer.f_code.co_filename):
            importer = importer.f_back
        if importer:
            found.setdefault(frame.f_code.co_filename, (importer.f_code.co_filename, importer.f_code.co_name))

sys.setprofile(trace)
exec(code, names)
sys.setprofile(None)
json.dump(found, open(out, "w"))
"""


def is_machinery(function):
    file = function.file.decode()
    return file.startswith("<frozen importlib") or file.endswith("importlib/__init__.py") or file in ("~", "")


def importers(dump):
    """Per module, by its file: (file, name) of the code that the machinery below which it ran was called from."""
    callers = [[] for _ in dump.functions]
    for call in dump.calls:
        if call.calls:
            callers[call.callee].append(call.caller)
    found = {}
    for module, function in enumerate(dump.functions):
        if function.name != b"<module>":
            continue
        seen, open_, outside = {module}, [module], set()
        while open_:
            for caller in callers[open_.pop()]:
                if caller in seen:
                    continue
                seen.add(caller)
                if is_machinery(dump.functions[caller]):
                    open_.append(caller)
                else:
                    outside.add((dump.functions[caller].file.decode(), dump.functions[caller].name.decode()))
        found[function.file.decode()] = outside
    return found


def compare(checks, dump, truth, what):
    """How many importers are known, and how many of these are the true ones."""
    known = right = 0
    for module, outside in importers(dump).items():
        if module not in truth or len(outside) != 1:
            continue
        known += 1
        if outside == {tuple(truth[module])}:
            right += 1
        elif what == "proved":
            checks.fail(module, f"proved: {outside}, truth: {truth[module]}")
    checks.checked += known
    return known, right


def main():
    checks = Checks()
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        (folder / "script.py").write_text(script)
        for mode in ("dump", "truth"):
            done = run(sys.executable, "-c", recorder, mode, folder / mode, folder / "script.py")
            if done.returncode != 0:
                skip(f"this Python cannot run the program: {text(done.stderr)}")
        truth = json.loads((folder / "truth").read_text())
        for what, option in (("proved", "--split"), ("estimated", "--fold-imports")):
            result = convert("--sources", option, "dump", folder / "dump")
            if result.returncode != 0:
                checks.fail(what, text(result.stderr))
                continue
            known, right = compare(checks, dump_text.parse(result.stdout), truth, what)
            print(f"{what}: {right} of {known} right, of {len(truth)} modules")
            # How many are provable depends on the machine's clock and caches; some always are.
            checks.equal(known >= (len(truth) * 9 // 10 if what == "estimated" else 5), True, what, "enough known")
            checks.equal(right >= known * 8 // 10, True, what, "enough right")
    return checks.finish()


if __name__ == "__main__":
    sys.exit(main())
