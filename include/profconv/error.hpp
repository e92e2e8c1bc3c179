#pragma once

#include <span>
#include <stdexcept>
#include <string>
#include <string_view>

/// Errors of the library. Exceptions inside, one catch at each rim (a tool's `main`, a language binding).

namespace profconv {

/// Base of everything that the library throws on purpose.
///
/// `what()` is the whole message on one line: `SOURCE: WHERE: REASON (hint: HINT)`; parts that are empty are left out.
/// Control characters in any part are made visible, so the message is safe to print on a terminal.
class Error : public std::runtime_error {
 public:
  struct Parts {
    /// The input or output concerned: a file name, "-" for a standard stream, "" when there is none.
    std::string source;
    /// Position in the source, e.g. "byte 812" (from 0, in decompressed bytes) or "line 3" (from 1).
    std::string where;
    std::string reason;  ///< What was expected and what was found.
    std::string hint;    ///< What to do about it, "" when there is nothing to say.
  };

  explicit Error(std::string reason, std::string hint = {})
      : Error(Parts{{}, {}, std::move(reason), std::move(hint)}) {}
  explicit Error(Parts parts);

  const std::string& source() const noexcept { return parts_.source; }
  const std::string& where() const noexcept { return parts_.where; }
  const std::string& reason() const noexcept { return parts_.reason; }
  const std::string& hint() const noexcept { return parts_.hint; }

 private:
  Parts parts_;
};

/// The system refused: a file cannot be opened, a disk is full. `code()` is the `errno` value, 0 when there was none.
class IoError : public Error {
 public:
  IoError(std::string source, std::string reason, int code = 0, std::string hint = {});
  int code() const noexcept { return code_; }

 private:
  int code_;
};

/// The input is not what its format says it should be, or goes over a limit.
class FormatError : public Error {
 public:
  using Error::Error;
};

/// The caller asked for something that makes no sense, e.g. an unknown format name.
class UsageError : public Error {
 public:
  using Error::Error;
};

/// The known word that `word` is probably a misspelling of, for hints ("did you mean ...?"); "" when none is close.
std::string_view nearest(std::string_view word, std::span<const std::string_view> known);

/// The hint: "did you mean total?", or `otherwise` where no known word is close.
std::string did_you_mean(std::string_view word, std::span<const std::string_view> known, std::string otherwise = {});

}  // namespace profconv
