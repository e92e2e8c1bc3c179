// The marshal decoder: every type code, both tables of references, limits, code objects.

#include <array>
#include <cmath>
#include <cstdint>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "codecs/marshal.hpp"
#include "support/convert.hpp"
#include "support/marshal_writer.hpp"

using namespace profconv;
using namespace profconv::test;
namespace m = profconv::marshal;
using namespace std::string_literals;

namespace {

// Decodes one object after the other and keeps the bytes.
struct Decoder {
  explicit Decoder(std::string content, CodeLayout layout = CodeLayout::unknown, std::uint32_t max_depth = 200)
      : bytes(std::move(content)), cursor(bytes_of(bytes), "t"), reader(cursor, layout, max_depth) {}
  std::string bytes;
  ByteCursor cursor;
  MarshalReader reader;
};

MarshalItem first(const std::string& bytes) {
  Decoder decoder(bytes);
  MarshalItem item = decoder.reader.next();
  item.text = {};  // the bytes are gone
  return item;
}

std::string message_for(const std::string& bytes) {
  return message_of([&] {
    Decoder decoder(bytes);
    decoder.reader.skip(decoder.reader.next());
  });
}

CodeObject code_of(Decoder& decoder) {
  const MarshalItem item = decoder.reader.next();
  REQUIRE(item.type == MarshalType::code);
  return decoder.reader.read_code(item);
}

}  // namespace

TEST_CASE("marshal: objects without a payload") {
  CHECK(first("N").type == MarshalType::none);
  CHECK(first("T").type == MarshalType::boolean);
  CHECK(first("T").integer == 1);
  CHECK(first("F").integer == 0);
  CHECK(first("S").type == MarshalType::stop_iteration);
  CHECK(first(".").type == MarshalType::ellipsis);
}

TEST_CASE("marshal: ints of 32 and 64 bits") {
  CHECK(first(m::i(-2)).integer == -2);
  CHECK(first(m::i(2147483647)).integer == 2147483647);
  CHECK(first(m::I(std::int64_t{1} << 40)).integer == std::int64_t{1} << 40);
  CHECK(first(m::I(INT64_MIN)).integer == INT64_MIN);
  CHECK(first(m::i(5)).type == MarshalType::integer);
  CHECK(first(m::i(5)).is_number());
}

TEST_CASE("marshal: big ints fit 64 bits or become the nearest double") {
  CHECK(first(m::l(0, {})).integer == 0);
  CHECK(first(m::l(3, {0, 0, 1024})).integer == std::int64_t{1} << 40);
  CHECK(first(m::l(-3, {0, 0, 1024})).integer == -(std::int64_t{1} << 40));
  const MarshalItem largest = first(m::l(5, {32767, 32767, 32767, 32767, 7}));
  CHECK(largest.type == MarshalType::integer);
  CHECK(largest.integer == INT64_MAX);
  const MarshalItem beyond = first(m::l(5, {0, 0, 0, 0, 8}));  // 2^63
  CHECK(beyond.type == MarshalType::big_integer);
  CHECK(beyond.real == std::ldexp(1.0, 63));
  const MarshalItem ten_to_20 = first("l\x05\x00\x00\x00\x00\x00\x20\x46\xb5\x78\x3a\x5e\x56\x00"s);
  CHECK(ten_to_20.real == 1e20);
  const MarshalItem negative = first(m::l(-5, {0, 0, 0, 0, 8}));
  CHECK(negative.real == -std::ldexp(1.0, 63));
}

TEST_CASE("marshal: faults of big ints") {
  CHECK(message_for(m::l(1, {0x8000})) == "t: byte 5: a digit of a big int is 32768, at most 32767 is possible");
  CHECK(message_for(m::l(2, {1, 0})) == "t: byte 7: the most significant digit of a big int is 0");
  CHECK(message_for(m::l(2, {1})) == "t: byte 5: a big int wants 4 bytes, 2 left (hint: the file looks cut off)");
  CHECK(message_for(m::l(INT32_MIN, {})) ==
        "t: byte 5: a big int wants 4294967296 bytes, 0 left (hint: the file looks cut off)");
}

