#include <profconv/formats.hpp>

#include <array>
#include <cmath>
#include <iterator>

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
     .keeps = Detail::calls | Detail::counts | Detail::primitive | Detail::lines | Detail::metrics,
     .sniff = sniff_pstats,
     .read = read_pstats,
     .write = nullptr},
    {.name = "line_profiler",
     .summary = "line_profiler's dumps (pickle), by kernprof -l",
     .endings = ".lprof",
     .keeps = Detail::lines | Detail::metrics,
     .sniff = sniff_line_profiler,
     .read = read_line_profiler,
     .write = nullptr},
    {.name = "line_profiler-text",
     .summary = "text reports of line_profiler",
     .endings = ".txt .log",
     .keeps = Detail::lines | Detail::metrics,
     .sniff = sniff_line_profiler_text,
     .read = read_line_profiler_text,
     .write = nullptr},
    {.name = "hotshot",
     .summary = "logs of Python 2's hotshot (binary)",
     .endings = ".hotshot .prof",
     .keeps = Detail::all,
     .sniff = sniff_hotshot,
     .read = read_hotshot,
     .write = nullptr},
    {.name = "memory_profiler",
     .summary = "line-by-line text of memory_profiler",
     .endings = ".txt .log",
     .keeps = Detail::lines | Detail::metrics,
     .sniff = sniff_memory_profiler,
     .read = read_memory_profiler,
     .write = nullptr},
    {.name = "mprof",
     .summary = "data files of mprof run",
     .endings = ".dat",
     .keeps = Detail::calls | Detail::counts | Detail::primitive | Detail::metrics,
     .sniff = sniff_mprof,
     .read = read_mprof,
     .write = nullptr},
    {.name = "sampling-binary",
     .summary = "binary recordings of Python 3.15's sampling profiler",
     .endings = ".bin .tachyon",
     .keeps = Detail::calls | Detail::lines | Detail::stacks | Detail::metrics,
     .sniff = sniff_sampling_binary,
     .read = read_sampling_binary,
     .write = nullptr},
    {.name = "sampling-jsonl",
     .summary = "summaries of Python 3.15's sampling profiler",
     .endings = ".jsonl",
     .keeps = Detail::lines | Detail::metrics,
     .sniff = sniff_sampling_jsonl,
     .read = read_sampling_jsonl,
     .write = nullptr},
    {.name = "collapsed",
     .summary = "stacks one a line, for and from flame graphs",
     .endings = ".collapsed .folded",
     .keeps = Detail::calls | Detail::lines | Detail::stacks,
     .options = Format::Options::collapsed,
     .sniff = sniff_collapsed,
     .read = read_collapsed,
     .write = write_collapsed},
    {.name = "callgrind",
     .summary = "call graphs for KCachegrind, QCacheGrind and callgrind_annotate",
     .endings = ".callgrind",
     .keeps = Detail::calls | Detail::counts | Detail::lines | Detail::metrics,
     .options = Format::Options::callgrind,
     .sniff = nullptr,
     .read = nullptr,
     .write = write_callgrind},
    {.name = "dot",
     .summary = "call graphs as pictures, by Graphviz",
     .endings = ".dot .gv",
     .keeps = Detail::calls | Detail::counts | Detail::primitive | Detail::metrics,
     .options = Format::Options::dot,
     .sniff = nullptr,
     .read = nullptr,
     .write = write_dot},
    {.name = "text",
     .summary = "reports for people",
     .endings = ".txt",
     .keeps = Detail::all,
     .options = Format::Options::text,
     .sniff = nullptr,
     .read = nullptr,
     .write = write_text},
    {.name = "markdown",
     .summary = "reports as Markdown tables",
     .endings = ".md .markdown",
     .keeps = Detail::all,
     .options = Format::Options::text,
     .sniff = nullptr,
     .read = nullptr,
     .write = write_markdown},
    {.name = "csv",
     .summary = "reports as comma-separated values",
     .endings = ".csv",
     .keeps = Detail::all,
     .options = Format::Options::text,
     .sniff = nullptr,
     .read = nullptr,
     .write = write_csv},
    {.name = "tsv",
     .summary = "reports as tab-separated values",
     .endings = ".tsv",
     .keeps = Detail::all,
     .options = Format::Options::text,
     .sniff = nullptr,
     .read = nullptr,
     .write = write_tsv},
    {.name = "json",
     .summary = "reports as JSON, documented in docs/json-schema.md",
     .endings = ".json",
     .keeps = Detail::all,
     .options = Format::Options::text,
     .sniff = nullptr,
     .read = nullptr,
     .write = write_json},
};

