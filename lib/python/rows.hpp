#pragma once

#include <cstddef>
#include <span>

#include <boost/python/list.hpp>
#include <boost/python/object.hpp>

#include "python/handle.hpp"

namespace profconv::python {

/// One row of a table as Python sees it: the profile and a position; what it shows is looked up when it is asked for.
struct Row {
  Handle profile;
  std::size_t position = 0;
};

template <class RowType>
struct Field {
  const char* name;
  boost::python::object (*get)(const RowType& row);
  const char* doc;
  /// The value in a table of plain columns; null: the same.
  boost::python::object (*plain)(const RowType& row) = nullptr;
};

struct MetricRow : Row {
  static constexpr const char* name = "Metric";
  static std::size_t count(const Profile& profile) { return profile.metrics.size(); }
  static std::span<const Field<MetricRow>> fields();
};

struct SourceRow : Row {
  static constexpr const char* name = "Source";
  static std::size_t count(const Profile& profile) { return profile.sources.size(); }
  static std::span<const Field<SourceRow>> fields();
};

struct FunctionRow : Row {
  static constexpr const char* name = "Function";
  static std::size_t count(const Profile& profile) { return profile.functions.size(); }
  static std::span<const Field<FunctionRow>> fields();
  static const CostTable& self(const Profile& profile) { return profile.self; }
  static const CostTable& total(const Profile& profile) { return profile.total; }
};

struct CallRow : Row {
  static constexpr const char* name = "Call";
  static std::size_t count(const Profile& profile) { return profile.calls.size(); }
  static std::span<const Field<CallRow>> fields();
  static const CostTable& self(const Profile& profile) { return profile.call_self; }
  static const CostTable& total(const Profile& profile) { return profile.call_total; }
};

struct LineRow : Row {
  static constexpr const char* name = "Line";
  static std::size_t count(const Profile& profile) { return profile.lines.size(); }
  static std::span<const Field<LineRow>> fields();
  static const CostTable& self(const Profile& profile) { return profile.line_self; }
  static const CostTable& total(const Profile& profile) { return profile.line_total; }
};

struct SampleRow : Row {
  static constexpr const char* name = "Sample";
  static std::size_t count(const Profile& profile) { return profile.samples.size(); }
  static std::span<const Field<SampleRow>> fields();
  static const CostTable& self(const Profile& profile) { return profile.sample_cost; }
};

/// Calls to and from a function and its lines, as lists of rows.
boost::python::list callers_of(const FunctionRow& function);
boost::python::list callees_of(const FunctionRow& function);
boost::python::list lines_of(const FunctionRow& function);

/// The process, thread and status of a sample; none of them where nothing is known.
Labels labels_of(const Profile& profile, const Sample& sample);

/// A cost of the row as an int; None where nothing was measured. A function has a 0 in the table for that.
boost::python::object cost_or_none(const Row& row, const CostTable& table, std::size_t metric);
boost::python::object cost_or_none(const FunctionRow& row, const CostTable& table, std::size_t metric);
boost::python::object count_or_none(std::int64_t count);

/// The classes Metric, Source, Function, Call, Line and Sample, and the sequences of them.
void export_rows();

}  // namespace profconv::python
