#pragma once

#include <csignal>
#include <cstddef>
#include <cstdint>
#include <string>

#include <sys/types.h>

/// Signals that ask the tool to end: nothing temporary stays behind, and a running child decides for itself.

namespace profconv::cli {

/// To be called once, before anything temporary exists. From then on
/// - SIGINT, SIGTERM, SIGHUP, SIGQUIT and SIGPIPE remove what is temporary (unfinished outputs, RemovedOnSignal) and
///   end the process by the same signal, so that the caller sees what happened;
/// - while a child runs (ChildRunning), SIGINT and SIGQUIT are left to it, since a terminal sends them to both, unless
///   it is one that shows nothing (Interrupts::passed_on); SIGTERM and SIGHUP are passed on to it, and `asked_to_end()`
///   tells afterwards;
/// - a file size limit is a failed write instead of a death (SIGXFSZ).
/// Signals that were ignored when the tool started (nohup) stay ignored.
void install_signal_handlers();

/// The signal that was passed on to the last child, 0 when there was none.
int asked_to_end() noexcept;

/// Removes what is temporary and ends the process by `signal`. Async-signal-safe.
[[noreturn]] void end_by(int signal) noexcept;

/// A file or an empty folder that a fatal signal removes; later ones first. The name is taken before the file exists.
class RemovedOnSignal {
 public:
  explicit RemovedOnSignal(std::string path);
  RemovedOnSignal(const RemovedOnSignal&) = delete;
  RemovedOnSignal& operator=(const RemovedOnSignal&) = delete;
  ~RemovedOnSignal();

  const std::string& path() const noexcept { return path_; }

 private:
  std::string path_;
  std::size_t slot_ = 0;
};

/// What SIGINT and SIGQUIT mean while a child runs: a script or a viewer decides for itself, a helper ends with us.
enum class Interrupts : std::uint8_t { left_to_child, passed_on };

/// While it lives, `child` is the one that signals are for.
class ChildRunning {
 public:
  ChildRunning(pid_t child, Interrupts interrupts) noexcept;
  ChildRunning(const ChildRunning&) = delete;
  ChildRunning& operator=(const ChildRunning&) = delete;
  ~ChildRunning();
};

/// Holds the signals above back while it lives.
class SignalsBlocked {
 public:
  SignalsBlocked() noexcept;
  SignalsBlocked(const SignalsBlocked&) = delete;
  SignalsBlocked& operator=(const SignalsBlocked&) = delete;
  ~SignalsBlocked();

  const sigset_t& before() const noexcept { return before_; }

 private:
  sigset_t before_;
};

}  // namespace profconv::cli
