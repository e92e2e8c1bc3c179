#include "transforms/fusion/circle_order.hpp"

#include <algorithm>
#include <cstdint>
#include <functional>
#include <span>
#include <utility>

#include <profconv/builder.hpp>

namespace profconv {
namespace {

enum class State : std::uint8_t { unseen, active, done };

class Search {
 public:
  Search(const Profile& profile, const CallGraph& graph, const CallsTo& calls_to,
         std::vector<FunctionId>& callees_first, std::vector<bool>& leads_back)
      : p_(profile),
        graph_(graph),
        calls_to_(calls_to),
        callees_first_(callees_first),
        leads_back_(leads_back),
        state_(profile.functions.size(), State::unseen) {
    for (std::size_t m = 0; m < p_.metrics.size(); ++m) {
      if (p_.text(p_.metrics[m].name) == time_metric.name) time_ = m;
    }
  }

  void add_circle(std::span<const FunctionId> circle) {
    visit(*std::ranges::max_element(circle, {}, [&](FunctionId f) { return std::pair(is_entered(f), total(f)); }));
  }

 private:
  struct Place {
    FunctionId function;
    std::size_t begin, next;  // its calls in `calls_`, up to the end
  };

  // Whether it is called from outside its circle, or by nobody who is known.
  bool is_entered(FunctionId f) const {
    std::int64_t listed = 0;
    for (const std::uint32_t c : calls_to_[f]) {
      if (graph_.component(p_.calls[c].caller) != graph_.component(f)) return true;
      const std::int64_t calls = p_.call_counts.empty() ? 0 : p_.call_counts[c].calls;
      if (calls > 0 && __builtin_add_overflow(listed, calls, &listed)) return false;
    }
    return !p_.counts.empty() && p_.counts[index(f)].calls > listed;
  }

  std::int64_t total(FunctionId f) const {
    return time_ == nowhere || p_.total.empty() ? 0 : p_.total.at(index(f), time_);
  }
  std::int64_t cost(std::size_t call) const {
    return time_ == nowhere || p_.call_total.empty() ? 0 : p_.call_total.at(call, time_);
  }

  void visit(FunctionId first) {
    open(first);
    while (!path_.empty()) {
      Place& place = path_.back();
      if (place.next == calls_.size()) {
        state_[index(place.function)] = State::done;
        callees_first_.push_back(place.function);
        calls_.resize(place.begin);
        path_.pop_back();
        continue;
      }
      const std::size_t call = calls_[place.next++];
      const FunctionId callee = p_.calls[call].callee;
      switch (state_[index(callee)]) {
        case State::unseen: open(callee); break;
        case State::active: leads_back_[call] = true; break;
        case State::done: break;
      }
    }
  }

  void open(FunctionId f) {
    state_[index(f)] = State::active;
    const std::size_t begin = calls_.size();
    const CallGraph::Range calls = graph_.calls_from(f);
    for (std::size_t c = calls.begin; c < calls.end; ++c) {
      if (graph_.component(p_.calls[c].callee) == graph_.component(f)) calls_.push_back(c);
    }
    std::ranges::stable_sort(std::span(calls_).subspan(begin), std::greater{}, [&](std::size_t c) { return cost(c); });
    path_.push_back({f, begin, begin});
  }

  static constexpr std::size_t nowhere = SIZE_MAX;

  const Profile& p_;
  const CallGraph& graph_;
  const CallsTo& calls_to_;
  std::vector<FunctionId>& callees_first_;
  std::vector<bool>& leads_back_;
  std::vector<State> state_;
  std::vector<Place> path_;
  std::vector<std::size_t> calls_;  // inside the circle, of the functions on the path
  std::size_t time_ = nowhere;
};

}  // namespace

CircleOrder::CircleOrder(const Profile& profile, const CallGraph& graph, const CallsTo& calls_to)
    : leads_back_(profile.calls.size(), false) {
  std::vector<FunctionId> by_component(profile.functions.size());
  for (std::uint32_t f = 0; f < by_component.size(); ++f) by_component[f] = FunctionId{f};
  const auto component = [&](FunctionId f) { return graph.component(f); };
  std::ranges::stable_sort(by_component, {}, component);
  callees_first_.reserve(by_component.size());
  Search search(profile, graph, calls_to, callees_first_, leads_back_);
  for (auto begin = by_component.begin(); begin != by_component.end();) {
    const auto end =
        std::find_if(begin, by_component.end(), [&](FunctionId f) { return component(f) != component(*begin); });
    search.add_circle({begin, end});
    begin = end;
  }
}

}  // namespace profconv
