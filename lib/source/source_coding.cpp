#include "source/source_coding.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <string_view>
#include <utility>

#include "base/one_of.hpp"
#include "base/utf8.hpp"

namespace profconv {
namespace {

constexpr std::string_view blanks = " \t\f";

bool is_name_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.';
}

/// What PEP 263 finds in a line: `^[ \t\f]*#.*?coding[:=][ \t]*([-\w.]+)`; "" for nothing.
std::string_view coding_in(std::string_view line) {
  constexpr std::string_view word = "coding";
  const std::size_t begin = line.find_first_not_of(blanks);
  if (begin == line.npos || line[begin] != '#') return {};
  for (std::size_t at = line.find(word, begin); at != line.npos; at = line.find(word, at + 1)) {
    std::string_view rest = line.substr(at + word.size());
    if (rest.empty() || (rest.front() != ':' && rest.front() != '=')) continue;
    rest.remove_prefix(1);
    rest.remove_prefix(std::min(rest.find_first_not_of(" \t"), rest.size()));
    const auto end = std::ranges::find_if_not(rest, is_name_character);
    if (end != rest.begin()) return rest.substr(0, static_cast<std::size_t>(end - rest.begin()));
  }
  return {};
}

/// In the first line, or in the second one when nothing but a comment stands in the first.
std::string_view coding_of(std::string_view text) {
  const std::size_t end = std::min(text.find_first_of("\r\n"), text.size());
  const std::string_view first = text.substr(0, end);
  if (const std::string_view coding = coding_in(first); !coding.empty()) return coding;
  const std::size_t begin = first.find_first_not_of(blanks);
  if (begin != first.npos && first[begin] != '#') return {};
  text.remove_prefix(end);
  text.remove_prefix(std::min<std::size_t>(text.starts_with("\r\n") ? 2 : 1, text.size()));
  return coding_in(text.substr(0, text.find_first_of("\r\n")));
}

/// What the bytes from 0x80 to 0xff mean; 0 for nothing.
using Meanings = std::array<char16_t, 128>;

constexpr Meanings latin_1() {
  Meanings meanings{};
  for (std::size_t i = 0; i < meanings.size(); ++i) meanings[i] = static_cast<char16_t>(0x80 + i);
  return meanings;
}

constexpr Meanings latin_9() {
  Meanings meanings = latin_1();
  constexpr std::pair<int, char16_t> different[] = {{0xa4, 0x20ac}, {0xa6, 0x160}, {0xa8, 0x161}, {0xb4, 0x17d},
                                                    {0xb8, 0x17e},  {0xbc, 0x152}, {0xbd, 0x153}, {0xbe, 0x178}};
  for (const auto& [byte, meaning] : different) meanings[static_cast<std::size_t>(byte - 0x80)] = meaning;
  return meanings;
}

constexpr Meanings windows_1252() {
  Meanings meanings = latin_1();
  constexpr char16_t different[] = {0x20ac, 0,      0x201a, 0x192,  0x201e, 0x2026, 0x2020, 0x2021,
                                    0x2c6,  0x2030, 0x160,  0x2039, 0x152,  0,      0x17d,  0,
                                    0,      0x2018, 0x2019, 0x201c, 0x201d, 0x2022, 0x2013, 0x2014,
                                    0x2dc,  0x2122, 0x161,  0x203a, 0x153,  0,      0x17e,  0x178};
  std::ranges::copy(different, meanings.begin());
  return meanings;
}

constexpr Meanings latin_1_meanings = latin_1(), latin_9_meanings = latin_9(), windows_1252_meanings = windows_1252();

/// By the names that Python's codecs have, in any spelling; null for all others.
const Meanings* meanings_of(std::string_view coding) {
  std::string name;
  for (const char c : coding) {
    const bool is_upper = c >= 'A' && c <= 'Z';
    name += is_upper ? static_cast<char>(c - 'A' + 'a') : c == '-' ? '_' : c;
  }
  // The tokenizer knows these with anything behind them: "latin-1-unix".
  for (const std::string_view start : {"latin_1", "iso_8859_1", "iso_latin_1"}) {
    if (name == start || name.starts_with(std::string(start) + "_")) return &latin_1_meanings;
  }
  if (is_one_of(name, {"latin1", "latin", "l1", "iso8859_1", "iso8859", "8859", "cp819", "ibm819"}))
    return &latin_1_meanings;
  if (is_one_of(name, {"iso_8859_15", "iso8859_15", "latin9", "l9"})) return &latin_9_meanings;
  if (is_one_of(name, {"cp1252", "windows_1252", "1252"})) return &windows_1252_meanings;
  return nullptr;
}

}  // namespace

std::string decoded_source(std::string text) {
  const Meanings* const meanings = meanings_of(coding_of(text));
  if (meanings == nullptr) return text;
  constexpr auto is_ascii = [](char c) { return static_cast<unsigned char>(c) < 0x80; };
  if (std::ranges::all_of(text, is_ascii)) return text;
  std::string decoded;
  decoded.reserve(text.size() + text.size() / 8);
  for (const char c : text) {
    if (is_ascii(c)) {
      decoded += c;
      continue;
    }
    const char16_t meaning = (*meanings)[static_cast<unsigned char>(c) - 0x80u];
    if (meaning == 0) return text;
    append_utf8(decoded, meaning);
  }
  return decoded;
}

}  // namespace profconv
