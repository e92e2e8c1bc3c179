#include "common/script.hpp"

#include <cerrno>
#include <optional>

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

std::string Script::base_name() const { return module ? name : base_of(name); }

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

Ended run_profiled(const Script& script, const std::string& python, const std::string& dump) {
  if (!script.module && ::access(script.name.c_str(), R_OK) != 0) throw IoError(script.name, "cannot read", errno);
  std::optional<Command> command = find_command(python);
  if (!command) throw IoError(python, "no such program", 0, "--python names the Python interpreter, default python3");
  std::vector<std::string>& words = command->arguments;
  words.insert(words.end(), {"-c", python_runner, dump});
  if (script.module) words.emplace_back("-m");
  words.push_back(script.name);
  words.insert(words.end(), script.arguments.begin(), script.arguments.end());
  return run_and_wait(*command);
}

}  // namespace profconv::cli
