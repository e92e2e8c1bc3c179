#include "python/errors.hpp"

#include <string>

#include <boost/python/errors.hpp>
#include <boost/python/exception_translator.hpp>
#include <boost/python/object.hpp>
#include <boost/python/scope.hpp>
#include <boost/python/str.hpp>
#include <profconv/error.hpp>

#include "python/text.hpp"

namespace profconv::python {
namespace {

namespace py = boost::python;

constexpr const char* error_doc =
    "The input is not what it should be, or something makes no sense.\n\n"
    "str() is the whole message on one line. A ValueError.\n\n"
    "source -- the input or output concerned, '' when there is none\n"
    "where  -- the position in it, such as 'byte 812' (from 0, in unpacked bytes) or 'line 3' (from 1)\n"
    "reason -- what was expected and what was found\n"
    "hint   -- what to do about it, '' when there is nothing to say";

PyObject* error_type = nullptr;  // lives as long as the interpreter

void translate_error(const Error& error) {
  const Error said(
      Error::Parts{error.source(), error.where(), with_arguments(error.reason()), with_arguments(error.hint())});
  const py::object type(py::handle<>(py::borrowed(error_type)));
  py::object exception = type(to_str(said.what()));
  exception.attr("source") = to_str(said.source());
  exception.attr("where") = to_str(said.where());
  exception.attr("reason") = to_str(said.reason());
  exception.attr("hint") = to_str(said.hint());
  PyErr_SetObject(error_type, exception.ptr());
}

void translate_io_error(const IoError& error) {
  const py::object type(py::handle<>(py::borrowed(PyExc_OSError)));
  py::object exception;
  if (error.code() == 0) {
    exception = type(to_str(error.what()));
  } else if (error.source().empty()) {
    exception = type(error.code(), to_str(error.reason()));
  } else {
    exception = type(error.code(), to_str(error.reason()), to_str(error.source()));
  }
  PyErr_SetObject(reinterpret_cast<PyObject*>(Py_TYPE(exception.ptr())), exception.ptr());
}

}  // namespace

void export_errors() {
  error_type = PyErr_NewExceptionWithDoc("profconv.Error", error_doc, PyExc_ValueError, nullptr);
  const py::object type(py::handle<>(py::borrowed(error_type)));
  for (const char* part : {"source", "where", "reason", "hint"}) py::setattr(type, part, py::str());
  py::scope().attr("Error") = type;
  // The translator that was registered last is asked first.
  py::register_exception_translator<Error>(translate_error);
  py::register_exception_translator<IoError>(translate_io_error);
}

}  // namespace profconv::python
