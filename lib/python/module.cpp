// profconv._core: the library for Python. Thin: the package profconv, written in Python, is what people use.

#include <cstdint>

#include <boost/python/def.hpp>
#include <boost/python/docstring_options.hpp>
#include <boost/python/errors.hpp>
#include <boost/python/module.hpp>
#include <boost/python/scope.hpp>
#include <profconv/version.hpp>

#include "python/core_profile.hpp"
#include "python/entries.hpp"
#include "python/errors.hpp"
#include "python/files.hpp"
#include "python/rows.hpp"
#include "python/transforms.hpp"

namespace {

namespace py = boost::python;

// Classes and converters are the process's, not an interpreter's: another one that made them anew, or put functions of
// its own into them as the package does, would break them for the first.
void require_first_interpreter() {
  static std::int64_t first = -1;
  const std::int64_t here = PyInterpreterState_GetID(PyInterpreterState_Get());
  if (first == -1) first = here;
  if (here == first) return;
  PyErr_SetString(PyExc_ImportError, "profconv can be imported by one interpreter of a process only");
  throw py::error_already_set();
}

}  // namespace

BOOST_PYTHON_MODULE(_core) {
  require_first_interpreter();
  const py::docstring_options our_own_only(true, false, false);
  py::scope().attr("version") = PROFCONV_VERSION;
  py::def("require_first_interpreter", require_first_interpreter);
  profconv::python::export_errors();
  profconv::python::export_rows();
  profconv::python::export_profile();
  profconv::python::export_files();
  profconv::python::export_entries();
  profconv::python::export_transforms();
}
