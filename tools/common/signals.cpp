#include "common/signals.hpp"

#include <array>
#include <atomic>
#include <cerrno>
#include <utility>

#include <unistd.h>

#include <profconv/output.hpp>

namespace profconv::cli {
namespace {

constexpr std::array fatal = {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGPIPE};
constexpr std::array rarely_fatal = {SIGXCPU, SIGALRM, SIGVTALRM, SIGUSR1, SIGUSR2};  // of limits and timers

// All that the handler looks at. Main thread only, so the handler sees each change whole.
std::array<std::atomic<const char*>, 16> temporary = {};
std::atomic<pid_t> running_child = 0;
std::atomic<bool> passes_interrupts = false;
std::atomic<int> passed_on = 0;
static_assert(std::atomic<const char*>::is_always_lock_free && std::atomic<pid_t>::is_always_lock_free);

void remove_temporary() noexcept {
  Output::remove_temporary_files();
  for (std::size_t i = temporary.size(); i-- > 0;) {
    const char* path = temporary[i];
    if (path != nullptr && ::unlink(path) != 0) ::rmdir(path);
  }
}

extern "C" void handle_fatal(int signal) {
  const int saved = errno;
  const pid_t child = running_child;
  if (child == 0) end_by(signal);
  if (signal == SIGTERM || signal == SIGHUP || (passes_interrupts && signal != SIGPIPE)) {
    passed_on = signal;
    ::kill(child, signal);
  }
  errno = saved;
}

extern "C" void handle_rarely_fatal(int signal) { end_by(signal); }

extern "C" void handle_nothing(int) {}

void handle(int signal, void (*handler)(int)) {
  struct sigaction action = {};
  if (::sigaction(signal, nullptr, &action) != 0 || action.sa_handler == SIG_IGN) return;
  action = {};
  action.sa_handler = handler;
  action.sa_flags = SA_RESTART;
  sigemptyset(&action.sa_mask);
  for (const int other : fatal) sigaddset(&action.sa_mask, other);
  ::sigaction(signal, &action, nullptr);
}

}  // namespace

void install_signal_handlers() {
  for (const int signal : fatal) handle(signal, handle_fatal);
  for (const int signal : rarely_fatal) handle(signal, handle_rarely_fatal);
  // A handler rather than SIG_IGN, here and above: a child starts with the default again.
  handle(SIGXFSZ, handle_nothing);
}

int asked_to_end() noexcept { return passed_on; }

void end_by(int signal) noexcept {
  remove_temporary();
  struct sigaction action = {};
  action.sa_handler = SIG_DFL;
  ::sigaction(signal, &action, nullptr);
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, signal);
  ::raise(signal);
  ::sigprocmask(SIG_UNBLOCK, &set, nullptr);
  ::_exit(128 + signal);
}

RemovedOnSignal::RemovedOnSignal(std::string path) : path_(std::move(path)) {
  while (slot_ < temporary.size() && temporary[slot_] != nullptr) ++slot_;
  if (slot_ < temporary.size()) temporary[slot_] = path_.c_str();
}

RemovedOnSignal::~RemovedOnSignal() {
  if (slot_ < temporary.size()) temporary[slot_] = nullptr;
}

ChildRunning::ChildRunning(pid_t child, Interrupts interrupts) noexcept {
  passed_on = 0;
  passes_interrupts = interrupts == Interrupts::passed_on;
  running_child = child;
}

ChildRunning::~ChildRunning() { running_child = 0; }

SignalsBlocked::SignalsBlocked() noexcept {
  sigset_t set;
  sigemptyset(&set);
  for (const int signal : fatal) sigaddset(&set, signal);
  ::sigprocmask(SIG_BLOCK, &set, &before_);
}

SignalsBlocked::~SignalsBlocked() { ::sigprocmask(SIG_SETMASK, &before_, nullptr); }

}  // namespace profconv::cli
