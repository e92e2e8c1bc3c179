#include "common/process.hpp"

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <string_view>
#include <utility>

#include <fcntl.h>
#include <spawn.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <profconv/error.hpp>

extern char** environ;

namespace profconv::cli {
namespace {

bool is_program(const std::string& path) {
  struct stat status = {};
  return ::stat(path.c_str(), &status) == 0 && S_ISREG(status.st_mode) && ::access(path.c_str(), X_OK) == 0;
}

std::vector<std::string> split_at_blanks(std::string_view text) {
  constexpr std::string_view blanks = " \t";
  std::vector<std::string> words;
  for (std::size_t begin = text.find_first_not_of(blanks); begin != text.npos;
       begin = text.find_first_not_of(blanks, begin)) {
    const std::size_t end = std::min(text.find_first_of(blanks, begin), text.size());
    words.emplace_back(text.substr(begin, end - begin));
    begin = end;
  }
  return words;
}

/// What posix_spawn is told beside the command.
struct SpawnSettings {
  SpawnSettings() {
    ::posix_spawnattr_init(&attributes);
    ::posix_spawn_file_actions_init(&actions);
  }
  SpawnSettings(const SpawnSettings&) = delete;
  SpawnSettings& operator=(const SpawnSettings&) = delete;
  ~SpawnSettings() {
    ::posix_spawn_file_actions_destroy(&actions);
    ::posix_spawnattr_destroy(&attributes);
  }

  posix_spawnattr_t attributes;
  posix_spawn_file_actions_t actions;
};

pid_t spawn(const Command& command, const SpawnSettings& settings) {
  std::vector<char*> arguments;
  for (const std::string& argument : command.arguments) arguments.push_back(const_cast<char*>(argument.c_str()));
  arguments.push_back(nullptr);
  pid_t child = 0;
  const int code =
      ::posix_spawn(&child, command.path.c_str(), &settings.actions, &settings.attributes, arguments.data(), environ);
  if (code != 0) throw IoError(command.path, "cannot run", code);
  return child;
}

pid_t start(const Command& command, const sigset_t& signal_mask) {
  SpawnSettings settings;
  ::posix_spawnattr_setflags(&settings.attributes, POSIX_SPAWN_SETSIGMASK);
  ::posix_spawnattr_setsigmask(&settings.attributes, &signal_mask);
  if (command.writes_to_stderr) ::posix_spawn_file_actions_adddup2(&settings.actions, STDERR_FILENO, STDOUT_FILENO);
  return spawn(command, settings);
}

void wait_for_end(pid_t child) {
  siginfo_t info = {};
  // WNOWAIT: its number stays taken, so a signal that is passed on meanwhile cannot reach another process.
  while (::waitid(P_PID, static_cast<id_t>(child), &info, WEXITED | WNOWAIT) != 0 && errno == EINTR) {
  }
}

bool is_plain(char c) {
  constexpr std::string_view harmless = "_-+=./:,@%^";
  return std::isalnum(static_cast<unsigned char>(c)) != 0 || (c & 0x80) != 0 || harmless.find(c) != harmless.npos;
}

}  // namespace

std::string Ended::text() const {
  if (signal == 0) return "exit status " + std::to_string(status);
  return "ended by signal " + std::to_string(signal) + " (" + ::strsignal(signal) + ")";
}

std::optional<std::string> find_program(const std::string& name) {
  if (name.empty()) return std::nullopt;
  if (name.find('/') != name.npos) return is_program(name) ? std::optional(name) : std::nullopt;
  const char* variable = std::getenv("PATH");
  const std::string_view path = variable == nullptr ? "/usr/bin:/bin" : variable;
  for (std::size_t begin = 0; begin <= path.size();) {
    const std::size_t end = std::min(path.find(':', begin), path.size());
    const std::string folder(path.substr(begin, end - begin));
    const std::string file =
        (folder.empty() ? "." : folder) + "/" + name;  // POSIX: an empty part is the current folder
    if (is_program(file)) return file;
    begin = end + 1;
  }
  return std::nullopt;
}

std::optional<Command> find_command(const std::string& text) {
  if (auto path = find_program(text)) return Command{std::move(*path), {text}};
  std::vector<std::string> words = split_at_blanks(text);
  if (words.empty()) return std::nullopt;
  auto path = find_program(words.front());
  if (!path) return std::nullopt;
  return Command{std::move(*path), std::move(words)};
}

Ended run_and_wait(const Command& command, Interrupts interrupts) {
  std::optional<SignalsBlocked> blocked(std::in_place);
  const pid_t child = start(command, blocked->before());
  {
    const ChildRunning running(child, interrupts);
    blocked.reset();
    wait_for_end(child);
  }
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  if (WIFSIGNALED(status)) return {0, WTERMSIG(status)};
  return {WEXITSTATUS(status), 0};
}

Ended run_helper(const Command& command) {
  const Ended ended = run_and_wait(command, Interrupts::passed_on);
  if (asked_to_end() != 0) end_by(asked_to_end());
  // A terminal interrupts both, and the helper may be the first to notice.
  if (ended.signal == SIGINT || ended.signal == SIGQUIT) end_by(ended.signal);
  return ended;
}

void start_detached(const Command& command) {
  SpawnSettings settings;
  ::posix_spawnattr_setflags(&settings.attributes, POSIX_SPAWN_SETSID);
  for (const int fd : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
    ::posix_spawn_file_actions_addopen(&settings.actions, fd, "/dev/null", O_RDWR, 0);
  }
  static_cast<void>(spawn(command, settings));
}

std::string shell_line(const std::vector<std::string>& words) {
  std::string line;
  for (const std::string& word : words) {
    if (!line.empty()) line += ' ';
    if (!word.empty() && std::all_of(word.begin(), word.end(), is_plain)) {
      line += word;
      continue;
    }
    line += '\'';
    for (const char c : word) line += c == '\'' ? std::string("'\\''") : std::string(1, c);
    line += '\'';
  }
  return line;
}

}  // namespace profconv::cli
