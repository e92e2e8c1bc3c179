#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

/// The forms in which pickles write numbers and texts. Nothing: the text does not have the form.

namespace profconv {

struct PickleNumber {
  enum class Kind : std::uint8_t { boolean, integer, big, real };
  Kind kind = Kind::integer;
  std::int64_t integer = 0;
  double real = 0;  ///< Of `real`, and near to a `big` integer, one beyond 64 bits.
};

PickleNumber decode_long(std::string_view bytes);               ///< Two's complement, the least significant byte first.
std::optional<PickleNumber> decode_int(std::string_view text);  ///< `-12`; `00` and `01` are False and True.
std::optional<PickleNumber> decode_long_text(std::string_view text);  ///< `-12L`
std::optional<PickleNumber> decode_float(std::string_view text);
/// The `repr` of a Python 2 string.
std::optional<std::string> decode_quoted(std::string_view text);
/// Latin-1 with `\uXXXX` and `\UXXXXXXXX`, to UTF-8 (single surrogates in the form that UTF-8 would give them).
std::optional<std::string> decode_raw_unicode(std::string_view text);

}  // namespace profconv
