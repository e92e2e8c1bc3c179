#include "transforms/call_lines.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "source/source_fit.hpp"
#include "transforms/function_matcher.hpp"

namespace profconv {
namespace {

bool is_word(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
         static_cast<unsigned char>(c) >= 0x80;
}

/// What calls a special method without naming it; "[" stands for a subscript.
constexpr std::array<std::pair<std::string_view, std::string_view>, 13> special_methods{{
    {"__getitem__", "["},
    {"__setitem__", "["},
    {"__delitem__", "["},
    {"__enter__", "with"},
    {"__exit__", "with"},
    {"__aenter__", "with"},
    {"__aexit__", "with"},
    {"__iter__", "for"},
    {"__next__", "for"},
    {"__contains__", "in"},
    {"__build_class__", "class"},
    {"__import__", "import"},
    {"_find_and_load", "import"},
}};

/// The name that stands where a function is called: "get" of "<method 'get' of 'dict' objects>".
std::string_view called_name(std::string_view name) {
  if (!name.starts_with('<') || name.find(' ') == std::string_view::npos) return bare_name(name);
  if (const std::size_t quote = name.find('\''); quote != std::string_view::npos) {
    name.remove_prefix(quote + 1);
    name = name.substr(0, name.find('\''));
  } else {
    for (const std::string_view start : {"<built-in method ", "<built-in function "}) {
      if (name.starts_with(start)) name.remove_prefix(start.size());
    }
    name = name.substr(0, name.find_first_of(" >"));
  }
  return name.substr(name.rfind('.') + 1);
}

std::size_t indentation(std::string_view line) { return std::min(line.find_first_not_of(" \t"), line.size()); }

}  // namespace

bool CallLines::enter(const Profile& profile, FunctionId caller, std::uint32_t last) {
  words_.clear();
  source_ = nullptr;
  statement_ = 0;
  depth_ = 0;
  open_string_ = {};
  const Function& f = profile.function(caller);
  if (sources_ == nullptr || f.line == 0) return false;
  const SourceFile* const source = sources_->find(profile.text(f.file));
  if (source == nullptr || last > source->line_count()) return false;

  // Decorators are not called from inside, nor is what the header says.
  const std::string_view name = bare_name(profile.text(f.name));
  const std::uint32_t header = header_line(*source, name, f.line);
  if (header == 0) return false;
  const std::uint32_t first = name.starts_with('<') ? header : header + 1;
  source_ = source;
  file_ = f.file;
  last_ = last;
  for (std::uint32_t line = first; line <= last; ++line) read_line(source->line(line), line);
  return true;
}

void CallLines::note(std::string_view word, std::uint32_t line, bool called) {
  std::vector<Mention>& mentions = words_[word];
  if (mentions.empty() || mentions.back().line != line) mentions.push_back({line, statement_, 0, 0});
  ++mentions.back().times;
  if (called) ++mentions.back().calls;
}

void CallLines::read_line(std::string_view text, std::uint32_t line) {
  if (open_string_.empty() && depth_ == 0) statement_ = line;
  std::string_view last_word;
  for (std::size_t i = 0; i < text.size();) {
    if (!open_string_.empty()) {
      const std::size_t end = text.find(open_string_, i);
      if (end == std::string_view::npos) return;
      i = end + open_string_.size();
      open_string_ = {};
      continue;
    }
    const char c = text[i];
    if (c == '#') return;
    if (c == '"' || c == '\'') {
      if (const std::string_view three = text.substr(i, 3); three == "\"\"\"" || three == "'''") {
        open_string_ = three;
        i += 3;
        continue;
      }
      for (++i; i < text.size() && text[i] != c; ++i) {
        if (text[i] == '\\') ++i;
      }
      ++i;
      continue;
    }
    if (is_word(c)) {
      const std::size_t begin = i;
      while (i < text.size() && is_word(text[i])) ++i;
      const std::string_view word = text.substr(begin, i - begin);
      const std::size_t after = text.find_first_not_of(" \t", i);
      if (last_word != "def" && last_word != "class")
        note(word, line, after != std::string_view::npos && text[after] == '(');
      last_word = word;
      continue;
    }
    if (c == '(' || c == '[' || c == '{') ++depth_;
    if ((c == ')' || c == ']' || c == '}') && depth_ > 0) --depth_;
    if (c == '[' && i > 0 && (is_word(text[i - 1]) || text[i - 1] == ')' || text[i - 1] == ']'))
      note(text.substr(i, 1), line, true);
    ++i;
  }
}

// The class around a method: the first line above with a smaller indentation is `class NAME`.
std::string CallLines::class_of(const Profile& profile, FunctionId method) const {
  const Function& f = profile.function(method);
  const std::string_view name = profile.text(f.name), qualified = profile.text(f.qualified);
  if (qualified.size() > name.size() + 1 && qualified.ends_with(name)) {
    return std::string(bare_name(qualified.substr(0, qualified.size() - name.size() - 1)));
  }
  const SourceFile* const source = sources_->find(profile.text(f.file));
  if (source == nullptr || f.line == 0 || f.line > source->line_count()) return {};
  const std::size_t inside = indentation(source->line(f.line));
  for (std::uint32_t line = f.line - 1; line > 0; --line) {
    const std::string_view text = source->line(line);
    const std::size_t indent = indentation(text);
    if (indent >= inside || indent == text.size() || text[indent] == '#') continue;
    if (!text.substr(indent).starts_with("class ")) return {};
    const std::size_t begin = indent + std::string_view("class ").size();
    std::size_t end = begin;
    while (end < text.size() && is_word(text[end])) ++end;
    return std::string(text.substr(begin, end - begin));
  }
  return {};
}

std::string CallLines::word_for(const Profile& profile, FunctionId callee) const {
  if (sources_ == nullptr) return {};
  const std::string_view name = called_name(profile.text(profile.function(callee).name));
  if (name == "__init__" || name == "__new__") return class_of(profile, callee);
  const auto special = std::ranges::find(special_methods, name, &std::pair<std::string_view, std::string_view>::first);
  return std::string(special != special_methods.end() ? special->second : name);
}

std::vector<CallLine> CallLines::find(const Profile& profile, FunctionId callee) const {
  if (source_ == nullptr) return {};
  // Comprehensions are functions that stand where they are called.
  const Function& f = profile.function(callee);
  const std::string_view name = profile.text(f.name);
  if (name == "<listcomp>" || name == "<setcomp>" || name == "<dictcomp>" || name == "<genexpr>") {
    if (f.file == file_ && f.line != 0 && f.line <= last_) return {{f.line, f.line, 1, true}};
    return {};
  }
  const std::string word = word_for(profile, callee);
  const auto found = words_.find(std::string_view(word));
  if (word.empty() || found == words_.end()) return {};
  const bool called = std::ranges::any_of(found->second, [](const Mention& m) { return m.calls != 0; });
  std::vector<CallLine> lines;
  for (const Mention& m : found->second) {
    const std::uint32_t times = called ? m.calls : m.times;
    if (times != 0) lines.push_back({m.line, m.statement, times, called});
  }
  return lines;
}

}  // namespace profconv
