#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace profconv {

/// Where a click on a function leads. A template has {file} and {line}; "vscode", "idea" and "file" stand for the usual
/// ones.
class EditorUrl {
 public:
  /// Throws UsageError for a template without {file}.
  explicit EditorUrl(std::string_view text);

  /// "" for what is in no file (C functions, `<string>`), and for a relative path unless the template is the user's
  /// own: editors do not know what it is relative to. Characters that mean something in a URL are percent-encoded;
  /// `C:\a` becomes `/C:/a`.
  std::string url(std::string_view file, std::uint32_t line) const;

 private:
  std::string template_;
  bool own_ = false;
};

}  // namespace profconv
