#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace profconv {

class Diagnostics;
class Output;
struct Profile;

/// How a profile is drawn for Graphviz. Selection happens in this order: thresholds, `paths`, `root`, `leaf`,
/// `max_nodes`.
struct DotOptions {
  enum class Cluster : std::uint8_t { none, module, package };
  enum class Measure : std::uint8_t { total_percent, self_percent, total, self };

  /// Functions below this inclusive cost are left out, in percent of the whole: the larger of the sum of self costs and
  /// the largest inclusive cost.
  double node_percent = 0.5;
  /// Calls below this inclusive cost are left out, in percent of the same whole.
  double edge_percent = 0.1;
  /// If not empty: functions whose file starts with none of these are left out. Those without a file stay.
  std::vector<std::string> paths = {};
  /// A name as `list_dot_functions` writes it, else a glob for function names (`module:line:name`): draw only what a
  /// match leads to, what leads to a match. "": everything.
  std::string root = {}, leaf = {};
  /// How many calls away from a match of `root` or `leaf`; negative: any number.
  int depth = -1;
  /// At most this many functions: matches of `root` and `leaf`, a costliest way to each of the latter, then those with
  /// the highest inclusive cost; and `edges_per_node` times as many calls: the costliest one to each function, then the
  /// costliest of all. 0: no limit. `dot` needs seconds for the default, and minutes for twice as many; it is the calls
  /// that it minds.
  std::size_t max_nodes = 250;
  static constexpr std::size_t edges_per_node = 2;

  /// One of `dot_themes()`.
  std::string theme = "color";
  /// Bends the scale of colours: below 1 low percentages differ more, above 1 less. Must be positive, or 0 for 1.
  double skew = 1;
  /// Colours functions by self instead of inclusive cost, the highest self cost being the hottest.
  bool color_by_self = false;

  /// The lines of a function's label, between its name and its calls.
  std::vector<Measure> measures = {Measure::total_percent, Measure::self_percent};
  /// Costs in labels: literal text around one conversion of printf, %e, %f or %g. Times are seconds.
  std::string time_format = "%.7g";
  /// Adds a line with the samples of the function itself, where there are any.
  bool show_samples = false;
  /// Leaves out parameters, template arguments and `const` of demangled C++ names.
  bool strip = false;
  /// Breaks names longer than 32 characters.
  bool wrap = false;
  /// Draws a box around the functions of a module or package.
  Cluster cluster = Cluster::none;
  /// Where a click on a function leads: "vscode", "idea", "file", or a template with {file} and {line}; "": nowhere.
  std::string editor_url = {};
};

/// The names of the themes, the default first.
std::span<const std::string_view> dot_themes();

/// Writes the functions that `write` to "dot" would draw, before `leaf` and `max_nodes`, one a line: names, as `root`
/// and `leaf` take them. `selector` is a glob for them; "+" chooses all, and a "%" before it adds what is known of
/// each. Throws what writing throws. A warning says that none was chosen, a note how many are not drawn.
void list_dot_functions(const Profile& profile, const DotOptions& options, std::string_view selector, Output& output,
                        Diagnostics& diagnostics);

}  // namespace profconv
