#include "python/arguments.hpp"

#include <boost/python/errors.hpp>
#include <boost/python/handle.hpp>
#include <profconv/error.hpp>

#include "python/text.hpp"

namespace profconv::python {

namespace py = boost::python;

void Argument::fail(const char* expected) const {
  type_error(name_ + ": expected " + expected + ", found " + type_name(value_));
}

void Argument::refuse(const std::string& wanted, const std::string& known) const {
  throw UsageError(name_ + ": unknown value '" + wanted + "', known are " + known);
}

bool Argument::flag() const {
  if (!PyBool_Check(value_.ptr())) fail("True or False");
  return value_.ptr() == Py_True;
}

double Argument::number() const {
  if (PyBool_Check(value_.ptr()) || !PyNumber_Check(value_.ptr())) fail("a number");
  const double number = PyFloat_AsDouble(value_.ptr());
  if (number == -1 && PyErr_Occurred() != nullptr) py::throw_error_already_set();
  return number;
}

std::int64_t Argument::integer() const {
  if (PyBool_Check(value_.ptr()) || !PyIndex_Check(value_.ptr())) fail("an int");
  const py::handle<> index(PyNumber_Index(value_.ptr()));
  int overflow = 0;
  const long long integer = PyLong_AsLongLongAndOverflow(index.get(), &overflow);
  if (overflow != 0) throw UsageError(name_ + ": the number does not fit 64 bits");
  if (integer == -1 && PyErr_Occurred() != nullptr) py::throw_error_already_set();
  return integer;
}

std::size_t Argument::size() const {
  const std::int64_t value = integer();
  if (value < 0) throw UsageError(name_ + ": expected a number that is not negative, found " + std::to_string(value));
  return static_cast<std::size_t>(value);
}

std::string Argument::text() const {
  if (!PyUnicode_Check(value_.ptr())) fail("a str");
  return bytes_of(value_, name_.c_str());
}

std::vector<Argument> Argument::items(const char* expected) const {
  const py::handle<> tuple(py::allow_null(PySequence_Tuple(value_.ptr())));
  if (!tuple) {
    PyErr_Clear();
    fail(expected);
  }
  std::vector<Argument> items;
  for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(tuple.get()); ++i)
    items.emplace_back(name_, py::object(py::handle<>(py::borrowed(PyTuple_GET_ITEM(tuple.get(), i)))));
  return items;
}

std::vector<std::string> Argument::texts() const {
  if (PyUnicode_Check(value_.ptr())) return {text()};
  std::vector<std::string> texts;
  for (const Argument& item : items("a str or an iterable of them")) texts.push_back(item.text());
  return texts;
}

bool Argument::is_path() const {
  PyObject* const object = value_.ptr();
  return PyUnicode_Check(object) || PyBytes_Check(object) || PyObject_HasAttrString(object, "__fspath__") != 0;
}

// In the bytes that the file system has, as os.fsencode gives them.
std::string Argument::path() const {
  if (!is_path()) fail("a str, bytes or os.PathLike");
  py::handle<> path(PyOS_FSPath(value_.ptr()));
  if (PyUnicode_Check(path.get())) path = py::handle<>(PyUnicode_EncodeFSDefault(path.get()));
  return {PyBytes_AS_STRING(path.get()), static_cast<std::size_t>(PyBytes_GET_SIZE(path.get()))};
}

std::vector<std::string> Argument::paths() const {
  if (is_path()) return {path()};
  std::vector<std::string> paths;
  for (const Argument& item : items("a str, bytes or os.PathLike, or an iterable of them"))
    paths.push_back(item.path());
  return paths;
}

void refuse_argument(const std::string& name, std::span<const std::string_view> known) {
  const std::string hint = did_you_mean(name, known);
  std::string message = "unknown argument '" + name + "'";
  if (!hint.empty()) {
    message += ", " + hint;
  } else if (known.empty()) {
    message += ", the format takes none";
  } else {
    message += ", known are ";
    for (const std::string_view one : known) message += (one == known.front() ? "" : ", ") + std::string(one);
  }
  type_error(message);
}

}  // namespace profconv::python
