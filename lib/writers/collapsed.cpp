// collapsed: stacks with a number, one a line, for flamegraph.pl, inferno, speedscope and whatever reads them.
//
//     <module> (/srv/t.py:12);main (/srv/t.py:9);fib (/srv/t.py:3) 120
//     tid:3247;t.py:<module>:12;t.py:main:9;t.py:fib:3 120                CollapsedOptions::Frames::cpython
//
// The grammar stands above readers/collapsed.cpp. Equal stacks are one line; the largest number comes first, equal ones
// by their frames. The number is samples where the profile has them and each is worth the same time, else microseconds,
// else the main metric as it is; rounded microseconds add up to the rounded whole. Zeros are left out. There is no
// escape in this format: a ";" in a name is written ":", control characters are made visible.
//
// A profile without stacks is written as the call tree that its call graph suggests; then the outermost frame of every
// stack says so, for there are no comments that all readers skip; what is too cheap to be seen is together below its
// caller, and what no path accounts for stands alone, so that all add up to the whole.

#include <algorithm>
#include <charconv>
#include <cmath>
#include <map>
#include <numeric>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <profconv/builder.hpp>
#include <profconv/error.hpp>

#include "base/hash_tables.hpp"
#include "base/visible.hpp"
#include "base/wide_int.hpp"
#include "model/call_tree.hpp"
#include "model/checked.hpp"
#include "model/from_stacks.hpp"
#include "model/origin.hpp"
#include "model/shares.hpp"
#include "writers/writers.hpp"

namespace profconv {
namespace {

using Frames = CollapsedOptions::Frames;

constexpr std::string_view estimated_frame = "(estimated from a call graph)", cheaper_frame = "(cheaper calls)",
                           unplaced_frame = "(on no known path)";
constexpr double threshold = 0.00003;  // of the whole: a small part of a pixel

/// Stacks of texts as a tree: what is equal when written is one node.
class TextStacks {
 public:
  static constexpr std::uint32_t top = 0xffffffff;

  /// The stack `parent` and one frame more.
  std::uint32_t node(std::uint32_t parent, std::string_view text) {
    const auto [known, is_new] = text_numbers_.try_emplace(std::string(text), 0);
    if (is_new) {
      known->second = static_cast<std::uint32_t>(texts_.size());
      texts_.push_back(known->first);
    }
    const std::uint64_t key = pair_of(parent, known->second);
    const auto [found, is_new_node] = numbers_.try_emplace(key, static_cast<std::uint32_t>(nodes_.size()));
    if (is_new_node) nodes_.push_back({parent, known->second, 0});
    return found->second;
  }
  void add(std::uint32_t node, std::int64_t number) {
    if (!add_checked(nodes_[node].number, number)) throw Error("the cost of a stack does not fit 64 bits");
  }
  /// Whether any stack has a number.
  bool any() const {
    return std::ranges::any_of(nodes_, [](const Node& node) { return node.number > 0; });
  }

  struct Written {
    std::size_t stacks = 0, rounded_away = 0;  ///< `rounded_away`: left out, as the rounded number is 0.
  };
  Written write(Output& out, bool microseconds) const;

 private:
  struct Node {
    std::uint32_t parent, text;
    std::int64_t number;
  };
  std::vector<std::uint32_t> by_frames() const;

