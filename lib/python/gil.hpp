#pragma once

#include <boost/python/detail/wrap_python.hpp>

namespace profconv::python {

/// Gives up the interpreter's lock while it lives: for work that touches no Python object.
class WithoutGil {
 public:
  WithoutGil() : state_(PyEval_SaveThread()) {}
  WithoutGil(const WithoutGil&) = delete;
  WithoutGil& operator=(const WithoutGil&) = delete;
  ~WithoutGil() { PyEval_RestoreThread(state_); }

 private:
  PyThreadState* state_;
};

}  // namespace profconv::python
