#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include <profconv/profile.hpp>

#include "base/hash_tables.hpp"
#include "writers/pstats_report_text.hpp"

namespace profconv {

/// The numbers of dumps as `pstats.Stats` holds them: entries in order, each with its callers in order.
class PstatsStats {
 public:
  /// A key (file, line, name). Views of the profile's texts.
  struct Function {
    std::string_view file, name;
    std::int64_t line = 0;

    /// `file:line(name)`, `{name}` for C functions.
    std::string label() const;
    /// The same, appended as it is printed (pstats_report_text.hpp).
    void append_label(std::string& out, bool visible) const;
    std::size_t label_columns() const;

    friend bool operator==(const Function&, const Function&) = default;
  };
  struct Caller {
    std::uint32_t function = 0;
    bool counts_only = false;
    PythonNumber calls, primitive, self, total;
  };
  struct Entry {
    std::uint32_t function = 0;
    PythonNumber primitive, calls, self, total;
    std::vector<Caller> callers;
  };

  enum class Callers : bool { left_out, kept };

  /// Loads a dump, which outlives this and what this is added to; the callers of entries are most of it. Throws
  /// UsageError when the profile has no recorded numbers, or not those of callers that are to be kept.
  PstatsStats(const Profile& profile, Callers callers);

  /// As `Stats.add` with one argument.
  void add(const PstatsStats& other);
  void strip_dirs();

  const Function& function(std::uint32_t id) const { return functions_[id]; }
  std::size_t functions() const { return functions_.size(); }
  const std::vector<Entry>& entries() const { return entries_; }
  /// The function's entry, null when it was only a caller.
  const Entry* entry_of(std::uint32_t function) const;

  const std::vector<std::string>& files() const { return files_; }
  const PythonNumber& calls() const { return calls_; }
  const PythonNumber& primitive() const { return primitive_; }
  const PythonNumber& total_time() const { return time_; }
  /// The functions that the root of the oldest profilers called.
  const std::vector<std::uint32_t>& top_level() const { return top_level_; }

 private:
  static constexpr std::uint32_t none = 0xffffffff;
  struct KeyHash {
    SeededHash text;
    std::size_t operator()(const Function& f) const noexcept {
      return hash_mix(hash_mix(text(f.file), static_cast<std::uint64_t>(f.line)), text(f.name));
    }
  };

  std::uint32_t intern(std::string_view file, std::int64_t line, std::string_view name);
  void index_functions();
  Entry& entry_for(std::uint32_t function);
  void add_entry(Entry& target, const Entry& source);
  void add_top_level(std::uint32_t function);
  void find_top_level(const Profile& profile);

  std::vector<Function> functions_;
  std::unordered_map<Function, std::uint32_t, KeyHash> ids_;  // empty until dumps are added or names changed
  std::vector<Entry> entries_;
  std::vector<std::uint32_t> entry_of_;  // per function
  std::vector<std::string> files_;
  std::vector<std::uint32_t> top_level_;
  PythonNumber calls_, primitive_, time_;
};

/// -1, 0, 1: by file, line, name.
int compare(const PstatsStats::Function& a, const PstatsStats::Function& b);

}  // namespace profconv
