#include "writers/text_view.hpp"

#include <algorithm>
#include <array>
#include <iterator>
#include <optional>
#include <string_view>
#include <utility>

#include <profconv/error.hpp>
#include <profconv/measured.hpp>

#include "base/visible.hpp"
#include "base/wide_int.hpp"
#include "model/call_graph.hpp"
#include "model/call_totals.hpp"
#include "model/calls_to.hpp"
#include "model/checked.hpp"
#include "model/from_stacks.hpp"
#include "model/searched_text.hpp"
#include "model/shares.hpp"
#include "writers/text_lines.hpp"
#include "writers/text_restriction.hpp"

namespace profconv {
namespace {

enum class Field : std::uint8_t {
  total,
  self,
  calls,
  primitive,
  per_call,
  self_per_call,
  metric,  ///< What is called so, which need not be the main one.
  name,
  file,
  line,
  label
};

// What rows are in order of.
struct Order {
  Field field;
  std::size_t metric = 0;  // of `Field::metric`
};

struct SortKey {
  std::string_view word;
  std::array<Field, 3> fields;
  std::size_t count = 1;
};

constexpr SortKey sort_keys[] = {
    {"total", {Field::total}},
    {"cumtime", {Field::total}},
    {"cumulative", {Field::total}},
    {"self", {Field::self}},
    {"time", {Field::self}},
    {"tottime", {Field::self}},
    {"calls", {Field::calls}},
    {"ncalls", {Field::calls}},
    {"pcalls", {Field::primitive}},
    {"percall", {Field::per_call}},
    {"selfpercall", {Field::self_per_call}},
    {samples_metric.name, {Field::metric}},
    {hits_metric.name, {Field::metric}},
    {mem_grow_metric.name, {Field::metric}},
    {mem_free_metric.name, {Field::metric}},
    {mem_peak_metric.name, {Field::metric}},
    {"name", {Field::name}},
    {"file", {Field::file}},
    {"filename", {Field::file}},
    {"module", {Field::file}},
    {"line", {Field::line}},
    {"stdname", {Field::label}},
    {"nfl", {Field::name, Field::file, Field::line}, 3},
};

const SortKey& sort_key_named(std::string_view word) {
  const SortKey* found = nullptr;
  std::string fitting, known;
  bool ambiguous = false;
  for (const SortKey& key : sort_keys) {
    known += (known.empty() ? "" : ", ") + std::string(key.word);
    if (key.word == word) return key;
    if (word.empty() || !key.word.starts_with(word)) continue;
    const bool is_other = found != nullptr && (found->fields != key.fields || key.fields.front() == Field::metric);
    ambiguous = ambiguous || is_other;
    if (found == nullptr) found = &key;
    fitting += (fitting.empty() ? "" : ", ") + std::string(key.word);
  }
  if (ambiguous) throw UsageError("the sort key " + quoted(word) + " could be any of " + fitting);
  if (found == nullptr) {
    throw UsageError("unknown sort key " + quoted(word) + ", known are " + known, did_you_mean(word, text_sort_keys()));
  }
  return *found;
}

int compare_numbers(std::int64_t a, std::int64_t b) {
  return a < b ? -1 : a > b ? 1 : 0;
}  // unknown ones are negative: the smallest

// a / b < c / d without rounding; a quotient that does not exist is the smallest.
int compare_quotients(std::int64_t a, std::int64_t b, std::int64_t c, std::int64_t d) {
  const bool first = b > 0 && a != not_measured, second = d > 0 && c != not_measured;
  if (!first || !second) return compare_numbers(first ? 1 : 0, second ? 1 : 0);
  const WideInt x = WideInt{a} * d, y = WideInt{c} * b;
  return x < y ? -1 : x > y ? 1 : 0;
}

// Lines were recorded, and none of them ran.
bool counted_no_hit(const Profile& p) {
  const auto hits = p.metric(hits_metric.name);
  return hits && total_cost(p)[*hits] == 0;
}

class ViewMaker {
 public:
  ViewMaker(const Profile& profile, const TextOptions& options, bool for_people)
      : p_(profile),
        options_(options),
        for_people_(for_people),
        metrics_(profile.metrics.size()),
        main_(main_metric(profile)),
        measured_(profile) {
    view_.view = options.view;
    view_.has_counts = !p_.counts.empty();
    view_.has_total = !p_.total.empty();
    view_.has_samples = p_.metric(samples_metric.name).has_value();
    view_.has_call_self = !p_.call_self.empty();
    if (options.noun != "function" && !follows_from_stacks(p_)) groups_.emplace(p_);
    orders_ = orders_of(options.sort_keys);
    call_orders_ = options.call_sort_keys.empty() ? orders_ : orders_of(options.call_sort_keys);
  }

