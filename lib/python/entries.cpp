// The list of `cProfile.Profile.getstats()`, read in memory, with its code objects.
//
//     entry = (code, callcount, reccallcount, totaltime, inlinetime, calls)
//     calls = None or a list of (code, callcount, reccallcount, totaltime, inlinetime), what the function called
//
// `code` is a code object, or a str for C functions. Counts are all calls and those of them made while the function was
// active; times are seconds. Fields are read by name, so objects of other classes with these names do as well. Source:
// CPython Modules/_lsprof.c and Lib/cProfile.py (`snapshot_stats`).
//
// A dump is made of the same list, and what is read here is what a dump would give, but for two things: a code object
// says its qualified name (Python 3.11 and later), and functions that a dump cannot tell apart, such as two lambdas of
// one line, are added up where the dump keeps one of them.

#include "python/entries.hpp"

#include <array>
#include <cmath>
#include <string>
#include <unordered_map>
#include <utility>

#include <boost/python/def.hpp>
#include <boost/python/handle.hpp>
#include <boost/python/list.hpp>
#include <boost/python/object.hpp>
#include <profconv/builder.hpp>
#include <profconv/error.hpp>

#include "python/arguments.hpp"
#include "python/core_profile.hpp"
#include "python/gil.hpp"
#include "python/report.hpp"
#include "python/text.hpp"

namespace profconv::python {
namespace {

namespace py = boost::python;

class EntryReader {
 public:
  EntryReader(std::string source, double time_unit_s)
      : source_(std::move(source)), ns_per_unit_(time_unit_s * 1e9), builder_(std::array{time_metric}) {
    builder_.add_source(source_, "pstats", "", 0, 0);
  }

  void read(const py::handle<>& entries);
  ProfileBuilder&& builder() && { return std::move(builder_); }
  void report(Diagnostics& diagnostics) const;

 private:
  struct Numbers {
    Counts counts;
    std::int64_t self_ns = 0, total_ns = 0;
  };

  py::handle<> field(PyObject* entry, const char* name) const;
  FunctionId function(const py::handle<>& code);
  FunctionId make_function(PyObject* code);
  Numbers numbers(PyObject* entry);
  std::int64_t integer(PyObject* entry, const char* name) const;
  std::int64_t nanoseconds(PyObject* entry, const char* name);
  void read_entry(PyObject* entry);
  [[noreturn]] void fail(const std::string& reason, std::string hint = {}) const;

