#include <profconv/formats.hpp>

#include <algorithm>
#include <numeric>
#include <vector>

#include <profconv/error.hpp>

#include "base/visible.hpp"
#include "readers/foreign.hpp"
#include "readers/readers.hpp"
#include "writers/writers.hpp"

namespace profconv {
namespace {

// Strict formats first.
constexpr Format table[] = {
    {.name = "dump",
     .summary = "the model as readable text",
     .endings = ".dump",
     .keeps = Detail::all,
     .sniff = sniff_dump,
     .read = read_dump,
     .write = write_dump},
    {.name = "pstats",
     .summary = "cProfile and profile dumps (marshal)",
     .endings = ".prof .cprof .pstats .profile",
     .keeps = Detail::calls | Detail::counts | Detail::primitive,
     .sniff = sniff_pstats,
     .read = read_pstats,
     .write = nullptr},
    {.name = "callgrind",
     .summary = "call graphs for KCachegrind, QCacheGrind and callgrind_annotate",
     .endings = ".callgrind",
     .keeps = Detail::calls | Detail::counts | Detail::lines | Detail::metrics,
     .sniff = nullptr,
     .read = nullptr,
     .write = write_callgrind},
};

// Levenshtein's distance, in one row.
std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t substituted = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({row[j] + 1, row[j - 1] + 1, substituted});
    }
  }
  return row.back();
}

std::string names() {
  std::string text;
  for (const Format& format : table) {
    if (!text.empty()) text += ", ";
    text += format.name;
  }
  return text;
}

}  // namespace

std::span<const Format> formats() { return table; }

const Format& format_named(std::string_view name) {
  const Format* nearest = table;
  constexpr std::size_t longest = 64;  // a longer word is no misspelt format name
  const std::string_view head = name.substr(0, longest);
  for (const Format& format : table) {
    if (format.name == name) return format;
    if (edit_distance(format.name, head) < edit_distance(nearest->name, head)) nearest = &format;
  }
  const bool close = edit_distance(nearest->name, head) <= 2;
  throw UsageError("unknown format " + quoted(name) + ", known are " + names(), close ? "did you mean " + std::string(nearest->name) + "?" : "");
}

const Format& detect(Input& input) {
  const std::span<const std::byte> head = input.head();
  const Format* maybe = nullptr;
  for (const Format& format : table) {
    if (format.sniff == nullptr) continue;
    const Match match = format.sniff(head);
    if (match == Match::yes) return format;
    if (match == Match::maybe && maybe == nullptr) maybe = &format;
  }
  if (maybe != nullptr) return *maybe;
  refuse_foreign(head, input.name());
}

Profile read(Input& input, const ReadOptions& options, Diagnostics& diagnostics) {
  const Format& format = options.format.empty() ? detect(input) : format_named(options.format);
  if (format.read == nullptr) throw UsageError("the format " + std::string(format.name) + " can be written, not read");
  const Bytes bytes{input.bytes(), input.name(), input.mtime_ns()};
  diagnostics.note(input.name(), {}, "read as " + std::string(format.name) + (input.packed() ? ", unpacked from gzip" : ""));
  return format.read(bytes, options, diagnostics);
}

void write(const Profile& profile, std::string_view format_name, const WriteOptions& options, Output& output, Diagnostics& diagnostics) {
  const Format& format = format_named(format_name);
  if (format.write == nullptr) throw UsageError("the format " + std::string(format.name) + " can be read, not written");
  format.write(profile, options, output, diagnostics);
}

}  // namespace profconv
