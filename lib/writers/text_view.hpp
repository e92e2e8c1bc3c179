#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <string>
#include <string_view>
#include <vector>

#include <profconv/builder.hpp>
#include <profconv/profile.hpp>
#include <profconv/text.hpp>

#include "model/call_tree.hpp"

namespace profconv {

using TextCosts = std::array<std::int64_t, std::size(all_metrics)>;  ///< One per metric of the profile, in its order.

/// A function's numbers: its own, or those of its calls from or to another one.
struct TextRow {
  FunctionId function{};
  Counts counts;
  TextCosts self, total;                                 ///< `not_measured` where unknown.
  std::array<bool, std::size(all_metrics)> estimated{};  ///< `total` is a share of the callee's cost by call counts.
};

/// A source line of a function.
struct TextLine {
  std::uint32_t line = 0;
  bool measured = false;      ///< Else it only stands between lines that were.
  std::uint32_t skipped = 0;  ///< Not 0: stands for so many lines that were not measured.
  TextCosts self, total;      ///< `not_measured` where unknown.
  std::string_view source;    ///< As it stands in the file; "" when there is none.
};

/// A function with its callers and callees, or its lines.
struct TextBlock {
  TextRow head;
  std::vector<TextRow> callers = {}, callees = {};  ///< Sorted; empty where the view has none.
  std::size_t more_callers = 0, more_callees = 0;   ///< Left out by the limit.
  std::vector<TextLine> lines =
      {};  ///< Ascending; with its source, from the function's first line to the last measured.
  bool has_source = false;
};

/// What a report shows, in order, before anything is made text.
struct TextView {
  TextOptions::View view{};
  std::vector<TextBlock> blocks;  ///< Functions; every view but the tree.
  CallTree tree;
  std::size_t functions = 0;  ///< That the patterns chose, shown or not.
  std::size_t more = 0;       ///< Of them, those that were left out by a limit.
  TextCosts more_self{};      ///< Their own cost.
  bool has_counts = false, has_total = false, has_samples = false;
  bool has_call_self = false;
};

/// Chooses, sorts and limits. `for_people`: with the default limits of text and Markdown.
/// Throws UsageError for an unknown sort key, a bad pattern, a sort key that the profile has no column for.
TextView make_text_view(const Profile& profile, const TextOptions& options, bool for_people);

}  // namespace profconv