TEST_CASE("marshal: floats as bytes and as text") {
  CHECK(first(m::g(0.1)).real == 0.1);
  CHECK(first(m::f("0.75")).real == 0.75);
  CHECK(first(m::f("1e-07")).real == 1e-07);
  CHECK(first(m::f("-0.5")).real == -0.5);
  CHECK(std::isnan(first(m::f("nan")).real));
  CHECK(std::isinf(first(m::f("inf")).real));
  CHECK(std::isinf(first(m::f("1e999")).real));
  CHECK(message_for(m::f("0.5x")) == "t: byte 1: expected a float as text, found '0.5x'");
  CHECK(message_for(m::f("")) == "t: byte 1: expected a float as text, found ''");
}

TEST_CASE("marshal: complex numbers are passed over") {
  CHECK(first(m::y(1, 2)).type == MarshalType::complex);
  CHECK(first("x" + m::f("1").substr(1) + m::f("2").substr(1)).type == MarshalType::complex);
}

TEST_CASE("marshal: every kind of string is text") {
  for (const std::string& bytes :
       {m::s("abc"), m::t("abc"), m::u("abc"), m::a("abc"), m::A("abc"), m::z("abc"), m::Z("abc")}) {
    Decoder decoder(bytes);
    const MarshalItem item = decoder.reader.next();
    CHECK(item.type == MarshalType::text);
    CHECK(item.text == "abc");
    CHECK(decoder.cursor.left() == 0);
  }
  Decoder big(m::u(std::string(1 << 20, 'x')));
  CHECK(big.reader.next().text.size() == 1 << 20);
  CHECK(message_for(m::code('s') + m::little(std::int32_t{-1})) == "t: byte 1: a string has the negative size -1");
  CHECK(message_for(m::code('s') + m::little(std::int32_t{9}) + "abc") ==
        "t: byte 5: a string wants 9 bytes, 3 left (hint: the file looks cut off)");
}

TEST_CASE("marshal: containers give their size and are passed over whole") {
  for (const auto& [bytes, type, count] :
       {std::tuple(m::tuple({m::i(1), m::none()}), MarshalType::tuple, 2u),
        std::tuple(m::long_tuple({m::i(1)}), MarshalType::tuple, 1u),
        std::tuple(m::list({m::tuple({m::list({})}), m::none(), m::i(1)}), MarshalType::list, 3u),
        std::tuple(m::set({m::i(1)}), MarshalType::set, 1u), std::tuple(m::frozenset({}), MarshalType::frozenset, 0u),
        std::tuple(m::code(':') + m::all({m::none(), m::i(1), m::none()}), MarshalType::slice, 3u),
        std::tuple(m::dict({m::tuple({m::i(1)}), m::dict({m::i(1), m::i(2)})}), MarshalType::dict, 0u)}) {
    Decoder decoder(bytes);
    const MarshalItem item = decoder.reader.next();
    CHECK(item.type == type);
    CHECK(item.count == count);
    CHECK(item.is_container());
    decoder.reader.skip(item);
    CHECK(decoder.cursor.left() == 0);
  }
}

TEST_CASE("marshal: a size that the file cannot hold is refused before anything is reserved") {
  CHECK(message_for(m::code('(') + m::little(INT32_MAX)) ==
        "t: byte 0: a tuple of 2147483647 items wants at least as many bytes, 0 left (hint: the file looks cut off)");
  CHECK(message_for(m::code('[') + m::little(std::int32_t{-3})) == "t: byte 1: a list has the negative size -3");
}

TEST_CASE("marshal: unknown codes are refused") {
  CHECK(message_for("q") == "t: byte 0: 0x71 is no type of marshal object");
  CHECK(message_for("?") == "t: byte 0: 0x3f is no type of marshal object");
  CHECK(message_for("\xf1"s) == "t: byte 0: 0xf1 is no type of marshal object");
  CHECK(message_for(m::null()) == "t: byte 0: expected a value, found the end of a dict");
  CHECK(message_for(m::dict({m::i(1), m::null()})) == "t: byte 6: expected a value, found the end of a dict");
}