bool is_readable(const Format& format) { return format.read != nullptr; }
bool is_writable(const Format& format) { return format.write != nullptr; }

/// `unfit` says what is the matter with a format that there is, and that does not fit.
const Format& find_format(std::string_view name, bool (*fits)(const Format&), std::string_view unfit) {
  std::vector<std::string_view> known;
  std::string list;
  for (const Format& format : table) {
    if (!fits(format)) {
      if (format.name == name) throw UsageError("the format " + std::string(name) + " " + std::string(unfit));
      continue;
    }
    if (format.name == name) return format;
    known.push_back(format.name);
    list += (list.empty() ? "" : ", ") + std::string(format.name);
  }
  throw UsageError("unknown format " + quoted(name) + ", known are " + list, did_you_mean(name, known));
}

}  // namespace

std::span<const Format> formats() { return table; }

const Format& format_named(std::string_view name) {
  return find_format(name, [](const Format&) { return true; }, {});
}

const Format& readable_format(std::string_view name) {
  return find_format(name, is_readable, "can be written, not read");
}

const Format& writable_format(std::string_view name) {
  return find_format(name, is_writable, "can be read, not written");
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

namespace {

Profile read_at_once(Input& input, const ReadOptions& options, Diagnostics& diagnostics) {
  if (options.salvage) input.salvage();
  const Format& format = options.format.empty() ? detect(input) : readable_format(options.format);
  const Bytes bytes{input.bytes(), input.name(), input.mtime_ns()};
  diagnostics.note(input.name(), {},
                   "read as " + std::string(format.name) + (input.packed() ? ", unpacked from gzip" : "") +
                       (input.converted() ? ", converted from UTF-16" : ""));
  if (const auto at = input.cut_off_at()) {
    diagnostics.warn(input.name(), "byte " + std::to_string(*at) + " of the gzip data",
                     "the gzip data end too early; the " + std::to_string(bytes.data.size()) +
                         " bytes that they unpack to are converted");
  }
  return format.read(bytes, options, diagnostics);
}

}  // namespace

Profile read(Input& input, const ReadOptions& options, Diagnostics& diagnostics) {
  if (!std::isfinite(options.time_unit_s) || options.time_unit_s <= 0)
    throw UsageError("time_unit_s: expected a positive number of seconds");
  if (options.interval_ns < 0) throw UsageError("interval_ns: expected no negative time");
  try {
    Profile profile = read_at_once(input, options, diagnostics);
    input.require_unchanged();
    return profile;
  } catch (const FormatError&) {
    input.require_unchanged();  // or the fault is none of the format's
    throw;
  } catch (const IoError&) {
    throw;
  } catch (const UsageError&) {
    throw;
  } catch (
      const Error& error) {  // what the model refuses of an input is a fault of that input: a sum that does not fit
    throw FormatError(Error::Parts{input.name(), {}, error.reason(), error.hint()});
  }
}

void write(const Profile& profile, std::string_view format_name, const WriteOptions& options, Output& output,
           Diagnostics& diagnostics) {
  const Format& format = writable_format(format_name);
  format.write(profile, options, output, diagnostics);
  if (const Detail lost = details_of(profile) - format.keeps; lost != Detail::none)
    diagnostics.note({}, {}, std::string(format.name) + " does not hold all of the profile: " + to_string(lost));
}

}  // namespace profconv
