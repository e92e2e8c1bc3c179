#include "model/components.hpp"

#include <algorithm>
#include <optional>

#include "base/parallel.hpp"
#include "base/prefetch.hpp"

namespace profconv {
namespace {

// Tarjan's algorithm in the form of Pearce ("A space-efficient algorithm for finding strongly connected components",
// 2016), with a stack of its own: a chain of 100,000 calls must not need 100,000 stack frames. One number per function
// says all, so that a call is one look at its callee: 0 before it is visited; then the number of the earliest visited
// function that is known to be reached from it; and from the top down the component, once that is known, which is above
// all others.
class Search {
 public:
  Search(std::span<const std::uint32_t> first_call, std::span<const std::uint32_t> leads_to, Components& found)
      : first_call_(first_call),
        leads_to_(leads_to),
        functions_(static_cast<std::uint32_t>(first_call.size() - 1)),
        of_(found.of),
        size_(found.size) {
    of_.assign(functions_, 0);
  }

  /// Finds the components of what `start` reaches.
  void search(std::uint32_t start);
  /// Adds a component all of whose callees' components are known.
  template <class Members>
  void add(Members is_member) {
    const std::uint32_t number = next_number();
    std::uint32_t members = 0;
    for (std::uint32_t f = 0; f < functions_; ++f) {
      const bool is = is_member(f);
      of_[f] = is ? number : of_[f];
      members += is ? 1U : 0U;
    }
    size_.push_back(members);
  }
  /// The same of one function that is in no circle.
  void add(std::uint32_t f) {
    of_[f] = next_number();
    size_.push_back(1);
  }
  /// Whether the function's component is.
  bool is_known(std::uint32_t f) const noexcept { return of_[f] != 0; }
  /// When all components are known.
  void finish() {
    for (std::uint32_t& number : of_) number = functions_ + 1 - number;
  }

 private:
  struct Visit {
    std::uint32_t function, next_call, order;
  };

  std::uint32_t next_number() const { return functions_ + 1 - static_cast<std::uint32_t>(size_.size()); }
  void enter(std::uint32_t f);
  void close(std::uint32_t f);

