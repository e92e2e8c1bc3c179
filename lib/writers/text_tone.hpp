#pragma once

#include <cstdint>
#include <string>

namespace profconv {

/// What a piece of a report is, shown as a colour on terminals.
enum class Tone : std::uint8_t { plain, head, hot, warm, dim };

/// The text between ANSI escapes; as it is when `color` is false.
std::string toned(std::string text, Tone tone, bool color);

/// How hot a share of the whole is.
constexpr Tone tone_of(double share) noexcept {
  return share >= 0.2 ? Tone::hot : share >= 0.05 ? Tone::warm : Tone::plain;
}

}  // namespace profconv
