#include <profconv/diagnostics.hpp>

#include <algorithm>

#include "base/visible.hpp"

namespace profconv {

std::string to_string(const Diagnostic& diagnostic) {
  std::string line;
  for (const std::string* part : {&diagnostic.source, &diagnostic.where}) {
    if (part->empty()) continue;
    append_visible(line, *part);
    line += ": ";
  }
  append_visible(line, diagnostic.text);
  return line;
}

void Diagnostics::warn(std::string source, std::string where, std::string text) {
  all_.push_back({Diagnostic::Severity::warning, std::move(source), std::move(where), std::move(text)});
}

void Diagnostics::note(std::string source, std::string where, std::string text) {
  all_.push_back({Diagnostic::Severity::note, std::move(source), std::move(where), std::move(text)});
}

bool Diagnostics::has_warnings() const noexcept {
  return std::any_of(all_.begin(), all_.end(),
                     [](const Diagnostic& d) { return d.severity == Diagnostic::Severity::warning; });
}

}  // namespace profconv
