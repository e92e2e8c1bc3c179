#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <profconv/diagnostics.hpp>
#include <profconv/error.hpp>

namespace profconv::cli {

/// The value of an option that stood in a file or the environment: nobody typed it now, so its place is said with it.
struct DefaultValue {
  std::string option, value;  ///< The long name without dashes.
  std::string source, where;  ///< A variable and "", or a file and "line 3".
};

/// What a tool says to people: one line each on standard error, `PROGRAM: TEXT`, with control characters made visible.
class Messages {
 public:
  enum class Level : std::uint8_t { quiet, normal, verbose };

  explicit Messages(std::string program) : program_(std::move(program)) {}

  Level level = Level::normal;
  bool strict = false;                      ///< Warnings are errors.
  std::vector<DefaultValue> defaults = {};  ///< What the user set for good.

  const std::string& program() const noexcept { return program_; }

  void error(std::string_view text) const { print({}, text); }
  void error(const Error& error) const;       ///< With the place of the default whose value it quotes, if any.
  void warning(std::string_view text) const;  ///< Unless quiet.
  void say(std::string_view text) const;      ///< Unless quiet.
  void note(std::string_view text) const;     ///< Only when verbose.

  /// Passes on what the library found odd. Throws Error for the first warning when `strict`.
  void report(const Diagnostics& diagnostics) const;

 private:
  void print(std::string_view kind, std::string_view text) const;

  std::string program_;
};

}  // namespace profconv::cli
