#include "source/source_fit.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "base/name_byte.hpp"

namespace profconv {
namespace {

constexpr std::uint32_t most_header_lines = 50;  // decorators and `def`, to the name

constexpr std::array<std::pair<std::string_view, std::string_view>, 5> unnamed{
    {{"<lambda>", "lambda"}, {"<listcomp>", "["}, {"<setcomp>", "{"}, {"<dictcomp>", "{"}, {"<genexpr>", "("}}};

// "def NAME", "async def NAME" or "class NAME" in this line.
bool defines(std::string_view line, std::string_view name) {
  for (std::size_t at = line.find(name); at != std::string_view::npos; at = line.find(name, at + 1)) {
    const std::size_t end = at + name.size();
    if (end < line.size() && is_name_byte(line[end])) continue;
    const std::string_view before = line.substr(0, at);
    if (before.ends_with("def ") || before.ends_with("class ")) return true;
  }
  return false;
}

// Whether this line has what makes a function of Python's own name; false for other names.
bool makes_unnamed(std::string_view line, std::string_view name) {
  return std::ranges::any_of(unnamed, [&](const auto& made) {
    return made.first == name && line.find(made.second) != std::string_view::npos;
  });
}

}  // namespace

std::uint32_t header_line(const SourceFile& source, std::string_view name, std::uint32_t first_line) {
  if (name == "<module>") return std::max<std::uint32_t>(first_line, 1);
  if (first_line == 0 || first_line > source.line_count() || name.empty()) return 0;
  if (std::ranges::find(unnamed, name, &std::pair<std::string_view, std::string_view>::first) != unnamed.end())
    return makes_unnamed(source.line(first_line), name) ? first_line : 0;
  const auto end = static_cast<std::uint32_t>(
      std::min<std::size_t>(source.line_count(), std::size_t{first_line} + most_header_lines));
  for (std::uint32_t line = first_line; line <= end; ++line) {
    if (defines(source.line(line), name)) return line;
  }
  return 0;
}

std::uint32_t header_above(const SourceFile& source, std::string_view name, std::uint32_t line) {
  if (name == "<module>") return 1;
  if (line == 0 || line > source.line_count() || name.empty()) return 0;
  constexpr std::uint32_t most_lines = 1000;
  for (std::uint32_t above = line; above != 0 && line - above < most_lines; --above) {
    if (defines(source.line(above), name) || makes_unnamed(source.line(above), name)) return above;
  }
  return 0;
}

}  // namespace profconv
