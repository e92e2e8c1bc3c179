#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace profconv {

/// One oddity that did not stop the work: something was repaired, left out or looks wrong.
struct Diagnostic {
  enum class Severity : std::uint8_t { note, warning };

  Severity severity = Severity::warning;
  std::string source;  ///< The input concerned, "" when it is about the output.
  std::string where;   ///< Position of the first case, e.g. "byte 812"; "" when there is none.
  std::string text;    ///< One sentence without a full stop; says how many cases there were.
};

/// The one-line form: `SOURCE: WHERE: TEXT`, with control characters made visible.
std::string to_string(const Diagnostic& diagnostic);

/// Collects oddities for the caller; the library itself prints nothing.
///
/// Readers and writers report each *kind* of oddity once, with a count, so the list stays short for any input.
class Diagnostics {
 public:
  void warn(std::string source, std::string where, std::string text);
  void note(std::string source, std::string where, std::string text);

  const std::vector<Diagnostic>& all() const noexcept { return all_; }
  bool has_warnings() const noexcept;

 private:
  std::vector<Diagnostic> all_;
};

}  // namespace profconv
