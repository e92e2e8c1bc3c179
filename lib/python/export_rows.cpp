#include <algorithm>
#include <cstdint>
#include <string>
#include <utility>

#include <boost/python/import.hpp>
#include <boost/python/str.hpp>

#include "python/core_profile.hpp"
#include "python/rows.hpp"
#include "python/tables.hpp"

namespace profconv::python {
namespace {

namespace py = boost::python;

const char* table_name(const MetricRow*) { return "metrics"; }
const char* table_name(const SourceRow*) { return "sources"; }
const char* table_name(const FunctionRow*) { return "functions"; }
const char* table_name(const CallRow*) { return "calls"; }
const char* table_name(const LineRow*) { return "lines"; }
const char* table_name(const SampleRow*) { return "samples"; }

PyObject* cores = nullptr;  // address of a profile -> its Python object, weakly; lives as long as the interpreter

template <class RowType>
py::object builtin(const char* name) {
  return py::import("builtins").attr(name);
}

/// Costs by metric, for profiles with several.
template <class RowType>
py::dict costs(const RowType& row, const CostTable& table) {
  const Profile& profile = **row.profile;
  py::dict costs;
  for (std::size_t m = 0; m < profile.metrics.size(); ++m)
    costs[to_str(profile.text(profile.metrics[m].name))] = cost_or_none(row, table, m);
  return costs;
}
template <class RowType>
py::dict self_costs(const RowType& row) {
  return costs(row, RowType::self(**row.profile));
}
template <class RowType>
py::dict total_costs(const RowType& row) {
  return costs(row, RowType::total(**row.profile));
}

/// The costs by metric as the row has them: "self_costs" and "total_costs", or "costs"; nothing for rows without costs.
template <class RowType>
py::dict all_costs(const RowType& row) {
  py::dict all;
  if constexpr (requires(const Profile& profile) { RowType::total(profile); }) {
    all["self_costs"] = self_costs(row);
    all["total_costs"] = total_costs(row);
  } else if constexpr (requires(const Profile& profile) { RowType::self(profile); }) {
    all["costs"] = self_costs(row);
  }
  return all;
}

template <class RowType>
py::dict as_dict(const RowType& row) {
  py::dict values;
  for (const Field<RowType>& field : RowType::fields()) values[field.name] = field.get(row);
  values.update(all_costs(row));
  return values;
}

// "Function(index=0, name='main', ...)"; a function inside another row appears as its name. The costs by metric follow
// where there is more than the first, which `self` and `total` show.
template <class RowType>
py::object repr(const RowType& row) {
  py::dict shown;
  for (const Field<RowType>& field : RowType::fields())
    shown[field.name] = field.plain != nullptr ? field.plain(row) : field.get(row);
  if ((*row.profile)->metrics.size() > 1) shown.update(all_costs(row));
  const py::list items = shown.items();
  py::str text(RowType::name);
  text += "(";
  for (py::ssize_t i = 0; i < py::len(items); ++i) {
    if (i != 0) text += ", ";
    const py::object value = items[i][1];
    text += py::str(items[i][0]) + "=" + py::object(py::handle<>(PyObject_Repr(value.ptr())));
  }
  return text + ")";
}

/// The fields of the row, for comparing rows of different profiles and hashing them: tuples in the place of lists,
/// which have no hash.
template <class RowType>
py::tuple values(const RowType& row) {
  py::list list;
  for (const Field<RowType>& field : RowType::fields()) {
    const py::object value = field.get(row);
    list.append(PyList_Check(value.ptr()) ? py::object(py::tuple(value)) : value);
  }
  return py::tuple(list);
}

py::tuple key(const FunctionRow& row) {
  const auto fields = FunctionRow::fields();
  py::list list;
  for (const Field<FunctionRow>& field : fields.subspan(1, 5)) list.append(field.get(row));  // name to context
  return py::tuple(list);
}
template <class RowType>
py::tuple key(const RowType& row) {
  return values(row);
}

template <class RowType>
bool same(const RowType& a, const RowType& b) {
  if (a.profile == b.profile) return a.position == b.position;
  return values(a) == values(b) && all_costs(a) == all_costs(b);
}

template <class RowType>
bool same(const Table<RowType>& a, const Table<RowType>& b) {
  if (a.size() != b.size()) return false;
  if (a.has_rows_of(b)) return true;
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (!same(a.row(i), b.row(i))) return false;
  }
  return true;
}

/// Of two rows, or of two tables.
template <class T>
py::object equal(const T& a, const py::object& other) {
  const py::extract<const T&> b(other);
  if (!b.check()) return py::object(py::handle<>(py::borrowed(Py_NotImplemented)));
  return py::object(same(a, b()));
}

template <class RowType>
Py_hash_t hash(const RowType& row) {
  const Py_hash_t hash = PyObject_Hash(key(row).ptr());
  if (hash == -1 && PyErr_Occurred() != nullptr) py::throw_error_already_set();
  return hash;
}

template <class RowType>
py::object reduce_row(const RowType& row) {
  return py::make_tuple(py::import("operator").attr("getitem"),
                        py::make_tuple(Table<RowType>(row.profile), row.position));
}

py::object function_text(const FunctionRow& row) {
  const Function& function = (*row.profile)->functions[row.position];
  return to_str((*row.profile)->text(function.qualified == StringId{0} ? function.name : function.qualified));
}

template <class RowType>
py::class_<RowType> export_row(const char* doc) {
  py::class_<RowType> type(RowType::name, doc, py::no_init);
  for (const Field<RowType>& field : RowType::fields()) type.add_property(field.name, field.get, field.doc);
  type.def("_asdict", as_dict<RowType>, "The values by name.")
      .def("__repr__", repr<RowType>)
      .def("__eq__", equal<RowType>)
      .def("__hash__", hash<RowType>)
      .def("__reduce__", reduce_row<RowType>);
  if constexpr (requires(const Profile& profile) { RowType::total(profile); }) {
    type.add_property("self_costs", self_costs<RowType>, "Own costs by metric, each in the metric's unit.")
        .add_property("total_costs", total_costs<RowType>, "Inclusive costs by metric, each in the metric's unit.");
  } else if constexpr (requires(const Profile& profile) { RowType::self(profile); }) {
    type.add_property("costs", self_costs<RowType>, "Costs by metric, each in the metric's unit.");
  }

  const std::string table = std::string(RowType::name) + "s";
  py::class_<Table<RowType>>(table.c_str(),
                             "A sequence of rows; a slice of it is one, too. Nothing is copied until it is asked for.",
                             py::no_init)
      .def("__len__", &Table<RowType>::size)
      .def("__getitem__", &Table<RowType>::get)
      .def("__eq__", equal<Table<RowType>>)
      .setattr("__hash__", py::object())
      .def("__reduce__", &Table<RowType>::reduce)
      .def("_columns", &Table<RowType>::columns);
  return type;
}

}  // namespace

