#include "common/script.hpp"

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <fstream>
#include <optional>
#include <system_error>

#include <unistd.h>

#include <profconv/error.hpp>

#include "common/names.hpp"
#include "common/python_runner.hpp"

namespace profconv::cli {

std::string Script::command_line() const {
  std::vector<std::string> words = arguments;
  words.insert(words.begin(), name);
  return (module ? "-m " : "") + shell_line(words);
}

std::string Script::base_name() const {
  std::string base = base_of(name);
  if (module || (base != "." && base != "..")) return base;
  std::error_code error;  // the folder's own name: a file that begins with a dot is hidden
  const std::string folder = std::filesystem::canonical(name, error).filename().string();
  return folder.empty() ? "script" : folder;
}

Script script_from(const std::vector<std::string>& words) {
  constexpr const char* hint = "-r SCRIPT [ARGUMENT]... or -r -m MODULE [ARGUMENT]...";
  if (words.empty()) throw UsageError("-r needs a script or -m MODULE", hint);
  Script script;
  std::size_t next = 1;
  const std::string& first = words.front();
  if (first == "-m") {
    if (words.size() < 2) throw UsageError("-m needs the name of a module", hint);
    script.module = true;
    script.name = words[next++];
  } else if (first.starts_with("-m")) {
    script.module = true;
    script.name = first.substr(2);
  } else if (first.starts_with("-")) {
    throw UsageError("-r needs a script or -m MODULE, found " + first,
                     "what follows -r belongs to the script; options of this tool go before it");
  } else {
    script.name = first;
  }
  if (script.name.empty()) throw UsageError("-r needs a script or -m MODULE", hint);
  script.arguments.assign(words.begin() + static_cast<std::ptrdiff_t>(next), words.end());
  return script;
}

namespace {

Command interpreter(const Script& script, const std::string& python) {
  if (!script.module && ::access(script.name.c_str(), R_OK) != 0) throw IoError(script.name, "cannot read", errno);
  std::optional<Command> command = find_command(python);
  if (!command) throw IoError(python, "no such program", 0, "--python names the Python interpreter, default python3");
  command->writes_to_stderr = script.writes_to_stderr;
  return *command;
}

void add_script(std::vector<std::string>& words, const Script& script) {
  if (script.module) words.emplace_back("-m");
  words.push_back(script.name);
  words.insert(words.end(), script.arguments.begin(), script.arguments.end());
}

/// Checks that the interpreter has the sampling profiler.
void require_sampling(Command command, const std::string& python, const std::string& scratch) {
  command.arguments.insert(
      command.arguments.end(),
      {"-c", "import sys; open(sys.argv[1], 'w').write('%d %d' % tuple(sys.version_info[:2]))", scratch});
  const Ended ended = run_and_wait(command);
  int major = 0, minor = 0;
  std::ifstream file(scratch);
  if (!ended.well() || !(file >> major >> minor))
    throw Error(Error::Parts{python, {}, "cannot tell its version: " + ended.text(), "is it a Python interpreter?"});
  if (major > 3 || (major == 3 && minor >= 15)) return;
  throw Error(Error::Parts{
      python,
      {},
      "it is Python " + std::to_string(major) + "." + std::to_string(minor) + ", and --sampling needs 3.15 or newer",
      "--python names another interpreter; without --sampling cProfile is used"});
}

}  // namespace

Ended run_profiled(const Script& script, const std::string& python, const std::string& dump) {
  Command command = interpreter(script, python);
  command.arguments.insert(command.arguments.end(), {"-c", python_runner, dump});
  add_script(command.arguments, script);
  return run_and_wait(command);
}

Ended run_sampled(const Script& script, const std::string& python, const std::string& dump, const std::string& scratch,
                  std::int64_t interval_ns) {
  Command command = interpreter(script, python);
  require_sampling(command, python, scratch);
  std::vector<std::string>& words = command.arguments;
  words.insert(words.end(), {"-m", "profiling.sampling", "run", "--binary", "-o", dump});
  if (interval_ns > 0) {
    constexpr std::int64_t second = 1'000'000'000;
    words.insert(words.end(),
                 {"-r", std::to_string(std::max<std::int64_t>((second + interval_ns / 2) / interval_ns, 1))});
  }
  add_script(words, script);
  return run_and_wait(command);
}

}  // namespace profconv::cli
