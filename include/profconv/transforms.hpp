#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <profconv/diagnostics.hpp>
#include <profconv/profile.hpp>
#include <profconv/source.hpp>

/// Profile to profile. Each function takes the profile and returns it untouched when there is nothing to do. Each
/// states its law: what the numbers of the result have to do with those of the profile. `recorded` (the numbers as they
/// stood in the file) survives `apply_sources`, and `map_paths` where it makes no functions equal; all others that
/// change something drop it.

namespace profconv {

/// Sums profiles one by one; memory is bounded by the union of their functions and calls, not by their number.
///
/// Functions are the same when file, first line, name, qualified name and context are equal. An address in a C
/// function's name (`... at 0x7f...`) differs from run to run and is left out; several such functions of one profile
/// are matched in order. A single profile passes through untouched. Throws Error when a sum leaves the 64-bit range,
/// and whenever it is asked for anything after that; UsageError when a sampled profile meets one that counted calls,
/// which is then left out.
class Merger {
 public:
  Merger();
  Merger(Merger&&) noexcept;
  Merger& operator=(Merger&&) noexcept;
  ~Merger();

  void add(Profile&& profile);
  /// The sum. REQUIRES: `add` was called at least once.
  Profile finish() &&;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// The sum of all profiles. REQUIRES: at least one.
Profile merge(std::vector<Profile>&& profiles);

/// Which samples to keep of a profile with stacks, and what to show of their threads.
struct SampleOptions {
  enum class State : std::uint8_t { gil, cpu, exception };

  /// `fnmatch` globs for threads as they are recorded; "main" is also the thread that the source says is the main one.
  std::vector<std::string> threads = {};
  std::vector<State> only = {};   ///< Holding the GIL, on a CPU, handling an exception: all of these.
  bool separate_threads = false;  ///< Puts each thread's stacks below a function that stands for the thread.

  bool any() const noexcept { return !threads.empty() || !only.empty() || separate_threads; }
};

/// Keeps the samples of some threads or states. A filter: all numbers are those of the samples that stay, and exact.
/// Throws UsageError for a thread that is not there, for states that the source does not know, for a broken glob, and
/// for a profile of which the stacks are not all known.
Profile select_samples(Profile&& profile, const SampleOptions& options, Diagnostics& diagnostics);

/// Which functions to fold: those of a class, and those that a glob chooses by name or by file.
struct FoldOptions {
  bool builtins = false;                ///< C functions: file "~" or `<built-in>`.
  bool stdlib = false;                  ///< Below lib/pythonX.Y and the like, or `<frozen ...>`, but not site-packages.
  bool site = false;                    ///< Below site-packages or dist-packages.
  bool imports = false;                 ///< What runs imports: importlib and the C functions that only it calls.
  std::vector<std::string> globs = {};  ///< `fnmatch` globs for the whole name, qualified name or file.

  /// Folding a function makes up to callers x callees new calls. One that would make more than this stays in place ...
  std::uint64_t max_new_calls = 1'000'000;
  /// ... and so is one that would take all of them together beyond this.
  std::uint64_t max_new_calls_together = 16'000'000;

