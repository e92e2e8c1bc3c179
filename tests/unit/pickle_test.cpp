// The pickle decoder: every opcode, the memo, what is refused and how, shapes that must cost nothing.

#include <cmath>
#include <cstdint>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "codecs/pickle.hpp"
#include "support/convert.hpp"

using namespace profconv;
using namespace profconv::test;
using namespace std::string_literals;

namespace {

constexpr PickleClass allowed[] = {{"m", "C"}};

// Decodes and keeps the bytes.
struct Decoded {
  explicit Decoded(std::string content)
      : bytes(std::move(content)), cursor(bytes_of(bytes), "t"), pickle(Pickle::decode(cursor, allowed)) {}
  std::string bytes;
  ByteCursor cursor;
  Pickle pickle;
};

// The value as Python would write it.
std::string text_of(const Pickle& p, PickleValue v) {
  std::string out;
  const auto add = [&](PickleValue item) { out += (out.size() > 1 ? ", " : "") + text_of(p, item); };
  switch (v.type()) {
    case PickleType::none: return "None";
    case PickleType::boolean: return p.integer(v) != 0 ? "True" : "False";
    case PickleType::integer: return std::to_string(p.integer(v));
    case PickleType::big_integer: return "big " + std::to_string(p.real(v));
    case PickleType::real: return std::to_string(p.real(v));
    case PickleType::text: return "'" + std::string(p.text(v)) + "'";
    case PickleType::tuple:
      out = "(";
      for (const PickleValue item : p.tuple(v)) add(item);
      return out + ")";
    case PickleType::list:
      out = "[";
      p.for_each_item(v, add);
      return out + "]";
    case PickleType::dict:
      out = "{";
      p.for_each_entry(v, [&](PickleValue key, PickleValue value) {
        add(key);
        out += ": " + text_of(p, value);
      });
      return out + "}";
    case PickleType::global: return "class";
    case PickleType::object: return std::string(p.class_of(v).name) + text_of(p, p.state_of(v));
  }
  return "?";
}

std::string value_of(const std::string& bytes) {
  const Decoded d(bytes + ".");
  return text_of(d.pickle, d.pickle.root());
}

std::string refusal(const std::string& bytes) {
  return message_of([&] { Decoded d(bytes); });
}

}  // namespace

TEST_CASE("pickle: numbers in all their forms") {
  CHECK(value_of("K\xff"s) == "255");
  CHECK(value_of("M\x01\x02"s) == "513");
  CHECK(value_of("J\xff\xff\xff\xff"s) == "-1");
  CHECK(value_of("\x8a\x00"s) == "0");
  CHECK(value_of("\x8a\x01\xff"s) == "-1");
  CHECK(value_of("\x8a\x02\xff\x00"s) == "255");
  CHECK(value_of("\x8a\x05\x00\x00\x00\x00\x01"s) == "4294967296");
  CHECK(value_of("\x8a\x08\x00\x00\x00\x00\x00\x00\x00\x80"s) == "-9223372036854775808");
  CHECK(value_of("\x8a\x09\x00\x00\x00\x00\x00\x00\x00\x80\x00"s) == "big 9223372036854775808.000000");
  CHECK(value_of("\x8a\x09\xff\xff\xff\xff\xff\xff\xff\x7f\x00"s) == "9223372036854775807");
  CHECK(value_of("\x8b\x02\x00\x00\x00\x00\x80"s) == "-32768");
  CHECK(value_of("\x8b\x00\x01\x00\x00"s + std::string(256, '\x7f')) == "big inf");
  CHECK(value_of("I-12\n") == "-12");
  CHECK(value_of("I00\n") == "False");
  CHECK(value_of("I01\n") == "True");
  CHECK(value_of("I18446744073709551616\n") == "big 18446744073709551616.000000");
  CHECK(value_of("I-" + std::string(400, '9') + "\n") == "big -inf");
  CHECK(value_of("L12L\n") == "12");
  CHECK(value_of("L01L\n") == "1");
  CHECK(value_of("F1.5\n") == "1.500000");
  CHECK(value_of("F-inf\n") == "-inf");
  CHECK(value_of("G\x3f\xf8\x00\x00\x00\x00\x00\x00"s) == "1.500000");
  CHECK(value_of("N") == "None");
  CHECK(value_of("\x88") == "True");
  CHECK(value_of("\x89") == "False");
}

