#include "writers/callgrind_ids.hpp"

#include <memory>

#include "base/digits.hpp"
#include "base/first_touch.hpp"
#include "base/parallel.hpp"
#include "base/text_buffer.hpp"

namespace profconv {

static_assert(sizeof(CallgrindMention) == 64);

namespace {

constexpr std::string_view object_keyword = "cob=(", file_keyword = "cfl=(", function_keyword = "cfn=(";
constexpr std::string_view end_of_id = ")\n", calls_keyword = "calls=";

}  // namespace

CallgrindMention::CallgrindMention(std::uint32_t file_slot, std::uint32_t object_slot, std::uint32_t object,
                                   std::uint32_t file, std::uint32_t function, std::uint32_t first_line)
    : file_slot_(file_slot), object_slot_(object_slot) {
  constexpr std::uint32_t five = 100'000, six = 10 * five, seven = 10 * six;
  if (object >= five || file >= six || function >= seven || first_line >= seven) return;
  // All as long as they may be, which is one character more than there is room for.
  if (object >= five / 10 && file >= six / 10 && function >= seven / 10) return;
  constexpr std::size_t digits = 5 + 6 + 7;
  static_assert(object_keyword.size() + file_keyword.size() + function_keyword.size() + 3 * end_of_id.size() +
                    calls_keyword.size() + digits - 1 <=
                sizeof text_);
  char* const end_of_line = write_decimal(first_line_.data(), std::uint64_t{first_line});
  *end_of_line = '\n';
  first_line_size_ = static_cast<std::uint8_t>(end_of_line + 1 - first_line_.data());
  const auto write_id = [](char* out, std::string_view keyword, std::uint32_t id) {
    out = write_decimal(TextBuffer::append(out, keyword), std::uint64_t{id});
    return TextBuffer::append(out, end_of_id);
  };
  char* const begin = text_.data();
  char* end = write_id(begin, object_keyword, object);
  file_at_ = static_cast<std::uint8_t>(end - begin);
  end = write_id(end, file_keyword, file);
  function_at_ = static_cast<std::uint8_t>(end - begin);
  end = TextBuffer::append(write_id(end, function_keyword, function), calls_keyword);
  size_ = static_cast<std::uint8_t>(end - begin);
}

char* CallgrindMention::append_function(std::uint32_t file_slot, std::uint32_t object_slot, char* out) const noexcept {
  const auto append = [&](std::size_t begin, std::size_t end) {
    std::memcpy(out, text_.data() + begin + 1, copied);  // without the "c"
    out += end - begin - 1;
  };
  if (object_slot != object_slot_) append(0, file_at_);
  if (file_slot != file_slot_) append(file_at_, function_at_);
  append(function_at_, size_ - calls_keyword.size());
  return out;
}

CallgrindNews CallgrindIds::meet(FunctionId function) {
  CallgrindNews news;
  if (is_known(function)) return news;
  const auto number = [](std::uint32_t& id, std::uint32_t& last) {
    if (id != 0) return false;
    id = ++last;
    return true;
  };
  news.object = number(objects_[names_.object_slot(function)], last_object_);
  news.file = number(files_[names_.file_slot(function)], last_file_);
  news.function = number(functions_[index(function)], last_function_);
  return news;
}

std::vector<CallgrindMention> CallgrindIds::mentions(const std::vector<std::uint32_t>& first_lines) const {
  std::vector<CallgrindMention> mentions;
  resize_on_cores(mentions, functions_.size());
  run_on_stretches(mentions.size(), [&](std::size_t begin, std::size_t end) {
    for (std::size_t f = begin; f < end; ++f) {
      const FunctionId function{static_cast<std::uint32_t>(f)};
      const std::uint32_t file_slot = names_.file_slot(function), object_slot = names_.object_slot(function);
      // In its place: of what was just written in pieces a copy would have to wait for them.
      std::construct_at(&mentions[f], file_slot, object_slot, objects_[object_slot], files_[file_slot], functions_[f],
                        first_lines[f]);
    }
  });
  return mentions;
}

}  // namespace profconv
