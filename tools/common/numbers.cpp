#include "common/numbers.hpp"

#include <charconv>
#include <cmath>
#include <optional>
#include <string>
#include <system_error>

namespace profconv::cli {
namespace {

std::string expected(const std::string& what, const std::string& found) {
  return "expected " + what + ", found '" + found + "'";
}

std::optional<double> real_number(const std::string& text) {
  double value = 0;
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value);
  return error == std::errc() && stop == end ? std::optional(value) : std::nullopt;
}

}  // namespace

CLI::Validator whole_number(std::int64_t least, std::int64_t most) {
  const auto check = [least, most](std::string& text) -> std::string {
    std::int64_t value = 0;
    const char* const end = text.data() + text.size();
    const auto [stop, error] = std::from_chars(text.data(), end, value);
    const bool is_whole = stop == end && !text.empty() && error != std::errc::invalid_argument;
    const bool is_large = is_whole && text[0] != '-' && (error == std::errc::result_out_of_range || value > most);
    const std::string from = "a whole number from " + std::to_string(least);
    if (is_large) return expected(from + " to " + std::to_string(most), text);
    if (!is_whole || error != std::errc() || value < least) return expected(from + " on", text);
    text = std::to_string(value);  // without the zeros that would make it octal
    return {};
  };
  return CLI::Validator(check, "");
}

CLI::Validator positive_number() {
  const auto check = [](std::string& text) -> std::string {
    const std::optional<double> value = real_number(text);
    return value && *value >= 0 && std::isfinite(*value) ? "" : expected("a number above 0", text);
  };
  return CLI::Validator(check, "");
}

CLI::Validator percentage() {
  const auto check = [](std::string& text) -> std::string {
    const std::optional<double> value = real_number(text);
    return value && *value >= 0 && *value <= 100 ? "" : expected("a percentage from 0 to 100", text);  // NaN is none
  };
  return CLI::Validator(check, "");
}

}  // namespace profconv::cli