TEST_CASE("pickle: texts in all their forms") {
  CHECK(value_of("S'it\\'s \\\\ \\x41\\102\\n\\q'\n") == "'it's \\ AB\n\\q'");
  CHECK(value_of("S\"a\"\n") == "'a'");
  CHECK(value_of("S''\n") == "''");
  CHECK(value_of("T\x02\x00\x00\x00hi"s) == "'hi'");
  CHECK(value_of("U\x02hi") == "'hi'");
  CHECK(value_of("Vx\\u00e9\\U0001f600\xe9\n") == "'x\u00e9\U0001f600\u00e9'");
  CHECK(value_of("X\x02\x00\x00\x00hi"s) == "'hi'");
  CHECK(value_of("\x8c\x02hi") == "'hi'");
  CHECK(value_of("\x8d\x02\x00\x00\x00\x00\x00\x00\x00hi"s) == "'hi'");
  CHECK(value_of("B\x02\x00\x00\x00hi"s) == "'hi'");
  CHECK(value_of("C\x02hi") == "'hi'");
  CHECK(value_of("\x8e\x02\x00\x00\x00\x00\x00\x00\x00hi"s) == "'hi'");
}

TEST_CASE("pickle: containers grow as the opcodes say") {
  CHECK(value_of(")") == "()");
  CHECK(value_of("(K\x01K\x02t") == "(1, 2)");
  CHECK(value_of("K\x01\x85") == "(1)");
  CHECK(value_of("K\x01K\x02\x86") == "(1, 2)");
  CHECK(value_of("K\x01K\x02K\x03\x87") == "(1, 2, 3)");
  CHECK(value_of("]") == "[]");
  CHECK(value_of("(K\x01l") == "[1]");
  CHECK(value_of("](e") == "[]");
  CHECK(value_of("](K\x01K\x02"
                 "e(K\x03"
                 "eK\x04"
                 "a") == "[1, 2, 3, 4]");
  CHECK(value_of("}K\x01K\x02s(K\x03K\x04K\x05K\x06u") == "{1: 2, 3: 4, 5: 6}");
  CHECK(value_of("(K\x01K\x02"
                 "d") == "{1: 2}");
  CHECK(value_of("K\x01K\x02"
                 "0") == "1");
  CHECK(value_of("K\x01(K\x02K\x03"
                 "1") == "1");
  CHECK(value_of("K\x01(0") == "1");
  CHECK(value_of("]2K\x07"
                 "a\x86") == "([7], [7])");  // DUP shows the same list twice
  CHECK(value_of("K\x01"
                 "2\x86") == "(1, 1)");
}

TEST_CASE("pickle: the memo holds what it was given, under any number") {
  CHECK(value_of("K\x07q\x01K\x08q\x02h\x01\x87") == "(7, 8, 7)");
  CHECK(value_of("K\x07\x94K\x08\x94h\x01\x87") == "(7, 8, 8)");
  CHECK(value_of("K\x07p300\nK\x08g300\n\x87") == "(7, 8, 7)");
  CHECK(value_of("K\x07r\xff\xff\xff\xffj\xff\xff\xff\xff\x86") == "(7, 7)");
  CHECK(value_of("]\x94h\x00K\x01"
                 "a\x86"s) == "([1], [1])");  // one list, seen twice
}

TEST_CASE("pickle: instances of the allowed class are inert") {
  CHECK(value_of("cm\nC\n)\x81") == "CNone");
  CHECK(value_of("cm\nC\n)\x81}K\x01K\x02sb") == "C{1: 2}");
  CHECK(value_of("\x8c\x01m\x8c\x01"
                 "C\x93)}\x92}b") == "C{}");
  CHECK(value_of("ccopy_reg\n_reconstructor\n(cm\nC\nc__builtin__\nobject\nNtR") == "CNone");
  CHECK(value_of("ccopyreg\n_reconstructor\n(cm\nC\ncbuiltins\nobject\nNtR}b") == "C{}");
  CHECK(value_of("cm\nC\n)\x81N}K\x01Ns\x86"
                 "b") == "C{1: None}");
}

TEST_CASE("pickle: values know the offset of their opcode; the cursor stands behind the pickle") {
  const Decoded d("\x80\x04K\x01K\x02\x86.rest");
  CHECK(d.pickle.root().offset() == 6);
  CHECK(d.pickle.tuple(d.pickle.root())[1].offset() == 4);
  CHECK(d.cursor.left() == 4);
}

