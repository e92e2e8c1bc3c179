#include "writers/dot_names.hpp"

#include <algorithm>
#include <cctype>
#include <iterator>
#include <string>

#include "base/hash_tables.hpp"
#include "base/pattern.hpp"
#include "base/visible.hpp"
#include "model/origin.hpp"

namespace profconv {
namespace {

std::string_view base_name(std::string_view path) { return path.substr(path.find_last_of("/\\") + 1); }

// As os.path.splitext: dots that a name starts with begin no ending.
std::string_view without_ending(std::string_view name) {
  const std::size_t dot = name.rfind('.');
  if (dot == name.npos || name.find_first_not_of('.') > dot) return name;
  return name.substr(0, dot);
}

std::string_view name_of(const Profile& p, const Function& f) {
  return p.text(f.qualified).empty() ? p.text(f.name) : p.text(f.qualified);
}

bool has_no_place(std::string_view file) { return file.empty() || is_c_file(file); }

// Without the line where nobody knows it: profilers that sample record none.
std::string with_place(std::string_view place, const Profile& p, const Function& f) {
  std::string text(place);
  text += ':';
  if (f.line != 0) text += std::to_string(f.line) + ":";
  text += name_of(p, f);
  return text;
}

std::string plain_name(const Profile& p, const Function& f) {
  const std::string_view file = p.text(f.file);
  if (has_no_place(file)) return std::string(name_of(p, f));
  constexpr std::string_view frozen = "<frozen ";
  if (file.starts_with('<') && file.ends_with('>')) {
    return with_place(file.starts_with(frozen) ? file.substr(frozen.size(), file.size() - frozen.size() - 1) : file, p,
                      f);
  }
  std::string_view module = base_name(file);
  if (without_ending(module) == "__init__" && module.size() < file.size()) {
    const std::string_view folder = file.substr(0, file.size() - module.size() - 1);
    module = file.substr(file.size() - module.size() - 1 - base_name(folder).size());
  }
  return with_place(
      module.substr(0, module.size() - base_name(module).size() + without_ending(base_name(module)).size()), p, f);
}

// What a label shows of a name: others may look the same.
std::string look_of(std::string_view name) { return visible(shortened_name(name)); }

// The functions whose names are not their own, to the eye.
std::vector<FunctionId> doubles(const std::vector<std::string>& names, const std::vector<FunctionId>& shown) {
  std::vector<std::string> looks;
  looks.reserve(shown.size());
  TextViewMap<std::size_t> count;
  for (const FunctionId f : shown) ++count[looks.emplace_back(look_of(names[index(f)]))];
  std::vector<FunctionId> found;
  for (std::size_t i = 0; i < shown.size(); ++i) {
    if (count[looks[i]] > 1) found.push_back(shown[i]);
  }
  return found;
}

bool is_word_before(std::string_view text, std::size_t end, std::string_view word) {
  if (!text.substr(0, end).ends_with(word) || end == text.size()) return false;
  const auto is_of_name = [](char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_'; };
  return !is_of_name(text[end]) && text[end] != ' ' && (end == word.size() || !is_of_name(text[end - word.size() - 1]));
}

}  // namespace

DotNames::DotNames(const Profile& profile, const std::vector<FunctionId>& shown)
    : shown_(shown), names_(profile.functions.size()), profile_(profile) {
  for (const FunctionId f : shown) names_[index(f)] = plain_name(profile, profile.function(f));
  const std::vector<FunctionId> alike = doubles(names_, shown);
  if (alike.empty()) return;
  TextMap<StringId> file_of;  // per look: the first one
  TextSet in_several;
  for (const FunctionId id : alike) {
    const std::string look = look_of(names_[index(id)]);
    const StringId file = profile.function(id).file;
    if (file_of.try_emplace(look, file).first->second != file) in_several.insert(look);
  }
  const ShortPaths paths(profile);
  for (const FunctionId id : alike) {
    const Function& f = profile.function(id);
    std::string& name = names_[index(id)];
    const bool needs_path = in_several.contains(look_of(name)) && !has_no_place(profile.text(f.file));
    if (needs_path) name = with_place(paths.path(f.file), profile, f);
    if (f.context != StringId{}) name += " [" + std::string(profile.text(f.context)) + "]";
  }
  number_equal_ones();
}

// A function may be called "f #2", too: a number is given only where nobody has that name. One that was tried for a
// name is not tried for it again.
void DotNames::number_equal_ones() {
  const std::vector<FunctionId> alike = doubles(names_, shown_);
  if (alike.empty()) return;
  numbers_.resize(names_.size(), 0);
  TextSet taken;
  for (const FunctionId f : shown_) taken.insert(look_of(names_[index(f)]));
  TextMap<std::size_t> last_number;
  for (const FunctionId id : alike) {
    const std::string look = look_of(names_[index(id)]);
    std::size_t& last = last_number[look];
    if (++last == 1) continue;
    while (!taken.insert(look + " #" + std::to_string(last)).second) ++last;
    numbers_[index(id)] = last;
  }
}

std::string DotNames::number(FunctionId function) const {
  const std::size_t number = numbers_.empty() ? 0 : numbers_[index(function)];
  return number == 0 ? std::string() : " #" + std::to_string(number);
}

std::string DotNames::label(FunctionId function, bool strip) const {
  const std::string& name = names_[index(function)];
  return shortened_name(strip ? stripped_name(name) : name) + number(function);
}

std::vector<FunctionId> DotNames::chosen(std::string_view selector) const {
  std::vector<FunctionId> found;
  std::ranges::copy_if(shown_, std::back_inserter(found), [&](FunctionId f) { return visible(name(f)) == selector; });
  if (!found.empty()) return found;
  const Pattern glob = Pattern::glob(selector);
  std::ranges::copy_if(shown_, std::back_inserter(found), [&](FunctionId f) {
    return glob.matches(name(f)) || glob.matches(gprof2dot_name(profile_, f));
  });
  return found;
}

std::string gprof2dot_name(const Profile& profile, FunctionId function) {
  const Function& f = profile.function(function);
  std::string_view file = profile.text(f.file);
  file = file.substr(file.rfind('/') + 1);  // os.path.basename
  std::string text(without_ending(file));
  return text + ":" + std::to_string(f.line) + ":" + std::string(profile.text(f.name));
}

std::string stripped_name(std::string_view name) {
  // One pass with a stack of open brackets; an unbalanced name stays as it is.
  std::string text;
  std::string open;
  std::size_t behind_operator = name.npos;
  for (std::size_t i = 0; i < name.size(); ++i) {
    const char c = name[i];
    const char before = i == 0 ? ' ' : name[i - 1];
    const bool after_word = std::isalnum(static_cast<unsigned char>(before)) != 0 || before == '_' || before == '>' ||
                            before == ')' || before == ']' || i == behind_operator;
    if (open.empty() && is_word_before(name, i, "operator")) {  // operator<< and operator() are names
      const std::size_t end = name.substr(i).starts_with("()") ? i + 2 : std::min(name.find('(', i), name.size());
      text += name.substr(i, end - i);
      behind_operator = end;
      i = end - 1;
      continue;
    }
    if ((c == '(' || c == '<') && (after_word || !open.empty())) {
      open += c;
    } else if ((c == ')' || c == '>') && !open.empty() && open.back() == (c == ')' ? '(' : '<')) {
      open.pop_back();
    } else if (open.empty()) {
      text += c;
    }
  }
  if (!open.empty() || text.empty()) return std::string(name);
  constexpr std::string_view constant = " const";
  if (text.ends_with(constant)) text.resize(text.size() - constant.size());
  return text;
}

std::string shortened_name(std::string_view name) {
  constexpr std::size_t longest = 256;
  if (name.size() <= longest) return std::string(name);
  std::size_t end = longest;
  while (end > 0 && (static_cast<unsigned char>(name[end]) & 0xc0) == 0x80) --end;
  return std::string(name.substr(0, end)) + "…";
}

std::vector<std::string> wrapped_name(std::string_view name) {
  constexpr std::size_t width = 32;
  constexpr std::string_view breaks = ".:/\\_-";
  std::vector<std::string> lines;
  std::size_t begin = 0, blank = name.npos, mark = name.npos, length = 0;  // `blank`, `mark`: where a line could end
  for (std::size_t i = 0; i < name.size();) {
    char32_t c = 0;
    const std::size_t size = std::max<std::size_t>(utf8_sequence(name.substr(i), c), 1);
    if (length >= width && (blank != name.npos || mark != name.npos)) {
      const bool at_blank = blank != name.npos;
      const std::size_t end = at_blank ? blank : mark;
      lines.emplace_back(name.substr(begin, end - begin));
      begin = end + (at_blank ? 1 : 0);
      blank = mark = name.npos;
      i = begin;
      length = 0;
      continue;
    }
    if (name[i] == ' ' && i > begin) blank = i;
    if (breaks.find(name[i]) != breaks.npos && i > begin) mark = i + 1;
    i += size;
    ++length;
  }
  if (begin < name.size() || lines.empty()) lines.emplace_back(name.substr(begin));
  return lines;
}

}  // namespace profconv