  std::vector<std::string_view> texts_;  // views of the keys
  TextMap<std::uint32_t> text_numbers_;
  NumberMap<std::uint32_t> numbers_;
  std::vector<Node> nodes_;
};

// All nodes in the order of a walk in which brothers are sorted by their text.
std::vector<std::uint32_t> TextStacks::by_frames() const {
  std::vector<std::uint32_t> texts(texts_.size()), rank(texts_.size());
  std::iota(texts.begin(), texts.end(), 0u);
  std::ranges::sort(texts, {}, [&](std::uint32_t text) { return texts_[text]; });
  for (std::uint32_t i = 0; i < texts.size(); ++i) rank[texts[i]] = i;
  std::vector<std::vector<std::uint32_t>> children(nodes_.size() + 1);
  for (std::uint32_t i = 0; i < nodes_.size(); ++i)
    children[nodes_[i].parent == top ? nodes_.size() : nodes_[i].parent].push_back(i);
  std::vector<std::uint32_t> order, pending;
  const auto push = [&](std::vector<std::uint32_t>& below) {
    std::ranges::sort(below, std::greater<>{}, [&](std::uint32_t node) { return rank[nodes_[node].text]; });
    pending.insert(pending.end(), below.begin(), below.end());
  };
  push(children.back());
  while (!pending.empty()) {
    const std::uint32_t node = pending.back();
    pending.pop_back();
    order.push_back(node);
    push(children[node]);
  }
  return order;
}

TextStacks::Written TextStacks::write(Output& out, bool microseconds) const {
  std::vector<std::uint32_t> order = by_frames();
  Written written;
  std::vector<std::int64_t> numbers(nodes_.size());
  WideInt passed = 0;  // nanoseconds so far: rounding the running sum makes the parts add up
  const auto rounded = [](WideInt ns) { return static_cast<std::int64_t>((ns + 500) / 1000); };
  for (const std::uint32_t node : order) {
    const std::int64_t number = std::max<std::int64_t>(nodes_[node].number, 0);
    numbers[node] = microseconds ? rounded(passed + number) - rounded(passed) : number;
    passed += number;
    written.rounded_away += number != 0 && numbers[node] == 0 ? 1U : 0U;
  }
  std::ranges::stable_sort(order, std::greater<>{}, [&](std::uint32_t node) { return numbers[node]; });
  std::vector<std::string_view> stack;
  for (const std::uint32_t leaf : order) {
    if (numbers[leaf] == 0) break;
    ++written.stacks;
    stack.clear();
    for (std::uint32_t node = leaf; node != top; node = nodes_[node].parent) stack.push_back(texts_[nodes_[node].text]);
    for (std::size_t i = stack.size(); i-- > 0;) {
      out.write(stack[i]);
      out.write(i == 0 ? ' ' : ';');
    }
    out.write_number(numbers[leaf]);
    out.write('\n');
  }
  return written;
}

// Austin's samples take as long as they take, and recordings of different intervals may be added up: a sample more says
// little then. Samples without any time are all that is known of their stacks.
bool have_different_times(const Profile& p, std::size_t samples, std::size_t time) {
  const CostTable& costs = p.samples.empty() ? p.self : p.sample_cost;
  constexpr double rounding = 1e-3;  // an interval may be no whole number of nanoseconds
  double first = 0;                  // what a sample is worth
  bool different = false;
  for (std::size_t i = 0; i < costs.rows(); ++i) {
    if (costs.at(i, samples) <= 0) continue;
    if (costs.at(i, time) <= 0) return false;
    const double each = static_cast<double>(costs.at(i, time)) / static_cast<double>(costs.at(i, samples));
    if (first == 0) first = each;
    if (std::fabs(each - first) > first * rounding) different = true;
  }
  return different;
}

// The numbers by which Python's form tells threads apart, one per label: those that it would write, for others the
// address, if no other thread has that number, or one that none has.
std::vector<std::uint64_t> thread_numbers(const Profile& p) {
  struct Parsed {
    std::uint64_t number = 0;
    bool is_number = false;
  };
  const auto parse = [&](const Labels& labels) {
    std::string_view name = p.text(labels.thread);  // "3247", "3247 of interpreter 1", "(0x7f3a): MainThread", "T0:10"
    const bool is_address = name.starts_with("(0x");
    if (is_address) name.remove_prefix(3);
    Parsed parsed;
    const char* const behind = name.data() + name.size();
    const auto [end, error] = std::from_chars(name.data(), behind, parsed.number, is_address ? 16 : 10);
    parsed.is_number = error == std::errc{} && (end == behind || *end == ' ');
    if (!parsed.is_number && !is_address) parsed.number = 0;
    return parsed;
  };
  constexpr std::uint64_t most = std::uint64_t{1} << 62;  // larger ones are no beginning for others
  NumberSet taken;
  std::uint64_t highest = 0;
  const auto take = [&](std::uint64_t number) {
    if (number < most) highest = std::max(highest, number);
    return taken.insert(number).second;
  };
  std::vector<std::uint64_t> numbers(p.labels.size(), 0);
  for (std::size_t i = 0; i < numbers.size(); ++i) {
    const Parsed parsed = parse(p.labels[i]);
    if (!parsed.is_number) continue;
    numbers[i] = parsed.number;
    take(parsed.number);
  }
  std::map<std::pair<StringId, StringId>, std::uint64_t> others;  // per process and thread
  for (std::size_t i = 0; i < numbers.size(); ++i) {
    const Labels& labels = p.labels[i];
    const Parsed parsed = parse(labels);
    if (parsed.is_number || index(labels.thread) == 0) continue;
    const auto [known, is_new] = others.try_emplace({labels.process, labels.thread}, parsed.number);
    if (is_new && (parsed.number == 0 || !take(parsed.number))) {
      while (!take(highest + 1)) ++highest;
      known->second = highest;
    }
    numbers[i] = known->second;
  }
  return numbers;
}

class CollapsedWriter {
 public:
  CollapsedWriter(const Profile& profile, const CollapsedOptions& options) : p_(profile), options_(options) {
    const auto samples = p_.metric(samples_metric.name), time = p_.metric(time_metric.name);
    different_times_ = samples && time && have_different_times(p_, *samples, *time);
    metric_ = different_times_ ? *time : samples ? *samples : main_metric(p_);
  }

