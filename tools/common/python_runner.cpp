#include "common/python_runner.hpp"

namespace profconv::cli {

const char* const python_runner = R"python(
import sys

# Python's -c puts the current folder first; without it our own imports cannot meet the script's neighbours.
unsafe_path = sys.path[:1] == ['']
if unsafe_path:
    del sys.path[0]

import cProfile, os, types

dump, sys.argv = sys.argv[1], sys.argv[2:]
process = os.getpid()
profiler = cProfile.Profile()
started = False


def prepend(folder):
    if unsafe_path:
        sys.path.insert(0, folder)


def new_main():
    module = types.ModuleType('__main__')
    module.__dict__.setdefault('__builtins__', __import__('__builtin__' if sys.version_info[0] < 3 else 'builtins'))
    if '__annotations__' in globals():
        module.__annotations__ = {}
    sys.modules['__main__'] = module
    return module


def start():
    global started
    started = True
    profiler.enable()


def run_main(main, name, *arguments):
    # What `python -m` itself calls, in every version; it runs the module in sys.modules['__main__'] and sets sys.argv[0].
    global started
    import runpy
    start()
    try:
        runpy._run_module_as_main(name, *arguments)
    finally:
        profiler.disable()
        # Without a module of that name there is a profile of runpy alone.
        started = main.__dict__.get('__loader__') is not None


def run_module():
    name = sys.argv.pop(1)
    prepend(os.getcwd())
    run_main(new_main(), name)


def run_folder(path):
    if sys.version_info >= (3, 9):
        path = os.path.abspath(path)
    sys.path.insert(0, path)
    run_main(new_main(), '__main__', False)


def run_script(path):
    prepend(os.path.dirname(os.path.realpath(path)))
    if sys.version_info >= (3, 9):
        path = os.path.abspath(path)
    module = new_main()
    module.__file__ = path
    if sys.version_info[0] >= 3:
        import importlib.machinery
        module.__loader__ = importlib.machinery.SourceFileLoader('__main__', path)
        if sys.version_info < (3, 15):
            module.__cached__ = None
    with open(path, 'rb') as stream:
        code = compile(stream.read(), path, 'exec', 0, True)
    start()
    try:
        exec(code, module.__dict__)  # here rather than in a function for `run`: that would stand in the profile
    finally:
        profiler.disable()


def is_folder(path):
    # With a __main__ module in it; a zip archive is one, too.
    if os.path.isdir(path):
        return True
    with open(path, 'rb') as stream:
        return stream.read(4) == b'PK\3\4' or path.endswith(('.pyz', '.zip'))


def without_our_frames(show):
    def show_script_only(kind, value, frames):
        while frames is not None and frames.tb_frame.f_globals is globals():
            frames = frames.tb_next
        try:
            value.__traceback__ = frames
        except Exception:
            pass
        show(kind, value, frames)
    return show_script_only


def save():
    if not started or os.getpid() != process:
        return  # a syntax error, no such module, or a child that the script forked
    try:
        profiler.dump_stats(dump)
    except Exception:
        sys.stderr.write('the profile was not saved: %s\n' % (sys.exc_info()[1],))


runner = sys.modules['__main__']  # keeps it: Python 2 empties the globals of a module that nobody holds
try:
    if sys.argv[0] == '-m':
        run_module()
    elif is_folder(sys.argv[0]):
        run_folder(sys.argv[0])
    else:
        run_script(sys.argv[0])
except SystemExit:
    save()
    raise
except BaseException:
    save()
    sys.excepthook = without_our_frames(sys.excepthook)
    raise
save()
)python";

}  // namespace profconv::cli
