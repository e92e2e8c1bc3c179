#include <string_view>

#include <doctest/doctest.h>
#include <profconv/error.hpp>

using namespace profconv;
using namespace std::string_view_literals;

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