  bool any() const noexcept { return builtins || stdlib || site || imports || !globs.empty(); }
};

/// Adds what a comma-separated list names: "builtins", "stdlib", "site", "import" or a glob. Throws UsageError for an
/// empty item.
void add_fold_list(FoldOptions& options, std::string_view list);

/// Merges the chosen functions into their callers, as if their code stood there.
///
/// A folded function's self cost goes to its callers: to each what it caused where the source recorded it
/// (`call_self`), else by the callers' shares of the inclusive cost. Its calls of itself vanish, its other calls become
/// calls of the callers. A generator, a lambda or an inner function goes to the caller that it stands in, the body of a
/// class to one of its file, unless the numbers contradict. The rest is shared by what each caller spent below the
/// function, in whole units that add up exactly, and no caller gets a part of the cost without a call: an estimate,
/// since a call graph does not say more (`Profile::call_estimated`).
///
/// `imports` makes a call from the importing function to the imported module's body of each import. Where the profile
/// is not split yet, it is first, with estimated importers: see `split`.
///
/// What was called without a recorded caller stays as a function with that part of the cost. Where a profile's stacks
/// are all known, they are folded and everything follows from them: nothing is estimated. Law: the sum of the self
/// costs is the same, for every metric but hits, which belong to lines; the counts of every function that was not
/// chosen are the same, and so is its inclusive cost, unless it had room for its self cost and has none for the new one
/// (circles, where shares are those of costs that contain one another; labels that stand for several functions): then
/// it is as large. Throws UsageError for a broken glob, Error when a sum leaves the 64-bit range.
Profile fold(Profile&& profile, const FoldOptions& options, Diagnostics& diagnostics);

struct SplitOptions {
  /// Where to read which module imports which; null: only numbers tell.
  const SourceFiles* sources = nullptr;
  /// Puts modules for which several importers have time below the likeliest one. An estimate.
  bool estimate_importers = false;
  /// Copies of functions that share callees make calls of their own, and so do those of the import machinery: this many
  /// at most, each. What would make more stays together.
  std::uint64_t max_new_calls = 1'000'000;
  /// Whether anybody will look at the self costs of calls afterwards; else they are dropped, which saves memory.
  bool keep_call_self = true;
  /// Whether calls that are shares are marked (`Profile::call_estimated`): what a format cannot say takes memory.
  bool mark_shares = true;
};

/// Divides functions that do one thing for one caller and another for the next into copies, one for each (`context`),
/// so that code that never called each other is in no circle: `exec` and the import machinery, `map`, `sorted`,
/// dispatchers.
///
/// Only where counts, times and the import statements of the sources prove who called what; what they leave open stays
/// together. docs/cycles.md has the rules. What the import machinery itself spent for each importer is an estimate.
/// Law: the self cost, the calls and the cost of the calls of a function are the same, summed over its copies; the
/// inclusive cost of a function that was not split, and of every call into a copy from elsewhere, is the recorded one.
/// Needs counts, self and inclusive times of calls, and no stacks; other profiles, and those that are split already,
/// are returned untouched. In profiles that follow from their stacks, `<native>` and other marks of samplers that are
/// in a circle are divided, exactly. Throws Error when a sum leaves the 64-bit range.
Profile split(Profile&& profile, const SplitOptions& options, Diagnostics& diagnostics);

/// Regular expressions (RE2), searched in `file:line(name)`, the name qualified where the source says so.
struct FocusOptions {
  std::vector<std::string> focus = {};   ///< Keep only what calls a match of any of them or is called by one.
  std::vector<std::string> ignore = {};  ///< Drop matches of any of them and what only they lead to.

  bool any() const noexcept { return !focus.empty() || !ignore.empty(); }
};

/// Keeps a part of the call graph, as pprof's -focus and -ignore do with stacks.
///
/// `ignore` comes first. `focus` keeps the functions that match, their ancestors and their descendants, and the calls
/// on a path through a match: not the calls from an ancestor to a descendant past every match. A filter: dropped
/// functions take their cost with them. Costs and counts of what stays are the recorded ones, for a call graph does not
/// say which part of a function's cost belongs to the stacks through a match: an ancestor's inclusive cost still holds
/// what it spent elsewhere, a descendant's what others made it do. So percentages of the result are upper bounds.
/// Stacks with a dropped function are dropped. Law: every function and call of the result has exactly its cost in the
/// profile. A note says how much was dropped. Throws UsageError for a broken expression.
///
/// Where a profile's stacks are all known, those through an ignored function are dropped, then those through no match,
/// and every cost of the result is that of the stacks that stay: exact, not an upper bound.
Profile focus(Profile&& profile, const FocusOptions& options, Diagnostics& diagnostics);

/// Warns of expressions that match the `file:line(name)` of no function, as `focus` does: of those that are plain words
/// with the nearest name. Throws UsageError for a broken expression.
void warn_of_unknown_functions(const Profile& profile, std::span<const std::string> expressions,
                               Diagnostics& diagnostics);

/// Thresholds in percent of the whole: the larger of the sum of self costs and the largest inclusive cost, of the first
/// metric.
struct PruneOptions {
  double functions_percent = 0;  ///< Functions with a smaller inclusive cost are dropped, with their calls.
  double calls_percent = 0;      ///< Calls with a smaller inclusive cost are dropped.