py::object core_of(const Handle& profile) {
  py::object known(py::handle<>(py::borrowed(cores)));
  const auto address = reinterpret_cast<std::uintptr_t>(profile.get());
  py::object core = known.attr("get")(address);
  if (core.is_none()) {
    core = py::object(CoreProfile{profile});
    known[address] = core;
  }
  return core;
}

template <class RowType>
py::object Table<RowType>::reduce() const {
  const Table whole(profile_);
  if (first_ == 0 && step_ == 1 && size_ == whole.size_) {
    return py::make_tuple(builtin<RowType>("getattr"),
                          py::make_tuple(core_of(profile_), table_name(static_cast<const RowType*>(nullptr))));
  }
  const std::ptrdiff_t end = first_ + static_cast<std::ptrdiff_t>(size_) * step_;
  const py::object stop = end < 0 ? py::object() : py::object(end);
  const py::object slice = builtin<RowType>("slice")(first_, stop, step_);
  return py::make_tuple(py::import("operator").attr("getitem"), py::make_tuple(whole, slice));
}

void export_rows() {
  cores = py::incref(py::object(py::import("weakref").attr("WeakValueDictionary")()).ptr());
  export_row<MetricRow>("A column of every cost table.");
  export_row<SourceRow>("Where numbers came from.");
  export_row<FunctionRow>("A function of a profile. str() is its qualified name, or its name.")
      .def("__str__", function_text)
      .add_property("callers", callers_of, "The calls of this function, as a list of Call.")
      .add_property("callees", callees_of, "The calls that this function makes, as a list of Call.")
      .add_property("lines", lines_of, "The function's lines with costs, as a list of Line.");
  export_row<CallRow>("A call edge: all calls from one function (and line of it) to another.");
  export_row<LineRow>("A source line of a function.");
  export_row<SampleRow>("How often, or for how long, one stack was seen.");
}

}  // namespace profconv::python
