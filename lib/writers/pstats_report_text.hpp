#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include <profconv/profile.hpp>

#include "base/wide_int.hpp"

/// Numbers and texts as Python computes and prints them.

namespace profconv {

/// An int, a float or a bool. Sums of integers are exact, as in Python, up to 128 bits.
struct PythonNumber {
  PythonNumber() = default;
  PythonNumber(const Recorded::Number& number);

  PythonNumber& operator+=(const PythonNumber& other);

  double as_double() const {
    if (is_real) return real;
    const auto narrow = static_cast<std::int64_t>(integer);
    return narrow == integer ? static_cast<double>(narrow) : static_cast<double>(integer);  // nearly always, and quick
  }
  bool is_zero() const { return is_real ? real == 0 : integer == 0; }

  bool is_real = false;
  bool is_boolean = false;  // prints True or False; a sum of booleans is an int
  WideInt integer = 0;
  double real = 0;
};

/// -1, 0, 1; a number and NaN count as equal, since neither is less.
int compare(const PythonNumber& a, const PythonNumber& b);

void append_str(std::string& out, const PythonNumber& number);   ///< `str(x)`
void append_as_d(std::string& out, const PythonNumber& number);  ///< `"%d" % x`
void append_fixed3(std::string& out, double value, int width);   ///< `"%*.3f" % x`
void append_repr(std::string& out, double value);                ///< `repr(x)`
void append_repr(std::string& out, std::string_view text);       ///< `repr(s)`

/// Python's text of bytes: UTF-8, single surrogates (as marshal writes them) and other bytes as surrogates U+DC80 to
/// U+DCFF. The next code point; `text` is shortened. REQUIRES: text is not empty.
char32_t take_code_point(std::string_view& text);
/// Number of code points.
std::size_t columns(std::string_view text);
/// Order of the code points.
int compare_text(std::string_view a, std::string_view b);
/// Appends it as it is written with the error handler "backslashreplace"; `visible` replaces control characters too.
void append_printed(std::string& out, std::string_view text, bool visible);

}  // namespace profconv
