// Text for people (base/visible.hpp), quoted text of dumps (codecs/quoted_text.hpp), messages (error.hpp,
// diagnostics.hpp).

#include <string>
#include <string_view>

#include <doctest/doctest.h>

#include <profconv/diagnostics.hpp>
#include <profconv/error.hpp>

#include "base/visible.hpp"
#include "codecs/quoted_text.hpp"

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

std::string in_quotes(std::string_view text) {
  std::string out;
  append_quoted(out, text);
  return out;
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

TEST_CASE("text in double quotes survives being written and read") {
  for (const std::string_view text :
       {""sv, "plain"sv, "\"quotes\" and \\ backslashes"sv, "\0\n\t\x7f"sv, "größe"sv, "\xff\xc3"sv, "\xc2\x85"sv,
        "\xe2\x80\xa8"sv, "\xed\xb2\x80"sv, "\\x41"sv, "# not a comment"sv}) {
    const std::string written = in_quotes(text) + " rest";
    std::string_view rest = written;
    std::string read;
    REQUIRE(take_quoted(rest, read));
    CHECK(read == text);
    CHECK(rest == " rest");
  }
}

TEST_CASE("text in double quotes has no character that ends a line") {
  CHECK(in_quotes("a\nb") == "\"a\\x0ab\"");
  CHECK(in_quotes("\xc2\x85") == "\"\\xc2\\x85\"");
  CHECK(in_quotes("\xe2\x80\xa8") == "\"\\xe2\\x80\\xa8\"");
  CHECK(in_quotes("say \"x\"") == "\"say \\\"x\\\"\"");
}

TEST_CASE("broken quoted text is refused") {
  for (const std::string_view broken :
       {""sv, "x"sv, "\""sv, "\"abc"sv, "\"\\"sv, "\"\\n\""sv, "\"\\x4\""sv, "\"\\xzz\""sv, "\"\\x"sv, "\"\\xAB\""sv}) {
    std::string_view rest = broken;
    std::string text;
    CHECK_FALSE(take_quoted(rest, text));
  }
}

TEST_CASE("an error's message has source, position, reason and hint") {
  CHECK(Error(Error::Parts{"run.prof", "byte 812", "no", "try"}).what() == "run.prof: byte 812: no (hint: try)"sv);
  CHECK(Error("no").what() == "no"sv);
  CHECK(Error("no", "try").what() == "no (hint: try)"sv);
  CHECK(FormatError(Error::Parts{"-", {}, "no", {}}).what() == "-: no"sv);
  CHECK(UsageError("unknown format").what() == "unknown format"sv);
}

TEST_CASE("an error keeps its parts and shows control characters") {
  const FormatError error(Error::Parts{"a\nb", "byte 1", "found \x1b", "h\r"});
  CHECK(error.source() == "a\nb");
  CHECK(error.where() == "byte 1");
  CHECK(error.reason() == "found \x1b");
  CHECK(error.hint() == "h\r");
  CHECK(error.what() == "a\\nb: byte 1: found \\x1b (hint: h\\r)"sv);
}

TEST_CASE("an IoError says what the system said") {
  const IoError error("x", "cannot open", 2);
  CHECK(error.code() == 2);
  CHECK(error.what() == "x: cannot open: No such file or directory"sv);
  CHECK(IoError("x", "odd").what() == "x: odd"sv);
}

TEST_CASE("diagnostics are kept in order with their severity") {
  Diagnostics diagnostics;
  CHECK_FALSE(diagnostics.has_warnings());
  diagnostics.note("a.prof", {}, "read as pstats");
  CHECK_FALSE(diagnostics.has_warnings());
  diagnostics.warn("a.prof", "byte 3", "2 numbers\nare odd");
  CHECK(diagnostics.has_warnings());
  REQUIRE(diagnostics.all().size() == 2);
  CHECK(to_string(diagnostics.all()[0]) == "a.prof: read as pstats");
  CHECK(to_string(diagnostics.all()[1]) == "a.prof: byte 3: 2 numbers\\nare odd");
}
