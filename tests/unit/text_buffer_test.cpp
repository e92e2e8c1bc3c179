#include <string>
#include <string_view>

#include <doctest/doctest.h>

#include "base/text_buffer.hpp"

using namespace profconv;

TEST_CASE("text buffer: short texts are copied whole, and nothing around them") {
  std::string text;
  for (int i = 0; i < 100; ++i) text += static_cast<char>('!' + i % 90);
  for (std::size_t size = 8; size <= 80; ++size) {
    std::string room(100, '.');
    char* const begin = room.data() + 5;
    CHECK(TextBuffer::append_short(begin, std::string_view(text).substr(3, size)) == begin + size);
    CHECK(room == std::string(5, '.') + text.substr(3, size) + std::string(95 - size, '.'));
  }
}