  TextView make();

 private:
  using View = TextOptions::View;

  std::vector<Order> orders_of(const std::vector<std::string>& words) const;
  void check(Field field, std::string_view word) const;
  int compare(const TextRow& a, const TextRow& b, const Order& order) const;
  void sort(std::vector<TextRow>& rows, const std::vector<Order>& orders) const;
  std::size_t limit(const std::optional<std::size_t>& given, std::size_t default_for_people) const {
    const std::size_t n = given.value_or(for_people_ ? default_for_people : 0);
    return n == 0 ? static_cast<std::size_t>(-1) : n;
  }

  TextRow row_of(FunctionId function) const;
  void choose_functions();
  void add_calls(TextBlock& block, bool callers);
  void make_tree();
  void add_more(FunctionId function);

  const Profile& p_;
  const TextOptions& options_;
  bool for_people_;
  std::size_t metrics_;
  std::size_t main_;  // what costs sort by
  Measured measured_;
  std::vector<Order> orders_, call_orders_;
  std::optional<CallGraph> graph_, groups_;
  std::optional<CallsTo> calls_to_;
  std::optional<CallTotals> totals_;
  TextView view_;
};

std::vector<Order> ViewMaker::orders_of(const std::vector<std::string>& words) const {
  std::vector<Order> orders;
  for (const std::string& word : words) {
    const SortKey& key = sort_key_named(word);
    for (std::size_t i = 0; i < key.count; ++i) {
      check(key.fields[i], key.word);
      orders.push_back({key.fields[i], p_.metric(key.word).value_or(0)});
    }
  }
  if (orders.empty()) orders.push_back({view_.has_total ? Field::total : Field::self});
  return orders;
}

void ViewMaker::check(Field field, std::string_view word) const {
  const bool counts =
      field == Field::calls || field == Field::primitive || field == Field::per_call || field == Field::self_per_call;
  const char* missing = nullptr;
  if (counts && !view_.has_counts) missing = view_.has_samples ? "call counts: samples are no calls" : "call counts";
  if ((field == Field::total || field == Field::per_call) && !view_.has_total) missing = "inclusive costs";
  const std::string metric(word);
  if (field == Field::metric && !p_.metric(word)) missing = metric.c_str();
  if (missing != nullptr) throw UsageError("cannot sort by " + quoted(word) + ", the profile has no " + missing);
}

int ViewMaker::compare(const TextRow& a, const TextRow& b, const Order& order) const {
  const auto text = [&](StringId x, StringId y) { return p_.text(x).compare(p_.text(y)); };
  const Function& f = p_.function(a.function);
  const Function& g = p_.function(b.function);
  switch (order.field) {
    case Field::total: return compare_numbers(b.total[main_], a.total[main_]);
    case Field::self: return compare_numbers(b.self[main_], a.self[main_]);
    case Field::calls: return compare_numbers(b.counts.calls, a.counts.calls);
    case Field::primitive: return compare_numbers(b.counts.primitive, a.counts.primitive);
    case Field::per_call:
      return compare_quotients(b.total[main_], b.counts.primitive, a.total[main_], a.counts.primitive);
    case Field::self_per_call: return compare_quotients(b.self[main_], b.counts.calls, a.self[main_], a.counts.calls);
    case Field::metric: {
      const std::size_t m = order.metric;
      return view_.has_total ? compare_numbers(b.total[m], a.total[m]) : compare_numbers(b.self[m], a.self[m]);
    }
    case Field::name: return text(f.name, g.name);
    case Field::file: return text(f.file, g.file);
    case Field::line: return compare_numbers(f.line, g.line);
    case Field::label:
      return searched_text(p_, p_.function(a.function)).compare(searched_text(p_, p_.function(b.function)));
  }
  return 0;
}

void ViewMaker::sort(std::vector<TextRow>& rows, const std::vector<Order>& orders) const {
  std::stable_sort(rows.begin(), rows.end(), [&](const TextRow& a, const TextRow& b) {
    for (const Order& order : orders) {
      if (const int result = compare(a, b, order); result != 0) return result < 0;
    }
    return false;
  });
  if (options_.reverse) std::ranges::reverse(rows);
}

TextRow ViewMaker::row_of(FunctionId function) const {
  TextRow row;
  row.function = function;
  row.self.fill(not_measured);
  row.total.fill(not_measured);
  const std::size_t f = index(function);
  if (view_.has_counts) row.counts = p_.counts[f];
  if (!p_.self.empty()) std::ranges::copy(p_.self.row(f), row.self.begin());
  if (view_.has_total) std::ranges::copy(p_.total.row(f), row.total.begin());
  for (std::size_t m = 0; m < metrics_; ++m) {
    row.self[m] = measured_(function, m, row.self[m]);
    row.total[m] = measured_(function, m, row.total[m]);
  }
  // What calls itself by way of other groups has an estimate: see `group`.
  if (groups_ && groups_->in_cycle(function)) row.estimated.fill(true);
  return row;
}

void ViewMaker::add_more(FunctionId function) {
  ++view_.more;
  for (std::size_t m = 0; m < metrics_ && !p_.self.empty(); ++m) {
    // A part of a sum that fits. Only negative costs of other functions can take it out of range; then it stays where
    // it is.
    static_cast<void>(combine_checked(view_.more_self[m], p_.self.at(index(function), m), p_.metrics[m].combine));
  }
}

void ViewMaker::choose_functions() {
  std::vector<TextRow> rows;
  std::optional<Pattern> pattern;
  if (!options_.pattern.empty()) pattern = Pattern::regex(options_.pattern);
  std::vector<TextRestriction> restrictions;
  for (const std::string& text : options_.restrictions) restrictions.emplace_back(text);
  std::vector<bool> wanted(p_.functions.size(), options_.view != View::lines);
  for (const Line& line : p_.lines) wanted[index(line.function)] = true;
  for (std::uint32_t i = 0; i < p_.functions.size(); ++i) {
    const FunctionId f{i};
    if (!wanted[i]) continue;
    if (!pattern || pattern->matches(searched_text(p_, p_.function(f)))) rows.push_back(row_of(f));
  }
  view_.functions = rows.size();
  sort(rows, orders_);
  std::vector<bool> shown(p_.functions.size(), false);
  const std::vector<TextRow> all = rows;
  for (const TextRestriction& r : restrictions)
    r.apply(rows, [&](const TextRow& row) { return searched_text(p_, p_.function(row.function)); });
  rows.resize(std::min(rows.size(), limit(options_.limit, 25)));
  for (const TextRow& row : rows) shown[index(row.function)] = true;
  for (const TextRow& row : all) {
    if (!shown[index(row.function)]) add_more(row.function);
  }
  for (const TextRow& row : rows) view_.blocks.push_back({.head = row});
}

void ViewMaker::add_calls(TextBlock& block, bool callers) {
  const FunctionId f = block.head.function;
  std::vector<TextRow>& rows = callers ? block.callers : block.callees;
  std::vector<std::uint32_t> calls;
  if (callers) {
    calls.assign((*calls_to_)[f].begin(), (*calls_to_)[f].end());
  } else {
    for (std::size_t i = graph_->calls_from(f).begin; i < graph_->calls_from(f).end; ++i)
      calls.push_back(static_cast<std::uint32_t>(i));
  }
  for (const std::uint32_t call : calls) {  // those of one edge are neighbours: one from each line
    const FunctionId other = callers ? p_.calls[call].caller : p_.calls[call].callee;
    const bool first = rows.empty() || rows.back().function != other;
    if (first) {
      TextRow row;
      row.function = other;
      row.self.fill(not_measured);
      row.total.fill(not_measured);
      if (!p_.call_counts.empty()) row.counts = {0, 0};
      rows.push_back(row);
    }
    TextRow& row = rows.back();
    bool fits = p_.call_counts.empty() || add_counts_checked(row.counts, p_.call_counts[call]);
    for (std::size_t m = 0; m < metrics_; ++m) {
      const Combine combine = p_.metrics[m].combine;
      if (!p_.call_self.empty()) fits = combine_checked(row.self[m], p_.call_self.at(call, m), combine) && fits;
      fits = combine_checked(row.total[m], totals_->row(call)[m], combine) && fits;
      if (p_.is_estimate(call, m)) row.estimated[m] = true;
    }
    if (!fits) throw Error("the costs of the calls between two functions do not fit 64 bits");
  }
  for (TextRow& row : rows) {
    if (!view_.has_total && p_.call_total.empty()) row.total.fill(not_measured);
    for (std::size_t m = 0; m < metrics_; ++m) {
      row.total[m] = measured_(callers ? f : row.function, m, row.total[m]);
      if (row.total[m] == not_measured) row.estimated[m] = false;
    }
  }
  sort(rows, call_orders_);
  const std::size_t most = limit(options_.call_limit, 10);
  std::size_t& more = callers ? block.more_callers : block.more_callees;
  if (rows.size() > most) {
    more = rows.size() - most;
    rows.resize(most);
  }
}

void ViewMaker::make_tree() {
  if (!view_.has_total && !p_.functions.empty())
    throw UsageError("a call tree needs inclusive costs, and the profile has none");
  CallTreeOptions tree{.metric = main_};
  const double least_percent = has_complete_stacks(p_) ? 0 : 0.001;  // a graph may have any number of paths
  tree.threshold = std::max(least_percent, options_.tree_threshold_percent) / 100;  // what is no number is the least
  if (options_.tree_depth != 0)
    tree.max_depth = static_cast<std::uint32_t>(std::min<std::size_t>(options_.tree_depth, tree.max_depth));
  if (options_.limit && *options_.limit != 0) tree.max_nodes = std::min(tree.max_nodes, *options_.limit);
  view_.tree = call_tree(p_, tree);
  std::vector<bool> shown(p_.functions.size(), false);
  for (std::size_t i = 0; i < view_.tree.nodes.size(); ++i) {
    const FunctionId f = view_.tree.nodes[i].function;
    shown[index(f)] = true;
    for (std::size_t m = 0; m < metrics_; ++m) {
      for (CostTable* const table : {&view_.tree.self, &view_.tree.total})
        if (m != main_) table->at(i, m) = measured_(f, m, table->at(i, m));
    }
  }
  view_.functions = p_.functions.size();
  for (std::uint32_t i = 0; i < p_.functions.size(); ++i) {
    if (!shown[i]) add_more(FunctionId{i});
  }
}

TextView ViewMaker::make() {
  if (options_.view == View::tree) {
    make_tree();
    return std::move(view_);
  }
  if (options_.view == View::lines && p_.lines.empty() && !p_.functions.empty() && !counted_no_hit(p_))
    throw UsageError("the profile knows no lines", "line_profiler and memory_profiler record them");
  choose_functions();
  if (options_.view == View::functions) return std::move(view_);
  if (options_.view == View::lines) {
    add_text_lines(p_, options_.sources, view_.blocks);
    return std::move(view_);
  }
  graph_.emplace(p_);
  calls_to_.emplace(p_);
  totals_.emplace(p_);
  for (TextBlock& block : view_.blocks) {
    if (options_.view != View::callees) add_calls(block, true);
    if (options_.view != View::callers) add_calls(block, false);
  }
  return std::move(view_);
}

}  // namespace

TextView make_text_view(const Profile& profile, const TextOptions& options, bool for_people) {
  return ViewMaker(profile, options, for_people).make();
}

std::span<const std::string_view> text_sort_keys() {
  static const auto words = [] {
    std::array<std::string_view, std::size(sort_keys)> all;
    std::ranges::transform(sort_keys, all.begin(), &SortKey::word);
    return all;
  }();
  return words;
}

}  // namespace profconv