TEST_CASE("marshal: a flagged container takes its entry before its items") {
  Decoder decoder(m::flag(m::tuple({m::flag(m::i(7)), m::flag(m::z("x"))})) + m::r(0) + m::r(1) + m::r(2));
  decoder.reader.skip(decoder.reader.next());
  const MarshalItem tuple = decoder.reader.next();
  CHECK(tuple.type == MarshalType::tuple);
  CHECK(tuple.by_reference);
  CHECK(decoder.reader.next().integer == 7);
  const MarshalItem text = decoder.reader.next();
  CHECK(text.text == "x");
  CHECK(text.by_reference);
  CHECK(decoder.cursor.left() == 0);
}

TEST_CASE("marshal: None, bools and references take no entry, whatever their flag says") {
  Decoder decoder(m::flag("N") + m::flag("T") + m::flag("F") + m::flag("S") + m::flag(".") + m::flag(m::i(7)) +
                  m::flag(m::r(0)) + m::flag(m::i(8)) + m::r(1));
  for (int i = 0; i < 8; ++i) decoder.reader.next();
  CHECK(decoder.reader.next().integer == 8);
}

TEST_CASE("marshal: Python 2's interned strings have a table of their own") {
  Decoder decoder(m::t("a") + m::s("no") + m::u("no") + m::t("b") + m::flag(m::i(7)) + m::R(1) + m::R(0) + m::r(0));
  for (int i = 0; i < 5; ++i) decoder.reader.next();
  CHECK(decoder.reader.next().text == "b");
  CHECK(decoder.reader.next().text == "a");
  CHECK(decoder.reader.next().integer == 7);
}

TEST_CASE("marshal: a flagged t is Python 3's and goes into the table of references") {
  Decoder decoder(m::flag(m::t("a")) + m::r(0));
  decoder.reader.next();
  CHECK(decoder.reader.next().text == "a");
  CHECK(message_for(m::tuple({m::flag(m::t("a")), m::R(0)})) ==
        "t: byte 9: reference 0 to an object that is not there, 0 are known");
}

TEST_CASE("marshal: references to what is not there are refused") {
  CHECK(message_for(m::r(0)) == "t: byte 1: reference 0 to an object that is not there, 0 are known");
  CHECK(message_for(m::tuple({m::flag(m::i(1)), m::r(1)})) ==
        "t: byte 8: reference 1 to an object that is not there, 1 are known");
  CHECK(message_for(m::tuple({m::flag(m::i(1)), m::r(-1)})) ==
        "t: byte 8: reference -1 to an object that is not there, 1 are known");
  CHECK(message_for(m::R(0)) == "t: byte 1: reference 0 to an object that is not there, 0 are known");
}

TEST_CASE("marshal: a container that holds itself is refused") {
  CHECK(message_for(m::flag(m::tuple({m::r(0)}))) ==
        "t: byte 3: reference 0 to an object that is still being read: it would hold itself");
  CHECK(message_for(m::flag(m::list({m::i(1), m::r(0)}))).ends_with("it would hold itself"));
  CHECK(message_for(m::flag(m::dict({m::r(0), m::i(1)}))).ends_with("it would hold itself"));
}

TEST_CASE("marshal: tags come back with references and with nothing else") {
  Decoder decoder(m::flag(m::z("a")) + m::z("a") + m::r(0) + m::t("b") + m::R(0));
  const MarshalItem a = decoder.reader.next();
  CHECK(a.tag == no_tag);
  decoder.reader.set_tag(a, 5);
  const MarshalItem same_text = decoder.reader.next();
  CHECK(same_text.tag == no_tag);
  decoder.reader.set_tag(same_text, 6);  // no entry: no effect
  CHECK(decoder.reader.next().tag == 5);
  decoder.reader.set_tag(decoder.reader.next(), 7);
  CHECK(decoder.reader.next().tag == 7);
}

TEST_CASE("marshal: a container by reference is walked where it stands") {
  Decoder decoder(m::flag(m::tuple({m::i(1), m::tuple({m::z("in")})})) + m::r(0) + m::i(9));
  decoder.reader.skip(decoder.reader.next());
  const MarshalItem again = decoder.reader.next();
  decoder.reader.enter(again);
  CHECK(decoder.reader.next().integer == 1);
  const MarshalItem inner = decoder.reader.next();
  decoder.reader.enter(inner);
  CHECK(decoder.reader.next().text == "in");
  decoder.reader.leave(inner);
  decoder.reader.leave(again);
  CHECK(decoder.reader.next().integer == 9);
}

