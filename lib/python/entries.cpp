// The list of `cProfile.Profile.getstats()`, read in memory, with its code objects.
//
//     entry = (code, callcount, reccallcount, totaltime, inlinetime, calls)
//     calls = None or a list of (code, callcount, reccallcount, totaltime, inlinetime), what the function called
//
// `code` is a code object, or a str for C functions. Counts are all calls and those of them made while the function was
// active; times are seconds. Fields of other classes than _lsprof's are read by name, so any objects with these names
// do. Source: CPython Modules/_lsprof.c and Lib/cProfile.py (`snapshot_stats`).
//
// A dump is made of the same list, and what is read here is what a dump would give, but for two things: a code object
// says its qualified name (Python 3.11 and later), and functions that a dump cannot tell apart, such as two lambdas of
// one line, are added up where the dump keeps one of them.

#include "python/entries.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <string>
#include <utility>

#include <boost/python/def.hpp>
#include <boost/python/handle.hpp>
#include <boost/python/list.hpp>
#include <boost/python/object.hpp>
#include <profconv/builder.hpp>
#include <profconv/error.hpp>

#include "python/code_table.hpp"
#include "python/core_profile.hpp"
#include "python/gil.hpp"
#include "python/options.hpp"
#include "python/report.hpp"
#include "python/text.hpp"

namespace profconv::python {
namespace {

namespace py = boost::python;

/// In the order of _lsprof's tuples.
enum class Field : std::uint8_t { code, callcount, reccallcount, totaltime, inlinetime, calls };
constexpr std::array field_names{"code", "callcount", "reccallcount", "totaltime", "inlinetime", "calls"};

class EntryReader {
 public:
  EntryReader(std::string source, const ReadOptions& options)
      : source_(std::move(source)),
        ns_per_unit_(options.time_unit_s * 1e9),
        builder_(std::array{time_metric}, options.limits) {
    builder_.add_source(source_, "pstats", options.command, 0, 0);
    for (std::size_t i = 0; i < names_.size(); ++i)
      names_[i] = py::handle<>(PyUnicode_InternFromString(field_names[i]));
    find_types();
  }

  void read(const py::handle<>& entries);
  ProfileBuilder&& builder() && { return std::move(builder_); }
  void report(Diagnostics& diagnostics) const;

 private:
  struct Numbers {
    Counts counts;
    std::int64_t self_ns = 0, total_ns = 0;
  };

  void find_types();
  PyObject* field(PyObject* entry, Field field, py::handle<>& owner) const;
  FunctionId function(PyObject* code);
  FunctionId make_function(PyObject* code);
  py::handle<> code_field(PyObject* code, const char* name) const;
  Numbers numbers(PyObject* entry);
  std::int64_t integer(PyObject* entry, Field field) const;
  std::int64_t nanoseconds(PyObject* entry, Field field);
  void read_entry(PyObject* entry);
  static void take_off(Numbers& own, const Numbers& call);
  void fetch(PyObject* calls) const;
  [[noreturn]] void fail(const std::string& reason, std::string hint = {}) const;

  std::string place() const;  // "entry 3", "entry 3, call 1"

  static constexpr Py_ssize_t none = -1;

