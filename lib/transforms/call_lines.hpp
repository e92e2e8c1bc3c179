#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <profconv/profile.hpp>
#include <profconv/source.hpp>

#include "base/hash_tables.hpp"

namespace profconv {

/// A line on which a callee may be called.
struct CallLine {
  std::uint32_t line = 0;       ///< Where the name stands.
  std::uint32_t statement = 0;  ///< Where the statement around it begins; often the same.
  std::uint32_t times = 0;      ///< How often it stands there.
  bool called = false;          ///< With brackets behind it; else it may be passed on.
};

/// What the source says about the lines of calls: where the callee's name stands in the caller. Names are compared as
/// text, behind strings and comments; nothing is resolved. For the recovery of calls, which knows no edges to look for.
class CallLines {
 public:
  explicit CallLines(const SourceFiles* sources) : sources_(sources) {}

  /// Reads a caller, from its first line to `last`. False, and nothing will be found: there is no source, or another
  /// function stands there. Linear in the text.
  bool enter(const Profile& profile, FunctionId caller, std::uint32_t last);
  /// Lines of that caller, ascending. Those where the name is called, else where it is only mentioned (a callback).
  std::vector<CallLine> find(const Profile& profile, FunctionId callee) const;

  /// What stands where a function is called, "Row" for `Row.__init__`; "" when that is not known.
  std::string word_for(const Profile& profile, FunctionId callee) const;
  /// Calls visit(word) for every word of the caller, in no order.
  template <class Visit>
  void each_word(Visit visit) const {
    for (const auto& [word, mentions] : words_) visit(word);
  }

 private:
  struct Mention {
    std::uint32_t line, statement, times, calls;
  };

  void read_line(std::string_view text, std::uint32_t line);
  void note(std::string_view word, std::uint32_t line, bool called);
  std::string class_of(const Profile& profile, FunctionId method) const;

  const SourceFiles* sources_;
  TextViewMap<std::vector<Mention>> words_;  // views of the source
  const SourceFile* source_ = nullptr;       // of the caller
  StringId file_{};
  std::uint32_t last_ = 0, statement_ = 0;
  int depth_ = 0;                 // of brackets
  std::string_view open_string_;  // the quotes that end a string of several lines
};

}  // namespace profconv