TEST_CASE("marshal: walking by reference takes no entries a second time") {
  Decoder decoder(m::flag(m::tuple({m::flag(m::i(1))})) + m::r(0) + m::flag(m::i(2)) + m::r(2));
  decoder.reader.skip(decoder.reader.next());
  const MarshalItem again = decoder.reader.next();
  decoder.reader.enter(again);
  decoder.reader.next();
  decoder.reader.leave(again);
  decoder.reader.next();
  CHECK(decoder.reader.next().integer == 2);
}

TEST_CASE("marshal: what is walked again is bounded by the file's length") {
  std::string bytes = m::flag(m::tuple({m::z(std::string(200, 'x'))}));
  const int references = 2000;
  for (int i = 0; i < references; ++i) bytes += m::r(0);
  const std::string message = message_of([&] {
    Decoder decoder(bytes);
    decoder.reader.skip(decoder.reader.next());
    for (int i = 0; i < references; ++i) {
      const MarshalItem again = decoder.reader.next();
      decoder.reader.enter(again);
      decoder.reader.next();
      decoder.reader.leave(again);
    }
  });
  CHECK(message == "t: byte 2: objects that are referenced again and again hold more than eight times the file");
}

TEST_CASE("marshal: nesting is bounded") {
  const auto nested = [](int depth) {
    std::string bytes = m::none();
    for (int i = 0; i < depth; ++i) bytes = m::tuple({bytes});
    return bytes;
  };
  CHECK(message_for(nested(200)) == "");
  CHECK(message_for(nested(201)) ==
        "t: byte 400: values are nested more than 200 deep (hint: --max-depth raises the limit)");
  CHECK(message_for(nested(100'000)) ==
        "t: byte 400: values are nested more than 200 deep (hint: --max-depth raises the limit)");
  std::string keys = m::none();
  for (int i = 0; i < 100'000; ++i) keys = m::code('{') + keys;  // dicts as keys of dicts
  CHECK(message_for(keys).ends_with("values are nested more than 200 deep (hint: --max-depth raises the limit)"));
}

TEST_CASE("marshal: code objects of the four layouts") {
  const auto check = [](const std::string& bytes, CodeLayout layout) {
    Decoder decoder(bytes, layout);
    const CodeObject code = code_of(decoder);
    CHECK(code.file == "t.py");
    CHECK(code.name == "main");
    CHECK(code.first_line == 12);
    CHECK(decoder.cursor.left() == 0);
  };
  check(m::code_python_2("t.py", "main", 12), CodeLayout::python_2);
  check(m::code_python_3_0("t.py", "main", 12), CodeLayout::python_3_0);
  check(m::code_python_3_8("t.py", "main", 12), CodeLayout::python_3_8);
  check(m::code_python_3_11("t.py", "main", 12), CodeLayout::python_3_11);
  CHECK_THROWS_AS(first(m::code_python_3_8("t.py", "main", 12)), CodeObjectMet);
}

TEST_CASE("marshal: a code object among the constants of another is passed over") {
  const std::string inner = m::code_python_3_8("t.py", "inner", 2);
  const std::string outer = m::code('c') + m::ints(6) +
                            m::all({m::s(""), m::tuple({inner, m::none(), m::frozenset({m::i(1)})}), m::tuple({}),
                                    m::tuple({}), m::tuple({}), m::tuple({}), m::z("t.py"), m::Z("outer")}) +
                            m::little(std::int32_t{1}) + m::s("");
  Decoder decoder(outer, CodeLayout::python_3_8);
  CHECK(code_of(decoder).name == "outer");
  CHECK(decoder.cursor.left() == 0);
}

TEST_CASE("marshal: a code object by reference is known to be one, and may not hold itself") {
  Decoder decoder(m::flag(m::code_python_3_8("t.py", "f", 1)) + m::r(0), CodeLayout::python_3_8);
  code_of(decoder);
  CHECK(decoder.reader.next().type == MarshalType::code);

  const std::string self = m::code('c') + m::ints(6) + m::all({m::r(0)});
  CHECK(message_of([&] {
          Decoder d(m::flag(self), CodeLayout::python_3_8);
          code_of(d);
        }).ends_with("it would hold itself"));
}

TEST_CASE("marshal: the short ways give what the long way gives") {
  // ints and floats, flagged or not, and references to them
  const std::string bytes = m::i(7) + m::flag(m::g(0.5)) + m::flag(m::i(8)) + m::r(0) + m::r(1) + m::z("padding");
  Decoder decoder(bytes);
  MarshalNumber number;
  REQUIRE(decoder.reader.take_number(number));
  CHECK(number.integer == 7);
  CHECK(number.exact);
  REQUIRE(decoder.reader.take_number(number));
  CHECK(number.value == 0.5);
  CHECK_FALSE(number.exact);
  CHECK(number.offset == 5);
  REQUIRE(decoder.reader.take_number(number));
  CHECK(number.value == 8);
  REQUIRE(decoder.reader.take_number(number));
  CHECK(number.value == 0.5);
  REQUIRE(decoder.reader.take_number(number));
  CHECK(number.integer == 8);
  CHECK_FALSE(decoder.reader.take_number(number));  // a string
  CHECK(decoder.reader.next().text == "padding");
}

TEST_CASE("marshal: the short way to a tuple takes references to tagged tuples only") {
  Decoder decoder(m::flag(m::tuple({m::i(1)})) + m::flag(m::z("x")) + m::r(0) + m::r(0) + m::r(1) + m::r(2));
  const MarshalItem tuple = decoder.reader.next();
  decoder.reader.skip(tuple);
  decoder.reader.set_tag(decoder.reader.next(), 3);  // of the string
  CHECK(decoder.reader.take_tagged_tuple() == no_tag);
  decoder.reader.set_tag(decoder.reader.next(), 4);
  CHECK(decoder.reader.take_tagged_tuple() == 4);
  CHECK(decoder.reader.take_tagged_tuple() == no_tag);  // a string
  CHECK(decoder.reader.next().text == "x");
  CHECK(decoder.reader.take_tagged_tuple() == no_tag);  // not there
  CHECK_THROWS_AS(decoder.reader.next(), FormatError);
}

TEST_CASE("marshal: the short way to four numbers takes them all or none") {
  // a flagged int, a float, an int beyond 32 bits, references to the first two, and one to a number of the same tuple
  const std::string eight = m::flag(m::i(8)), half = m::flag(m::g(0.5));
  Decoder decoder(m::tuple({eight, m::i(2), half, m::g(0.25)}) + m::tuple({m::r(0), m::r(0), m::r(1), m::r(1)}) +
                  m::tuple({m::i(1), m::flag(m::i(9)), m::r(2), m::g(1)}) +
                  m::tuple({m::i(1), m::i(1), m::z("x"), m::g(1)}) + m::z(std::string(40, ' ')));
  std::array<MarshalNumber, 4> numbers;
  REQUIRE(decoder.reader.take_numbers(4, numbers));
  CHECK(numbers[0].integer == 8);
  CHECK(numbers[1].integer == 2);
  CHECK(numbers[1].offset == 7);
  CHECK(numbers[2].value == 0.5);
  CHECK(numbers[3].value == 0.25);
  REQUIRE(decoder.reader.take_numbers(4, numbers));
  CHECK(numbers[0].integer == 8);
  CHECK(numbers[3].value == 0.5);

  CHECK_FALSE(decoder.reader.take_numbers(4, numbers));  // the reference is to what was not read before it
  const MarshalItem with_own_reference = decoder.reader.next();
  decoder.reader.enter(with_own_reference);
  decoder.reader.next();
  decoder.reader.next();
  CHECK(decoder.reader.next().integer == 9);
  CHECK(decoder.reader.next().real == 1);
  decoder.reader.leave(with_own_reference);

  CHECK_FALSE(decoder.reader.take_numbers(4, numbers));  // a string
  decoder.reader.skip(decoder.reader.next());
  CHECK_FALSE(decoder.reader.take_numbers(4, numbers));  // no tuple
  CHECK(decoder.reader.next().text.size() == 40);
}

TEST_CASE("marshal: the short way to four numbers leaves the rest of a longer tuple") {
  const std::string bytes = m::tuple({m::i(1), m::i(2), m::g(0.5), m::g(0.25), m::z("rest")}) + m::z("padding");
  Decoder decoder(bytes);
  std::array<MarshalNumber, 4> numbers;
  CHECK_FALSE(decoder.reader.take_numbers(4, numbers));
  REQUIRE(decoder.reader.take_numbers(5, numbers));
  CHECK(numbers[1].integer == 2);
  CHECK(numbers[3].value == 0.25);
  CHECK(decoder.reader.next().text == "rest");
  CHECK(decoder.reader.next().text == "padding");
}

TEST_CASE("marshal: the short way to a key gives what the long way gives") {
  // Entries of the table of references: the tuple 0, the file 1, the line 2, the name 3; then the tuple 4.
  const std::string key = m::flag(m::tuple({m::flag(m::z("a.py")), m::flag(m::i(7)), m::flag(m::u("f\xc3\xa9"))}));
  const std::string again = m::flag(m::tuple({m::r(1), m::r(2), m::r(3)}));
  Decoder decoder(key + again + m::r(4) + m::z(std::string(300, 'x').substr(0, 200)));
  MarshalKey taken;
  REQUIRE(decoder.reader.take_key(taken));
  CHECK(taken.file.text == "a.py");
  CHECK(taken.line == 7);
  CHECK(taken.line_offset == 8);
  CHECK(taken.name.text == "f\xc3\xa9");
  CHECK(taken.file.tag == no_tag);
  decoder.reader.set_tag(taken.file.slot, 10);

  MarshalKey without_tag;
  CHECK_FALSE(decoder.reader.take_key(without_tag));  // nothing was said of the name
  decoder.reader.set_tag(taken.name.slot, 11);
  MarshalKey known;
  REQUIRE(decoder.reader.take_key(known));
  CHECK(known.file.tag == 10);
  CHECK(known.name.tag == 11);
  CHECK(known.line == 7);
  decoder.reader.set_tag(known.slot, 12);
  CHECK(decoder.reader.take_tagged_tuple() == 12);
  CHECK(decoder.reader.next().text.size() == 200);
}

TEST_CASE("marshal: the short way to a key takes it as a whole or leaves it") {
  const std::string padding = m::z(std::string(40, ' '));
  const std::string file = m::flag(m::z("a.py")), name = m::flag(m::z("f"));
  const std::vector<std::string> others = {
      m::tuple({file, m::g(1), name}),              // no int
      m::tuple({file, m::i(1), m::none()}),         // no string
      m::tuple({file, m::i(1)}),                    // too short
      m::tuple({m::r(0), m::i(1), name}),           // a reference to nothing
      m::flag(m::tuple({file, m::i(1), m::r(0)})),  // to the tuple itself
      m::list({file, m::i(1), name}),
  };
  for (const std::string& other : others) {
    Decoder decoder(other + padding);
    MarshalKey key;
    CHECK_FALSE(decoder.reader.take_key(key));
    CHECK(decoder.cursor.offset() == 0);
  }
  // What was looked at in vain takes no entries: reference 0 is the file.
  Decoder decoder(m::tuple({file, m::i(1), m::none()}) + m::r(0) + padding);
  MarshalKey key;
  CHECK_FALSE(decoder.reader.take_key(key));
  decoder.reader.skip(decoder.reader.next());
  CHECK(decoder.reader.next().text == "a.py");
  // Every beginning of a key is left alone, and is an error of the long way.
  const std::string whole = m::tuple({file, m::i(1), name});
  for (std::size_t size = 0; size < whole.size(); ++size) {
    Decoder cut(whole.substr(0, size));
    MarshalKey none;
    CHECK_FALSE(cut.reader.take_key(none));
    CHECK_THROWS_AS(cut.reader.skip(cut.reader.next()), FormatError);
  }
}
