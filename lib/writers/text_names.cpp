#include "writers/text_names.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include <profconv/builder.hpp>

#include "base/first_equal.hpp"
#include "base/hash.hpp"
#include "base/visible.hpp"
#include "model/origin.hpp"
#include "writers/text_units.hpp"

namespace profconv {
namespace {

// What CPython calls C functions, without the wrapping; "" when it is nothing of the kind:
//     <built-in method builtins.len>          builtins.len
//     <method 'append' of 'list' objects>     list.append
//     <len>                                   len             Python 2
std::string short_builtin(std::string_view name) {
  if (!name.starts_with('<') || !name.ends_with('>')) return {};
  name = name.substr(1, name.size() < 2 ? 0 : name.size() - 2);
  for (const std::string_view prefix : {"built-in method ", "built-in function "}) {
    if (name.starts_with(prefix)) return std::string(name.substr(prefix.size()));
  }
  constexpr std::string_view method = "method '", of = "' of '", objects = "' objects";
  if (name.starts_with(method) && name.ends_with(objects)) {
    const std::string_view inner = name.substr(method.size(), name.size() - method.size() - objects.size());
    if (const std::size_t at = inner.find(of); at != std::string_view::npos)
      return std::string(inner.substr(at + of.size())) + "." + std::string(inner.substr(0, at));
  }
  return std::string(name);
}

std::string cut_middle(const std::string& text, std::size_t columns) {
  if (display_columns(text) <= columns || columns == 0) return text;
  const std::size_t back = (columns - 1) / 3, front = columns - 1 - back;
  return std::string(first_columns(text, front)) + "…" + std::string(last_columns(text, back));
}

std::string cut_front(const std::string& text, std::size_t columns) {
  if (display_columns(text) <= columns || columns == 0) return text;
  return "…" + std::string(last_columns(text, columns - 1));
}

}  // namespace

TextNames::Label TextNames::shortest(const Function& f) const {
  const std::string_view recorded_file = p_.text(f.file);
  std::string name(style_ == TextOptions::Names::qualified && index(f.qualified) != 0 ? p_.text(f.qualified)
                                                                                      : p_.text(f.name));
  if (grouped_) {
    if (name != recorded_file) return {visible(name), {}};
    return {is_c_file(recorded_file) ? "built-in" : visible(paths_.path(f.file)), {}};
  }
  if (f.line == 0 && (is_c_file(recorded_file) || recorded_file.empty())) {
    // Samplers see no C functions: these are marks such as <GC>, threads, or names without a file.
    if (p_.metric(samples_metric.name)) return {visible(name), {}};
    // Some profilers know no file of any function (mprof): there <f> says nothing.
    const bool c_function = is_c_file(recorded_file) || name.starts_with("<built-in ") || name.starts_with("<method ");
    const std::string without = c_function ? short_builtin(name) : std::string();
    return {visible(without.empty() ? name : without), c_function ? "built-in" : ""};
  }
  std::string place(paths_.path(f.file));
  if (f.line != 0) place += ":" + std::to_string(f.line);
  return {visible(name), visible(place)};
}

// 'caller
std::string TextNames::copy_mark(const Function& f) const {
  return index(f.context) == 0 || grouped_ ? "" : visible("'" + std::string(p_.text(f.context)));
}

// Everything that tells functions apart.
TextNames::Label TextNames::whole(const Function& f) const {
  std::string text(p_.text(f.file));
  text += ":" + std::to_string(f.line) + "(";
  text += index(f.qualified) != 0 ? p_.text(f.qualified) : p_.text(f.name);
  text += ")";
  if (index(f.context) != 0) text += "'" + std::string(p_.text(f.context));
  return {visible(text), {}};
}

TextNames::TextNames(const Profile& profile, const TextOptions& options, std::vector<FunctionId> functions)
    : p_(profile),
      paths_(profile),
      style_(options.names),
      grouped_(options.noun != "function"),
      functions_(std::move(functions)),
      place_(profile.functions.size()) {
  std::ranges::sort(functions_);
  functions_.erase(std::unique(functions_.begin(), functions_.end()), functions_.end());
  labels_.reserve(functions_.size());
  const bool is_whole = style_ == TextOptions::Names::full && !grouped_;
  for (const FunctionId f : functions_) {
    place_[index(f)] = static_cast<std::uint32_t>(labels_.size());
    labels_.push_back(is_whole ? whole(p_.function(f)) : shortest(p_.function(f)));
    // Alone, too, a copy must not look like the whole function.
    if (!is_whole) labels_.back().name += copy_mark(p_.function(f));
  }
  tell_equal_ones_apart();
  number_equal_ones(0);
  measure();
}

// Per label the first one that is equal.
std::vector<std::uint32_t> TextNames::first_equal_labels() const {
  const std::uint64_t seed = random_seed();
  std::vector<std::uint64_t> hashes;
  hashes.reserve(labels_.size());
  for (const Label& label : labels_) hashes.push_back(hash_bytes(label.place, hash_bytes(label.name, seed)));
  return first_equal(hashes);
}

void TextNames::tell_equal_ones_apart() {
  const std::vector<std::uint32_t> first = first_equal_labels();
  std::map<std::uint32_t, std::vector<std::uint32_t>> same;  // most have no equal
  for (std::uint32_t i = 0; i < first.size(); ++i) {
    if (first[i] == i) continue;
    std::vector<std::uint32_t>& equal = same[first[i]];
    if (equal.empty()) equal.push_back(first[i]);
    equal.push_back(i);
  }
  for (const auto& [one, equal] : same) {
    // Sampling profilers know no first lines: two generator expressions of a file differ in their qualified names
    // alone.
    std::set<StringId> qualified;
    for (const std::uint32_t i : equal) qualified.insert(p_.function(functions_[i]).qualified);
    const bool differ = qualified.size() == equal.size() && !qualified.contains(StringId{});
    for (const std::uint32_t i : equal) {
      const Function& function = p_.function(functions_[i]);
      if (differ) {
        labels_[i].name = visible(p_.text(function.qualified)) + copy_mark(function);
      } else {
        labels_[i] = whole(function);
      }
    }
  }
}

void TextNames::measure() {
  name_columns_ = place_columns_ = 0;
  for (const Label& label : labels_) {
    name_columns_ = std::max(name_columns_, display_columns(label.name));
    place_columns_ = std::max(place_columns_, display_columns(label.place));
  }
}

// The last resort: " #2". The numbers follow the profile's order.
void TextNames::number_equal_ones(std::size_t name_columns) {
  constexpr int most_rounds =
      8;  // a numbered name may equal another one in turn; then the number is the function's own
  bool again = true;
  for (int round = 0; again; ++round) {
    again = false;
    const std::vector<std::uint32_t> first = first_equal_labels();
    std::vector<std::size_t> met(labels_.size(), 0);
    for (std::size_t i = 0; i < labels_.size(); ++i) {
      Label& label = labels_[i];
      const std::size_t number = ++met[first[i]];
      if (number == 1) continue;
      again = true;
      const std::string suffix = " #" + std::to_string(round < most_rounds ? number : index(functions_[i]) + 1);
      if (round < most_rounds && name_columns > suffix.size())
        label.name = cut_middle(label.name, name_columns - suffix.size());
      label.name += suffix;
    }
  }
}

void TextNames::fit(std::size_t name_columns, std::size_t place_columns) {
  for (Label& label : labels_) {
    label.name = cut_middle(label.name, name_columns);
    label.place = cut_front(label.place, place_columns);
  }
  number_equal_ones(name_columns);
  measure();
}

}  // namespace profconv
