#include "python/rows.hpp"

#include <algorithm>
#include <string>

#include <boost/python/dict.hpp>
#include <boost/python/list.hpp>
#include <boost/python/tuple.hpp>
#include <profconv/builder.hpp>

#include "python/text.hpp"

namespace profconv::python {

namespace py = boost::python;

py::object cost_or_none(const Row& row, const CostTable& table, std::size_t metric) {
  if (row.position >= table.rows() || metric >= table.columns()) return {};
  const std::int64_t cost = table.at(row.position, metric);
  return cost == not_measured ? py::object() : py::object(cost);
}

py::object cost_or_none(const FunctionRow& row, const CostTable& table, std::size_t metric) {
  if (row.position >= table.rows() || metric >= table.columns()) return {};
  const FunctionId function{static_cast<std::uint32_t>(row.position)};
  const std::int64_t cost = row.profile->measured()(function, metric, table.at(row.position, metric));
  return cost == not_measured ? py::object() : py::object(cost);
}

py::object count_or_none(std::int64_t count) { return count == not_counted ? py::object() : py::object(count); }

Labels labels_of(const Profile& profile, const Sample& sample) {
  const std::size_t row = index(sample.labels);
  return row < profile.labels.size() ? profile.labels[row] : Labels{};
}

namespace {

py::object text_of(const Row& row, StringId id) { return to_str((*row.profile)->text(id)); }

const Function& function_of(const FunctionRow& row) { return (*row.profile)->functions[row.position]; }
const Call& call_of(const CallRow& row) { return (*row.profile)->calls[row.position]; }
const Line& line_of(const LineRow& row) { return (*row.profile)->lines[row.position]; }
const Sample& sample_of(const SampleRow& row) { return (*row.profile)->samples[row.position]; }

FunctionRow function_row(const Row& row, FunctionId id) { return {{row.profile, index(id)}}; }

py::object qualified_or_name(const Row& row, FunctionId id) {
  const Function& function = (*row.profile)->function(id);
  return text_of(row, function.qualified == StringId{0} ? function.name : function.qualified);
}

Counts counts_in(const CountTable& table, std::size_t row) { return row < table.size() ? table[row] : Counts{}; }

template <class RowType>
py::object self_of(const RowType& row) {
  return cost_or_none(row, RowType::self(**row.profile), 0);
}
template <class RowType>
py::object total_of(const RowType& row) {
  return cost_or_none(row, RowType::total(**row.profile), 0);
}

const char* unit_name(Unit unit) {
  switch (unit) {
    case Unit::nanoseconds: return "ns";
    case Unit::count: return "count";
    case Unit::bytes: return "bytes";
  }
  return "";
}

// From the outermost frame to the innermost: (function, line being executed, 0 when unknown).
py::list stack_of(const SampleRow& row) {
  const Profile& profile = **row.profile;
  py::list stack;
  for (NodeId id = sample_of(row).leaf; id != no_parent; id = profile.nodes[index(id)].parent) {
    const Node& node = profile.nodes[index(id)];
    stack.append(py::make_tuple(function_row(row, node.function), node.line));
  }
  stack.reverse();
  return stack;
}

// "main;work;<built-in method time.sleep>", as collapsed stacks are written.
py::object stack_text(const SampleRow& row) {
  const Profile& profile = **row.profile;
  std::vector<std::string_view> names;
  for (NodeId id = sample_of(row).leaf; id != no_parent; id = profile.nodes[index(id)].parent)
    names.push_back(profile.text(profile.function(profile.nodes[index(id)].function).name));
  std::string text;
  for (std::size_t i = names.size(); i-- > 0;) text.append(names[i]).append(i == 0 ? "" : ";");
  return to_str(text);
}

constexpr Field<MetricRow> metric_fields[] = {
    {"name", [](const MetricRow& r) { return text_of(r, (*r.profile)->metrics[r.position].name); },
     "'time', 'samples', 'hits', 'mem_grow', 'mem_free' or 'mem_peak'"},
    {"unit", [](const MetricRow& r) { return py::object(unit_name((*r.profile)->metrics[r.position].unit)); },
     "'ns' (nanoseconds), 'count' or 'bytes'"},
    {"combine",
     [](const MetricRow& r) {
       return py::object((*r.profile)->metrics[r.position].combine == Combine::max ? "max" : "sum");
     },
     "'sum', or 'max' for gauges that are not added up"},
};

constexpr Field<SourceRow> source_fields[] = {
    {"name", [](const SourceRow& r) { return text_of(r, (*r.profile)->sources[r.position].name); },
     "file name as given"},
    {"format", [](const SourceRow& r) { return text_of(r, (*r.profile)->sources[r.position].format); },
     "name of the format, as in formats()"},
    {"command", [](const SourceRow& r) { return text_of(r, (*r.profile)->sources[r.position].command); },
     "what was profiled, '' when unknown"},
    {"mtime_ns", [](const SourceRow& r) { return py::object((*r.profile)->sources[r.position].mtime_ns); },
     "modification time in nanoseconds since 1970 (UTC), 0 when unknown"},
    {"interval_ns", [](const SourceRow& r) { return py::object((*r.profile)->sources[r.position].interval_ns); },
     "sampling interval in nanoseconds, 0 when nothing was sampled"},
};

constexpr Field<FunctionRow> function_fields[] = {
    {"index", [](const FunctionRow& r) { return py::object(r.position); }, "position in Profile.functions"},
    {"name", [](const FunctionRow& r) { return text_of(r, function_of(r).name); },
     "as recorded: 'append', '<module>', '<built-in method builtins.len>'"},
    {"qualified", [](const FunctionRow& r) { return text_of(r, function_of(r).qualified); },
     "'Class.method' where the source says so, else ''"},
    {"file", [](const FunctionRow& r) { return text_of(r, function_of(r).file); },
     "as recorded, '~' for C functions, '' when unknown"},
    {"line", [](const FunctionRow& r) { return py::object(function_of(r).line); },
     "first line, from 1; 0 when unknown"},
    {"context", [](const FunctionRow& r) { return text_of(r, function_of(r).context); },
     "the caller that this copy of the function is for, else ''"},
    {"calls", [](const FunctionRow& r) { return count_or_none(counts_in((*r.profile)->counts, r.position).calls); },
     "all calls; None when nobody counted"},
    {"primitive",
     [](const FunctionRow& r) { return count_or_none(counts_in((*r.profile)->counts, r.position).primitive); },
     "calls made while the function was not already active; None when nobody counted"},
    {"self", self_of<FunctionRow>, "own cost, in the unit of the first metric (ns for time); None when not measured"},
    {"total", total_of<FunctionRow>,
     "inclusive cost, counted once per outermost activation, in the unit of the first metric; None when not measured"},
};

constexpr Field<CallRow> call_fields[] = {
    {"index", [](const CallRow& r) { return py::object(r.position); }, "position in Profile.calls"},
    {"caller", [](const CallRow& r) { return py::object(function_row(r, call_of(r).caller)); },
     "the Function that calls (its name in to_dict)",
     [](const CallRow& r) { return qualified_or_name(r, call_of(r).caller); }},
    {"callee", [](const CallRow& r) { return py::object(function_row(r, call_of(r).callee)); },
     "the Function that is called (its name in to_dict)",
     [](const CallRow& r) { return qualified_or_name(r, call_of(r).callee); }},
    {"caller_index", [](const CallRow& r) { return py::object(index(call_of(r).caller)); },
     "position of the caller in Profile.functions"},
    {"callee_index", [](const CallRow& r) { return py::object(index(call_of(r).callee)); },
     "position of the callee in Profile.functions"},
    {"line", [](const CallRow& r) { return py::object(call_of(r).line); },
     "the caller's line that makes the call, 0 when unknown"},
    {"calls", [](const CallRow& r) { return count_or_none(counts_in((*r.profile)->call_counts, r.position).calls); },
     "all calls; None when nobody counted"},
    {"primitive",
     [](const CallRow& r) { return count_or_none(counts_in((*r.profile)->call_counts, r.position).primitive); },
     "calls made while this one was not already active; None when nobody counted"},
    {"self", self_of<CallRow>,
     "the callee's own cost in these calls, in the unit of the first metric; None when not measured"},
    {"total", total_of<CallRow>,
     "inclusive cost of these calls, in the unit of the first metric; None when not measured"},
};

constexpr Field<LineRow> line_fields[] = {
    {"index", [](const LineRow& r) { return py::object(r.position); }, "position in Profile.lines"},
    {"function", [](const LineRow& r) { return py::object(function_row(r, line_of(r).function)); },
     "the Function that the line belongs to (its name in to_dict)",
     [](const LineRow& r) { return qualified_or_name(r, line_of(r).function); }},
    {"function_index", [](const LineRow& r) { return py::object(index(line_of(r).function)); },
     "position of the function in Profile.functions"},
    {"line", [](const LineRow& r) { return py::object(line_of(r).line); }, "from 1; 0: somewhere in the function"},
    {"self", self_of<LineRow>, "own cost, in the unit of the first metric; None when not measured"},
    {"total", total_of<LineRow>, "inclusive cost, in the unit of the first metric; None when not measured"},
};

constexpr Field<SampleRow> sample_fields[] = {
    {"index", [](const SampleRow& r) { return py::object(r.position); }, "position in Profile.samples"},
    {"stack", [](const SampleRow& r) -> py::object { return stack_of(r); },
     "list of (Function, line being executed or 0), the outermost frame first ('a;b;c' in to_dict)", stack_text},
    {"process", [](const SampleRow& r) { return text_of(r, labels_of(**r.profile, sample_of(r)).process); },
     "'' when unknown"},
    {"thread", [](const SampleRow& r) { return text_of(r, labels_of(**r.profile, sample_of(r)).thread); },
     "'' when unknown"},
    {"status", [](const SampleRow& r) { return py::object(labels_of(**r.profile, sample_of(r)).status); },
     "bits: 1 holds the GIL, 2 on CPU, 4 unknown, 8 waits for the GIL, 16 handles an exception, 32 main thread"},
    {"cost", self_of<SampleRow>, "in the unit of the first metric"},
};

}  // namespace

std::span<const Field<MetricRow>> MetricRow::fields() { return metric_fields; }
std::span<const Field<SourceRow>> SourceRow::fields() { return source_fields; }
std::span<const Field<FunctionRow>> FunctionRow::fields() { return function_fields; }
std::span<const Field<CallRow>> CallRow::fields() { return call_fields; }
std::span<const Field<LineRow>> LineRow::fields() { return line_fields; }
std::span<const Field<SampleRow>> SampleRow::fields() { return sample_fields; }

py::list callers_of(const FunctionRow& function) {
  py::list calls;
  for (const std::uint32_t row : function.profile->calls_to(static_cast<FunctionId>(function.position)))
    calls.append(CallRow{{function.profile, row}});
  return calls;
}

py::list callees_of(const FunctionRow& function) {
  const std::vector<Call>& calls = (*function.profile)->calls;
  const auto first = std::lower_bound(calls.begin(), calls.end(), function.position,
                                      [](const Call& call, std::size_t id) { return index(call.caller) < id; });
  py::list rows;
  for (auto call = first; call != calls.end() && index(call->caller) == function.position; ++call)
    rows.append(CallRow{{function.profile, static_cast<std::size_t>(call - calls.begin())}});
  return rows;
}

py::list lines_of(const FunctionRow& function) {
  const std::vector<Line>& lines = (*function.profile)->lines;
  const auto first = std::lower_bound(lines.begin(), lines.end(), function.position,
                                      [](const Line& line, std::size_t id) { return index(line.function) < id; });
  py::list rows;
  for (auto line = first; line != lines.end() && index(line->function) == function.position; ++line)
    rows.append(LineRow{{function.profile, static_cast<std::size_t>(line - lines.begin())}});
  return rows;
}

}  // namespace profconv::python
