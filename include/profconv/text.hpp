#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace profconv {

class SourceFiles;

/// What the formats "text", "csv", "tsv", "markdown" and "json" show of a profile.
///
/// Sort keys, and unambiguous beginnings of them, most important first; numbers sort the largest first, texts
/// ascending, ties stay in the profile's order:
///
///     total, cumtime, cumulative     inclusive cost             calls, ncalls        all calls
///     self, time, tottime            own cost                   pcalls               primitive calls
///     percall                        inclusive cost per primitive call
///     selfpercall                    own cost per call
///     samples, hits, mem_grow, mem_free, mem_peak    the metric of that name
///     name, file, filename, module, line, nfl (name, file, line), stdname (file:line(name))
struct TextOptions {
  enum class View : std::uint8_t {
    functions,  ///< One row per function.
    callers,    ///< Every function and what calls it.
    callees,    ///< Every function and what it calls.
    peek,       ///< Both, for the functions that `pattern` finds.
    tree,       ///< Calls from the top, estimated where the call graph does not determine them.
    lines,      ///< The lines of every function that has some, with their source.
  };
  /// How a function is called.
  enum class Names : std::uint8_t {
    shortest,   ///< Name, and of the path what tells files apart.
    qualified,  ///< The same with "Class.method" where the source says so.
    full,       ///< `file:line(name)` with the whole path.
  };

  View view = View::functions;
  /// What the profile's functions are, for people: "function", or what they were grouped by; groups have no place.
  std::string noun = "function";
  /// Only functions that this regular expression (RE2) finds in `file:line(name)`; "" is every function.
  std::string pattern = {};
  /// More of them, applied after sorting, one after the other: "12" the first 12, "0.1" the first tenth, else a regular
  /// expression.
  std::vector<std::string> restrictions = {};
  std::vector<std::string> sort_keys = {};  ///< Default: total, else self where no inclusive costs are known.
  bool reverse = false;
  /// Functions shown, 0: all. Default: 25 for people (text, markdown), all for programs (csv, tsv, json).
  std::optional<std::size_t> limit = {};

  std::vector<std::string> call_sort_keys = {};  ///< For the rows of callers and callees; default as sort_keys.
  /// Callers or callees per function, 0: all. Default 10, or all, as for `limit`.
  std::optional<std::size_t> call_limit = {};

  /// Nodes of the tree that cost less are left out, and of an estimated tree those below 0.001.
  double tree_threshold_percent = 1;
  bool calls_left_out = false;  ///< `focus` or `ignore` took calls out of the profile: what the tree lacks is theirs.
  std::size_t tree_depth = 0;   ///< Levels of the tree, 0: all (never more than 1000).

  /// Where the text of lines comes from; null: none is shown.
  const SourceFiles* sources = nullptr;

  bool percent = false;  ///< Percentages in every view and format; text shows them in the view of functions anyway.
  Names names = Names::shortest;

  std::size_t width = 100;  ///< Of the text, in columns; names are shortened to fit. 0: as wide as it gets.
  bool color = false;       ///< Colours and bars (ANSI escapes), in text only.
};

/// The sort keys of all profiles, in the order in which messages list them; which of them one has depends on its
/// metrics.
std::span<const std::string_view> text_sort_keys();

}  // namespace profconv
