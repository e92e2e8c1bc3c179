#pragma once

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
    ~Released() { PyEval_RestoreThread(state); }
  };

  Released released_;
  Workers workers_;  // ended before the lock is had again
};

}  // namespace profconv::python
