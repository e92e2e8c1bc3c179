#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include <profconv/detail.hpp>
#include <profconv/diagnostics.hpp>
#include <profconv/dot.hpp>
#include <profconv/input.hpp>
#include <profconv/output.hpp>
#include <profconv/profile.hpp>
#include <profconv/text.hpp>

/// Start here: `read` a profile in any known format, `write` it in another, `formats` to see which there are.

namespace profconv {

/// What a reader may leave out when nobody will look at it: the self costs of calls, and `Recorded::callers`.
enum class Want : std::uint8_t { none = 0, call_self = 1, recorded_callers = 2, all = 0xff };
constexpr Want operator&(Want a, Want b) {
  return static_cast<Want>(static_cast<unsigned>(a) & static_cast<unsigned>(b));
}

struct ReadOptions {
  /// Format to assume; "" detects it from the content.
  std::string format = {};
  /// What was profiled, for Source::command where the input itself does not say; "" when unknown.
  std::string command = {};
  /// On depth, texts and tables. Sizes are those of `Input::open`: bytes are taken in before they are read.
  Limits limits = {};
  /// Seconds per unit of recorded time, for dumps made with a custom timer (`cProfile.Profile(timer=...)`): 1e-9 when
  /// the timer counted nanoseconds. Must be positive and finite.
  double time_unit_s = 1;
  /// Time between two samples, for sampled inputs that do not say it themselves; 0 when unknown. Not negative.
  std::int64_t interval_ns = 0;
  /// Converts the complete part of an input that was cut short, with a warning, instead of refusing it.
  bool salvage = false;
  /// Keeps the file's own numbers in Profile::recorded.
  bool as_recorded = false;
  Want want = Want::all;
};

struct CallgrindOptions {
  /// How functions are called, before anything is added that tells equal names apart.
  enum class Names : std::uint8_t {
    recorded,   ///< As the profile has them: the qualified name where there is one.
    shortest,   ///< The bare name: `method`, `len`.
    qualified,  ///< `Class::method`, which KCachegrind groups by class; `f.<locals>.g`; of C functions `list::append`.
    full,       ///< With the module: `package.module.Class::method`.
  };
  Names names = Names::recorded;
  /// Adds a function that calls what was called without a recorded caller, so that inclusive costs and cycle detection
  /// in KCachegrind are right.
  bool root = true;
};

struct CollapsedOptions {
  /// How a frame is written.
  enum class Frames : std::uint8_t {
    pyspy,    ///< `name (file:line)`, as py-spy; threads are added up.
    cpython,  ///< `file:name:line` without folders, below `tid:THREAD`: to the byte as Python 3.15's profiler.
    name,     ///< `name`: one frame for all lines of a function.
  };
  Frames frames = Frames::pyspy;
};

struct WriteOptions {
  CallgrindOptions callgrind = {};
  CollapsedOptions collapsed = {};
  DotOptions dot = {};
  TextOptions text = {};  ///< For text, markdown, csv, tsv and json.
};

enum class Match : std::uint8_t { no, maybe, yes };

/// Bytes and where they came from; what a reader gets. A view: the Input owns both.
struct Bytes {
  std::span<const std::byte> data;
  std::string_view source;  ///< For messages.
  std::int64_t mtime_ns = 0;
};

/// One row of the table of formats. Metadata is data here; behaviour is in the functions.
struct Format {
  std::string_view name;
  std::string_view summary;
  std::string_view endings;  ///< Usual file name endings, separated by blanks.
  /// What survives writing, at best: reports show as much of it as their options ask for. Of formats that are only
  /// read, what they can hold.
  Detail keeps;
  /// Which of WriteOptions its writer looks at.
  enum class Options : std::uint8_t { none, callgrind, collapsed, dot, text } options = Options::none;
  Match (*sniff)(std::span<const std::byte> head);  ///< Sees at most Input::head_size bytes.
  Profile (*read)(const Bytes& bytes, const ReadOptions& options, Diagnostics& diagnostics);  ///< Null: cannot be read.
  void (*write)(const Profile& profile, const WriteOptions& options, Output& output,
                Diagnostics& diagnostics);  ///< Null: cannot be written.
};

/// All formats, strict ones first: in detection the first `yes`, else the first `maybe`, wins.
std::span<const Format> formats();

/// The format with this name. Throws UsageError with the known names and the nearest one.
const Format& format_named(std::string_view name);
/// The same of those that can be read, and of those that can be written.
const Format& readable_format(std::string_view name);
const Format& writable_format(std::string_view name);

/// The format of this input, by its content alone. Throws FormatError that says what the input looks like.
const Format& detect(Input& input);

/// Reads one profile. Throws IoError, FormatError, UsageError (unknown `options.format`).
Profile read(Input& input, const ReadOptions& options, Diagnostics& diagnostics);

/// Writes one profile; the caller finishes the output. Notes what the profile holds and the format does not. Throws
/// IoError; UsageError for an unknown format and options that are none; Error where these choose nothing, such as a
/// root that no function matches.
void write(const Profile& profile, std::string_view format, const WriteOptions& options, Output& output,
           Diagnostics& diagnostics);

}  // namespace profconv