  bool any() const noexcept { return functions_percent > 0 || calls_percent > 0; }
};

/// Drops what costs little. A filter with the same law as `focus`.
Profile prune(Profile&& profile, const PruneOptions& options, Diagnostics& diagnostics);

/// Paths that start with `from` start with `to` instead.
struct PathMapping {
  std::string from, to;
};

/// Reads "OLD=NEW"; the first "=" separates. Throws UsageError when there is none or OLD is empty.
PathMapping parse_path_mapping(std::string_view text);

/// Maps the files of functions; the first mapping that fits a path is used, once. Prefixes are plain text: `/a` fits
/// `/ab`. Law: all costs and counts are the same. Functions that become equal are added up, with a warning.
Profile map_paths(Profile&& profile, std::span<const PathMapping> mappings, Diagnostics& diagnostics);

/// Shortens every file to the end of its path that tells it apart from the other files: `utils.py`, or `cart/utils.py`
/// and `stock/utils.py`. Law: all costs and counts are the same, and no two functions become one.
Profile strip_paths(Profile&& profile);

enum class GroupBy : std::uint8_t { function, file, module, package };

/// Makes one function of all functions of a file, module or package; its name is the file's, module's or package's.
/// Modules in different files stay apart, packages of one name do not.
///
/// Calls within a group vanish. A group's count and inclusive cost are those of the calls that enter it, and of what
/// was called without a recorded caller; a group that calls itself by way of another one has an estimate: what
/// the calls into it cost in the tree of `estimate_call_tree`, not below any of its functions' and not above the sum of
/// all entries; exact where a profile's stacks are all known. Law: the sum of the self costs is the same, for every
/// metric.
Profile group(Profile&& profile, GroupBy by, Diagnostics& diagnostics);

/// What is taken from source files.
struct SourceUse {
  bool calls = true;  ///< The lines on which calls are made.
  bool names = true;  ///< Qualified names.
  /// Callers of functions whose own are lost, as cProfile keeps one of several functions of one line and name: the
  /// function that they stand in, if it had the time. Before functions are split, who calls whom has to be known.
  bool callers = true;
};

/// How it was decided on which lines calls are made. Costs are inclusive, of the profile's first metric.
struct SourceReport {
  enum class Rule : std::uint8_t {
    exact,        ///< The sources say what is called there.
    name,         ///< A call of that name, of an object whose class the sources do not tell.
    protocol,     ///< An operator, an iteration, an attribute: what such methods are called by.
    reference,    ///< The function is mentioned there, and called by what it is given to.
    elimination,  ///< Calls of something unknown, where only this callee was left.
    undecided,    ///< None: the calls stay on the caller's first line.
  };
  static constexpr std::size_t rules = 6;

  struct Sum {
    std::size_t edges = 0, spread = 0;  ///< Call edges, and those of them that are spread over several lines.
    std::int64_t cost = 0, spread_cost = 0;
  };
  Sum by_rule[rules];
  std::size_t files = 0, files_used = 0;  ///< Files of Python code that the profile names, and those that fit.
  std::size_t files_misfit = 0;           ///< Those that are there and do not.
  std::size_t functions = 0, functions_found = 0;
  std::size_t callers_found = 0;  ///< Functions that were given a caller.
};

/// Puts calls on the lines that make them, and gives functions their qualified names, by the source files.
///
/// A file counts only if the recorded names stand at the recorded lines (nine of ten: code made at run time may claim
/// to be from it); otherwise it is left out, with a warning. Calls that have a line keep it. The rules are in
/// docs/call-lines.md. Law: all costs and counts are the same; calls of one edge are divided into whole ones, on no
/// more lines than there were calls. Calls that were given another caller are marked as estimated.
Profile apply_sources(Profile&& profile, const SourceFiles& sources, const SourceUse& use, SourceReport& report,
                      Diagnostics& diagnostics);

}  // namespace profconv
