#include "readers/foreign.hpp"

#include <algorithm>
#include <string_view>

#include <profconv/error.hpp>

#include "io/gunzip.hpp"

namespace profconv {
namespace {

constexpr const char* how_to_get_one =
    "python3 -m cProfile -o run.prof script.py makes a profile; --from FORMAT takes the input for one";

struct Known {
  const char* what;
  const char* hint;
};

bool contains_line(std::string_view text, std::string_view words) {
  for (std::size_t at = text.find(words); at != std::string_view::npos; at = text.find(words, at + 1)) {
    std::size_t begin = at;
    while (begin > 0 && text[begin - 1] == ' ') --begin;
    if (begin == 0 || text[begin - 1] == '\n') return true;
  }
  return false;
}

// Whether half of the lines are stacks with a number: "main;work 12".
bool has_stacks(std::string_view text) {
  std::size_t lines = 0, stacks = 0;
  while (!text.empty()) {
    std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(line.size() + 1, text.size()));
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (line.empty() || line.starts_with('#')) continue;
    ++lines;
    const std::size_t number = line.find_last_not_of("0123456789");
    const bool has_number = number != std::string_view::npos && number + 1 < line.size() && line[number] == ' ';
    stacks += has_number && line.find(';') != std::string_view::npos ? 1U : 0U;
  }
  return stacks != 0 && stacks * 2 >= lines;
}

// Files that begin so.
struct Beginning {
  std::string_view bytes;
  Known known;
};
constexpr Beginning beginnings[] = {
    {"\x28\xb5\x2f\xfd", {"data packed by zstd", "unpack it first: zstd -d"}},
    {"\xfd"
     "7zXZ",
     {"data packed by xz", "unpack it first: unxz"}},
    {"BZh", {"data packed by bzip2", "unpack it first: bunzip2"}},
    {"PK\x03\x04", {"a zip archive", "unpack it first: unzip"}},
    {"MOJ", {"austin's binary output", "record without -b, or convert it by mojo2austin"}},
    {"import time: self [us]", {"a log of python -X importtime", how_to_get_one}},
    {"name,qualified,file,line,", {"a table of prof2text", "give it the profile that the table was made of"}},
    {"name\tqualified\tfile\tline\t", {"a table of prof2text", "give it the profile that the table was made of"}},
};

Known recognise(std::span<const std::byte> head) {
  const std::string_view text(reinterpret_cast<const char*>(head.data()), head.size());
  const auto byte = [&](std::size_t i) { return i < head.size() ? std::to_integer<unsigned>(head[i]) : 0u; };
  if (text.empty()) return {"the file is empty", "was the profiled program killed before the profile was written?"};
  for (const Beginning& beginning : beginnings) {
    if (text.starts_with(beginning.bytes)) return beginning.known;
  }
  if (is_gzip(head)) return {"gzip inside gzip", "unpack it once"};
  constexpr std::size_t header_size = 64;
  if (text.size() >= header_size && text.substr(0, header_size).find_first_not_of('\0') == std::string_view::npos)
    return {"a file of zeros, or a recording of Python's sampling profiler that was not finished",
            "the recorder writes its header and tables when it ends; nothing can be read without them"};
  if (byte(2) == '\r' && byte(3) == '\n' && byte(0) != '#')
    return {"a compiled Python module (.pyc)", "profile it first: python3 -m cProfile -o run.prof script.py"};
  if (byte(0) == 0x0a && byte(1) != 0 && text.find("nanoseconds") != std::string_view::npos)
    return {"a profile of Go's pprof", how_to_get_one};
  if (text.starts_with("# callgrind format") || contains_line(text, "events:"))
    return {"a callgrind file already", "open it with kcachegrind"};
  if (contains_line(text, "ncalls  tottime  percall"))
    return {"a text report of cProfile, not its dump", "save the dump: python3 -m cProfile -o run.prof script.py"};
  if (contains_line(text, "Line #"))
    return {"a part of a text report of line_profiler or memory_profiler",
            "the whole report is read, from \"Timer unit:\" or \"Filename:\" on"};
  if (has_stacks(text)) {
    return {"a file of collapsed stacks and of other lines, without a number at their end",
            "--from collapsed leaves these lines out"};
  }
  const std::size_t first = text.find_first_not_of(" \t\r\n");
  if (first != std::string_view::npos && text[first] == '{') {
    if (text.find("speedscope.app") != std::string_view::npos)
      return {"a profile of speedscope", "record stacks with py-spy record -f raw, or with austin"};
    const std::size_t second = text.find_first_not_of(" \t\r\n", first + 1);
    if (second != std::string_view::npos && (text[second] == '"' || text[second] == '}'))
      return {"JSON", how_to_get_one};
  }
  return {nullptr, nullptr};
}

}  // namespace

void refuse_foreign(std::span<const std::byte> head, const std::string& source) {
  const Known known = recognise(head);
  const std::string reason = known.what == nullptr ? "no known profile format" : known.what;
  const bool is_fault = head.empty();
  throw FormatError(
      Error::Parts{source,
                   {},
                   is_fault || known.what == nullptr ? reason : "this is " + reason + ", which is not read here",
                   known.hint == nullptr ? how_to_get_one : known.hint});
}

}  // namespace profconv
