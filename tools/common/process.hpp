#pragma once

#include <optional>
#include <string>
#include <vector>

#include "common/signals.hpp"

/// Other programs: found on PATH, run without a shell, waited for.

namespace profconv::cli {

struct Command {
  std::string path;                    ///< The program's file.
  std::vector<std::string> arguments;  ///< The first is the program's name as it was asked for.
  bool writes_to_stderr = false;       ///< What it writes to its standard output goes to our standard error.
};

/// How a process ended: by `exit(status)`, or by a signal when that is not 0.
struct Ended {
  int status = 0;
  int signal = 0;

  bool well() const noexcept { return status == 0 && signal == 0; }
  /// What a shell would put in `$?`.
  int shell_status() const noexcept { return signal == 0 ? status : 128 + signal; }
  /// "exit status 3", "ended by signal 9 (Killed)".
  std::string text() const;
};

/// The file of a program: `name` itself when it has a slash, else the first executable file of that name on PATH.
std::optional<std::string> find_program(const std::string& name);

/// The command that `text` means: a program, or, when there is none of that name, a program and its arguments separated
/// by blanks ("flatpak run org.kde.kcachegrind").
std::optional<Command> find_command(const std::string& text);

/// Runs the command with our standard streams, environment and folder, and waits for its end. Throws IoError when it
/// cannot be started. What signals do meanwhile is said in signals.hpp.
Ended run_and_wait(const Command& command, Interrupts interrupts = Interrupts::left_to_child);

/// Runs a helper that people do not see: a signal that ends it ends us, too, once what is temporary is removed.
Ended run_helper(const Command& command);

/// Starts the command and does not wait for it; it has no terminal and reads and writes nothing of ours. Throws IoError
/// when it cannot be started.
void start_detached(const Command& command);

/// The words as one line for a shell, with quotes only where they are needed. For people: what a message tells them to
/// type.
std::string shell_line(const std::vector<std::string>& words);

}  // namespace profconv::cli
