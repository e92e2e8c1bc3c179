// pstats: what cProfile, profile, yappi ("pstat"), pyinstrument ("pstats") and Python 3.15's profiling write.
//
// One marshalled dict (see codecs/marshal.hpp), no magic number, no version, no trailer:
//
//     stats   = { key : (primitive calls, calls, self, total, callers) }
//     key     = (file name, first line, function name)
//     callers = { key : (calls, primitive calls, self, total) }     cProfile; note the other order of the counts
//             | { key : calls }                                     profile, hotshot.stats, 3.15 sampling
//
// Times are floats in seconds. Sources: CPython Lib/cProfile.py (`snapshot_stats`), Lib/profile.py, Lib/pstats.py,
// Lib/profiling/sampling/pstats_collector.py.
//
// Worked example, `{("a.py", 1, "f"): (1, 2, 0.5, 0.75, {})}` as Python 3.4 and later write it:
//
//     fb                                        { and reference 0
//       29 03  fa 04 "a.py"  e9 01 00 00 00  da 01 "f"       key; references 1, 2, 3
//       29 05  72 02 00 00 00  e9 02 00 00 00                 1 (reference 2), 2
//              e7 <0.5>  e7 <0.75>  7b 30                     times, no callers
//     30                                        }
//
// What is told apart, and how:
// - yappi exchanges the counts of an entry. No other writer has more primitive calls than calls, so the larger is taken
//   for the calls, in entries and in callers.
// - pyinstrument writes -1 for counts: `not_counted`.
// - `python -m profile -o` has a code object for a function name. Its layout depends on the version that wrote the
// file,
//   which is not recorded: every layout is tried on the whole file, and only one fits.
// - `("__sampled__",): True` marks a sampled dump (pstats_sampled.hpp).
// - A dict holds a key once. Where the file has it twice the last value counts, as in Python.
// - Callers without an entry become functions without costs of their own.
// What follows the dict is ignored with a warning, as CPython does without one.

#include <algorithm>
#include <cmath>
#include <optional>
#include <string>
#include <utility>

#include "readers/pstats_parser.hpp"
#include "readers/pstats_plain.hpp"
#include "readers/pstats_sampled.hpp"
#include "readers/readers.hpp"