  std::span<const std::uint32_t> first_call_, leads_to_;
  const std::uint32_t functions_;
  std::vector<std::uint32_t>& of_;
  std::vector<std::uint32_t>& size_;
  std::vector<Visit> path_;
  std::vector<std::uint32_t> open_;  // left, component not yet known
  std::uint32_t visited_ = 0;        // that are open or on the path
};

void Search::enter(std::uint32_t f) {
  of_[f] = ++visited_;
  path_.push_back({f, first_call_[f], visited_});
  // Callees are anywhere in memory: those looked at next are fetched together.
  constexpr std::uint32_t most = 12;
  for (const std::uint32_t callee :
       leads_to_.subspan(first_call_[f], std::min(most, first_call_[f + 1] - first_call_[f]))) {
    if (callee == Components::leads_nowhere) continue;
    prefetch(&of_[callee]);
    prefetch(&first_call_[callee]);
  }
}

void Search::close(std::uint32_t f) {
  const std::uint32_t number = next_number();
  size_.push_back(1);
  --visited_;
  for (; !open_.empty() && of_[open_.back()] >= of_[f]; open_.pop_back()) {
    of_[open_.back()] = number;
    ++size_.back();
    --visited_;
  }
  of_[f] = number;
}

void Search::search(std::uint32_t start) {
  if (of_[start] != 0) return;
  enter(start);
  while (!path_.empty()) {
    Visit& visit = path_.back();
    const std::uint32_t f = visit.function;
    std::uint32_t earliest = of_[f], unvisited = Components::leads_nowhere;
    for (const std::uint32_t end = first_call_[f + 1]; visit.next_call < end;) {
      const std::uint32_t callee = leads_to_[visit.next_call++];
      if (callee == Components::leads_nowhere) continue;
      if (of_[callee] == 0) {
        unvisited = callee;
        break;
      }
      earliest = std::min(earliest, of_[callee]);
    }
    of_[f] = earliest;
    if (unvisited != Components::leads_nowhere) {
      enter(unvisited);
      continue;
    }
    if (earliest == visit.order) {
      close(f);
    } else {
      open_.push_back(f);
    }
    path_.pop_back();
    if (!path_.empty()) of_[path_.back().function] = std::min(of_[path_.back().function], of_[f]);
  }
}

/// The functions below `functions` for which that holds. Without a branch: nobody could foresee it.
template <class Holds>
std::vector<std::uint32_t> functions_where(std::uint32_t functions, Holds holds) {
  std::vector<std::uint32_t> found(functions + std::size_t{1});  // and one more that is looked at
  std::size_t end = 0;
  for (std::uint32_t f = 0; f < functions; ++f) {
    found[end] = f;
    end += holds(f) ? 1U : 0U;
  }
  found.resize(end);
  return found;
}

/// Per function the calls to it.
std::vector<std::uint32_t> count_calls_to(std::span<const std::uint32_t> leads_to, std::size_t functions) {
  std::vector<std::uint32_t> calls_to(functions, 0);
  for (const std::uint32_t callee : leads_to) {
    if (callee != Components::leads_nowhere) ++calls_to[callee];
  }
  return calls_to;
}

/// Functions that nobody calls, then those that only these call, and so on: callers before callees, in no circle. Takes
/// their calls from `calls_to`, where they have none themselves then, and all others some.
std::vector<std::uint32_t> called_from_above(std::span<const std::uint32_t> first_call,
                                             std::span<const std::uint32_t> leads_to,
                                             std::vector<std::uint32_t>& calls_to) {
  std::vector<std::uint32_t> queue(calls_to.size() + 1);  // and one that is called by others, too
  std::size_t end = 0;
  for (std::uint32_t f = 0; f < calls_to.size(); ++f) {
    queue[end] = f;  // without a branch, as below: nobody could foresee it
    end += calls_to[f] == 0 ? 1U : 0U;
  }
  const auto callees = [&](std::size_t i) {
    return leads_to.subspan(first_call[queue[i]], first_call[queue[i] + 1] - first_call[queue[i]]);
  };
  for (std::size_t i = 0; i < end; ++i) {
    const std::size_t left = end - i;
    if (left > 16) prefetch(&first_call[queue[i + 16]]);
    if (left > 8) prefetch(callees(i + 8).data());
    if (left > 4) {
      for (const std::uint32_t callee : callees(i + 4)) {
        if (callee != Components::leads_nowhere) prefetch(&calls_to[callee]);
      }
    }
    for (const std::uint32_t callee : callees(i)) {
      if (callee == Components::leads_nowhere) continue;
      queue[end] = callee;
      end += --calls_to[callee] == 0 ? 1U : 0U;
    }
  }
  queue.resize(end);
  return queue;
}

/// A function through which many paths lead: calls to it by calls from it.
std::uint32_t function_with_most_paths(std::span<const std::uint32_t> first_call,
                                       std::span<const std::uint32_t> calls_to) {
  std::uint32_t found = 0;
  std::uint64_t most = 0;
  for (std::uint32_t f = 0; f < calls_to.size(); ++f) {
    const std::uint64_t paths = std::uint64_t{calls_to[f]} * (first_call[f + 1] - first_call[f]);
    if (paths <= most) continue;
    most = paths;
    found = f;
  }
  return found;
}

using Marks = std::vector<std::uint8_t>;  // per function, quicker to look at than bits

/// What `start` reaches, itself included. Breadth first: it is known long before what will be looked at.
Marks reached_from(std::uint32_t start, std::span<const std::uint32_t> first_call,
                   std::span<const std::uint32_t> leads_to) {
  Marks is_reached(first_call.size() - 1, false);
  std::vector<std::uint32_t> queue(is_reached.size() + 1);  // and one that was reached before
  is_reached[start] = true;
  queue[0] = start;
  for (std::size_t i = 0, end = 1; i < end; ++i) {
    const std::size_t left = end - i;
    if (left > 16) prefetch(&first_call[queue[i + 16]]);
    if (left > 8) prefetch(leads_to.data() + first_call[queue[i + 8]]);
    const std::uint32_t f = queue[i];
    for (const std::uint32_t callee : leads_to.subspan(first_call[f], first_call[f + 1] - first_call[f])) {
      if (callee == Components::leads_nowhere) continue;
      queue[end] = callee;  // without a branch: nobody could foresee it
      end += is_reached[callee] ^ 1U;
      is_reached[callee] = true;
    }
  }
  return is_reached;
}

/// Marks some functions that reach a marked one: walks along calls until one leads there, which all on the way do then.
/// After few walks most functions call one of these. Takes a step for every few functions at most; a walk that ends
/// anywhere else says nothing.
void mark_by_walking(Marks& reaches, std::span<const std::uint32_t> first_call, std::span<const std::uint32_t> leads_to,
                     std::span<const std::uint32_t> calls_to) {
  constexpr std::uint8_t unknown = 0, yes = 1, on_the_way = 2;
  constexpr std::size_t functions_per_step = 16;
  std::size_t steps = reaches.size() / functions_per_step;
  std::vector<std::uint32_t> way;
  for (std::uint32_t f = 0; f < reaches.size() && steps != 0; ++f) {
    if (calls_to[f] == 0 || reaches[f] != unknown) continue;
    way.clear();
    bool is_there = false;
    for (std::uint32_t at = f; at != Components::leads_nowhere && !is_there && steps != 0; --steps) {
      way.push_back(at);
      reaches[at] = on_the_way;
      std::uint32_t next = Components::leads_nowhere;
      for (const std::uint32_t callee : leads_to.subspan(first_call[at], first_call[at + 1] - first_call[at])) {
        if (callee == Components::leads_nowhere) continue;
        is_there |= reaches[callee] == yes;
        if (reaches[callee] == unknown && first_call[callee] != first_call[callee + 1]) next = callee;
      }
      at = next;
    }
    for (const std::uint32_t passed : way) reaches[passed] = is_there ? yes : unknown;
  }
}

/// What reaches `end`, itself included, of functions that `calls_to` has any for: again and again those that call such
/// a function are added, for which nobody has to know a function's callers. Once some are, nearly all call one of them.
/// Nothing, if that would take long, as with a chain of calls.
std::optional<Marks> reaching_to(std::uint32_t end, std::span<const std::uint32_t> first_call,
                                 std::span<const std::uint32_t> leads_to, std::span<const std::uint32_t> calls_to) {
  Marks reaches(first_call.size() - 1, false);
  reaches[end] = true;
  mark_by_walking(reaches, first_call, leads_to, calls_to);
  std::vector<std::uint32_t> left;  // those that call somebody
  for (std::uint32_t f = 0; f < reaches.size(); ++f) {
    if (!reaches[f] && calls_to[f] != 0 && first_call[f] != first_call[f + 1]) left.push_back(f);
  }
  const std::size_t most = 6 * (leads_to.size() + reaches.size());
  std::size_t looks = 0;
  for (std::size_t before = left.size() + 1; left.size() < before;) {
    before = left.size();
    std::erase_if(left, [&](std::uint32_t f) {
      std::uint32_t call = first_call[f];
      const std::uint32_t behind = first_call[f + 1];
      while (call < behind && (leads_to[call] == Components::leads_nowhere || !reaches[leads_to[call]])) ++call;
      looks += call - first_call[f] + 1;
      if (call == behind) return false;
      reaches[f] = true;
      return true;
    });
    if (looks > most) return std::nullopt;
  }
  return reaches;
}

}  // namespace

// Of a large graph many functions are often called from above all circles, and nearly all others in one component. A
// search in depth takes long to find that, as it waits for memory at each step; both can be told otherwise.
Components::Components(std::span<const std::uint32_t> first_call, std::span<const std::uint32_t> leads_to,
                       std::size_t many) {
  Search search(first_call, leads_to, *this);
  const auto functions = static_cast<std::uint32_t>(of.size());
  if (functions == 0 || leads_to.size() < many) {
    for (std::uint32_t f = 0; f < functions; ++f) search.search(f);
    search.finish();
    return;
  }
  std::vector<std::uint32_t> calls_to = count_calls_to(leads_to, functions);
  const std::vector<std::uint32_t> above = called_from_above(first_call, leads_to, calls_to);
  if (above.size() != functions) {
    const std::uint32_t middle = function_with_most_paths(first_call, calls_to);
    Marks reached;
    std::optional<Marks> reaching;
    run_both([&] { reached = reached_from(middle, first_call, leads_to); },
             [&] { reaching = reaching_to(middle, first_call, leads_to, calls_to); });
    if (reaching) {
      // What is reached but does not lead back comes before it, what is left may lead to both.
      const Marks& leads_back = *reaching;
      for (const std::uint32_t f :
           functions_where(functions, [&](std::uint32_t i) { return reached[i] > leads_back[i]; }))
        search.search(f);
      search.add([&](std::uint32_t f) { return (reached[f] & leads_back[f]) != 0; });
    }
  }
  const auto is_left = [&](std::uint32_t f) { return calls_to[f] != 0 && !search.is_known(f); };
  for (const std::uint32_t f : functions_where(functions, is_left)) search.search(f);
  for (std::size_t i = above.size(); i-- > 0;) search.add(above[i]);  // callees before callers
  search.finish();
}

}  // namespace profconv
