#pragma once

namespace profconv::cli {

/// A Python program (2.7, 3.x, PyPy) that runs another one under cProfile: `python -c SOURCE DUMP SCRIPT ARGUMENT...`
/// or `python -c SOURCE DUMP -m MODULE ARGUMENT...`. The other program sees what it would see without it, and the
/// interpreter ends as it would have ended. DUMP is written unless the program could not start or died violently.
///
/// `python -m cProfile` would not do: it ends with 0 when the script called sys.exit(3), its frames stand in
/// tracebacks, and in Python 2 it has no -m.
extern const char* const python_runner;

}  // namespace profconv::cli
