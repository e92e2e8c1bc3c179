#include "common/defaults.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <cstdlib>
#include <filesystem>
#include <string_view>
#include <vector>

#include <sys/stat.h>
#include <unistd.h>

#include <profconv/error.hpp>
#include <profconv/input.hpp>

#include "common/option_list.hpp"
#include "common/refusal.hpp"

#define TOML_HEADER_ONLY 1
#define TOML_EXCEPTIONS 0
#define TOML_ENABLE_FORMATTERS 0
#include <toml++/toml.h>

namespace profconv::cli {
namespace {

constexpr const char* file_name = "profconv.toml";
constexpr std::uint64_t max_file_size = 1 << 20;  // somebody's whole life in options is a few KiB

// What to read and write is said each time.
constexpr std::array<std::string_view, 8> never_defaults = {"help",   "version", "generate",       "input",
                                                            "output", "run",     "list-functions", "report"};
// A file that came with somebody's sources must not start programs or make links.
constexpr std::array<std::string_view, 6> personal_only = {"viewer", "python", "kcachegrind",
                                                           "view",   "render", "editor-url"};

bool contains(std::span<const std::string_view> names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

std::string long_name(const CLI::Option& option) {
  return option.get_lnames().empty() ? std::string() : option.get_lnames().front();
}

std::string variable_of(const std::string& option) {
  std::string variable = "PROFCONV_";
  for (const char c : option)
    variable += c == '-' ? '_' : static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  return variable;
}

/// Whether the option means nothing beside those that were given, or set before.
bool is_excluded(const CLI::App& app, const CLI::Option& option, const DefaultsChoice& choice) {
  const std::string name = "--" + long_name(option);
  const auto has = [&](const std::vector<std::string>& names) { return std::ranges::find(names, name) != names.end(); };
  const auto is_set = [&](const std::string& other) { return app.count(other) != 0; };
  return std::ranges::any_of(option.get_excludes(), [](const CLI::Option* other) { return other->count() != 0; }) ||
         has(choice.moot) || (has(choice.alternatives) && std::ranges::any_of(choice.alternatives, is_set));
}

/// Gives the option these values as if they stood on the command line, and adds them to `all`. Throws UsageError that
/// names `from`.
void set(CLI::Option& option, const std::vector<std::string>& values, const Error::Parts& from,
         std::vector<DefaultValue>& all) {
  if (values.empty()) return;
  for (const std::string& value : values) all.push_back({long_name(option), value, from.source, from.where});
  try {
    for (const std::string& value : values) option.add_result(value);
    option.run_callback();
  } catch (const CLI::ParseError& error) {
    Refusal refusal = why_refused(error.what(), from.hint);
    throw UsageError(Error::Parts{from.source, from.where, std::move(refusal.reason), std::move(refusal.hint)});
  }
}

std::string lower(std::string text) {
  std::ranges::transform(text, text.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return text;
}

/// "0", "false", "no" and "" say no, as in most programs.
bool says_no(const std::string& text) {
  const std::string value = lower(text);
  return value.empty() || value == "0" || value == "false" || value == "no" || value == "off";
}

bool says_yes(const std::string& text) {
  const std::string value = lower(text);
  return value == "1" || value == "true" || value == "yes" || value == "on";
}

/// The names that may be set: the first one, and of a switch those that say the opposite, as --no-split of --split.
std::vector<std::string> names_to_set(const CLI::Option& option) {
  std::vector<std::string> names;
  for (const std::string& name : option.get_lnames()) {
    const bool is_opposite =
        is_flag(option) && option.get_flag_value(name, "") != option.get_flag_value(option.get_lnames().front(), "");
    if (names.empty() || is_opposite) names.push_back(name);
  }
  return names;
}

/// What CLI11 is given where that name of a switch stands alone.
std::string alone(const CLI::Option& option, const std::string& name) {
  return has_optional_value(option) ? "" : option.get_flag_value(name, "");
}

/// The same where it is said that the name does not: nothing, unless there is another one for that.
std::vector<std::string> without(const CLI::Option& option, const std::string& name) {
  for (const std::string& other : names_to_set(option)) {
    if (alone(option, other) != alone(option, name)) return {alone(option, other)};
  }
  return {};
}

void apply_variable(const CLI::App& app, CLI::Option& option, const std::string& name, const DefaultsChoice& choice,
                    std::vector<DefaultValue>& all) {
  if (option.count() != 0 || contains(never_defaults, name)) return;
  const std::string variable = variable_of(name);
  const char* const value = std::getenv(variable.c_str());
  if (value == nullptr || is_excluded(app, option, choice)) return;
  const Error::Parts from{variable, {}, {}, {}};
  if (!is_flag(option)) {
    if (*value != '\0') set(option, {value}, from, all);
    return;
  }
  const bool is_value = has_optional_value(option) && !says_yes(value);
  const bool is_anothers = choice.is_part && !says_yes(value);  // a value of the tool's option of that name
  if (says_no(value)) return set(option, without(option, name), from, all);
  if (is_anothers) return;
  if (!is_value && !says_yes(value))
    throw UsageError(Error::Parts{
        variable, {}, "expected 1 or 0, found '" + std::string(value) + "'", "it switches --" + name + " on or off"});
  set(option, {is_value ? value : alone(option, name)}, from, all);
}

void apply_environment(CLI::App& app, const DefaultsChoice& choice, std::vector<DefaultValue>& all) {
  for (CLI::Option* option : app.get_options()) {
    for (const std::string& name : names_to_set(*option)) apply_variable(app, *option, name, choice, all);
  }
}

std::string line_of(const toml::node& node) { return "line " + std::to_string(node.source().begin.line); }

class FileOfDefaults {
 public:
  FileOfDefaults(CLI::App& app, DefaultsFile file, const DefaultsChoice& choice, std::vector<DefaultValue>& all)
      : app_(app), file_(std::move(file)), choice_(choice), all_(all) {}

  void apply() {
    const std::string text = read_text();
    const toml::parse_result parsed = toml::parse(text, file_.path);
    if (!parsed) {
      const toml::parse_error& error = parsed.error();
      throw UsageError(Error::Parts{file_.path, "line " + std::to_string(error.source().begin.line),
                                    std::string(error.description()), "this is a file of defaults, in TOML"});
    }
    // The tool's own section first: what it sets is set.
    if (const toml::node* own = parsed.table().get(app_.get_name())) {
      const toml::table* section = own->as_table();
      if (section == nullptr) fail(*own, "expected a section [" + app_.get_name() + "]");
      for (const auto& [key, value] : *section) apply(std::string(key.str()), value, true);
    }
    for (const auto& [key, value] : parsed.table()) {
      if (!value.is_table()) apply(std::string(key.str()), value, false);
    }
  }

 private:
  std::string read_text() const {
    Limits limits;
    limits.max_size = max_file_size;
    try {
      Input input = Input::open(file_.path, limits);
      const auto bytes = input.bytes();
      return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
    } catch (const FormatError& error) {  // its hint is for inputs: no option raises this limit
      throw FormatError(Error::Parts{error.source(), error.where(), error.reason(), {}});
    }
  }

  [[noreturn]] void fail(const toml::node& node, std::string reason, std::string hint = {}) const {
    throw UsageError(Error::Parts{file_.path, line_of(node), std::move(reason), std::move(hint)});
  }

  /// `own`: the key stands in the tool's section, so it must be one of its options; at the top it may be another
  /// tool's.
  void apply(const std::string& key, const toml::node& value, bool own) {
    CLI::Option* option = app_.get_option_no_throw("--" + key);
    const bool is_elsewhere = std::ranges::find(choice_.elsewhere, key) != choice_.elsewhere.end();
    const bool may_set =
        option != nullptr && !contains(never_defaults, key) && std::ranges::count(names_to_set(*option), key) != 0;
    if (!may_set) {
      if (!own || choice_.is_part || is_elsewhere) return;
      fail(value, app_.get_name() + " has no option --" + key + " to set here", nearest_key(key));
    }
    if (is_elsewhere && value.is_boolean() && !is_flag(*option)) return;  // a switch there
    if (!file_.personal && contains(personal_only, long_name(*option)))
      fail(value, "--" + key + " may not be set by a file in a working folder",
           "your own file of defaults may: ~/.config/profconv/profconv.toml");
    if (option->count() != 0 || is_excluded(app_, *option, choice_)) return;
    const std::vector<std::string> values = values_of(key, *option, value);
    if (!values.empty()) set(*option, values, {file_.path, line_of(value), {}, {}}, all_);
  }

  std::vector<std::string> values_of(const std::string& key, const CLI::Option& option, const toml::node& value) const {
    if (is_flag(option)) {
      const auto on = value.value_exact<bool>();
      if (on) return *on ? std::vector<std::string>{alone(option, key)} : without(option, key);
      if (choice_.is_part) return {};  // a value of the tool's option of that name
      if (!has_optional_value(option)) fail(value, key + ": expected true or false");
      const auto text = value.value_exact<std::string>();
      if (!text) fail(value, key + ": expected true, false or a text");
      return {*text};
    }
    const toml::array* list = value.as_array();
    if (list == nullptr) return {scalar(key, value)};
    if (list->size() > 1 && option.get_multi_option_policy() == CLI::MultiOptionPolicy::TakeLast)
      fail(value, key + ": expected one value, found " + std::to_string(list->size()));
    std::vector<std::string> values;
    for (const toml::node& element : *list) values.push_back(scalar(key, element));
    return values;
  }

  std::string scalar(const std::string& key, const toml::node& value) const {
    if (const auto text = value.value_exact<std::string>()) {
      if (text->empty()) fail(value, key + ": expected a text that is not empty");
      return *text;
    }
    if (const auto number = value.value_exact<std::int64_t>()) return std::to_string(*number);
    if (const auto real = value.value_exact<double>()) return CLI::detail::to_string(*real);
    fail(value, key + ": expected a text, a number or a list of them");
  }

  std::string nearest_key(const std::string& key) const {
    std::vector<std::string> names;
    for (const CLI::Option* option : app_.get_options()) {
      for (const std::string& name : names_to_set(*option)) {
        if (!contains(never_defaults, name)) names.push_back(name);
      }
    }
    const std::vector<std::string_view> known(names.begin(), names.end());
    return did_you_mean(key, known);
  }

  CLI::App& app_;
  DefaultsFile file_;
  const DefaultsChoice& choice_;
  std::vector<DefaultValue>& all_;
};

bool is_ours(const std::string& path) {
  struct stat status {};
  return ::stat(path.c_str(), &status) == 0 && S_ISREG(status.st_mode) &&
         (status.st_uid == ::geteuid() || status.st_uid == 0);
}

std::string user_folder() {
  if (const char* const config = std::getenv("XDG_CONFIG_HOME"); config != nullptr && *config == '/') return config;
  const char* const home = std::getenv("HOME");
  return home == nullptr || *home != '/' ? std::string() : std::string(home) + "/.config";
}

}  // namespace

std::optional<DefaultsFile> find_defaults_file() {
  if (const char* const named = std::getenv("PROFCONV_CONFIG")) {
    if (*named == '\0') return std::nullopt;
    return DefaultsFile{named, true};
  }
  std::error_code error;
  std::filesystem::path folder = std::filesystem::current_path(error);
  while (!error) {
    const std::string path = (folder / file_name).string();
    if (is_ours(path)) return DefaultsFile{path, false};
    if (folder == folder.parent_path()) break;
    folder = folder.parent_path();
  }
  const std::string own = user_folder();
  if (own.empty()) return std::nullopt;
  const std::string path = own + "/profconv/" + file_name;
  if (is_ours(path)) return DefaultsFile{path, true};
  return std::nullopt;
}

std::vector<DefaultValue> apply_defaults(CLI::App& app, const DefaultsChoice& choice) {
  std::vector<DefaultValue> all;
  apply_environment(app, choice, all);
  if (auto file = find_defaults_file()) FileOfDefaults(app, std::move(*file), choice, all).apply();
  return all;
}

}  // namespace profconv::cli