namespace profconv {
namespace {

using Parsed = PstatsParser::Parsed;

void append(Diagnostics& diagnostics, const Diagnostics& more) {
  for (const Diagnostic& d : more.all()) {
    d.severity == Diagnostic::Severity::warning ? diagnostics.warn(d.source, d.where, d.text)
                                                : diagnostics.note(d.source, d.where, d.text);
  }
}

Parsed parse(const Bytes& bytes, const ReadOptions& options, CodeLayout layout) {
  Parsed first = PstatsParser(bytes, options, layout, nullptr).parse();
  if (!first.selection) return first;
  Parsed again = PstatsParser(bytes, options, layout, &*first.selection).parse();
  if (!first.complete) {
    again.consumed = first.consumed;
    append(again.diagnostics, first.diagnostics);
  }
  return again;
}

std::size_t offset_of(const FormatError& error) {
  constexpr std::string_view prefix = "byte ";
  return error.where().starts_with(prefix) ? static_cast<std::size_t>(std::stoull(error.where().substr(prefix.size())))
                                           : 0;
}

/// Reads the file with every layout of code objects and takes the one that fits: no error, and nothing left over.
Parsed parse_with_code(const Bytes& bytes, const ReadOptions& options) {
  std::optional<Parsed> best;
  std::optional<FormatError> furthest;
  const auto rank = [](const Parsed& p) { return std::pair(p.complete ? 1 + (p.consumed ? 1 : 0) : 0, p.entries); };
  for (const CodeLayout layout :
       {CodeLayout::python_3_11, CodeLayout::python_3_8, CodeLayout::python_3_0, CodeLayout::python_2}) {
    try {
      Parsed parsed = parse(bytes, options, layout);
      if (parsed.complete && parsed.consumed) return parsed;
      if (!best || rank(parsed) > rank(*best)) best = std::move(parsed);
    } catch (const FormatError& error) {
      if (!furthest || offset_of(error) > offset_of(*furthest)) furthest = error;
    }
  }
  if (best) return std::move(*best);
  throw FormatError(*furthest);
}

/// Whether a dump whose end is missing, where a sampled one says that it is one, is sampled all the same: all its times
/// are numbers of samples of the same length, and its calls have numbers alone.
bool looks_sampled(const Profile& p) {
  const auto is_number_alone = [](const Counts& c) { return c.primitive == not_counted; };
  if (p.calls.empty() || p.counts.empty() || !std::ranges::all_of(p.call_counts, is_number_alone)) return false;
  const auto most = std::ranges::max_element(p.counts, {}, &Counts::calls);
  const auto row = static_cast<std::size_t>(most - p.counts.begin());
  const double interval =
      static_cast<double>(p.total.at(row, 0)) / static_cast<double>(std::max<std::int64_t>(most->calls, 1));
  const auto takes = [&](std::int64_t ns, std::int64_t samples) {
    constexpr double rounding = 2;
    return samples >= 0 && std::fabs(static_cast<double>(ns) - interval * static_cast<double>(samples)) <= rounding;
  };
  for (std::size_t f = 0; f < p.counts.size(); ++f) {
    const Counts& counts = p.counts[f];
    if (!takes(p.total.at(f, 0), counts.calls) || !takes(p.self.at(f, 0), counts.primitive)) return false;
  }
  return interval > 0;
}

bool has_no_time(const Profile& profile) {
  return !profile.functions.empty() &&
         std::ranges::all_of(total_cost(profile), [](std::int64_t cost) { return cost == 0; });
}

}  // namespace

Profile read_pstats(const Bytes& bytes, const ReadOptions& options, Diagnostics& diagnostics) {
  if (bytes.data.empty()) {
    throw FormatError(Error::Parts{std::string(bytes.source),
                                   {},
                                   "the file is empty",
                                   "the profiled program was killed before the profile was written?"});
  }
  std::optional<Profile> plain = read_plain_pstats(bytes, options);
  Profile profile = plain ? *std::move(plain) : read_general_pstats(bytes, options, diagnostics);
  if (options.time_unit_s < 1 && has_no_time(profile))
    diagnostics.warn(std::string(bytes.source), {},
                     "in the unit that --time-unit says no time is as long as half a nanosecond, and all are 0");
  return profile;
}

Profile read_general_pstats(const Bytes& bytes, const ReadOptions& options, Diagnostics& diagnostics) {
  Parsed parsed;
  try {
    parsed = parse(bytes, options, CodeLayout::unknown);
  } catch (const CodeObjectMet&) {
    parsed = parse_with_code(bytes, options);
  }
  append(diagnostics, parsed.diagnostics);
  if (!parsed.complete && looks_sampled(parsed.profile)) {
    parsed.sampled = true;
    diagnostics.warn(std::string(bytes.source), {},
                     "taken for a sampled dump by its numbers: what says so comes last, and is missing");
  }
  if (!parsed.sampled) return std::move(parsed.profile);
  try {
    return fold_sampled(parsed.profile, bytes, options.limits, diagnostics);
  } catch (const Error& error) {  // a sum that does not fit
    throw FormatError(Error::Parts{
        std::string(bytes.source), {}, error.reason(), error.hint().empty() ? time_unit_hint : error.hint()});
  }
}

// A dict whose first key is a tuple, or an empty one. JSON starts with `{` too; the second byte tells them apart.
Match sniff_pstats(std::span<const std::byte> head) {
  const auto byte = [&](std::size_t i) { return std::to_integer<unsigned>(head[i]) & 0x7f; };
  if (head.empty() || byte(0) != '{') return Match::no;
  if (head.size() == 1) return Match::maybe;
  return byte(1) == '(' || byte(1) == ')' || byte(1) == '0' ? Match::yes : Match::no;
}

}  // namespace profconv
