// ByteCursor and LineCursor: positions and their messages.

#include <cstdint>
#include <string_view>

#include <doctest/doctest.h>

#include "io/byte_cursor.hpp"
#include "io/line_cursor.hpp"
#include "support/convert.hpp"

using namespace profconv;
using namespace profconv::test;
using namespace std::string_view_literals;

TEST_CASE("a byte cursor takes bytes and numbers and counts offsets") {
  ByteCursor cursor(bytes_of("\x01\xff\xff\xff\x7f"
                             "abc\0\0\0\0\0\0\xf0\x3f"sv),
                    "x");
  CHECK(cursor.take_byte() == 1);
  CHECK(cursor.little<std::int32_t>("an int") == 0x7fffffff);
  CHECK(cursor.offset() == 5);
  CHECK(cursor.take(3, "text") == "abc");
  CHECK(cursor.little<double>("a float") == 1.0);
  CHECK(cursor.left() == 0);
  cursor.seek(5);
  CHECK(cursor.left() == 11);
  CHECK(cursor.take(0, "nothing") == "");
}

TEST_CASE("a byte cursor that runs out says where, what and how much is left") {
  ByteCursor cursor(bytes_of("abc"), "x");
  cursor.take(1, "text");
  CHECK(message_of([&] { cursor.take(5, "a string"); }) ==
        "x: byte 1: a string wants 5 bytes, 2 left (hint: the file looks cut off)");
  CHECK(message_of([&] { cursor.little<double>("a float"); }) ==
        "x: byte 1: a float wants 8 bytes, 2 left (hint: the file looks cut off)");
  CHECK(cursor.offset() == 1);
  cursor.take(2, "text");
  CHECK(message_of([&] { cursor.take_byte(); }) ==
        "x: byte 3: a value wants 1 byte, 0 left (hint: the file looks cut off)");
  CHECK_THROWS_AS(cursor.take(static_cast<std::size_t>(-1), "a string"), TruncatedError);
}

TEST_CASE("a byte cursor fails at its offset or at another one") {
  ByteCursor cursor(bytes_of("abc"), "x");
  cursor.take(2, "text");
  CHECK(message_of([&] { cursor.fail("no"); }) == "x: byte 2: no");
  CHECK(message_of([&] { cursor.fail_at(1, "no", "try"); }) == "x: byte 1: no (hint: try)");
  CHECK(at_byte(812) == "byte 812");
}

TEST_CASE("a line cursor counts lines and takes both line ends") {
  LineCursor cursor(bytes_of("one\ntwo\r\n\nfour"), "x");
  CHECK(cursor.number() == 0);
  CHECK(cursor.next());
  CHECK(cursor.line() == "one");
  CHECK(cursor.next());
  CHECK(cursor.line() == "two");
  CHECK(cursor.next());
  CHECK(cursor.line() == "");
  CHECK(cursor.next());
  CHECK(cursor.line() == "four");
  CHECK(cursor.number() == 4);
  CHECK(message_of([&] { cursor.fail("no"); }) == "x: line 4: no");
  CHECK_FALSE(cursor.next());
}

TEST_CASE("a text without lines has no line") {
  LineCursor cursor(bytes_of(""), "x");
  CHECK_FALSE(cursor.next());
  LineCursor one(bytes_of("\n"), "x");
  CHECK(one.next());
  CHECK_FALSE(one.next());
}
