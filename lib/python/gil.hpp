#pragma once

#include <chrono>
#include <thread>

#include <boost/python/detail/wrap_python.hpp>

#include <profconv/workers.hpp>

namespace profconv::python {

/// Gives up the interpreter's lock while it lives: for work that touches no Python object, with threads that help.
class WithoutGil {
 public:
  WithoutGil() = default;
  WithoutGil(const WithoutGil&) = delete;
  WithoutGil& operator=(const WithoutGil&) = delete;

 private:
  struct Released {
    PyThreadState* const state = PyEval_SaveThread();
    Released() = default;
    Released(const Released&) = delete;
    Released& operator=(const Released&) = delete;
    // While the interpreter ends it does not come back to a thread of Python's: up to 3.13 that is ended where it waits
    // for the lock, by an unwinding that neither a destructor nor Boost.Python's handlers let through. Kept here
    // forever, as 3.14 does it, it is in nobody's way. A question beforehand, whether the interpreter ends, may be
    // answered too early.
    ~Released() {
      try {
        PyEval_RestoreThread(state);
      } catch (...) {
        for (;;) std::this_thread::sleep_for(std::chrono::hours(1));
      }
    }
  };

  Released released_;
  Workers workers_;  // ended before the lock is had again
};

}  // namespace profconv::python
