#pragma once

#include <cstddef>
#include <string>

#include <boost/python/class.hpp>
#include <boost/python/dict.hpp>
#include <boost/python/list.hpp>
#include <boost/python/object.hpp>
#include <boost/python/slice.hpp>
#include <boost/python/tuple.hpp>

#include "python/rows.hpp"
#include "python/text.hpp"

namespace profconv::python {

/// A sequence of rows: a table of the profile, or a slice of one. Rows are made when they are asked for.
template <class RowType>
class Table {
 public:
  explicit Table(Handle profile) : profile_(std::move(profile)), size_(RowType::count(**profile_)) {}

  std::size_t size() const noexcept { return size_; }
  RowType row(std::size_t i) const {
    return {{profile_, static_cast<std::size_t>(first_ + static_cast<std::ptrdiff_t>(i) * step_)}};
  }
  /// Whether it is made of the same rows of the same profile.
  bool has_rows_of(const Table& other) const noexcept {
    return profile_ == other.profile_ && first_ == other.first_ && step_ == other.step_ && size_ == other.size_;
  }

  boost::python::object get(const boost::python::object& key) const;
  /// Column name -> list of values, in the order of the fields; further metrics follow as self_NAME and total_NAME.
  boost::python::dict columns() const;
  boost::python::object reduce() const;

 private:
  template <class ValueOf>
  boost::python::list column(ValueOf value_of) const {
    const boost::python::handle<> list(PyList_New(static_cast<Py_ssize_t>(size_)));
    for (std::size_t i = 0; i < size_; ++i)
      PyList_SET_ITEM(list.get(), static_cast<Py_ssize_t>(i), boost::python::incref(value_of(row(i)).ptr()));
    return boost::python::list(boost::python::detail::new_reference(boost::python::incref(list.get())));
  }

  Handle profile_;
  std::ptrdiff_t first_ = 0, step_ = 1;
  std::size_t size_;
};

template <class RowType>
boost::python::object Table<RowType>::get(const boost::python::object& key) const {
  const auto size = static_cast<Py_ssize_t>(size_);
  if (PySlice_Check(key.ptr())) {
    Py_ssize_t start = 0, stop = 0, step = 0;
    if (PySlice_Unpack(key.ptr(), &start, &stop, &step) < 0) boost::python::throw_error_already_set();
    const Py_ssize_t count = PySlice_AdjustIndices(size, &start, &stop, step);
    Table part(*this);
    part.size_ = static_cast<std::size_t>(count);
    part.first_ = count == 0 ? 0 : first_ + start * step_;
    part.step_ = count < 2 ? 1 : step * step_;
    return boost::python::object(part);
  }
  if (!PyIndex_Check(key.ptr())) type_error("indices must be integers or slices, not " + type_name(key));
  Py_ssize_t i = PyNumber_AsSsize_t(key.ptr(), PyExc_IndexError);
  if (i == -1 && PyErr_Occurred() != nullptr) boost::python::throw_error_already_set();
  if (i < 0) i += size;
  if (i < 0 || i >= size) {
    PyErr_SetString(PyExc_IndexError, "index out of range");
    boost::python::throw_error_already_set();
  }
  return boost::python::object(row(static_cast<std::size_t>(i)));
}

template <class RowType>
boost::python::dict Table<RowType>::columns() const {
  boost::python::dict columns;
  for (const Field<RowType>& field : RowType::fields())
    columns[field.name] = column(field.plain != nullptr ? field.plain : field.get);
  const Profile& profile = **profile_;
  for (std::size_t m = 1; m < profile.metrics.size(); ++m) {
    const std::string metric(profile.text(profile.metrics[m].name));
    const auto add = [&](const std::string& name, const CostTable& costs) {
      columns[name] = column([&](const RowType& row) { return cost_or_none(row, costs, m); });
    };
    if constexpr (requires { RowType::total(profile); }) {
      add("self_" + metric, RowType::self(profile));
      add("total_" + metric, RowType::total(profile));
    } else if constexpr (requires { RowType::self(profile); }) {
      add("cost_" + metric, RowType::self(profile));
    }
  }
  return columns;
}

}  // namespace profconv::python