  void write(Output& out, Diagnostics& diagnostics) {
    if (p_.metrics.empty()) return;
    if (different_times_)
      diagnostics.note({}, {}, "not all samples are worth the same time: the numbers are microseconds, not samples");
    if (!p_.samples.empty()) {
      add_stacks(diagnostics);
    } else {
      add_estimate(diagnostics);
    }
    const auto [stacks, rounded_away] = stacks_.write(out, p_.metrics[metric_].unit == Unit::nanoseconds);
    if (stacks == 0 && !p_.functions.empty()) {
      diagnostics.warn({}, {},
                       rounded_away != 0 ? "no stack is written: the time of each rounds to 0 microseconds"
                                         : "no stack is written: the profile has no cost");
    } else if (rounded_away != 0) {
      diagnostics.note({}, {},
                       std::to_string(rounded_away) +
                           (rounded_away == 1 ? " stack is left out whose time rounds to 0 microseconds"
                                              : " stacks are left out whose times round to 0 microseconds") +
                           "; the whole stays what it is");
    }
  }

 private:
  void add_stacks(Diagnostics& diagnostics);
  void add_estimate(Diagnostics& diagnostics);
  const std::string& frame(FunctionId id, std::uint32_t line);

  const Profile& p_;
  const CollapsedOptions& options_;
  std::size_t metric_ = 0;
  bool different_times_ = false;
  TextStacks stacks_;
  std::string text_;
};

const std::string& CollapsedWriter::frame(FunctionId id, std::uint32_t line) {
  const Function& f = p_.function(id);
  const std::string_view name = p_.text(index(f.qualified) != 0 ? f.qualified : f.name);
  std::string_view file = p_.text(f.file);
  text_.clear();
  if (file.empty() || is_c_file(file) || options_.frames == Frames::name) {
    append_visible(text_, name);
  } else if (options_.frames == Frames::cpython) {
    file.remove_prefix(file.find_last_of("/\\") + 1);  // npos + 1 is 0
    append_visible(text_, file);
    text_ += ':';
    append_visible(text_, name);
    text_ += ':' + std::to_string(line);
  } else {
    append_visible(text_, name);
    text_ += " (";
    append_visible(text_, file);
    text_ += line == 0 ? ")" : ":" + std::to_string(line) + ")";
  }
  if (text_.empty()) text_ = "?";
  std::ranges::replace(text_, ';', ':');
  return text_;
}

void CollapsedWriter::add_stacks(Diagnostics& diagnostics) {
  // One tree of texts for each thread: the same prefix stands below each.
  const std::vector<std::uint64_t> numbers =
      options_.frames == Frames::cpython ? thread_numbers(p_) : std::vector<std::uint64_t>{};
  NumberMap<std::uint32_t> trees;    // per number of a thread, from 1 on
  NumberMap<std::uint32_t> written;  // tree, node -> node of texts
  std::vector<NodeId> prefix;
  for (std::size_t i = 0; i < p_.samples.size(); ++i) {
    const std::int64_t number = p_.sample_cost.empty() ? 0 : p_.sample_cost.at(i, metric_);
    if (number <= 0) continue;
    const std::size_t label = index(p_.samples[i].labels);
    const bool has_thread = !numbers.empty() && index(p_.labels[label].thread) != 0;
    const std::uint32_t tree = has_thread ? trees.try_emplace(numbers[label], trees.size() + 1).first->second : 0;
    const auto key = [&](NodeId node) { return pair_of(tree, static_cast<std::uint32_t>(node)); };
    prefix.clear();
    NodeId node = p_.samples[i].leaf;
    while (node != no_parent && !written.contains(key(node))) {
      prefix.push_back(node);
      node = p_.nodes[index(node)].parent;
    }
    std::uint32_t text = TextStacks::top;
    if (node != no_parent) {
      text = written.at(key(node));
    } else if (has_thread) {
      text = stacks_.node(text, "tid:" + std::to_string(numbers[label]));
    }
    for (std::size_t k = prefix.size(); k-- > 0;) {
      const Node& n = p_.nodes[index(prefix[k])];
      text = stacks_.node(text, frame(n.function, n.line));
      written.emplace(key(prefix[k]), text);
    }
    stacks_.add(text, number);
  }
  if (!has_complete_stacks(p_)) {
    diagnostics.warn({}, {}, "a part of the cost is not written: a source of this profile kept no stacks");
  }
}

void CollapsedWriter::add_estimate(Diagnostics& diagnostics) {
  if (p_.functions.empty()) return;
  if (p_.total.empty()) throw Error("stacks can be estimated from inclusive costs only, and the profile has none");
  const CallTree tree = estimate_call_tree(p_, {.metric = metric_, .threshold = threshold, .max_depth = 200});
  const std::uint32_t top = stacks_.node(TextStacks::top, estimated_frame);
  std::vector<std::uint32_t> texts;
  WideInt written = 0;
  const auto add = [&](std::uint32_t node, std::int64_t cost) {
    stacks_.add(node, cost);
    written += cost;
  };
  for (std::size_t i = 0; i < tree.nodes.size(); ++i) {
    const CallTree::Node& node = tree.nodes[i];
    const std::uint32_t parent = node.parent == CallTree::no_node ? top : texts[node.parent];
    texts.push_back(stacks_.node(parent, frame(node.function, p_.function(node.function).line)));
    add(texts.back(), std::max<std::int64_t>(tree.self.at(i, metric_), 0));
    // What callees cost of which nobody recorded that they were called here is their own cost, wherever they stand.
    const std::int64_t below = tree.hidden.at(i, metric_) - tree.unrecorded.at(i, metric_);
    if (below > 0) add(stacks_.node(texts.back(), cheaper_frame), below);
  }
  if (!stacks_.any()) return;  // as of recorded stacks that count nothing
  if (const WideInt rest = total_cost(p_)[metric_] - written; rest > 0)
    add(stacks_.node(top, unplaced_frame), static_cast<std::int64_t>(rest));
  diagnostics.warn({}, {},
                   "the stacks are estimated: a call graph does not say which there were; their outermost frame says "
                   "so, too");
}

}  // namespace

void write_collapsed(const Profile& profile, const WriteOptions& options, Output& output, Diagnostics& diagnostics) {
  CollapsedWriter(profile, options.collapsed).write(output, diagnostics);
}

}  // namespace profconv
