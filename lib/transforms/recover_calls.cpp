#include "transforms/recover_calls.hpp"

#include <algorithm>
#include <map>
#include <numeric>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <profconv/builder.hpp>

#include "base/wide_int.hpp"
#include "model/apportion.hpp"
#include "transforms/call_lines.hpp"
#include "transforms/rebuild.hpp"

namespace profconv {
namespace {

// Functions of one name (`run` of every class) beyond which nobody can tell which is meant.
constexpr std::size_t most_namesakes = 32;

std::int64_t clamped(WideInt value) { return static_cast<std::int64_t>(std::clamp<WideInt>(value, 0, INT64_MAX)); }

class Recovery {
 public:
  Recovery(const Profile& profile, const SourceFiles* sources)
      : p_(profile),
        sources_(sources),
        time_(profile.metric(time_metric.name)),
        hits_(profile.metric(hits_metric.name)),
        call_lines_(sources),
        first_line_(profile.functions.size() + 1, 0),
        counts_(profile.functions.size(), not_counted) {
    for (const Line& line : p_.lines) ++first_line_[index(line.function) + 1];
    for (std::size_t f = 0; f < p_.functions.size(); ++f) first_line_[f + 1] += first_line_[f];
  }

  RecoveredCalls run() && {
    for (std::uint32_t f = 0; f < p_.functions.size(); ++f) {
      counts_[f] = calls_of(FunctionId{f});
      namesakes_[call_lines_.word_for(p_, FunctionId{f})].push_back(FunctionId{f});
    }
    for (std::uint32_t f = 0; f < p_.functions.size(); ++f) find_in(FunctionId{f});
    for (const auto& [word, calls] : found_) decide(namesakes_.find(word)->second, calls);
    return finish();
  }

 private:
  struct Found {
    FunctionId caller;
    std::size_t line;    // row of p_.lines
    std::int64_t calls;  // hits, as often as the callee is named
  };
  struct Edge {
    Call call;
    std::int64_t calls;
  };

  std::int64_t hits(std::size_t row) const {
    const std::int64_t value = p_.line_self.empty() ? not_measured : p_.line_self.at(row, *hits_);
    return std::max<std::int64_t>(value, 0);
  }

  // Hits of the first line that was executed, if that is executed once per call.
  std::int64_t calls_of(FunctionId f) const {
    const SourceFile* const source = sources_->find(p_.text(p_.function(f).file));
    for (std::size_t i = first_line_[index(f)]; i < first_line_[index(f) + 1]; ++i) {
      if (hits(i) == 0) continue;
      if (source == nullptr) return not_counted;
      std::string_view text = source->line(p_.lines[i].line);
      text.remove_prefix(std::min(text.find_first_not_of(" \t"), text.size()));
      for (const std::string_view loop : {"for ", "while ", "async for "}) {
        if (text.starts_with(loop)) return not_counted;
      }
      return hits(i);
    }
    return not_counted;
  }

  void find_in(FunctionId caller) {
    const std::size_t begin = first_line_[index(caller)], end = first_line_[index(caller) + 1];
    if (begin == end || !call_lines_.enter(p_, caller, p_.lines[end - 1].line)) return;
    const auto row_at = [&](std::uint32_t number) -> std::optional<std::size_t> {
      const auto first = p_.lines.begin() + static_cast<std::ptrdiff_t>(begin),
                 last = p_.lines.begin() + static_cast<std::ptrdiff_t>(end);
      const auto line = std::ranges::lower_bound(first, last, number, {}, &Line::line);
      if (line == last || line->line != number) return std::nullopt;
      const auto row = static_cast<std::size_t>(line - p_.lines.begin());
      return hits(row) == 0 ? std::nullopt : std::optional(row);
    };
    call_lines_.each_word([&](std::string_view word) {
      const auto callees = namesakes_.find(word);
      if (word.empty() || callees == namesakes_.end()) return;
      for (const CallLine& found : call_lines_.find(p_, callees->second.front())) {
        if (!found.called) continue;
        std::optional<std::size_t> row = row_at(found.line);
        if (!row) row = row_at(found.statement);
        if (row) found_[callees->first].push_back({caller, *row, clamped(WideInt{hits(*row)} * found.times)});
      }
    });
  }

