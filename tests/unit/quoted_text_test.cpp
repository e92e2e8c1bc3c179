#include <string>
#include <string_view>

#include <doctest/doctest.h>

#include "codecs/quoted_text.hpp"

using namespace profconv;
using namespace std::string_view_literals;

namespace {

std::string in_quotes(std::string_view text) {
  std::string out;
  append_quoted(out, text);
  return out;
}

}  // namespace

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