  std::string source_;
  double ns_per_unit_;
  ProfileBuilder builder_;
  std::array<py::handle<>, field_names.size()> names_;
  py::handle<> entry_type_, subentry_type_;  // _lsprof's; null without it
  CodeTable codes_;
  Py_ssize_t entry_ = none, call_ = none;
  std::uint64_t not_finite_ = 0, impossible_ = 0;
};

std::string EntryReader::place() const {
  std::string text = "entry " + std::to_string(entry_);
  if (call_ != none) text += ", call " + std::to_string(call_);
  return text;
}

void EntryReader::fail(const std::string& reason, std::string hint) const {
  throw FormatError(Error::Parts{source_, place(), reason, std::move(hint)});
}

// Most entries are tuples of these two types, whose fields have places.
void EntryReader::find_types() {
  const auto type_of = [](PyObject* module, const char* name) {
    PyObject* const type = module == nullptr ? nullptr : PyObject_GetAttrString(module, name);
    if (type == nullptr) PyErr_Clear();
    return py::handle<>(py::allow_null(type));
  };
  const py::handle<> module(py::allow_null(PyImport_ImportModule("_lsprof")));
  if (!module) PyErr_Clear();
  entry_type_ = type_of(module.get(), "profiler_entry");
  subentry_type_ = type_of(module.get(), "profiler_subentry");
}

// `owner` keeps what was made for this question. What stands in a tuple is not even touched: its count of references
// may be far away.
PyObject* EntryReader::field(PyObject* entry, Field field, py::handle<>& owner) const {
  const auto number = static_cast<std::size_t>(field);
  const auto* const type = reinterpret_cast<PyObject*>(Py_TYPE(entry));
  if ((type == entry_type_.get() || type == subentry_type_.get()) && PyTuple_Check(entry) != 0 &&
      PyTuple_GET_SIZE(entry) > static_cast<Py_ssize_t>(number))
    return PyTuple_GET_ITEM(entry, static_cast<Py_ssize_t>(number));
  if (PyObject* const value = PyObject_GetAttr(entry, names_[number].get())) {
    owner = py::handle<>(value);
    return value;
  }
  if (PyErr_ExceptionMatches(PyExc_AttributeError) == 0) py::throw_error_already_set();
  PyErr_Clear();
  type_error(place() + ": expected an entry of cProfile.Profile.getstats(), found " +
             type_name(py::object(py::handle<>(py::borrowed(entry)))) + " without '" + field_names[number] + "'");
}

std::string text_of(PyObject* text) { return bytes_of(py::object(py::handle<>(py::borrowed(text))), "code"); }

std::uint32_t line_of(PyObject* line) {
  if (PyLong_Check(line) == 0) return 0;
  int overflow = 0;
  const long long value = PyLong_AsLongLongAndOverflow(line, &overflow);
  return overflow != 0 || value < 0 || value > 0xffffffffLL ? 0 : static_cast<std::uint32_t>(value);
}

py::handle<> EntryReader::code_field(PyObject* code, const char* name) const {
  PyObject* const value = PyObject_GetAttrString(code, name);
  if (value != nullptr) return py::handle<>(value);
  if (PyErr_ExceptionMatches(PyExc_AttributeError) == 0) py::throw_error_already_set();
  PyErr_Clear();
  type_error(place() + ": expected a code object or a str as 'code', found " +
             type_name(py::object(py::handle<>(py::borrowed(code)))) + " without '" + name + "'");
}

FunctionId EntryReader::make_function(PyObject* code) {
  if (PyUnicode_Check(code)) {
    const std::string name = text_of(code);
    return builder_.function(FunctionKey{.name = name, .file = "~"});
  }
  const std::string name = text_of(code_field(code, "co_name").get()),
                    file = text_of(code_field(code, "co_filename").get());
  std::string qualified;
  if (PyObject* const value = PyObject_GetAttrString(code, "co_qualname")) {
    const py::handle<> owner(value);
    if (PyUnicode_Check(value)) qualified = text_of(value);
  } else {
    PyErr_Clear();  // before Python 3.11
  }
  if (qualified == name) qualified.clear();
  return builder_.function(FunctionKey{
      .name = name, .qualified = qualified, .file = file, .line = line_of(code_field(code, "co_firstlineno").get())});
}

FunctionId EntryReader::function(PyObject* code) {
  if (const FunctionId* const known = codes_.find(code)) return *known;
  const FunctionId function = make_function(code);
  codes_.add(code, function);
  return function;
}

// Objects lie anywhere in memory: all that the calls of an entry consist of is fetched at once, not piece by piece.
void EntryReader::fetch(PyObject* calls) const {
  const Py_ssize_t size = PyTuple_GET_SIZE(calls);
  for (Py_ssize_t i = 0; i < size; ++i) __builtin_prefetch(PyTuple_GET_ITEM(calls, i));
  for (Py_ssize_t i = 0; i < size; ++i) {
    PyObject* const call = PyTuple_GET_ITEM(calls, i);
    if (reinterpret_cast<PyObject*>(Py_TYPE(call)) != subentry_type_.get()) continue;
    for (Py_ssize_t k = 1; k < PyTuple_GET_SIZE(call); ++k) __builtin_prefetch(PyTuple_GET_ITEM(call, k));
    if (PyTuple_GET_SIZE(call) > 0) codes_.prefetch(PyTuple_GET_ITEM(call, 0));
  }
}

std::int64_t EntryReader::integer(PyObject* entry, Field field) const {
  py::handle<> owner;
  PyObject* const value = this->field(entry, field, owner);
  const char* const name = field_names[static_cast<std::size_t>(field)];
  if (PyLong_Check(value) == 0)
    type_error(place() + ": expected an int as '" + name + "', found " +
               type_name(py::object(py::handle<>(py::borrowed(value)))));
  int overflow = 0;
  const long long number = PyLong_AsLongLongAndOverflow(value, &overflow);
  if (overflow != 0) fail(std::string("the ") + name + " does not fit 64 bits");
  return number;
}

std::int64_t EntryReader::nanoseconds(PyObject* entry, Field field) {
  py::handle<> owner;
  PyObject* const value = this->field(entry, field, owner);
  const char* const name = field_names[static_cast<std::size_t>(field)];
  if (PyFloat_Check(value) == 0 && PyLong_Check(value) == 0)
    type_error(place() + ": expected a number as '" + name + "', found " +
               type_name(py::object(py::handle<>(py::borrowed(value)))));
  double seconds = PyFloat_AsDouble(value);
  if (seconds == -1 && PyErr_Occurred() != nullptr) {  // an int too large for a float
    PyErr_Clear();
    seconds = std::numeric_limits<double>::infinity();
  }
  if (!std::isfinite(seconds)) {
    ++not_finite_;
    return 0;
  }
  const double ns = seconds == 0 ? 0 : seconds * ns_per_unit_;  // of the largest units there are infinite nanoseconds
  constexpr double limit = 9223372036854774784.0;               // the largest double below 2^63
  if (std::fabs(ns) > limit)
    fail(std::string("the ") + name + " does not fit 64 bits of nanoseconds",
         "was a timer used that counts other units than seconds? --time-unit says which");
  return std::llround(ns);
}

EntryReader::Numbers EntryReader::numbers(PyObject* entry) {
  Numbers numbers;
  const std::int64_t calls = integer(entry, Field::callcount), recursive = integer(entry, Field::reccallcount);
  const bool calls_known = calls >= 0, primitive_known = calls_known && recursive >= 0 && recursive <= calls;
  if (calls_known) numbers.counts.calls = calls;
  if (primitive_known) numbers.counts.primitive = calls - recursive;
  if (!primitive_known) ++impossible_;
  numbers.self_ns = nanoseconds(entry, Field::inlinetime);
  numbers.total_ns = nanoseconds(entry, Field::totaltime);
  return numbers;
}

// Several codes of one file, line and name, such as the `__init__`s of dataclasses, are one function: where one calls
// another the function calls itself, and the call's time is a part of what the caller took.
void EntryReader::take_off(Numbers& own, const Numbers& call) {
  own.total_ns -= call.total_ns;
  if (own.counts.primitive == not_counted || call.counts.primitive == not_counted) return;
  own.counts.primitive = std::max<std::int64_t>(own.counts.primitive - call.counts.primitive, 0);
}

void EntryReader::read_entry(PyObject* entry) {
  py::handle<> owner, code_owner;
  PyObject* const code = field(entry, Field::code, code_owner);
  const FunctionId caller = function(code);
  builder_.mark_entry(caller);
  Numbers own = numbers(entry);
  PyObject* const calls = field(entry, Field::calls, owner);
  if (calls != Py_None) {
    const py::handle<> called(PySequence_Tuple(calls));
    fetch(called.get());
    for (call_ = 0; call_ < PyTuple_GET_SIZE(called.get()); ++call_) {
      PyObject* const call = PyTuple_GET_ITEM(called.get(), call_);
      PyObject* const called_code = field(call, Field::code, owner);
      const FunctionId callee = function(called_code);
      const Numbers cost = numbers(call);
      builder_.add_call({caller, callee, 0}, cost.counts, {&cost.self_ns, 1}, {&cost.total_ns, 1});
      if (callee == caller && called_code != code) take_off(own, cost);
    }
    call_ = none;
  }
  builder_.add_counts(caller, own.counts);
  builder_.add_self(caller, {&own.self_ns, 1});
  builder_.add_total(caller, {&own.total_ns, 1});
}

void EntryReader::read(const py::handle<>& entries) {
  try {
    for (entry_ = 0; entry_ < PyTuple_GET_SIZE(entries.get()); ++entry_)
      read_entry(PyTuple_GET_ITEM(entries.get(), entry_));
  } catch (const Error& error) {  // the builder's, over a limit
    if (!error.source().empty()) throw;
    fail(error.reason(), error.hint());
  }
}

void EntryReader::report(Diagnostics& diagnostics) const {
  const auto warn = [&](std::uint64_t count, const char* one, const char* many) {
    if (count != 0) diagnostics.warn(source_, {}, std::to_string(count) + " " + (count == 1 ? one : many));
  };
  warn(not_finite_, "number is infinite or not a number; 0 is used", "numbers are infinite or not a number; 0 is used");
  warn(impossible_, "pair of call counts makes no sense; its primitive calls are taken as unknown",
       "pairs of call counts make no sense; their primitive calls are taken as unknown");
}

CoreProfile read_entries(const py::object& entries, const py::object& name, const py::dict& arguments,
                         py::list report) {
  const ReadOptions options = read_options(arguments);
  // A tuple of our own: reading attributes may run code that changes the list.
  const py::handle<> tuple(PySequence_Tuple(entries.ptr()));
  const std::string source = bytes_of(name, "name");
  EntryReader reader(source, options);
  reader.read(tuple);
  Diagnostics diagnostics;
  reader.report(diagnostics);
  if (PyTuple_GET_SIZE(tuple.get()) == 0) diagnostics.warn(source, {}, "the profile is empty");
  ProfileBuilder builder = std::move(reader).builder();
  Handle handle;
  {
    const WithoutGil released;
    try {
      handle = make_handle(std::move(builder).finish());
    } catch (const Error& error) {  // a sum that does not fit
      throw FormatError(Error::Parts{source, {}, error.reason(), error.hint()});
    }
  }
  append(report, diagnostics);
  return {handle};
}

}  // namespace

void export_entries() { boost::python::def("read_entries", read_entries); }

}  // namespace profconv::python
