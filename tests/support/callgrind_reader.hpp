#pragma once

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <map>
#include <set>
#include <stdexcept>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

/// A strict little reader of callgrind files that shares no code with the writer, and the rules by which KCachegrind
/// makes numbers of them. Throws std::runtime_error for what KCachegrind or callgrind_annotate would complain about.

namespace profconv::test {

struct CallgrindFunction {
  std::string object, file, name;
  std::vector<std::uint64_t> self;
  std::map<std::uint64_t, std::vector<std::uint64_t>> lines;
};

struct CallgrindCall {
  std::size_t caller, callee;
  std::uint64_t line = 0, callee_line = 0, count = 0;
  std::vector<std::uint64_t> cost;
};

class Callgrind {
 public:
  std::vector<std::pair<std::string, std::string>> header;  ///< In order.
  std::vector<std::string> events;
  std::vector<std::uint64_t> summary;
  std::vector<CallgrindFunction> functions;
  std::vector<CallgrindCall> calls;

  explicit Callgrind(std::string_view text) {
    if (!text.starts_with("# callgrind format\n")) fail("no '# callgrind format'");
    if (!text.ends_with('\n')) fail("the last line has no end");
    while (!text.empty()) {
      const std::size_t end = text.find('\n');
      read_line(text.substr(0, end));
      text.remove_prefix(end + 1);
    }
    if (events.empty()) fail("no events");
    if (awaiting_) fail("calls= without a cost line");
    find_cycles();
  }

  /// The one function with this name; throws when there is none or there are several.
  std::size_t function(std::string_view name) const {
    std::size_t found = functions.size();
    for (std::size_t i = 0; i < functions.size(); ++i) {
      if (functions[i].name != name) continue;
      if (found != functions.size()) throw std::runtime_error("two functions are called " + std::string(name));
      found = i;
    }
    if (found == functions.size()) throw std::runtime_error("no function is called " + std::string(name));
    return found;
  }
  const CallgrindCall* call(std::string_view caller, std::string_view callee) const {
    for (const CallgrindCall& c : calls) {
      if (functions[c.caller].name == caller && functions[c.callee].name == callee) return &c;
    }
    return nullptr;
  }

  /// KCachegrind: with a call count, the costs of the calls from other functions; without, its own and those of its
  /// calls.
  std::uint64_t inclusive(std::size_t function, std::size_t event = 0) const {
    std::uint64_t count = 0, in = 0, out = 0;
    for (const std::size_t i : touching_[function]) {
      const CallgrindCall& c = calls[i];
      if (c.callee == function) count += c.count;
      if (c.caller == c.callee) continue;
      (c.callee == function ? in : out) += c.cost[event];
    }
    return count > 0 ? in : functions[function].self[event] + out;
  }
  bool in_cycle(std::size_t function) const { return cycle_size_[component_[function]] > 1; }

  /// What tells functions apart in KCachegrind.
  static std::tuple<std::string, std::string, std::string> key(const CallgrindFunction& f) {
    return {f.name, base(f.file), base(f.object)};
  }

  /// Whether functions are distinct in KCachegrind.
  bool distinct() const {
    std::set<std::tuple<std::string, std::string, std::string>> keys;
    return std::ranges::all_of(functions, [&](const CallgrindFunction& f) { return keys.insert(key(f)).second; });
  }

  /// Functions that can be reached from one, itself included.
  std::vector<bool> reachable(std::size_t start) const {
    std::vector<bool> met(functions.size(), false);
    std::vector<std::size_t> open{start};
    met[start] = true;
    while (!open.empty()) {
      const std::size_t f = open.back();
      open.pop_back();
      for (const std::size_t i : touching_[f]) {
        const CallgrindCall& c = calls[i];
        if (c.caller != f || met[c.callee]) continue;
        met[c.callee] = true;
        open.push_back(c.callee);
      }
    }
    return met;
  }

 private:
  using Names = std::map<std::uint64_t, std::string>;

  [[noreturn]] void fail(const std::string& why) const {
    throw std::runtime_error("callgrind line " + std::to_string(number_) + ": " + why);
  }

  static std::string base(const std::string& path) { return path.substr(path.find_last_of('/') + 1); }

