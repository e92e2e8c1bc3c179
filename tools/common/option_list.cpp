#include "common/option_list.hpp"

#include <algorithm>

namespace profconv::cli {
namespace {

std::string on_one_line(std::string text) {
  std::replace(text.begin(), text.end(), '\n', ' ');
  return text;
}

// CLI11 shows what IsMember (and `offers`) allows as "NAME:{a,b}" in the type's name.
std::vector<std::string> choices_in(const std::string& type) {
  std::vector<std::string> choices;
  const std::size_t begin = type.find('{'), end = type.rfind('}');
  if (begin == std::string::npos || end == std::string::npos || end < begin) return choices;
  for (std::size_t from = begin + 1; from <= end;) {
    const std::size_t to = std::min(type.find(',', from), end);
    choices.push_back(type.substr(from, to - from));
    from = to + 1;
  }
  return choices;
}

OptionView::Takes taken_as(const std::string& value) {
  using Takes = OptionView::Takes;
  if (value == "FILE") return Takes::file;
  if (value == "DIR") return Takes::folder;
  if (value == "COMMAND") return Takes::command;
  return Takes::other;
}

OptionView view_of(const CLI::Option& option) {
  OptionView view;
  if (!option.get_snames().empty()) view.names.push_back("-" + option.get_snames().front());
  if (!option.get_lnames().empty()) view.names.push_back("--" + option.get_lnames().front());
  view.text = on_one_line(option.get_description());
  const std::string& shown = option.get_option_text();
  if (shown.find_first_not_of(' ') != std::string::npos) view.value = shown;
  if (is_flag(option)) return view;
  view.choices = choices_in(option.get_type_name());
  view.takes = view.choices.empty() ? taken_as(view.value) : OptionView::Takes::choice;
  return view;
}

}  // namespace

std::string OptionView::first_sentence() const {
  std::size_t end = std::string::npos;
  int open = 0;  // brackets
  for (std::size_t at = 0; at + 1 < text.size() && end == std::string::npos; ++at) {
    open += text[at] == '(' ? 1 : text[at] == ')' ? -1 : 0;
    if (open == 0 && (text[at] == '.' || text[at] == ';') && text[at + 1] == ' ') end = at;
  }
  return end == std::string::npos ? text.substr(0, text.find_last_not_of('.') + 1) : text.substr(0, end);
}

bool is_flag(const CLI::Option& option) { return option.get_items_expected_max() == 0; }

bool has_optional_value(const CLI::Option& option) { return option.get_option_text().starts_with("[="); }

std::string given_name(const CLI::Option& option) {
  for (const std::string& name : option.get_lnames())
    if (is_flag(option) && !has_optional_value(option) && option.get_flag_value(name, "") == option.results().back())
      return "--" + name;
  return option.get_name();
}

std::vector<OptionView> options_of(const CLI::App& app) {
  std::vector<OptionView> views;
  for (const CLI::Option* option : app.get_options()) {
    if (!option->get_group().empty()) views.push_back(view_of(*option));
  }
  return views;
}

}  // namespace profconv::cli
