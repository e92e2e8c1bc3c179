// The pickle decoder: the bytes as they are, and a pickle made of them that gets further, since its opcodes fit the
// stack. What was decoded is walked in every way that the interface allows, a bounded number of steps.

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "codecs/pickle.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace {

using namespace profconv;

constexpr PickleClass allowed[] = {{"m", "C"}};

std::size_t walk(const Pickle& pickle) {
  std::vector<PickleValue> open{pickle.root()};
  std::size_t sum = 0;
  for (std::size_t steps = 0; !open.empty() && steps < 10000; ++steps) {
    const PickleValue v = open.back();
    open.pop_back();
    sum += v.offset() + std::string(name_of(v.type())).size();
    switch (v.type()) {
      case PickleType::none:
      case PickleType::global: break;
      case PickleType::boolean:
      case PickleType::integer: sum += static_cast<std::size_t>(pickle.integer(v) != 0) + (pickle.real(v) > 0); break;
      case PickleType::big_integer:
      case PickleType::real: sum += pickle.real(v) > 0; break;
      case PickleType::text: sum += std::string(pickle.text(v)).size(); break;
      case PickleType::tuple:
        for (const PickleValue item : pickle.tuple(v)) open.push_back(item);
        break;
      case PickleType::list:
        if (pickle.size(v) > 1000) break;
        pickle.for_each_item(v, [&](PickleValue item) { open.push_back(item); });
        break;
      case PickleType::dict:
        if (pickle.size(v) > 1000) break;
        pickle.for_each_entry(v, [&](PickleValue key, PickleValue value) { open.insert(open.end(), {key, value}); });
        break;
      case PickleType::object:
        sum += std::string(pickle.class_of(v).name).size();
        open.push_back(pickle.state_of(v));
        break;
    }
  }
  return sum;
}

void decode(std::span<const std::byte> bytes) {
  try {
    ByteCursor cursor(bytes, "input");
    static_cast<void>(walk(Pickle::decode(cursor, allowed)));
  } catch (const FormatError&) {  // anything else is a fault of ours
  }
}

// One opcode with its operands for every byte, where the stack allows it; at the end everything goes into one list.
std::string fitting_pickle(std::span<const std::uint8_t> choices) {
  std::string out = "\x80\x04";
  std::size_t depth = 0, memo = 0;
  std::vector<std::size_t> marks;
  const auto above_mark = [&] { return depth - (marks.empty() ? 0 : marks.back()); };
  const auto add = [&](std::string_view opcode) {
    out += opcode;
    ++depth;
  };
  for (const std::uint8_t choice : choices) {
    const char operand = static_cast<char>(choice >> 4);
    switch (choice % 16) {
      case 0: add(std::string("K") + operand); break;
      case 1: add("I-12345678901234567890\n"); break;
      case 2: add("G\x3f\xf0\x01\x02\x03\x04\x05\x06"); break;
      case 3: add("S'a\\x41\\101\\n'\n"); break;
      case 4: add("V\\u00e9x\n"); break;
      case 5: add(std::string("\x8c\x01") + static_cast<char>('a' + operand)); break;
      case 6: add(operand % 2 == 0 ? "]" : "}"); break;
      case 7: add("cm\nC\n)\x81"); break;
      case 8:
        marks.push_back(depth);
        out += '(';
        break;
      case 9:
        if (marks.empty()) break;
        out += operand % 3 == 0 ? 't' : operand % 3 == 1 ? 'l' : above_mark() % 2 == 0 ? 'd' : 't';
        depth = marks.back() + 1;
        marks.pop_back();
        break;
      case 10:
        if (above_mark() < 3) break;
        out += '\x87';
        depth -= 2;
        break;
      case 11:
        if (above_mark() == 0) break;
        out += '\x94';
        ++memo;
        break;
      case 12:
        if (memo > static_cast<std::size_t>(operand)) add(std::string("h") + operand);
        break;
      case 13:  // a list that gets items
        if (above_mark() == 0) break;
        out +=
            "](K\x01K\x02"
            "e";
        ++depth;
        break;
      case 14: add("cm\nC\n)\x81}(K\x01K\x02ub"); break;
      default:
        if (above_mark() == 0) break;
        out += '2';
        ++depth;
    }
  }
  for (std::size_t i = marks.size(); i > 0; --i) out += 'l';
  // What is left on the stack becomes one tuple by pairs.
  depth = marks.empty() ? depth : marks.front() + 1;
  for (; depth > 1; --depth) out += '\x86';
  if (depth == 0) out += 'N';
  out += '.';
  return out;
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::span<const std::uint8_t> bytes(data, size);
  decode(std::as_bytes(bytes));
  const std::string fitting = fitting_pickle(bytes);
  decode(std::as_bytes(std::span(fitting)));
  return 0;
}
