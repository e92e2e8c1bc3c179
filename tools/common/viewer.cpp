#include "common/viewer.hpp"

#include <csignal>
#include <cstdlib>
#include <optional>
#include <utility>

#include <profconv/error.hpp>

#include "common/names.hpp"
#include "common/signals.hpp"

namespace profconv::cli {
namespace {

constexpr const char* known_viewers[] = {
    "kcachegrind", "qcachegrind",
#ifdef __APPLE__
    "open -W -a qcachegrind",  // -W: waits for its end
#endif
};

// What Qt does then.
bool ended_for_want_of_a_display(const Ended& ended) {
  const auto is_set = [](const char* name) {
    const char* const value = std::getenv(name);
    return value != nullptr && *value != '\0';
  };
  return ended.signal == SIGABRT && !is_set("DISPLAY") && !is_set("WAYLAND_DISPLAY") && !is_set("QT_QPA_PLATFORM");
}

}  // namespace

Command find_viewer(const std::string& wanted) {
  if (!wanted.empty()) {
    if (auto command = find_command(wanted)) return std::move(*command);
    throw IoError(wanted, "no such program", 0, "--viewer names a program that opens callgrind files");
  }
  std::string tried;
  for (const std::string known : known_viewers) {
    if (auto command = find_command(known)) return std::move(*command);
    tried += (tried.empty() ? "" : ", ") + known;
  }
  throw Error("no viewer found, tried " + tried, "install kcachegrind, or name another with --viewer");
}

void view(const Command& viewer, const std::string& file, const Messages& messages) {
  Command command = viewer;
  command.arguments.push_back(as_argument(file));
  const Ended ended = run_and_wait(command);
  if (ended.well() || asked_to_end() != 0) return;
  messages.warning(viewer.arguments.front() + ": " + ended.text() +
                   (ended_for_want_of_a_display(ended)
                        ? " (hint: there is no display here; -o FILE keeps the file, to be opened where there is one)"
                        : ""));
}

}  // namespace profconv::cli
