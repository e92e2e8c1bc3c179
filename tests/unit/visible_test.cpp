#include <string>
#include <string_view>

#include <doctest/doctest.h>

#include "base/visible.hpp"

using namespace profconv;
using namespace std::string_view_literals;

namespace {

std::size_t sequence(std::string_view text) {
  char32_t c = 0;
  return utf8_sequence(text, c);
}

char32_t code_point(std::string_view text) {
  char32_t c = 0;
  utf8_sequence(text, c);
  return c;
}

}  // namespace

TEST_CASE("utf8_sequence decodes one to four bytes") {
  CHECK(sequence("a") == 1);
  CHECK(code_point("\xc3\xb6") == 0xf6);
  CHECK(code_point("\xe2\x82\xac") == 0x20ac);
  CHECK(code_point("\xf0\x9f\x98\x80") == 0x1f600);
  CHECK(sequence("\xf0\x9f\x98\x80z") == 4);
  CHECK(code_point("\xf4\x8f\xbf\xbf") == 0x10ffff);
}

TEST_CASE("utf8_sequence refuses what is not UTF-8") {
  CHECK(sequence("") == 0);
  CHECK(sequence("\x80") == 0);              // continuation alone
  CHECK(sequence("\xc3") == 0);              // cut short
  CHECK(sequence("\xc3z") == 0);             // no continuation
  CHECK(sequence("\xc0\x80") == 0);          // overlong NUL
  CHECK(sequence("\xe0\x80\x80") == 0);      // overlong
  CHECK(sequence("\xf0\x80\x80\x80") == 0);  // overlong
  CHECK(sequence("\xed\xa0\x80") == 0);      // surrogate
  CHECK(sequence("\xf4\x90\x80\x80") == 0);  // beyond U+10FFFF
  CHECK(sequence("\xff") == 0);
}

TEST_CASE("visible: a text is plain if all of its bytes are") {
  for (std::size_t size = 0; size < 40; ++size) {
    std::string text(size, '~');
    CHECK(is_plain_text(text));
    for (std::size_t at = 0; at < size; ++at) {
      for (const char odd : {'\x1f', '\x7f', '\x80', '\xff', '\0'}) {
        text[at] = odd;
        CHECK_FALSE(is_plain_text(text));
      }
      text[at] = ' ';
      CHECK(is_plain_text(text));
    }
  }
}

TEST_CASE("visible: a byte that must be escaped is found wherever it stands") {
  for (const char odd : {'\x1f', '\x7f', '\x80', '\xff', '\0'}) {
    for (std::size_t size = 1; size < 20; ++size) {
      for (std::size_t at = 0; at < size; ++at) {
        std::string text(size, '~');
        text[at] = odd;
        const std::string shown = visible(text);
        CHECK(shown.size() == size + 3);
        CHECK(shown.substr(at, 2) == "\\x");
      }
    }
  }
  CHECK(visible("        ~~~~~~~~") == "        ~~~~~~~~");
}

TEST_CASE("visible text keeps what is harmless and shows what is not") {
  CHECK(visible("C:\\Users\\x y.py") == "C:\\Users\\x y.py");
  CHECK(visible("größe €") == "größe €");
  CHECK(visible("a\nb\rc\td") == "a\\nb\\rc\\td");
  CHECK(visible("\0\x1b[31m\x7f"sv) == "\\x00\\x1b[31m\\x7f");
  CHECK(visible("\xff\xfe") == "\\xff\\xfe");
  CHECK(visible("\xed\xa0\x80") == "\\xed\\xa0\\x80");
  CHECK(visible("\xc2\x85") == "\\u0085");      // next line
  CHECK(visible("\xe2\x80\xa8") == "\\u2028");  // line separator
  CHECK(visible("\xe2\x80\xae") == "\\u202e");  // right-to-left override
  CHECK(visible("\xe2\x81\xa6") == "\\u2066");  // isolate
  CHECK(visible("") == "");
}

TEST_CASE("quoted text is cut to 40 characters, not bytes") {
  CHECK(quoted("main") == "'main'");
  const std::string forty(40, 'x');
  CHECK(quoted(forty) == "'" + forty + "'");
  CHECK(quoted(forty + "y") == "'" + forty + "...'");
  std::string umlauts;
  for (int i = 0; i < 41; ++i) umlauts += "\xc3\xb6";
  CHECK(quoted(umlauts) == "'" + umlauts.substr(0, 80) + "...'");
  CHECK(quoted("a\nb") == "'a\\nb'");
}
