#include "base/without_signals.hpp"

#include <csignal>

namespace profconv {

#if defined(SIG_BLOCK) && defined(SIGHUP)

namespace {

// A new thread has the mask of the one that starts it.
class SignalsBlocked {
 public:
  SignalsBlocked() noexcept {
    sigset_t signals;
    sigfillset(&signals);
    // A mapped file that shrinks is a SIGBUS in the thread that reads it (lib/io).
    for (const int own : {SIGABRT, SIGBUS, SIGFPE, SIGILL, SIGSEGV, SIGSYS, SIGTRAP}) sigdelset(&signals, own);
    ::pthread_sigmask(SIG_BLOCK, &signals, &before_);
  }
  SignalsBlocked(const SignalsBlocked&) = delete;
  SignalsBlocked& operator=(const SignalsBlocked&) = delete;
  ~SignalsBlocked() { ::pthread_sigmask(SIG_SETMASK, &before_, nullptr); }

 private:
  sigset_t before_;
};

}  // namespace

void without_signals(const std::function<void()>& start) {
  const SignalsBlocked blocked;
  start();
}

#else

void without_signals(const std::function<void()>& start) { start(); }

#endif

}  // namespace profconv
