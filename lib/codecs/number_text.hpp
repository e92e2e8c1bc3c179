#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace profconv {

/// Writes numbers as one conversion of printf does in the C locale, with literal text around it: "%.7g", "%8.2f s",
/// "100%% %e".
///
/// Conversions e, E, f, F, g and G with the flags `-`, `+`, blank and `0`, width and precision up to 99. A format comes
/// from a command line, so printf itself is not asked: it would read whatever the format names.
class NumberFormat {
 public:
  /// Throws UsageError for anything else, and for no conversion or more than one.
  explicit NumberFormat(std::string_view format);

  void append(std::string& out, double value) const;
  std::string text(double value) const;

  /// The number without the text around it. REQUIRES: room for `longest` characters. Returns where it ends.
  char* write(char* out, double value) const noexcept;
  static constexpr std::size_t longest = 1 + 309 + 1 + 99;  ///< Sign, digits of the largest double, point, decimals.

 private:
  std::string before_, after_;
  bool left_ = false, plus_ = false, blank_ = false, zero_ = false;
  int width_ = 0, precision_ = 6;
  char conversion_ = 'g';
};

/// With a fixed number of decimals, as "%.2f".
void append_fixed(std::string& out, double value, int decimals);

}  // namespace profconv