TEST_CASE("pickle: what would run code is refused by its name, at its place") {
  const std::string end = "; only data are read, nothing is imported or run";
  CHECK(refusal("cos\nsystem\n.") == "t: byte 0: the pickle wants os.system" + end);
  CHECK(refusal("\x80\x04\x8c\x02os\x8c\x06system\x93.") == "t: byte 14: the pickle wants os.system" + end);
  CHECK(refusal("(ios\nsystem\n.") == "t: byte 1: the pickle wants os.system" + end);
  CHECK(refusal("cm\nC\nN\x85R.") == "t: byte 7: the pickle wants to call m.C" + end);
  CHECK(refusal("cbuiltins\nobject\n)\x81.") == "t: byte 18: the pickle wants builtins.object" + end);
  CHECK(refusal("(cm\nC\no.") == "t: byte 6: the pickle wants an instance of an old class (opcode OBJ)" + end);
  CHECK(refusal("Pid\n.") == "t: byte 0: the pickle wants an object from outside (opcode PERSID)" + end);
  CHECK(refusal("NQ.") == "t: byte 1: the pickle wants an object from outside (opcode BINPERSID)" + end);
  CHECK(refusal("\x82\x01.") == "t: byte 0: the pickle wants a class by its extension code (opcode EXT1)" + end);
  CHECK(refusal("cm\nC\nK\x01\x85\x81.") == "t: byte 8: an instance of m.C gets arguments");
  CHECK(refusal("cm\nC\n)}K\x01Ns\x92.") == "t: byte 11: an instance gets arguments by keyword");
  CHECK(refusal("K\x01}b.") == "t: byte 3: expected an instance that gets a state, found an int");
  CHECK(refusal("cm\nC\n)\x81Kxb.") == "t: byte 9: expected a dict for the state of an instance, found an int");
  CHECK(refusal("cm\nC\ncm\nC\n\x85\x81.").find("gets arguments") != std::string::npos);
  CHECK(refusal("ca\x1b[31m\nb\n.") == "t: byte 0: the pickle wants a\\x1b[31m.b" + end);
}

TEST_CASE("pickle: lengths are claims") {
  CHECK(refusal("\x95\xff\xff\xff\xff\xff\xff\xff\xffN.") ==
        "t: byte 0: a frame of the pickle wants 18446744073709551615 bytes, 2 left (hint: the file looks cut off)");
  CHECK(refusal("X\xff\xff\xff\xff.").find("a string wants 4294967295 bytes, 1 left") != std::string::npos);
  CHECK(refusal("\x8e\xff\xff\xff\xff\xff\xff\xff\xff.").find("a string wants 18446744073709551615 bytes") !=
        std::string::npos);
  CHECK(refusal("T\xff\xff\xff\xff.") == "t: byte 0: a string has the negative size -1");
  CHECK(refusal("\x8b\xff\xff\xff\xff.") == "t: byte 0: an int has the negative size -1");
  CHECK(refusal("N") == "t: byte 1: the pickle has no end (hint: the file looks cut off)");
  CHECK(refusal("") == "t: byte 0: the pickle has no end (hint: the file looks cut off)");
}

TEST_CASE("pickle: nothing below a mark can be reached") {
  CHECK(refusal("K\x01(\x85.") == "t: byte 3: the stack holds 0 values, 1 are wanted");
  CHECK(refusal("](ee.") == "t: byte 3: there is no mark on the stack");
  CHECK(refusal("(].") == "t: byte 2: the pickle ends with 1 value and 1 mark, expected 1 value");
  CHECK(refusal("](K\x01(e.") == "t: byte 5: expected a list that gets items, found an int");
  CHECK(refusal("(e.") == "t: byte 1: there is no list before the items");
  CHECK(refusal("(K\x01(K\x02K\x03u.") == "t: byte 8: expected a dict that gets items, found an int");
}

TEST_CASE("pickle: fifty thousand levels and sixty doublings cost what they are long") {
  constexpr std::size_t levels = 50000;
  const Decoded deep(std::string(levels, ']') + std::string(levels - 1, 'a') + ".");
  CHECK(deep.pickle.size(deep.pickle.root()) == 1);
  std::string laughs = "]\x94";
  for (char i = 0; i < 60; ++i) laughs += std::string("](h") + i + "h" + i + "e\x94\x86";
  const Decoded many(laughs + ".");
  CHECK(many.pickle.root().type() == PickleType::tuple);
}
