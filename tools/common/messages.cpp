#include "common/messages.hpp"

#include <algorithm>
#include <cstdio>

#include <profconv/error.hpp>

namespace profconv::cli {

void Messages::print(std::string_view kind, std::string_view text) const {
  // In one call: several processes of one pipeline may write to the same terminal.
  std::string line = program_ + ": ";
  line += kind;
  line += to_string(Diagnostic{Diagnostic::Severity::note, {}, {}, std::string(text)});
  line += '\n';
  std::fwrite(line.data(), 1, line.size(), stderr);
}

void Messages::error(const Error& error) const {
  const auto is_quoted = [&](const DefaultValue& set) {
    const std::string& reason = error.reason();
    // What names another option is about that one.
    return (!reason.starts_with("--") || reason.starts_with("--" + set.option + ":")) &&
           reason.find("'" + set.value + "'") != std::string::npos;
  };
  const auto set = std::ranges::find_if(defaults, is_quoted);
  if (!error.source().empty() || set == defaults.end()) return print({}, error.what());
  print({}, Error(Error::Parts{set->source, set->where, error.reason(), error.hint()}).what());
}

void Messages::warning(std::string_view text) const {
  if (level != Level::quiet) print("warning: ", text);
}

void Messages::say(std::string_view text) const {
  if (level != Level::quiet) print({}, text);
}

void Messages::note(std::string_view text) const {
  if (level == Level::verbose) print("note: ", text);
}

void Messages::report(const Diagnostics& diagnostics) const {
  for (const Diagnostic& d : diagnostics.all()) {
    if (d.severity == Diagnostic::Severity::note) {
      note(to_string(d));
    } else if (strict) {
      throw Error(Error::Parts{d.source, d.where, d.text, "without --strict this is a warning"});
    } else {
      warning(to_string(d));
    }
  }
}

}  // namespace profconv::cli
