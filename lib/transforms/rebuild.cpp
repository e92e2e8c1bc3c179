#include "transforms/rebuild.hpp"

#include <algorithm>
#include <string>

namespace profconv {

Rebuild::Rebuild(const Profile& profile)
    : p_(profile),
      builder_(ProfileBuilder::with_strings_of(profile)),
      functions_(profile.functions.size(), no_function) {
  first_line_.assign(p_.functions.size() + 1, 0);
  for (const Line& line : p_.lines) ++first_line_[index(line.function) + 1];
  for (std::size_t f = 0; f < p_.functions.size(); ++f) first_line_[f + 1] += first_line_[f];
}

void Rebuild::add_function(FunctionId function, const Function& key) {
  functions_[index(function)] = builder_.function(key);
  builder_.mark_entry(functions_[index(function)]);
}

void Rebuild::add_function(FunctionId function, const FunctionKey& key) {
  functions_[index(function)] = builder_.function(key);
  builder_.mark_entry(functions_[index(function)]);
}

void Rebuild::add_whole(FunctionId function, const Function& key) {
  add_function(function, key);
  add_counts(function);
  add_costs(function);
  add_lines(function);
}

void Rebuild::add_counts(FunctionId function) {
  if (!p_.counts.empty()) builder_.add_counts((*this)[function], p_.counts[index(function)]);
}

void Rebuild::add_costs(FunctionId function) {
  builder_.add_self((*this)[function], row(p_.self, index(function)));
  builder_.add_total((*this)[function], row(p_.total, index(function)));
}

void Rebuild::add_call(std::size_t call) { add_call(p_.calls[call].caller, call, p_.is_share(call)); }

void Rebuild::add_estimated_call(FunctionId caller, std::size_t call) { add_call(caller, call, true); }

void Rebuild::add_call(FunctionId caller, std::size_t call, bool estimated) {
  const Call& c = p_.calls[call];
  const FunctionId from = (*this)[caller], callee = (*this)[c.callee];
  if (from == no_function || callee == no_function) return;
  const Counts counts = p_.call_counts.empty() ? Counts{} : p_.call_counts[call];
  builder_.add_call({from, callee, c.line}, counts, row(p_.call_self, call), row(p_.call_total, call), estimated);
}

void Rebuild::add_lines(FunctionId function) {
  const FunctionId f = (*this)[function];
  if (f == no_function) return;
  for (std::size_t i = first_line_[index(function)]; i < first_line_[index(function) + 1]; ++i) {
    builder_.add_line({f, p_.lines[i].line}, row(p_.line_self, i), row(p_.line_total, i));
  }
}

void Rebuild::add_missing_lines(FunctionId function) {
  const FunctionId f = (*this)[function];
  if (f == no_function || p_.line_self.empty() || p_.self.empty()) return;
  std::vector<std::int64_t> missing(p_.metrics.size(), not_measured);
  bool any = false;
  for (std::size_t m = 0; m < missing.size(); ++m) {
    bool measured = false;
    for (std::size_t i = first_line_[index(function)]; i < first_line_[index(function) + 1]; ++i) {
      measured |= p_.line_self.at(i, m) != not_measured;
    }
    const std::int64_t self = p_.self.at(index(function), m);
    if (measured || self == 0) continue;
    missing[m] = self;
    any = true;
  }
  if (any) builder_.add_line({f, 0}, missing, {});
}

void Rebuild::add_stacks(Dropped dropped) {
  // The node that stands for each node of the profile; `gone` for a stack that is dropped.
  constexpr NodeId gone{std::numeric_limits<std::uint32_t>::max() - 1};
  std::vector<NodeId> nodes;
  nodes.reserve(p_.nodes.size());
  for (const Node& n : p_.nodes) {
    const NodeId parent = n.parent == no_parent ? no_parent : nodes[index(n.parent)];
    const FunctionId f = (*this)[n.function];
    if (f != no_function && parent != gone) {
      nodes.push_back(builder_.node(parent, f, n.line));
    } else {
      nodes.push_back(dropped == Dropped::skip ? parent : gone);
    }
  }
  std::vector<LabelsId> labels;
  for (const Labels& l : p_.labels) labels.push_back(builder_.labels(p_.text(l.process), p_.text(l.thread), l.status));
  for (std::size_t i = 0; i < p_.samples.size(); ++i) {
    const NodeId leaf = nodes[index(p_.samples[i].leaf)];
    if (leaf == gone || leaf == no_parent) continue;
    builder_.add_sample({leaf, labels[index(p_.samples[i].labels)]}, row(p_.sample_cost, i));
  }
}

void Rebuild::add_recorded() {
  if (p_.recorded_lines) {
    RecordedLines lines = *p_.recorded_lines;
    for (RecordedLines::Entry& e : lines.entries) e.function = (*this)[e.function];
    builder_.set_recorded(std::move(lines));
  }
  if (p_.recorded_memory) {
    RecordedMemory memory = *p_.recorded_memory;
    for (RecordedMemory::Listing& l : memory.listings) l.function = (*this)[l.function];
    builder_.set_recorded(std::move(memory));
  }
  if (!p_.recorded) return;
  Recorded recorded = *p_.recorded;
  for (Recorded::Key& k : recorded.keys) {
    const FunctionId function = (*this)[k.function];
    if (k.file == p_.function(k.function).file) k.file = builder_.key(function).file;
    k.function = function;
  }
  builder_.set_recorded(std::move(recorded));
}

Profile keep(const Profile& profile, const std::vector<bool>& functions, const std::vector<bool>& calls) {
  Rebuild result(profile);
  for (std::uint32_t i = 0; i < profile.functions.size(); ++i) {
    if (!functions[i]) continue;
    result.add_whole(FunctionId{i});
  }
  for (std::size_t i = 0; i < profile.calls.size(); ++i) {
    if (calls[i]) result.add_call(i);
  }
  result.add_stacks(Rebuild::Dropped::cut);
  return std::move(result).finish();
}

}  // namespace profconv
