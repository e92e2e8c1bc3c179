#include "io/byte_cursor.hpp"

#include "io/mapped_file.hpp"

namespace profconv {

std::string at_byte(std::size_t offset) { return "byte " + std::to_string(offset); }

void ByteCursor::fail_at(std::size_t offset, std::string reason, std::string hint) const {
  throw FormatError(Error::Parts{std::string(source_), at_byte(offset), std::move(reason), std::move(hint)});
}

void ByteCursor::fail_short(std::size_t wanted, const char* what) const {
  const std::string reason = std::string(what) + " wants " + std::to_string(wanted) +
                             (wanted == 1 ? " byte, " : " bytes, ") + std::to_string(left()) + " left";
  throw TruncatedError(Error::Parts{std::string(source_), at_byte(offset_), reason, "the file looks cut off"});
}

void ByteCursor::let_go_of_taken() noexcept {
  MappedFile::let_go(bytes_.subspan(let_go_, offset_ - let_go_));
  let_go_ = offset_;
}

}  // namespace profconv
