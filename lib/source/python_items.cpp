#include "source/python_items.hpp"

#include <algorithm>
#include <charconv>
#include <span>
#include <vector>

#include "source/python_tokens.hpp"

namespace profconv {
namespace {

using Tokens = std::span<const Token>;

std::vector<Token> tokens_of(std::string_view expression) {
  std::vector<Token> found;
  PythonTokens tokens(expression);
  for (Token t = tokens.next(); t.kind != Token::Kind::end; t = tokens.next()) {
    const bool is_layout =
        t.kind == Token::Kind::newline || t.kind == Token::Kind::indent || t.kind == Token::Kind::dedent;
    if (!is_layout) found.push_back(t);
  }
  return found;
}

// By how much brackets, or strings with fields, are nested deeper behind the token.
int nesting(const Token& t) {
  switch (t.kind) {
    case Token::Kind::fstring_begin:
    case Token::Kind::field_begin: return 1;
    case Token::Kind::fstring_end:
    case Token::Kind::field_end: return -1;
    case Token::Kind::op: break;
    default: return 0;
  }
  if (t.is("(") || t.is("[") || t.is("{")) return 1;
  return t.is(")") || t.is("]") || t.is("}") ? -1 : 0;
}

// Whether the first bracket is closed by the last token.
bool is_in_brackets(Tokens tokens) {
  int depth = 0;
  for (std::size_t i = 0; i < tokens.size(); ++i) {
    depth += nesting(tokens[i]);
    if (depth <= 0) return i > 0 && i + 1 == tokens.size();
  }
  return false;
}

// 12, -1
std::optional<std::int64_t> plain_number(Tokens tokens) {
  const bool is_negative = tokens.size() == 2 && tokens[0].is("-");
  if (tokens.size() != (is_negative ? 2U : 1U) || tokens.back().kind != Token::Kind::number) return std::nullopt;
  const std::string_view text = tokens.back().text;
  std::int32_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return is_negative ? -std::int64_t{value} : std::int64_t{value};
}

/// What stands between the commas of a row, as far as it can be counted.
struct Row {
  std::vector<Tokens> items;
  bool has_comma = false;
  bool is_open = false;  // some item stands for several: *x, a comprehension
};

Row row_of(Tokens tokens) {
  Row row;
  std::size_t begin = 0;
  int depth = 0;
  for (std::size_t i = 0; i < tokens.size(); ++i) {
    depth += nesting(tokens[i]);
    if (depth != 0) continue;
    // The commas of a lambda's parameters are its own.
    row.is_open = row.is_open || tokens[i].is("for") || tokens[i].is("lambda") || (i == begin && tokens[i].is("*"));
    if (!tokens[i].is(",")) continue;
    row.has_comma = true;
    row.items.push_back(tokens.subspan(begin, i - begin));
    begin = i + 1;
  }
  if (begin < tokens.size()) row.items.push_back(tokens.subspan(begin));
  return row;
}

std::optional<std::uint32_t> items_of_range(const Row& row) {
  std::int64_t numbers[3] = {0, 0, 1};  // start, stop, step
  if (row.items.empty() || row.items.size() > std::size(numbers)) return std::nullopt;
  std::size_t at = row.items.size() == 1 ? 1 : 0;
  for (const Tokens item : row.items) {
    const std::optional<std::int64_t> number = plain_number(item);
    if (!number) return std::nullopt;
    numbers[at++] = *number;
  }
  const auto [start, stop, step] = numbers;
  if (step == 0) return std::nullopt;
  const std::int64_t way = step > 0 ? stop - start : start - stop, length = step > 0 ? step : -step;
  return static_cast<std::uint32_t>(way <= 0 ? 0 : (way + length - 1) / length);
}

}  // namespace

std::optional<std::uint32_t> written_items(std::string_view expression) {
  // Most loops go through a name or what a call gives.
  if (expression.find_first_of(",[") == std::string_view::npos && expression.find("range") == std::string_view::npos)
    return std::nullopt;
  const std::vector<Token> all = tokens_of(expression);
  const Tokens tokens(all);
  if (tokens.empty()) return std::nullopt;
  if (tokens[0].is("range") || tokens[0].is("xrange")) {
    const Tokens arguments = tokens.subspan(1);
    if (!arguments.empty() && arguments[0].is("(") && is_in_brackets(arguments))
      return items_of_range(row_of(arguments.subspan(1, arguments.size() - 2)));
  }
  const bool is_tuple = tokens[0].is("(") && is_in_brackets(tokens),
             is_list = tokens[0].is("[") && is_in_brackets(tokens);
  const Row row = row_of(is_tuple || is_list ? tokens.subspan(1, tokens.size() - 2) : tokens);
  if (row.is_open || (!row.has_comma && !is_list)) return std::nullopt;
  return static_cast<std::uint32_t>(row.items.size());
}

}  // namespace profconv
