#include "python/text.hpp"

#include <algorithm>
#include <utility>

#include <boost/python/errors.hpp>
#include <boost/python/handle.hpp>

namespace profconv::python {

namespace py = boost::python;

namespace {

thread_local const Profile* texts_of = nullptr;

/// Null if the bytes are none that Python would have written with these errors.
py::handle<> decoded(std::string_view text, const char* errors) {
  PyObject* const str = PyUnicode_DecodeUTF8(text.data(), static_cast<Py_ssize_t>(text.size()), errors);
  if (str == nullptr) {
    if (PyErr_ExceptionMatches(PyExc_UnicodeDecodeError) == 0) py::throw_error_already_set();
    PyErr_Clear();
  }
  return py::handle<>(py::allow_null(str));
}

py::handle<> encoded(PyObject* text, const char* errors) {
  PyObject* const bytes = PyUnicode_AsEncodedString(text, "utf-8", errors);
  if (bytes == nullptr) {
    if (PyErr_ExceptionMatches(PyExc_UnicodeEncodeError) == 0) py::throw_error_already_set();
    PyErr_Clear();
  }
  return py::handle<>(py::allow_null(bytes));
}

bool has_texts_of_other_bytes(const Profile& profile) {
  for (std::size_t i = 0; i < profile.strings.size(); ++i) {
    if (!decoded(profile.text(static_cast<StringId>(i)), "surrogatepass")) return true;
  }
  return false;
}

}  // namespace

TextsOf::TextsOf(const Profile& profile) noexcept : before_(std::exchange(texts_of, &profile)) {}
TextsOf::~TextsOf() { texts_of = before_; }

py::object to_str(std::string_view text) {
  for (const char* const errors : {"strict", "surrogatepass"}) {
    if (const py::handle<> str = decoded(text, errors)) return py::object(str);
  }
  return py::object(decoded(text, "surrogateescape"));
}

std::string bytes_of(const py::object& text, const char* what) {
  PyObject* const object = text.ptr();
  if (PyBytes_Check(object)) return {PyBytes_AS_STRING(object), static_cast<std::size_t>(PyBytes_GET_SIZE(object))};
  if (!PyUnicode_Check(object)) type_error(std::string(what) + ": expected str or bytes, found " + type_name(text));
  Py_ssize_t size = 0;
  if (const char* const utf8 = PyUnicode_AsUTF8AndSize(object, &size)) return {utf8, static_cast<std::size_t>(size)};
  PyErr_Clear();
  py::handle<> bytes;
  if (texts_of != nullptr && has_texts_of_other_bytes(*texts_of)) bytes = encoded(object, "surrogateescape");
  if (!bytes) bytes = py::handle<>(PyUnicode_AsEncodedString(object, "utf-8", "surrogatepass"));
  return {PyBytes_AS_STRING(bytes.get()), static_cast<std::size_t>(PyBytes_GET_SIZE(bytes.get()))};
}

std::string with_arguments(std::string_view text) {
  // Others than these belong to other programs, which the text names.
  constexpr std::pair<std::string_view, std::string_view> words[] = {{"--edge-thres", "edge_percent="},
                                                                     {"--from", "format="},
                                                                     {"--ignore", "ignore()"},
                                                                     {"--interval", "interval="},
                                                                     {"--list-functions", "Profile.functions"},
                                                                     {"--max-calls", "max_calls="},
                                                                     {"--max-depth", "max_depth="},
                                                                     {"--max-functions", "max_functions="},
                                                                     {"--max-lines", "max_lines="},
                                                                     {"--max-nodes", "max_nodes="},
                                                                     {"--max-ratio", "max_ratio="},
                                                                     {"--max-size", "max_size="},
                                                                     {"--max-string", "max_string="},
                                                                     {"--node-thres", "node_percent="},
                                                                     {"--salvage", "salvage="},
                                                                     {"--source-dir", "source_dirs="},
                                                                     {"--time-unit", "time_unit="}};
  const auto is_name = [](char c) { return (c >= 'a' && c <= 'z') || c == '-'; };
  constexpr std::string_view any_format = " FORMAT";
  std::string said;
  for (std::size_t i = 0; i < text.size();) {
    const std::size_t begin = i;
    while (i < text.size() && is_name(text[i])) ++i;
    const std::string_view word = text.substr(begin, i - begin);
    const auto* const known = std::ranges::find(words, word, [](const auto& pair) { return pair.first; });
    if (known == std::end(words) || (begin != 0 && text[begin - 1] != ' ')) {
      said += word;
    } else {
      said += known->second;
      if (word == "--from") {  // a format's name is a text, and the word for any of them is no name
        if (text.substr(i).starts_with(any_format)) {
          i += any_format.size();
        } else if (i + 1 < text.size() && text[i] == ' ' && is_name(text[i + 1])) {
          const std::size_t name = ++i;
          while (i < text.size() && (is_name(text[i]) || text[i] == '_')) ++i;
          said += "'" + std::string(text.substr(name, i - name)) + "'";
        }
        continue;
      }
      if (said.back() == '=' && i + 1 < text.size() && text[i] == ' ' && text[i + 1] >= '0' && text[i + 1] <= '9') ++i;
    }
    if (i < text.size() && i == begin) said += text[i++];
  }
  return said;
}

std::string type_name(const py::object& value) { return Py_TYPE(value.ptr())->tp_name; }

void type_error(const std::string& message) {
  PyErr_SetString(PyExc_TypeError, message.c_str());
  throw py::error_already_set();
}

}  // namespace profconv::python
