#include "transforms/splitting/import_tree.hpp"

#include <algorithm>
#include <functional>
#include <limits>
#include <set>
#include <string>
#include <string_view>
#include <utility>

#include "model/origin.hpp"
#include "transforms/splitting/split_hub.hpp"

namespace profconv {
namespace {

constexpr std::int64_t rounding = 2;
// Ten hours, and as many calls: sums of some ten thousand such fit 64 bits.
constexpr std::int64_t most_ns = std::int64_t{1} << 45;
constexpr std::size_t most_imports = std::size_t{1} << 16;
// Of a machinery; there are some tens. The ways through it take the square of that.
constexpr std::size_t most_functions = 1000;

}  // namespace

bool is_importlib(std::string_view file) {
  if (file.starts_with("<frozen zipimport>")) return true;
  if (file.find("importlib") == std::string_view::npos) return false;
  if (file.starts_with("<frozen importlib") || file.starts_with("<builtin>/frozen importlib")) return true;
  constexpr std::string_view files[] = {"importlib/__init__.py", "importlib\\__init__.py", "importlib/_bootstrap.py",
                                        "importlib/_bootstrap_external.py"};
  return origin_of(file) == Origin::stdlib &&
         std::ranges::any_of(files, [&](std::string_view end) { return file.ends_with(end); });
}

bool is_exec_or_import(std::string_view file, std::string_view name) {
  return is_c_file(file) && (name.find("__import__") != std::string_view::npos || name == "exec" ||
                             name.ends_with(".exec>") || name.ends_with(" exec>"));
}

bool ImportTree::is_passable(const ContextGraph::Call& c) {
  return c.counts.calls > 0 && c.counts.calls <= most_ns && c.total >= 0 && c.total <= most_ns && c.self >= 0 &&
         c.self <= most_ns;
}

ImportTree::ImportTree(const ContextGraph& graph) : g_(graph) {
  find_machinery();
  number_machinery();
  find_entries_and_bodies();
  find_complete();
}

// The functions of importlib from which a module's body can be reached without passing through other code: by the C
// functions exec and __import__, and by loaders of other packages that importlib alone calls.
void ImportTree::find_machinery() {
  const auto n = static_cast<std::uint32_t>(g_.functions.size());
  machinery_.assign(n, false);
  importlib_.assign(n, false);
  std::vector<std::uint32_t> bodies;
  for (std::uint32_t f = 0; f < n; ++f) {
    if (g_.is_module_body(f)) bodies.push_back(f);
  }
  if (bodies.empty()) return;
  std::vector<bool> may_be(n, false);
  // There are far fewer files than functions.
  enum class Known : std::uint8_t { not_yet, no, yes };
  std::vector<Known> known(g_.strings().size(), Known::not_yet);
  for (std::uint32_t f = 0; f < n; ++f) {
    Known& file = known[index(g_.origin(f).file)];
    if (file == Known::not_yet) file = is_importlib(g_.file(f)) ? Known::yes : Known::no;
    importlib_[f] = file == Known::yes;
  }
  for (std::uint32_t f = 0; f < n; ++f) {
    const std::string_view file = g_.file(f), name = g_.name(f);
    // `exec` for what importlib has it run; other calls of it are no imports.
    may_be[f] =
        importlib_[f] || (is_exec_or_import(file, name) && std::ranges::any_of(g_.calls_to(f), [&](std::uint32_t i) {
                            const std::uint32_t caller = g_.calls.caller(i);
                            return importlib_[caller] || name.find("__import__") != std::string_view::npos;
                          }));
  }
  const auto none = [](const std::vector<bool>& marks) { return std::ranges::find(marks, true) == marks.end(); };
  if (none(importlib_) && none(may_be)) return;
  for (std::uint32_t f = 0; f < n; ++f) {
    if (!g_.can_be_divided(f)) may_be[f] = false;
    if (may_be[f] || !g_.can_be_divided(f) || g_.is_module_body(f) || is_c_file(g_.file(f)) || g_.calls_to(f).empty())
      continue;
    const bool is_loader = std::ranges::all_of(
        g_.calls_to(f), [&](std::uint32_t i) { return importlib_[g_.calls.caller(i)] || g_.calls.carries_nothing(i); });
    may_be[f] = is_loader;
  }
  // Backwards from the bodies.
  std::vector<std::uint32_t> open;
  const auto add_callers = [&](std::uint32_t f) {
    for (const std::uint32_t i : g_.calls_to(f)) {
      const std::uint32_t caller = g_.calls.caller(i);
      if (machinery_[caller] || !may_be[caller] || g_.calls.carries_nothing(i)) continue;
      machinery_[caller] = true;
      open.push_back(caller);
    }
  };
  for (const std::uint32_t f : bodies) add_callers(f);
  while (!open.empty()) {
    const std::uint32_t f = open.back();
    open.pop_back();
    add_callers(f);
  }
}

// Whether the call imports the package of a module, which is an import of its own: to the module's body lead others.
bool ImportTree::imports_parent(std::uint32_t caller, std::uint32_t callee) const {
  return g_.name(callee) == passes_calls_on && g_.name(caller) == "_find_and_load_unlocked";
}

// What has too many functions is no machinery.
void ImportTree::number_machinery() {
  if (std::ranges::count(machinery_, true) > static_cast<std::ptrdiff_t>(most_functions)) {
    machinery_.assign(machinery_.size(), false);
    return;
  }
  number_.resize(machinery_.size());
  std::vector<std::uint32_t> functions;
  for (std::uint32_t f = 0; f < machinery_.size(); ++f) {
    if (!machinery_[f]) continue;
    number_[f] = static_cast<std::uint32_t>(functions.size());
    functions.push_back(f);
  }
  ways_.resize(functions.size());
  std::vector<std::uint32_t> seen_by(functions.size(), no_call);
  for (const std::uint32_t f : functions) {
    std::vector<std::uint32_t>& calls = leads_to_.emplace_back();
    for (const std::uint32_t i : g_.calls_from(f)) {
      const std::uint32_t callee = g_.calls.callee(i);
      if (!machinery_[callee] || !is_passable(g_.calls[i]) || imports_parent(f, callee)) continue;
      if (std::exchange(seen_by[number_[callee]], f) != f) calls.push_back(i);
    }
    // Of several ways (a loader of each kind has an `exec_module`) bodies came by the one that took the longest.
    std::ranges::stable_sort(calls, std::greater<>{}, [&](std::uint32_t i) { return g_.calls[i].total; });
  }
}

void ImportTree::find_entries_and_bodies() {
  if (std::ranges::find(machinery_, true) == machinery_.end()) return;
  for (std::uint32_t i = 0; i < g_.calls.size(); ++i) {
    const ContextGraph::Call& c = g_.calls[i];
    if (!is_passable(c)) continue;
    if (!machinery_[c.caller] && machinery_[c.callee]) {
      // Bodies run below the first function; its own time is that of all calls, the inclusive that of the outermost.
      const bool adds_up = c.counts.calls == c.counts.primitive;
      entries_.push_back({i, adds_up ? c.total - c.self : c.total, adds_up});
    } else if (machinery_[c.caller] && g_.is_module_body(c.callee) && c.counts.calls == 1 &&
               g_.functions[c.callee].counts.calls == 1) {
      bodies_.push_back({i, c.total});
    }
  }
  if (entries_.size() > most_imports || bodies_.size() > most_imports) bodies_.clear();
  std::ranges::stable_sort(bodies_, std::greater<>{}, &Body::total);
  std::ranges::stable_sort(entries_, std::greater<>{}, [](const Entry& e) { return e.left; });
}

// One search in breadth for all ways that begin at a function.
std::uint32_t ImportTree::last_call(std::uint32_t from, std::uint32_t to) const {
  std::vector<std::uint32_t>& last = ways_[number_[from]];
  if (last.empty()) {
    last.assign(ways_.size(), no_call);
    std::vector<std::uint32_t> queue{number_[from]};
    for (std::size_t at = 0; at < queue.size(); ++at) {
      for (const std::uint32_t i : leads_to_[queue[at]]) {
        const std::uint32_t callee = g_.calls.callee(i), number = number_[callee];
        if (callee == from || last[number] != no_call) continue;
        last[number] = i;
        queue.push_back(number);
      }
    }
  }
  return last[number_[to]];
}

bool ImportTree::is_reached(const Entry& entry, const Body& body) const {
  // Code that was made from a string ("<template>") comes from no loader: whoever made it called `exec`.
  const std::uint32_t first = g_.calls.callee(entry.call), caller = g_.calls.caller(body.call);
  const std::string_view file = g_.file(g_.calls.callee(body.call));
  if (importlib_[first] && file.starts_with('<') && !file.starts_with("<frozen ")) return false;
  return first == caller || last_call(first, caller) != no_call;
}

bool ImportTree::fits(const Entry& entry, const Body& body) const {
  // What runs below a body is over before it: a call that the body makes has less time than it.
  return entry.left + rounding >= body.total && g_.calls.caller(entry.call) != g_.calls.callee(body.call) &&
         is_reached(entry, body);
}

void ImportTree::give(std::uint32_t body, std::uint32_t entry) {
  bodies_[body].entry = entry;
  Entry& e = entries_[entry];
  e.bodies.push_back(body);
  if (e.adds_up) e.left -= bodies_[body].total;
}

void ImportTree::decide_by_time() {
  constexpr std::size_t most_candidates = 64;  // looked at; more are many
  std::vector<std::uint32_t> by_left(entries_.size());
  for (std::uint32_t e = 0; e < by_left.size(); ++e) by_left[e] = e;
  const auto longer = [&](std::uint32_t a, std::uint32_t b) {
    return std::pair(-entries_[a].left, a) < std::pair(-entries_[b].left, b);
  };
  std::ranges::sort(by_left, longer);
  for (bool found = true; found;) {
    found = false;
    std::size_t open = 0;
    for (std::uint32_t b = 0; b < bodies_.size() && open < most_candidates; ++b) {
      if (bodies_[b].entry != undecided) continue;
      ++open;
      std::size_t candidates = 0, looked = 0, at = 0;
      for (std::size_t k = 0; k < by_left.size() && candidates < 2; ++k) {
        const Entry& e = entries_[by_left[k]];
        if (e.left + rounding < bodies_[b].total) break;
        if (++looked > most_candidates) candidates = 2;
        if (!fits(e, bodies_[b])) continue;
        ++candidates;
        at = k;
      }
      if (candidates != 1) continue;
      give(b, by_left[at]);
      found = true;
      // Its time has shrunk; the others keep their order.
      const std::uint32_t moved = by_left[at];
      by_left.erase(by_left.begin() + static_cast<std::ptrdiff_t>(at));
      by_left.insert(std::ranges::lower_bound(by_left, moved, longer), moved);
    }
  }
  find_complete();
}

void ImportTree::estimate() {
  constexpr std::size_t most_candidates = 256;
  std::set<std::pair<std::int64_t, std::uint32_t>> by_left;
  for (std::uint32_t e = 0; e < entries_.size(); ++e) by_left.emplace(entries_[e].left, e);
  const auto top_package = [&](std::uint32_t f) {
    std::string module = g_.module(f);
    module.resize(std::min(module.size(), module.find('.')));
    return module;
  };
  for (std::uint32_t b = 0; b < bodies_.size(); ++b) {
    if (bodies_[b].entry != undecided) continue;
    const ContextGraph::Call& call = g_.calls[bodies_[b].call];
    const std::string package = top_package(call.callee);
    std::uint32_t best = undecided;
    std::size_t looked = 0;
    for (auto at = by_left.lower_bound({call.total - rounding, 0}); at != by_left.end() && looked < most_candidates;
         ++at, ++looked) {
      const Entry& e = entries_[at->second];
      if (!fits(e, bodies_[b])) continue;
      if (best == undecided) best = at->second;
      if (top_package(g_.calls[e.call].caller) != package) continue;
      best = at->second;
      break;
    }
    if (best == undecided) continue;
    by_left.erase({entries_[best].left, best});
    give(b, best);
    by_left.emplace(entries_[best].left, best);
  }
  find_complete();
}

void ImportTree::find_complete() {
  std::int64_t shortest = std::numeric_limits<std::int64_t>::max();
  for (const Body& b : bodies_) {
    if (b.entry == undecided) shortest = std::min(shortest, b.total);
  }
  for (Entry& e : entries_) e.complete = e.left + rounding < shortest;
}

}  // namespace profconv
