#include "python/core_profile.hpp"

#include <algorithm>
#include <numeric>
#include <string>
#include <utility>
#include <vector>

#include <boost/python/class.hpp>
#include <boost/python/dict.hpp>
#include <boost/python/list.hpp>
#include <profconv/error.hpp>
#include <profconv/main_metric.hpp>

#include "python/arguments.hpp"
#include "python/gil.hpp"
#include "python/rows.hpp"
#include "python/tables.hpp"
#include "python/text.hpp"

namespace profconv::python {
namespace {

namespace py = boost::python;

template <class RowType>
Table<RowType> table(const CoreProfile& self) {
  return Table<RowType>(self.handle);
}

py::dict totals(const CoreProfile& self) {
  const Profile& profile = **self.handle;
  const std::vector<std::int64_t> costs = total_cost(profile);
  py::dict totals;
  for (std::size_t m = 0; m < costs.size(); ++m) totals[to_str(profile.text(profile.metrics[m].name))] = costs[m];
  return totals;
}

/// The name of the metric that reports show first; None where there is none.
py::object main_metric_name(const CoreProfile& self) {
  const Profile& profile = **self.handle;
  return profile.metrics.empty() ? py::object() : to_str(profile.text(profile.metrics[main_metric(profile)].name));
}

std::size_t column_of(const Profile& profile, const std::string& metric) {
  if (const auto column = profile.metric(metric)) return *column;
  std::string names;
  for (const Metric& m : profile.metrics) names += (names.empty() ? "" : ", ") + std::string(profile.text(m.name));
  throw UsageError("metric: the profile has no '" + metric + "', it has " + (names.empty() ? "none" : names));
}

enum class Key : std::uint8_t { total, self, calls, primitive };
constexpr std::pair<const char*, Key> keys[] = {
    {"total", Key::total}, {"self", Key::self}, {"calls", Key::calls}, {"primitive", Key::primitive}};

/// Per function what is sorted by.
std::vector<std::int64_t> sort_values(const Profile& profile, Key key, std::size_t column) {
  std::vector<std::int64_t> values(profile.functions.size(), not_measured);
  for (std::size_t i = 0; i < values.size(); ++i) {
    switch (key) {
      case Key::total:
        if (i < profile.total.rows()) values[i] = profile.total.at(i, column);
        break;
      case Key::self:
        if (i < profile.self.rows()) values[i] = profile.self.at(i, column);
        break;
      case Key::calls:
        if (i < profile.counts.size()) values[i] = profile.counts[i].calls;
        break;
      case Key::primitive:
        if (i < profile.counts.size()) values[i] = profile.counts[i].primitive;
        break;
    }
  }
  return values;
}

/// The `n` functions with the largest values, ties in the profile's order.
std::vector<std::uint32_t> largest(const Profile& profile, std::size_t n, Key key, const std::string& metric) {
  const std::size_t column = metric.empty() ? 0 : column_of(profile, metric);
  if (profile.functions.empty()) return {};
  const std::vector<std::int64_t> values = sort_values(profile, key, column);
  std::vector<std::uint32_t> rows(values.size());
  std::iota(rows.begin(), rows.end(), 0);
  n = std::min(n, rows.size());
  const auto before = [&](std::uint32_t a, std::uint32_t b) {
    return values[a] != values[b] ? values[a] > values[b] : a < b;
  };
  std::partial_sort(rows.begin(), rows.begin() + static_cast<std::ptrdiff_t>(n), rows.end(), before);
  rows.resize(n);
  return rows;
}

py::list top(const CoreProfile& self, const py::object& n, const py::object& by, const py::object& metric) {
  const std::size_t count = Argument("n", n).size();
  const Key key = Argument("by", by).choice<Key>(keys);
  const std::string name = metric.is_none() ? std::string() : Argument("metric", metric).text();
  std::vector<std::uint32_t> rows;
  {
    const WithoutGil released;
    rows = largest(**self.handle, count, key, name);
  }
  py::list functions;
  for (const std::uint32_t row : rows) functions.append(FunctionRow{{self.handle, row}});
  return functions;
}

py::object equals(const CoreProfile& self, const py::object& other) {
  const py::extract<const CoreProfile&> profile(other);
  if (!profile.check()) return py::object(py::handle<>(py::borrowed(Py_NotImplemented)));
  const Handle a = self.handle, b = profile().handle;
  bool same = a == b;
  if (!same) {
    const WithoutGil released;
    same = equal(**a, **b);
  }
  return py::object(same);
}

py::object shared(const CoreProfile& self) { return core_of(self.handle); }

/// Whether the row belongs to this very profile.
bool owns(const CoreProfile& self, const FunctionRow& row) { return row.profile == self.handle; }

}  // namespace

void export_profile() {
  py::class_<CoreProfile>("Profile", "A constant profile. Use profconv.Profile, which wraps it.", py::no_init)
      .add_property("metrics", table<MetricRow>)
      .add_property("sources", table<SourceRow>)
      .add_property("functions", table<FunctionRow>)
      .add_property("calls", table<CallRow>)
      .add_property("lines", table<LineRow>)
      .add_property("samples", table<SampleRow>)
      .add_property("totals", totals)
      .add_property("main_metric", main_metric_name)
      .def("top", top)
      .def("owns", owns)
      .def("shared", shared)
      .def("__eq__", equals)
      .setattr("__hash__", py::object());
}

}  // namespace profconv::python
