#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include <profconv/diagnostics.hpp>
#include <profconv/profile.hpp>
#include <profconv/source.hpp>

/// Several profilers' views of one program as one profile: cProfile's call graph, line_profiler's lines,
/// memory_profiler's growth. docs/fusion.md explains what the numbers of the result are.

namespace profconv {

struct FuseOptions {
  /// Where the names on a line are looked up, to find the line of a call; null: numbers alone decide. Outlives the
  /// fusion.
  const SourceFiles* sources = nullptr;
  /// Line profiles alone know no calls: finds those between their functions, where hits and source show them.
  bool recover_calls = true;
};

/// What the fusion did, for people who want to trust it.
struct FuseReport {
  /// How a function of one profiler was found among those of the others.
  enum class Match : std::uint8_t {
    none,       ///< Only one profiler saw it.
    exact,      ///< File, first line and name.
    real_path,  ///< The same file under another name, first line and name.
    path_end,   ///< One path is the end of the other, first line and name.
    line,       ///< File and first line; one of them has no name.
    name,       ///< File and name; first lines differ by a few lines.
    module,     ///< Name and module; there is no file.
  };
  struct Function {
    std::string name;                                            ///< `file:line(name)`.
    bool in_calls = false, in_lines = false, in_memory = false;  ///< Which kinds of profiles saw it.
    Match lines_matched = Match::none, memory_matched = Match::none;
    std::int64_t profiled_ns = 0;  ///< Its self time and that of its calls, where calls were profiled.
    std::int64_t lines_ns = 0;     ///< The same as the sum of its lines' times, with the line profiler's overhead.
    std::int64_t residue_ns = 0;   ///< Calls placed on lines cost that much more than those lines; spread.
    std::size_t calls = 0;         ///< Call edges out of it, where it has lines.
    std::size_t by_name = 0, by_time = 0, by_hits = 0;  ///< Those placed on lines, by what decided.
    std::size_t shared = 0;  ///< Of `by_name`: on several lines, shared by their hits, which do not add up.
  };
  std::vector<Function> functions;                        ///< Those with lines or memory, in the order of the result.
  std::size_t kinds = 0;                                  ///< Kinds of profiles that were joined: 1 is no fusion.
  std::size_t recovered_calls = 0;                        ///< Call edges found between line profiles.
  std::size_t unmatched_lines = 0, unmatched_memory = 0;  ///< Functions of these that no other kind saw.
};

/// The report as lines of text.
std::vector<std::string> to_lines(const FuseReport& report);

/// Joins profiles that different profilers made of one program.
///
/// Profiles of one kind (call graphs, lines, memory) are added up as they come, like `Merger` does; `finish` joins the
/// kinds. Functions are the same when file, first line and name agree: files by their real path, or one path being the
/// end of the other and their functions agreeing; names by their last part, since line_profiler 5 qualifies them.
///
/// Laws. For a function of a call graph: counts, self and inclusive time, and what it calls are the call graph's. Where
/// a line profiler saw it too, its lines' hits are the line profiler's, and its lines' times have the line profiler's
/// proportions: a line's inclusive time is its share of the function's self time and calls together, its self time that
/// less the calls standing on it, never below zero; the lines add up to the self time. For every other metric that was
/// recorded inclusively (memory growth and release), a line's self cost and the calls on it are what was recorded for
/// it: each call has its callee's inclusive cost shared over the calls to it by their counts, but no more than the
/// line. Hits are self only. Functions that one profiler saw keep what it knows.
class Fuser {
 public:
  Fuser();
  Fuser(Fuser&&) noexcept;
  Fuser& operator=(Fuser&&) noexcept;
  ~Fuser();

  /// Throws UsageError when sampled profiles meet others: samples are no calls, so their times are not the same times.
  void add(Profile&& profile);
  /// A single profile without lines passes through untouched. REQUIRES: `add` was called at least once.
  Profile finish(const FuseOptions& options, Diagnostics& diagnostics, FuseReport* report = nullptr) &&;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// All of that at once. REQUIRES: at least one profile.
Profile fuse(std::vector<Profile>&& profiles, const FuseOptions& options, Diagnostics& diagnostics,
             FuseReport* report = nullptr);

}  // namespace profconv
