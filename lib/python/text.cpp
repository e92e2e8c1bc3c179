#include "python/text.hpp"

#include <boost/python/errors.hpp>
#include <boost/python/handle.hpp>

namespace profconv::python {

namespace py = boost::python;

py::object to_str(std::string_view text) {
  const auto size = static_cast<Py_ssize_t>(text.size());
  for (const char* const errors : {"strict", "surrogatepass"}) {
    if (PyObject* const str = PyUnicode_DecodeUTF8(text.data(), size, errors)) return py::object(py::handle<>(str));
    if (PyErr_ExceptionMatches(PyExc_UnicodeDecodeError) == 0) py::throw_error_already_set();
    PyErr_Clear();
  }
  return py::object(py::handle<>(PyUnicode_DecodeUTF8(text.data(), size, "surrogateescape")));
}

std::string bytes_of(const py::object& text, const char* what) {
  PyObject* const object = text.ptr();
  if (PyBytes_Check(object)) return {PyBytes_AS_STRING(object), static_cast<std::size_t>(PyBytes_GET_SIZE(object))};
  if (!PyUnicode_Check(object)) type_error(std::string(what) + ": expected str or bytes, found " + type_name(text));
  Py_ssize_t size = 0;
  if (const char* const utf8 = PyUnicode_AsUTF8AndSize(object, &size)) return {utf8, static_cast<std::size_t>(size)};
  PyErr_Clear();
  const py::handle<> encoded(PyUnicode_AsEncodedString(object, "utf-8", "surrogatepass"));
  return {PyBytes_AS_STRING(encoded.get()), static_cast<std::size_t>(PyBytes_GET_SIZE(encoded.get()))};
}

std::string with_arguments(std::string_view text) {
  const auto is_name = [](char c) { return (c >= 'a' && c <= 'z') || c == '-'; };
  std::string said;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool option = text.substr(i, 2) == "--" && (i == 0 || text[i - 1] == ' ') && i + 2 < text.size() &&
                        is_name(text[i + 2]) && text[i + 2] != '-';
    if (!option) {
      said += text[i];
      continue;
    }
    for (i += 2; i < text.size() && is_name(text[i]); ++i) said += text[i] == '-' ? '_' : text[i];
    said += '=';
    const bool value = i + 1 < text.size() && text[i] == ' ' && text[i + 1] >= '0' && text[i + 1] <= '9';
    if (!value) --i;
  }
  return said;
}

std::string type_name(const py::object& value) { return Py_TYPE(value.ptr())->tp_name; }

void type_error(const std::string& message) {
  PyErr_SetString(PyExc_TypeError, message.c_str());
  throw py::error_already_set();
}

}  // namespace profconv::python
