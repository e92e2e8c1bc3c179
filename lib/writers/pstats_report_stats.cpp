#include "writers/pstats_report_stats.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <ctime>
#include <span>
#include <utility>

#include <profconv/error.hpp>

#include "base/digits.hpp"

namespace profconv {
namespace {

// What a label consists of. Between two texts of the dump there is always an ASCII character.
template <class Add>
void each_part_of_label(const PstatsStats::Function& f, Add add) {
  if (f.file == "~" && f.line == 0) {
    if (!f.name.starts_with('<') || !f.name.ends_with('>')) return add(f.name);
    add("{");
    add(f.name.size() < 2 ? "" : f.name.substr(1, f.name.size() - 2));
    return add("}");
  }
  std::array<char, longest_decimal> digits;
  const char* const end = write_decimal(digits.data(), f.line);
  add(f.file);
  add(":");
  add(std::string_view(digits.data(), static_cast<std::size_t>(end - digits.data())));
  add("(");
  add(f.name);
  add(")");
}

// `time.ctime(os.stat(file).st_mtime) + "    " + file`
std::string file_line(std::string_view name, std::int64_t mtime_ns) {
  if (mtime_ns == 0) return std::string(name);  // as where `os.stat` fails
  constexpr std::int64_t ns_per_s = 1'000'000'000;
  std::int64_t seconds = mtime_ns / ns_per_s, rest = mtime_ns % ns_per_s;
  if (rest < 0) {
    --seconds;
    rest += ns_per_s;
  }
  // st_mtime is a float: the last 119 ns before a full second are that second.
  const double st_mtime = static_cast<double>(seconds) + 1e-9 * static_cast<double>(rest);
  const auto time = static_cast<std::time_t>(std::floor(st_mtime));
  std::tm local{};
#ifdef _WIN32
  const bool is_known = ::localtime_s(&local, &time) == 0;
#else
  const bool is_known = ::localtime_r(&time, &local) != nullptr;
#endif
  if (!is_known) return std::string(name);
  constexpr std::array days = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  constexpr std::array months = {"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const auto two = [](int value, char fill) {
    return (value < 10 ? std::string(1, fill) : std::string()) + std::to_string(value);
  };
  std::string line = days.at(static_cast<std::size_t>(local.tm_wday));
  line += std::string(" ") + months.at(static_cast<std::size_t>(local.tm_mon)) + " " + two(local.tm_mday, ' ') + " " +
          two(local.tm_hour, '0') + ":" + two(local.tm_min, '0') + ":" + two(local.tm_sec, '0') + " " +
          std::to_string(local.tm_year + 1900) + "    ";
  line += name;
  return line;
}

std::string_view base_name(std::string_view path) { return path.substr(path.rfind('/') + 1); }

bool is_old_root(const PstatsStats::Function& f) { return f.file == "jprofile" && f.line == 0 && f.name == "profiler"; }

}  // namespace

std::string PstatsStats::Function::label() const {
  std::string label;
  each_part_of_label(*this, [&](std::string_view part) { label += part; });
  return label;
}

void PstatsStats::Function::append_label(std::string& out, bool visible) const {
  each_part_of_label(*this, [&](std::string_view part) { append_printed(out, part, visible); });
}

std::size_t PstatsStats::Function::label_columns() const {
  std::size_t count = 0;
  each_part_of_label(*this, [&](std::string_view part) { count += columns(part); });
  return count;
}

int compare(const PstatsStats::Function& a, const PstatsStats::Function& b) {
  if (const int files = compare_text(a.file, b.file); files != 0) return files;
  if (a.line != b.line) return a.line < b.line ? -1 : 1;
  return compare_text(a.name, b.name);
}

std::uint32_t PstatsStats::intern(std::string_view file, std::int64_t line, std::string_view name) {
  const Function function{file, name, line};
  const auto [found, is_new] = ids_.try_emplace(function, static_cast<std::uint32_t>(functions_.size()));
  if (is_new) {
    functions_.push_back(function);
    entry_of_.push_back(none);
  }
  return found->second;
}

void PstatsStats::index_functions() {
  ids_.reserve(functions_.size());
  for (std::uint32_t id = 0; id < functions_.size(); ++id) ids_.try_emplace(functions_[id], id);
}

const PstatsStats::Entry* PstatsStats::entry_of(std::uint32_t function) const {
  return entry_of_[function] == none ? nullptr : &entries_[entry_of_[function]];
}

PstatsStats::Entry& PstatsStats::entry_for(std::uint32_t function) {
  if (entry_of_[function] == none) {
    entry_of_[function] = static_cast<std::uint32_t>(entries_.size());
    entries_.push_back({function, {}, {}, {}, {}, {}});
  }
  return entries_[entry_of_[function]];
}

PstatsStats::PstatsStats(const Profile& profile, Callers callers) {
  const std::string_view source =
      profile.sources.empty() ? std::string_view{} : profile.text(profile.sources.front().name);
  if (!profile.recorded) {
    throw UsageError(Error::Parts{
        std::string(source), {}, "only pstats dumps can be reported in the style of pstats", "use the default style"});
  }
  const Recorded& r = *profile.recorded;
  if (callers == Callers::kept && r.callers.empty() && !profile.calls.empty()) {
    throw UsageError(Error::Parts{
        std::string(source), {}, "the profile was read without its recorded callers", "Want::recorded_callers"});
  }
  for (const Source& s : profile.sources) files_.push_back(file_line(profile.text(s.name), s.mtime_ns));
  functions_.reserve(r.keys.size());  // each once, so that a key's number is the function's
  for (const Recorded::Key& k : r.keys) functions_.push_back({profile.text(k.file), profile.text(k.name), k.line});
  entry_of_.assign(functions_.size(), none);
  entries_.reserve(r.entries.size());
  for (const Recorded::Entry& e : r.entries) {
    Entry& entry = entry_for(e.key);
    entry.primitive = e.primitive;
    entry.calls = e.calls;
    entry.self = e.self_s;
    entry.total = e.total_s;
    if (callers == Callers::left_out) continue;
    const auto recorded = std::span(r.callers).subspan(e.first_caller, e.callers);
    entry.callers.clear();
    entry.callers.reserve(e.callers);
    for (const Recorded::Caller& c : recorded)
      entry.callers.push_back({c.key, c.counts_only, c.calls, c.primitive, c.self_s, c.total_s});
  }
  find_top_level(profile);
  for (const Entry& e : entries_) {
    calls_ += e.calls;
    primitive_ += e.primitive;
    time_ += e.self;
  }
}

void PstatsStats::find_top_level(const Profile& profile) {
  const std::vector<Recorded::Key>& keys = profile.recorded->keys;
  std::vector<std::uint32_t> id_of;  // per function of the profile
  for (std::uint32_t i = 0; i < keys.size(); ++i) {
    if (!is_old_root(functions_[i])) continue;
    if (id_of.empty()) {
      id_of.resize(profile.functions.size(), none);
      for (std::uint32_t k = 0; k < keys.size(); ++k) id_of[index(keys[k].function)] = k;
    }
    for (const Call& call : profile.calls) {
      if (call.caller == keys[i].function) add_top_level(id_of[index(call.callee)]);
    }
  }
}

// pstats' add_func_stats and add_callers.
void PstatsStats::add_entry(Entry& target, const Entry& source) {
  target.primitive += source.primitive;
  target.calls += source.calls;
  target.self += source.self;
  target.total += source.total;
  NumberMap<std::size_t> known;
  for (std::size_t i = 0; i < target.callers.size(); ++i) known.emplace(target.callers[i].function, i);
  for (const Caller& c : source.callers) {
    const auto found = known.find(c.function);
    if (found == known.end()) {
      target.callers.push_back(c);
      continue;
    }
    Caller& sum = target.callers[found->second];
    sum.calls += c.calls;
    if (sum.counts_only || c.counts_only) {  // pstats cannot add the two kinds; the count is what both have
      sum.counts_only = true;
      continue;
    }
    sum.primitive += c.primitive;
    sum.self += c.self;
    sum.total += c.total;
  }
}

void PstatsStats::add_top_level(std::uint32_t function) {
  if (std::ranges::find(top_level_, function) == top_level_.end()) top_level_.push_back(function);
}

void PstatsStats::add(const PstatsStats& other) {
  files_.insert(files_.end(), other.files_.begin(), other.files_.end());
  calls_ += other.calls_;
  primitive_ += other.primitive_;
  time_ += other.time_;
  if (ids_.empty()) index_functions();
  std::vector<std::uint32_t> ids;
  ids.reserve(other.functions_.size());
  for (const Function& f : other.functions_) ids.push_back(intern(f.file, f.line, f.name));
  for (const std::uint32_t f : other.top_level_) add_top_level(ids[f]);
  for (const Entry& e : other.entries_) {
    Entry renamed = e;
    renamed.function = ids[e.function];
    for (Caller& c : renamed.callers) c.function = ids[c.function];
    add_entry(entry_for(renamed.function), renamed);
  }
}

void PstatsStats::strip_dirs() {
  const std::vector<Function> old_functions = std::move(functions_);
  const std::vector<Entry> old_entries = std::move(entries_);
  functions_.clear();
  entries_.clear();
  entry_of_.clear();
  ids_.clear();
  std::vector<std::uint32_t> ids;
  ids.reserve(old_functions.size());
  for (const Function& f : old_functions) ids.push_back(intern(base_name(f.file), f.line, f.name));
  for (const std::uint32_t f : std::exchange(top_level_, {})) add_top_level(ids[f]);
  for (const Entry& e : old_entries) {
    Entry stripped = e;
    stripped.function = ids[e.function];
    stripped.callers.clear();
    NumberMap<std::size_t> known;
    for (const Caller& c : e.callers) {
      const auto [found, is_new] = known.try_emplace(ids[c.function], stripped.callers.size());
      if (is_new) stripped.callers.push_back(c);
      Caller& kept = stripped.callers[found->second];
      kept = c;  // the last of callers that fall together remains
      kept.function = ids[c.function];
    }
    const bool known_function = entry_of_[stripped.function] != none;
    Entry& entry = entry_for(stripped.function);
    if (known_function) {
      add_entry(entry, stripped);
    } else {
      entry = std::move(stripped);
    }
  }
}

}  // namespace profconv
