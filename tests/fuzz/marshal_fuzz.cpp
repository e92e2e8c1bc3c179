// The marshal decoder alone, used in every way that its interface allows: objects entered, skipped, or read as code
// objects, as the first bytes of the input say. The rest is decoded as it is, and as the choices of a well-formed
// object.

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "codecs/marshal.hpp"
#include "fuzz/marshal_maker.hpp"

namespace {

using namespace profconv;

class Walk {
 public:
  Walk(std::span<const std::uint8_t> choices, MarshalReader& reader) : choices_(choices), reader_(reader) {}

  void run() {
    while (reader_.cursor().left() != 0) one(reader_.next(), 0);
  }

 private:
  std::uint8_t choice() { return choices_.empty() ? 0 : choices_[next_++ % choices_.size()]; }

  void one(const MarshalItem& item, int depth) {
    const std::uint8_t what = choice();
    if ((what & 1) != 0) reader_.set_tag(item, what);
    if (item.type == MarshalType::code && !item.by_reference) {
      static_cast<void>(reader_.read_code(item));
    } else if (!item.is_container() || (what & 2) != 0 || depth > 100) {
      reader_.skip(item);
    } else {
      reader_.enter(item);
      const bool dict = item.type == MarshalType::dict;
      for (std::uint32_t i = 0; dict || i < item.count; ++i) {
        MarshalNumber number;
        if ((choice() & 4) != 0 && !dict && reader_.take_number(number)) continue;
        std::array<MarshalNumber, 4> numbers;
        if ((choice() & 8) != 0 && !dict && reader_.take_numbers(4, numbers)) continue;
        MarshalKey key;
        if ((choice() & 16) != 0 && (!dict || i % 2 == 0) && reader_.take_key(key)) {
          reader_.set_tag(key.slot, choice());
          continue;
        }
        const MarshalItem child = reader_.next(dict && i % 2 == 0);
        if (child.type == MarshalType::null) break;
        one(child, depth + 1);
      }
      reader_.leave(item);
    }
  }

  std::span<const std::uint8_t> choices_;
  MarshalReader& reader_;
  std::size_t next_ = 0;
};

void decode(std::span<const std::uint8_t> choices, std::span<const std::byte> bytes) {
  for (const CodeLayout layout : {CodeLayout::unknown, CodeLayout::python_2, CodeLayout::python_3_0,
                                  CodeLayout::python_3_8, CodeLayout::python_3_11}) {
    try {
      ByteCursor cursor(bytes, "input");
      MarshalReader reader(cursor, layout, 200);
      Walk(choices, reader).run();
    } catch (const FormatError&) {  // anything else is a fault of ours
    } catch (const CodeObjectMet&) {
    }
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  constexpr std::size_t choices = 8;
  if (size < choices) return 0;
  const std::span<const std::uint8_t> all(data, size);
  decode(all.first(choices), std::as_bytes(all.subspan(choices)));
  test::Random random(all.subspan(choices));
  const std::string made = fuzz::MarshalMaker(random).object();
  decode(all.first(choices), std::as_bytes(std::span(made)));
  return 0;
}
