#pragma once

#include <cctype>
#include <map>
#include <set>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

/// A strict little reader of DOT files that shares no code with the writer: the part of the grammar that `dot` itself
/// documents (https://graphviz.org/doc/info/lang.html) and our files may use. Throws std::runtime_error for what `dot`
/// would refuse, and for what it would take but show otherwise: bytes that are no UTF-8, control characters, entities
/// that Graphviz does not know.

namespace profconv::test {

class DotGraph {
 public:
  using Attributes = std::map<std::string, std::string>;
  std::map<std::string, Attributes> nodes;
  std::size_t edges = 0;

  explicit DotGraph(std::string_view text) : all_(text), rest_(text) {
    expect("digraph");
    if (next_token().first != Kind::open) take();  // its name
    block(0);
    if (next_token().first != Kind::end) fail("something follows the graph");
  }

 private:
  enum class Kind { end, open, close, open_list, close_list, equals, comma, semicolon, arrow, id };
  using Token = std::pair<Kind, std::string>;

  [[noreturn]] void fail(const std::string& why) const {
    throw std::runtime_error("dot byte " + std::to_string(all_.size() - rest_.size()) + ": " + why);
  }

  static bool in_name(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_' || c == '.'; }

  const Token& next_token() {
    if (!has_next_) next_ = scan();
    has_next_ = true;
    return next_;
  }
  Token take() {
    next_token();
    has_next_ = false;
    return std::move(next_);
  }
  std::string take(Kind kind, const char* what) {
    Token token = take();
    if (token.first != kind) fail(std::string("expected ") + what + ", found '" + token.second + "'");
    return std::move(token.second);
  }
  void expect(std::string_view word) {
    if (take(Kind::id, "a word") != word) fail("expected " + std::string(word));
  }

  Token scan() {
    while (!rest_.empty() && std::string_view(" \t\n").find(rest_.front()) != std::string_view::npos)
      rest_.remove_prefix(1);
    if (rest_.empty()) return {Kind::end, "the end"};
    constexpr std::string_view signs = "{}[]=,;";
    constexpr Kind kinds[] = {Kind::open,   Kind::close, Kind::open_list, Kind::close_list,
                              Kind::equals, Kind::comma, Kind::semicolon};
    if (rest_.starts_with("->")) {
      rest_.remove_prefix(2);
      return {Kind::arrow, "->"};
    }
    const char c = rest_.front();
    if (const std::size_t at = signs.find(c); at != std::string_view::npos) {
      rest_.remove_prefix(1);
      return {kinds[at], std::string(1, c)};
    }
    if (c == '"') return {Kind::id, quoted()};
    std::size_t size = c == '-' ? 1 : 0;
    while (size < rest_.size() && in_name(rest_[size])) ++size;
    if (size == 0) fail(std::string("unexpected '") + c + "'");
    std::string word(rest_.substr(0, size));
    rest_.remove_prefix(size);
    return {Kind::id, std::move(word)};
  }

  // Between quotes only \" ends no string; the escapes \n \l \r \N ... are left to whoever shows it.
  std::string quoted() {
    std::string text;
    for (rest_.remove_prefix(1);; rest_.remove_prefix(1)) {
      if (rest_.empty()) fail("a string without an end");
      const char c = rest_.front();
      if (c == '"') break;
      if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) fail("a control character in a string");
      if (c == '\\') {
        if (rest_.size() < 2) fail("a string without an end");
        // What is not one of these would stand for something of Graphviz's own: \N the node, \G the graph.
        if (std::string_view("\\\"nl").find(rest_[1]) == std::string_view::npos)
          fail(std::string("an escape \\") + rest_[1]);
        text += c;
        rest_.remove_prefix(1);
      }
      text += rest_.front();
    }
    rest_.remove_prefix(1);
    check_utf8(text);
    check_entities(text);
    return text;
  }

  void check_utf8(std::string_view text) const {
    for (std::size_t i = 0; i < text.size();) {
      const auto lead = static_cast<unsigned char>(text[i]);
      const std::size_t size = lead < 0x80   ? 1
                               : lead < 0xc2 ? 0
                               : lead < 0xe0 ? 2
                               : lead < 0xf0 ? 3
                               : lead < 0xf5 ? 4
                                             : 0;
      if (size == 0 || i + size > text.size()) fail("a string that is no UTF-8");
      std::uint32_t point = size == 1 ? lead : lead & (0xffu >> (size + 1));
      for (std::size_t k = 1; k < size; ++k) {
        const auto next = static_cast<unsigned char>(text[i + k]);
        if ((next & 0xc0u) != 0x80) fail("a string that is no UTF-8");
        point = point << 6 | (next & 0x3fu);
      }
      constexpr std::uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
      if (point < least[size] || (point >= 0xd800 && point < 0xe000) || point > 0x10ffff)
        fail("a string that is no UTF-8");
      i += size;
    }
  }

  // Graphviz replaces entities in any string; each of ours stands for one character that is text.
  void check_entities(std::string_view text) const {
    static const std::set<std::string_view> known = {"&amp;", "&lt;", "&gt;", "&quot;", "&#38;", "&#92;", "&#34;"};
    for (std::size_t at = text.find('&'); at != std::string_view::npos; at = text.find('&', at + 1)) {
      const std::size_t end = text.find(';', at);
      if (end == std::string_view::npos || !known.contains(text.substr(at, end + 1 - at)))
        fail("an entity " + std::string(text.substr(at, 10)));
    }
  }

  void block(int depth) {
    if (depth > 2) fail("boxes in boxes in boxes");
    take(Kind::open, "{");
    while (next_token().first != Kind::close) statement(depth);
    take();
    if (next_token().first == Kind::semicolon) take();
  }

  void statement(int depth) {
    const std::string id = take(Kind::id, "a statement");
    if (id == "subgraph") {
      take(Kind::id, "the name of a subgraph");
      block(depth + 1);
      return;
    }
    Attributes attributes;
    if (next_token().first == Kind::equals) {
      take();
      take(Kind::id, "a value");
    } else if (next_token().first == Kind::arrow) {
      take();
      const std::string to = take(Kind::id, "a node");
      if (!nodes.contains(id) || !nodes.contains(to)) fail("an edge of a node that is not there: " + id + " -> " + to);
      ++edges;
      list(attributes);
    } else {
      list(attributes);
      if (id != "graph" && id != "node" && id != "edge" && !nodes.emplace(id, std::move(attributes)).second)
        fail("node " + id + " stands there twice");
    }
    take(Kind::semicolon, ";");
  }

  void list(Attributes& attributes) {
    if (next_token().first != Kind::open_list) return;
    take();
    while (next_token().first != Kind::close_list) {
      const std::string name = take(Kind::id, "the name of an attribute");
      take(Kind::equals, "=");
      if (!attributes.emplace(name, take(Kind::id, "a value")).second) fail("attribute " + name + " is there twice");
      if (next_token().first == Kind::comma) take();
    }
    take();
  }

  std::string_view all_, rest_;
  Token next_{Kind::end, {}};
  bool has_next_ = false;
};

}  // namespace profconv::test
