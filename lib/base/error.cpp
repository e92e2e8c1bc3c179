#include <profconv/error.hpp>

#include <cstring>

#include "base/visible.hpp"

namespace profconv {
namespace {

std::string whole_message(const Error::Parts& parts) {
  std::string message;
  for (const std::string* part : {&parts.source, &parts.where}) {
    if (part->empty()) continue;
    append_visible(message, *part);
    message += ": ";
  }
  append_visible(message, parts.reason);
  if (!parts.hint.empty()) {
    message += " (hint: ";
    append_visible(message, parts.hint);
    message += ")";
  }
  return message;
}

std::string with_system_text(std::string reason, int code) {
  if (code == 0) return reason;
  return std::move(reason) + ": " + std::strerror(code);
}

}  // namespace

Error::Error(Parts parts) : std::runtime_error(whole_message(parts)), parts_(std::move(parts)) {}

IoError::IoError(std::string source, std::string reason, int code, std::string hint)
    : Error(Parts{std::move(source), {}, with_system_text(std::move(reason), code), std::move(hint)}), code_(code) {}

}  // namespace profconv