  bool took_long_enough(const Found& found, FunctionId callee, std::int64_t calls) const {
    if (!time_ || p_.line_total.empty() || p_.total.empty() || found.caller == callee) return true;
    const std::int64_t line = p_.line_total.at(found.line, *time_), all = counts_[index(callee)];
    if (line == not_measured || all <= 0) return true;
    // Clocks are read once more for the line than for what it calls; an average call may cost less than this one.
    return calls < all || WideInt{p_.total.at(index(callee), *time_)} <= WideInt{line} + line / 20;
  }

  void decide(const std::vector<FunctionId>& callees, const std::vector<Found>& found) {
    if (callees.size() == 1) return add(callees.front(), found);
    if (callees.size() > most_namesakes) return;
    // Of several functions with one name: the one whose count fits, all lines together or each alone.
    WideInt sum = 0;
    for (const Found& f : found) sum += f.calls;
    const auto the_only = [&](WideInt calls) {
      std::optional<FunctionId> only;
      for (const FunctionId callee : callees) {
        if (counts_[index(callee)] != calls) continue;
        if (only) return std::optional<FunctionId>{};
        only = callee;
      }
      return only;
    };
    if (const auto callee = the_only(sum)) return add(*callee, found);
    for (const Found& f : found) {
      if (const auto callee = the_only(f.calls)) add(*callee, {f});
    }
  }

  void add(FunctionId callee, const std::vector<Found>& found) {
    const std::int64_t all = counts_[index(callee)];
    std::vector<std::int64_t> calls;
    WideInt sum = 0;
    for (const Found& f : found) {
      calls.push_back(f.calls);
      sum += f.calls;
    }
    if (all != not_counted && sum > all) apportion(all, std::vector<std::int64_t>(calls), calls);
    for (std::size_t i = 0; i < found.size(); ++i) {
      if (calls[i] == 0 || !took_long_enough(found[i], callee, calls[i])) continue;
      edges_.push_back({{found[i].caller, callee, p_.lines[found[i].line].line}, calls[i]});
    }
  }

  RecoveredCalls finish() {
    Rebuild result(p_);
    for (std::uint32_t i = 0; i < p_.functions.size(); ++i) {
      const FunctionId f{i};
      result.add_function(f);
      result.builder().add_counts(f, {counts_[i], not_counted});
      result.add_costs(f);
      result.add_lines(f);
    }
    for (const Edge& e : edges_) result.builder().add_call(e.call, {e.calls, not_counted}, {}, {});
    result.add_stacks(Rebuild::Dropped::cut);
    return {std::move(result).finish(), edges_.size()};
  }

  const Profile& p_;
  const SourceFiles* sources_;
  std::optional<std::size_t> time_, hits_;
  CallLines call_lines_;
  std::vector<std::size_t> first_line_;                                    // per function: its first row of p_.lines
  std::vector<std::int64_t> counts_;                                       // per function: how often it was called
  std::map<std::string, std::vector<FunctionId>, std::less<>> namesakes_;  // by what stands where they are called
  std::map<std::string_view, std::vector<Found>> found_;                   // by the same
  std::vector<Edge> edges_;
};

}  // namespace

RecoveredCalls recover_calls(Profile&& profile, const SourceFiles* sources) {
  const bool possible = sources != nullptr && sources->enabled() && profile.calls.empty() && !profile.lines.empty() &&
                        profile.metric(hits_metric.name).has_value();
  if (!possible) return {std::move(profile), 0};
  RecoveredCalls recovered = Recovery(profile, sources).run();
  if (recovered.edges == 0) return {std::move(profile), 0};
  return recovered;
}

}  // namespace profconv