  std::uint64_t number(std::string_view word) const {
    std::uint64_t value = 0;
    const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), value);
    if (error != std::errc{} || end != word.data() + word.size() || word.empty())
      fail("'" + std::string(word) + "' is no number");
    return value;
  }

  std::vector<std::uint64_t> numbers(std::string_view text) const {
    std::vector<std::uint64_t> values;
    while (!text.empty()) {
      const std::size_t end = std::min(text.find(' '), text.size());
      values.push_back(number(text.substr(0, end)));
      text.remove_prefix(std::min(end + 1, text.size()));
    }
    return values;
  }

  // "(3) name" defines, "(3)" uses; every name of ours is compressed.
  std::string name(Names& names, std::string_view text) const {
    const std::size_t end = text.find(')');
    if (!text.starts_with('(') || end == std::string_view::npos) fail("a name that is not compressed");
    const std::uint64_t id = number(text.substr(1, end - 1));
    if (end + 1 == text.size()) {
      const auto found = names.find(id);
      if (found == names.end()) fail("id " + std::to_string(id) + " is not defined");
      return found->second;
    }
    if (text[end + 1] != ' ') fail("no blank after an id");
    if (id != names.size() + 1) fail("ids are not 1, 2, 3, ...");
    std::string defined(text.substr(end + 2));
    if (defined.starts_with(' ')) fail("a blank before a name");
    if (defined.empty()) fail("an empty name");
    for (const char c : defined) {
      if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) fail("a control character in a name");
    }
    return names.emplace(id, std::move(defined)).first->second;
  }

  std::size_t function_of(std::string_view text, const std::string& object, const std::string& file) {
    const bool defines = text.find(") ") != std::string_view::npos;
    const std::string found = name(function_names_, text);
    if (found == "???") fail("a name that stands for 'unknown'");  // right for files and objects alone
    const std::uint64_t id = number(text.substr(1, text.find(')') - 1));
    if (defines) {
      if (file.empty()) fail("a function without a file");
      ids_[id] = functions.size();
      functions.push_back({object, file, found, std::vector<std::uint64_t>(events.size(), 0), {}});
      touching_.emplace_back();
    }
    const std::size_t f = ids_.at(id);
    // callgrind_annotate takes the file in force, KCachegrind the one of the definition: they must agree.
    if (functions[f].file != file)
      fail("function " + found + " is used with the file " + file + " and was defined in " + functions[f].file);
    if (functions[f].object != object) fail("function " + found + " is used with another object");
    return f;
  }

  void read_line(std::string_view line) {
    ++number_;
    if (line.empty() || line.starts_with('#')) return;
    if (line.front() == ' ' || line.find('\t') != std::string_view::npos || line.find('\r') != std::string_view::npos)
      fail("blanks");
    const std::size_t equals = line.find('=');
    const bool is_cost = line.front() >= '0' && line.front() <= '9';
    if (awaiting_ && !is_cost) fail("expected the cost line of a call");
    if (is_cost) return read_costs(line);
    const std::size_t colon = line.find(':');
    if (functions.empty() && object_.empty() && file_.empty() && colon < equals)
      return read_header(line.substr(0, colon), line.substr(colon + 1));
    const std::string_view keyword = line.substr(0, equals);
    const std::string_view value = equals == std::string_view::npos ? std::string_view{} : line.substr(equals + 1);
    if (keyword == "ob") {
      object_ = name(object_names_, value);
    } else if (keyword == "fl") {
      file_ = name(file_names_, value);
    } else if (keyword == "fn") {
      current_ = function_of(value, object_, file_);
      has_current_ = true;
    } else if (keyword == "cob") {
      called_object_ = name(object_names_, value);
    } else if (keyword == "cfl") {
      called_file_ = name(file_names_, value);
    } else if (keyword == "cfn") {
      called_ = function_of(value, called_object_.empty() ? object_ : called_object_,
                            called_file_.empty() ? file_ : called_file_);
      has_called_ = true;
    } else if (keyword == "calls") {
      if (!has_called_ || !has_current_) fail("calls= without cfn= or fn=");
      const auto values = numbers(value);
      if (values.size() != 2) fail("calls= wants two numbers");
      calls.push_back({current_, called_, 0, values[1], values[0], {}});
      has_called_ = false;
      called_object_.clear();
      called_file_.clear();
      awaiting_ = true;
    } else {
      fail("unknown line");
    }
  }

  void read_header(std::string_view keyword, std::string_view value) {
    if (!value.starts_with(' ')) fail("no blank after a header's colon");
    value.remove_prefix(1);
    if (!events.empty() && keyword != "summary") fail("a header after events: begins a new part");
    header.emplace_back(keyword, value);
    if (keyword == "events") {
      while (!value.empty()) {
        const std::size_t end = std::min(value.find(' '), value.size());
        events.emplace_back(value.substr(0, end));
        value.remove_prefix(std::min(end + 1, value.size()));
      }
    } else if (keyword == "summary") {
      summary = numbers(value);
      if (summary.size() != events.size()) fail("summary and events do not match");
    }
  }

  void read_costs(std::string_view line) {
    if (!has_current_) fail("costs before a function");
    std::vector<std::uint64_t> values = numbers(line);
    if (values.size() != events.size() + 1) fail("a cost line wants a line number and a cost for every event");
    if (values[0] > 0xffffffff) fail("a line number of more than 32 bits");
    const std::uint64_t at = values[0];
    values.erase(values.begin());
    if (awaiting_) {
      awaiting_ = false;
      calls.back().line = at;
      calls.back().cost = std::move(values);
      // callgrind_annotate takes it for a self cost.
      if (calls.back().count == 0 &&
          !std::ranges::all_of(calls.back().cost, [](std::uint64_t cost) { return cost == 0; }))
        fail("a call counted 0 times has a cost");
      touching_[calls.back().caller].push_back(calls.size() - 1);
      if (calls.back().callee != calls.back().caller) touching_[calls.back().callee].push_back(calls.size() - 1);
      return;
    }
    CallgrindFunction& f = functions[current_];
    auto& at_line = f.lines[at];
    at_line.resize(events.size(), 0);
    for (std::size_t i = 0; i < values.size(); ++i) {
      f.self[i] += values[i];
      at_line[i] += values[i];
    }
  }

  // Kosaraju's algorithm: another one than the library's.
  void find_cycles() {
    const std::size_t n = functions.size();
    std::vector<std::vector<std::size_t>> out(n), in(n);
    for (const CallgrindCall& c : calls) {
      out[c.caller].push_back(c.callee);
      in[c.callee].push_back(c.caller);
    }
    std::vector<bool> met(n, false);
    std::vector<std::size_t> finished;
    std::vector<std::pair<std::size_t, std::size_t>> path;
    for (std::size_t start = 0; start < n; ++start) {
      if (met[start]) continue;
      met[start] = true;
      path.emplace_back(start, 0);
      while (!path.empty()) {
        auto& [f, next] = path.back();
        if (next == out[f].size()) {
          finished.push_back(f);
          path.pop_back();
        } else if (const std::size_t callee = out[f][next++]; !met[callee]) {
          met[callee] = true;
          path.emplace_back(callee, 0);
        }
      }
    }
    component_.assign(n, n);
    for (auto f = finished.rbegin(); f != finished.rend(); ++f) {
      if (component_[*f] != n) continue;
      const std::size_t number = cycle_size_.size();
      cycle_size_.push_back(0);
      std::vector<std::size_t> open{*f};
      component_[*f] = number;
      while (!open.empty()) {
        const std::size_t member = open.back();
        open.pop_back();
        ++cycle_size_[number];
        for (const std::size_t caller : in[member]) {
          if (component_[caller] != n) continue;
          component_[caller] = number;
          open.push_back(caller);
        }
      }
    }
  }

  std::size_t number_ = 0;
  Names object_names_, file_names_, function_names_;
  std::map<std::uint64_t, std::size_t> ids_;
  std::string object_, file_, called_object_, called_file_;
  std::size_t current_ = 0, called_ = 0;
  bool has_current_ = false, has_called_ = false, awaiting_ = false;
  std::vector<std::vector<std::size_t>> touching_;  // per function: its rows of `calls`
  std::vector<std::size_t> component_, cycle_size_;
};

}  // namespace profconv::test
