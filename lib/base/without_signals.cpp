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
    // What a thread itself does: a mapped file that shrinks is a SIGBUS in the one that reads it (lib/io), a closed
    // pipe a SIGPIPE in the one that writes.
    for (const int own : {SIGABRT, SIGBUS, SIGFPE, SIGILL, SIGPIPE, SIGSEGV, SIGSYS, SIGTRAP, SIGXFSZ})
      sigdelset(&signals, own);
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
