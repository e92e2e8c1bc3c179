#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/pattern.hpp"

namespace profconv {

/// What to keep of a sorted list, as pstats reads it: "12" the first 12 items, "0.1" the first tenth, else a regular
/// expression.
class TextRestriction {
 public:
  /// Throws UsageError for a fraction outside 0 to 1 and for a bad expression.
  explicit TextRestriction(std::string_view text);

  /// `label(item)` is the text that an expression is searched in.
  template <class T, class Label>
  void apply(std::vector<T>& list, Label label) const {
    if (pattern_) {
      std::erase_if(list, [&](const T& item) { return !pattern_->matches(label(item)); });
    } else {
      list.resize(kept(list.size()), T{});
    }
  }

  /// Python's repr of the value.
  const std::string& printed() const noexcept { return printed_; }

 private:
  std::size_t kept(std::size_t count) const noexcept;

  std::optional<std::int64_t> count_;
  std::optional<double> fraction_;
  std::optional<Pattern> pattern_;
  std::string printed_;
};

}  // namespace profconv
