#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "common/process.hpp"

namespace profconv::cli {

/// What stands behind -r: a script or a module, and its arguments.
struct Script {
  bool module = false;
  std::string name;  ///< The script's path or the module's dotted name; "" when there is none.
  std::vector<std::string> arguments;
  bool writes_to_stderr = false;  ///< What it prints goes there: our standard output is for something else.

  explicit operator bool() const noexcept { return !name.empty(); }
  std::string command_line() const;  ///< For people: "t.py --flag", "-m json.tool x.json".
  std::string base_name() const;     ///< "t.py", "json.tool"; never with a slash.
};

/// What follows -r. Throws UsageError when that is neither a script nor a module.
Script script_from(const std::vector<std::string>& words);

/// Runs the script with `python` (a command as for `find_command`) under cProfile and waits for its end; `dump` is
/// where the profile goes (absolute). Throws IoError when the script or the interpreter is missing.
Ended run_profiled(const Script& script, const std::string& python, const std::string& dump);

/// The same under Python's own sampling profiler, which Python 3.15 brings along; `interval_ns`: how often it looks, 0
/// for its default. `scratch` is a file of ours. Throws Error when the interpreter is older.
Ended run_sampled(const Script& script, const std::string& python, const std::string& dump, const std::string& scratch,
                  std::int64_t interval_ns);

}  // namespace profconv::cli
