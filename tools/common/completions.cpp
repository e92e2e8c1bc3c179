#include "common/completions.hpp"

#include <string_view>
#include <vector>

#include "common/option_list.hpp"

namespace profconv::cli {
namespace {

std::string joined(const std::vector<std::string>& words, std::string_view separator) {
  std::string text;
  for (const std::string& word : words) {
    if (!text.empty()) text += separator;
    text += word;
  }
  return text;
}

// Between single quotes; the shells differ in how a quote gets in.
std::string single_quoted(std::string_view text, std::string_view quote) {
  std::string out = "'";
  for (const char c : text) {
    if (c == '\'') {
      out += quote;
    } else {
      out += c;
    }
  }
  return out + "'";
}

std::string bash_action(const OptionView& option) {
  switch (option.takes) {
    case OptionView::Takes::choice:
      return "mapfile -t COMPREPLY < <(compgen -W '" + joined(option.choices, " ") + "' -- \"$word\")";
    case OptionView::Takes::file: return "compopt -o filenames; mapfile -t COMPREPLY < <(compgen -f -- \"$word\")";
    case OptionView::Takes::folder: return "compopt -o filenames; mapfile -t COMPREPLY < <(compgen -d -- \"$word\")";
    case OptionView::Takes::command: return "mapfile -t COMPREPLY < <(compgen -c -- \"$word\")";
    default: return ":";  // nobody can guess it
  }
}

// _arguments takes "[", "]" and ":" in a description for its own.
std::string zsh_text(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '[' || c == ']' || c == ':' || c == '\\') out += '\\';
    out += c;
  }
  return out;
}

std::string zsh_action(const OptionView& option) {
  std::string name = ":" + zsh_text(option.value) + ":";
  switch (option.takes) {
    case OptionView::Takes::nothing: return {};
    case OptionView::Takes::choice: return name + "(" + joined(option.choices, " ") + ")";
    case OptionView::Takes::file: return name + "_files";
    case OptionView::Takes::folder: return name + "_files -/";
    case OptionView::Takes::command: return name + "_command_names -e";
    case OptionView::Takes::other: return name;
  }
  return {};
}

std::string fish_action(const OptionView& option) {
  switch (option.takes) {
    case OptionView::Takes::nothing: return {};
    case OptionView::Takes::choice: return " -x -a '" + joined(option.choices, " ") + "'";
    case OptionView::Takes::file: return " -r -F";
    case OptionView::Takes::folder: return " -x -a '(__fish_complete_directories)'";
    case OptionView::Takes::command: return " -x -a '(__fish_complete_command)'";
    case OptionView::Takes::other: return " -x";
  }
  return {};
}

}  // namespace

std::string bash_completion(const CLI::App& app) {
  const std::string& name = app.get_name();
  std::string cases;
  std::vector<std::string> all;
  for (const OptionView& option : options_of(app)) {
    all.insert(all.end(), option.names.begin(), option.names.end());
    if (option.takes == OptionView::Takes::nothing) continue;
    cases += "    " + joined(option.names, " | ") + ") " + bash_action(option) + " && return ;;\n";
  }
  return "# bash completion for " + name + "\n_" + name +
         "() {\n"
         "  local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]}\n"
         "  # --option=value comes as three words.\n"
         "  if [[ $word == = ]]; then word=; elif [[ $before == = ]]; then before=${COMP_WORDS[COMP_CWORD - 2]}; fi\n"
         "  COMPREPLY=()\n"
         "  case $before in\n" +
         cases +
         "  esac\n"
         "  if [[ $word == -* ]]; then\n"
         "    mapfile -t COMPREPLY < <(compgen -W '" +
         joined(all, " ") +
         "' -- \"$word\")\n"
         "  else\n"
         "    compopt -o filenames\n"
         "    mapfile -t COMPREPLY < <(compgen -f -- \"$word\")\n"
         "  fi\n"
         "}\n"
         "complete -F _" +
         name + " " + name + "\n";
}

std::string zsh_completion(const CLI::App& app) {
  std::string script = "#compdef " + app.get_name() + "\n_arguments -s -S \\\n";
  for (const OptionView& option : options_of(app)) {
    const std::string rest = single_quoted("[" + zsh_text(option.first_sentence()) + "]" + zsh_action(option), "'\\''");
    for (const std::string& option_name : option.names) {
      const bool is_long = option_name.starts_with("--");
      // "*": may be repeated. "=": --long=value or --long value. "+": -svalue or -s value.
      const std::string_view joint = option.takes == OptionView::Takes::nothing ? "" : is_long ? "=" : "+";
      script += "  '*" + option_name + std::string(joint) + "'" + rest + " \\\n";
    }
  }
  return script + "  '*:profile:_files'\n";
}

std::string fish_completion(const CLI::App& app) {
  std::string script = "# fish completion for " + app.get_name() + "\n";
  for (const OptionView& option : options_of(app)) {
    script += "complete -c " + app.get_name();
    for (const std::string& name : option.names)
      script += name.starts_with("--") ? " -l " + name.substr(2) : " -s " + name.substr(1);
    script += fish_action(option) + " -d " + single_quoted(option.first_sentence(), "\\'") + "\n";
  }
  return script;
}

}  // namespace profconv::cli
