#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <profconv/builder.hpp>
#include <profconv/diagnostics.hpp>

#include "codecs/marshal.hpp"
#include "io/byte_cursor.hpp"
#include "readers/oddities.hpp"
#include "readers/readers.hpp"

namespace profconv {

/// Goes with sums and times of a dump that do not fit.
inline constexpr const char* time_unit_hint =
    "was a timer used that counts other units than seconds? --time-unit says which";

/// What a first reading found out about the entries, for a second one.
struct PstatsSelection {
  std::vector<bool> last_of_key;  ///< For each complete entry in order: whether no later one has its key.
  bool cut_short = false;         ///< Only these entries are complete.
};

/// Reads the dict of a pstats dump once, whatever is in it, with one layout for code objects (pstats.cpp describes the
/// format).
class PstatsParser {
 public:
  struct Parsed {
    Profile profile;
    Diagnostics diagnostics;
    bool sampled = false;
    bool consumed = false;  ///< Nothing follows the dict.
    bool complete = true;   ///< False: cut short and salvaged.
    std::size_t entries = 0;
    std::optional<PstatsSelection> selection;  ///< The file is to be read again, with this.
  };

  /// `selection` is null at first. Bytes, options and selection outlive the parser.
  PstatsParser(const Bytes& bytes, const ReadOptions& options, CodeLayout layout, const PstatsSelection* selection);

  /// To be called once. Throws FormatError where the dump is damaged, CodeObjectMet where it has a code object and the
  /// layout is unknown.
  Parsed parse();

 private:
  using Number = MarshalNumber;
  using FourNumbers = std::array<Number, 4>;
  struct FoundKey {
    FunctionId function;
    bool sampled_marker = false;
  };

  void parse_entries(const Parsed& parsed);
  void parse_entry(FunctionId function, std::size_t offset);
  FoundKey parse_key(const MarshalItem& item, const char* place);
  bool take_key(FunctionId& function);
  FunctionId function_of(StringId file, std::int64_t line, std::size_t line_offset, StringId name, StringId printed);
  StringId intern_text(const MarshalItem& item);
  StringId intern_text(const MarshalText& text);
  StringId code_name(const MarshalItem& item);
  void parse_callers(FunctionId callee);
  void parse_four_numbers(FourNumbers& numbers);
  void set_numbers(TimedCall& call, const FourNumbers& numbers, Recorded::Caller* recorded_caller);
  void parse_caller_value(TimedCall& call, Recorded::Caller* recorded_caller);
  Number next_number(const char* place);
  Number parse_number(const MarshalItem& item, const char* what);
  std::int64_t count_of(const Number& number, FunctionId function);
  std::int64_t odd_count_of(const Number& number, FunctionId function);
  std::int64_t ns_of(const Number& number, FunctionId function, const char* what);
  std::int64_t odd_ns_of(const Number& number, FunctionId function, const char* what);
  Counts counts_of(const Number& a, const Number& b, FunctionId function);
  void report(Parsed& parsed);

  MarshalItem next(const char* place, bool may_end = false);
  [[noreturn]] void fail(std::size_t offset, const char* place, const std::string& reason, std::string hint = {}) const;
  [[noreturn]] void fail_expected(const MarshalItem& item, const char* place, const char* expected) const;
  std::string function_text(FunctionId function) const;

  const ReadOptions& options_;
  std::string_view source_;
  ByteCursor cursor_;
  MarshalReader marshal_;
  const PstatsSelection* selection_;
  ProfileBuilder builder_;
  double ns_per_unit_;
  std::optional<Recorded> recorded_;
  bool keeps_self_;
  bool keeps_callers_ = false;
  std::map<StringId, StringId> code_names_;  // what pstats prints for a code object that is a name

  std::size_t entry_ = 0;                           // number of the entry being read, from 0
  std::vector<TimedCall> calls_;                    // to the entry being read
  std::vector<Recorded::Caller> recorded_callers_;  // of them, when that is wanted
  std::vector<std::uint32_t> last_entry_;           // per function: its last entry + 1
  // Per function: its place among the entry's callers + the number of callers before this entry + 1. In 32 bits, as all
  // rows of calls.
  std::vector<std::uint32_t> caller_row_;
  std::uint32_t caller_rows_ = 0;  // callers read before this entry
  bool sampled_ = false;

  Oddity doubled_keys_, doubled_callers_, not_finite_, negative_counts_, bad_lines_;
};

}  // namespace profconv