  std::string source_;
  double ns_per_unit_;
  ProfileBuilder builder_;
  // The handle keeps the object alive: another one could get its address.
  std::unordered_map<PyObject*, std::pair<FunctionId, py::handle<>>> functions_;
  std::string place_;  // "entry 3", "entry 3, call 1"
  std::uint64_t not_finite_ = 0, impossible_ = 0;
};

void EntryReader::fail(const std::string& reason, std::string hint) const {
  throw FormatError(Error::Parts{source_, place_, reason, std::move(hint)});
}

py::handle<> EntryReader::field(PyObject* entry, const char* name) const {
  PyObject* const value = PyObject_GetAttrString(entry, name);
  if (value != nullptr) return py::handle<>(value);
  if (PyErr_ExceptionMatches(PyExc_AttributeError) == 0) py::throw_error_already_set();
  PyErr_Clear();
  type_error(place_ + ": expected an entry of cProfile.Profile.getstats(), found " +
             type_name(py::object(py::handle<>(py::borrowed(entry)))) + " without '" + name + "'");
}

std::string text_of(PyObject* text) { return bytes_of(py::object(py::handle<>(py::borrowed(text))), "code"); }

std::uint32_t line_of(PyObject* line) {
  if (PyLong_Check(line) == 0) return 0;
  int overflow = 0;
  const long long value = PyLong_AsLongLongAndOverflow(line, &overflow);
  return overflow != 0 || value < 0 || value > 0xffffffffLL ? 0 : static_cast<std::uint32_t>(value);
}

FunctionId EntryReader::make_function(PyObject* code) {
  if (PyUnicode_Check(code)) {
    const std::string name = text_of(code);
    return builder_.function(FunctionKey{.name = name, .file = "~"});
  }
  const std::string name = text_of(field(code, "co_name").get()), file = text_of(field(code, "co_filename").get());
  std::string qualified;
  if (PyObject* const value = PyObject_GetAttrString(code, "co_qualname")) {
    const py::handle<> owner(value);
    if (PyUnicode_Check(value)) qualified = text_of(value);
  } else {
    PyErr_Clear();  // before Python 3.11
  }
  if (qualified == name) qualified.clear();
  return builder_.function(FunctionKey{
      .name = name, .qualified = qualified, .file = file, .line = line_of(field(code, "co_firstlineno").get())});
}

FunctionId EntryReader::function(const py::handle<>& code) {
  const auto found = functions_.find(code.get());
  if (found != functions_.end()) return found->second.first;
  const FunctionId id = make_function(code.get());
  functions_.emplace(code.get(), std::pair(id, code));
  return id;
}

std::int64_t EntryReader::integer(PyObject* entry, const char* name) const {
  const py::handle<> value = field(entry, name);
  if (PyLong_Check(value.get()) == 0)
    type_error(place_ + ": expected an int as '" + name + "', found " + type_name(py::object(value)));
  int overflow = 0;
  const long long number = PyLong_AsLongLongAndOverflow(value.get(), &overflow);
  if (overflow != 0) fail(std::string("the ") + name + " does not fit 64 bits");
  return number;
}

std::int64_t EntryReader::nanoseconds(PyObject* entry, const char* name) {
  const py::handle<> value = field(entry, name);
  if (PyFloat_Check(value.get()) == 0 && PyLong_Check(value.get()) == 0)
    type_error(place_ + ": expected a number as '" + name + "', found " + type_name(py::object(value)));
  const double seconds = PyFloat_AsDouble(value.get());
  if (seconds == -1 && PyErr_Occurred() != nullptr) PyErr_Clear();  // an int too large; said below as infinite
  const double ns = seconds * ns_per_unit_;
  if (!std::isfinite(ns)) {
    ++not_finite_;
    return 0;
  }
  constexpr double limit = 9223372036854774784.0;  // the largest double below 2^63
  if (std::fabs(ns) > limit)
    fail(std::string("the ") + name + " does not fit 64 bits of nanoseconds",
         "was a timer used that counts other units than seconds? --time-unit says which");
  return std::llround(ns);
}

EntryReader::Numbers EntryReader::numbers(PyObject* entry) {
  Numbers numbers;
  const std::int64_t calls = integer(entry, "callcount"), recursive = integer(entry, "reccallcount");
  const bool calls_known = calls >= 0, primitive_known = calls_known && recursive >= 0 && recursive <= calls;
  if (calls_known) numbers.counts.calls = calls;
  if (primitive_known) numbers.counts.primitive = calls - recursive;
  if (!primitive_known) ++impossible_;
  numbers.self_ns = nanoseconds(entry, "inlinetime");
  numbers.total_ns = nanoseconds(entry, "totaltime");
  return numbers;
}

void EntryReader::read_entry(PyObject* entry) {
  const FunctionId caller = function(field(entry, "code"));
  const Numbers own = numbers(entry);
  builder_.mark_entry(caller);
  builder_.add_counts(caller, own.counts);
  builder_.add_self(caller, {&own.self_ns, 1});
  builder_.add_total(caller, {&own.total_ns, 1});
  const py::handle<> calls = field(entry, "calls");
  if (calls.get() == Py_None) return;
  const py::handle<> called(PySequence_Tuple(calls.get()));
  const std::string place = place_;
  for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(called.get()); ++i) {
    place_ = place + ", call " + std::to_string(i);
    PyObject* const call = PyTuple_GET_ITEM(called.get(), i);
    const FunctionId callee = function(field(call, "code"));
    const Numbers cost = numbers(call);
    builder_.add_call({caller, callee, 0}, cost.counts, {&cost.self_ns, 1}, {&cost.total_ns, 1});
  }
}

void EntryReader::read(const py::handle<>& entries) {
  for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(entries.get()); ++i) {
    place_ = "entry " + std::to_string(i);
    read_entry(PyTuple_GET_ITEM(entries.get(), i));
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

CoreProfile read_entries(const py::object& entries, const py::object& name, const py::object& time_unit,
                         py::list report) {
  const double unit = Argument("time_unit", time_unit).number();
  if (!(unit > 0) || !std::isfinite(unit)) throw UsageError("time_unit: expected a number of seconds above 0");
  // A tuple of our own: reading attributes may run code that changes the list.
  const py::handle<> tuple(PySequence_Tuple(entries.ptr()));
  const std::string source = bytes_of(name, "name");
  EntryReader reader(source, unit);
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
