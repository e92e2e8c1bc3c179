// collapsed: stacks with a number, one a line, as flamegraph.pl reads them.
//
//     tid:3247;t.py:<module>:12;t.py:main:9 120       Python 3.15: profiling.sampling --collapsed
//     <module> (t.py:12);main (t.py:9) 120            py-spy record -f raw
//     # mode: wall                                    austin: what the numbers are
//     P8;T9;/app/t.py:main:9 10043                    austin: one sample, microseconds
//     P8;T9;/app/t.py:main;L9 10043                   austin 2, or -a: the line is a frame of its own
//     python;main;_PyEval_EvalFrameDefault 4          stackcollapse-perf.pl
//
// Outermost frame first, ";" between frames, the number after the last blank. There is no escape: a ";" within a name
// makes two frames of it. Sources: Brendan Gregg's flamegraph.pl (comments at its top), CPython 3.15.2
// Lib/profiling/sampling/stack_collector.py, py-spy src/main.rs, austin's README. Forms of frames and of the frames
// that name a thread are in collapsed_frame.hpp.
//
// The numbers are samples, unless austin says that they are microseconds. Decimals (flamegraph.pl takes them) are
// rounded. A line without a number is left out with a warning, as flamegraph.pl does; a last one without a line's end
// was cut off.

#include <algorithm>
#include <charconv>
#include <cmath>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <profconv/builder.hpp>
#include <profconv/error.hpp>

#include "base/hash_tables.hpp"
#include "base/visible.hpp"
#include "io/line_cursor.hpp"
#include "model/from_stacks.hpp"
#include "readers/collapsed_frame.hpp"
#include "readers/oddities.hpp"
#include "readers/readers.hpp"
#include "readers/sampled_function.hpp"

namespace profconv {
namespace {

constexpr std::string_view digits = "0123456789", byte_order_mark = "\xef\xbb\xbf";

/// A line in its two parts; empty when it has no number.
struct StackAndNumber {
  std::string_view stack, number;
};

std::optional<StackAndNumber> divide(std::string_view line) {
  while (line.ends_with(' ') || line.ends_with('\t')) line.remove_suffix(1);
  const std::size_t blank = line.find_last_of(" \t");
  if (blank == std::string_view::npos) return std::nullopt;
  const std::string_view number = line.substr(blank + 1);
  const std::size_t point = number.find('.');
  const bool whole = number.substr(0, point).find_first_not_of(digits) == std::string_view::npos && point != 0;
  const bool fraction =
      point == std::string_view::npos ||
      (point + 1 < number.size() && number.substr(point + 1).find_first_not_of(digits) == std::string_view::npos);
  if (number.empty() || !whole || !fraction) return std::nullopt;
  std::string_view stack = line.substr(0, blank);
  while (stack.ends_with(' ')) stack.remove_suffix(1);
  return StackAndNumber{stack, number};
}

/// Of a stack's first frame. py-spy writes a command line as it is, in quotes: `process 12:"python -c a; b";main 5`.
std::size_t end_of_first_frame(std::string_view stack) {
  const std::size_t colon = stack.starts_with("process ") ? stack.find(":\"") : std::string_view::npos;
  if (colon != std::string_view::npos && stack.substr(0, colon).find(';') == std::string_view::npos) {
    const std::size_t quote = stack.rfind("\";");  // there may be others in it
    if (quote != std::string_view::npos && quote > colon + 1) return quote + 1;
    if (stack.ends_with('"')) return stack.size();
  }
  return std::min(stack.find(';'), stack.size());
}

/// The size of a frame "L12" at the beginning of the rest of a stack; 0 if there is another one.
std::size_t line_frame_size(std::string_view rest) {
  if (!rest.starts_with('L')) return 0;
  const std::size_t end = std::min(rest.find_first_not_of(digits, 1), rest.size());
  return end > 1 && (end == rest.size() || rest[end] == ';') ? end : 0;
}

class CollapsedReader {
 public:
  CollapsedReader(const Bytes& bytes, const ReadOptions& options, Diagnostics& diagnostics)
      : cursor_(bytes.data, bytes.source), bytes_(bytes), options_(options), diagnostics_(diagnostics) {}

  Profile read();

 private:
  void read_comment(std::string_view text);
  void refuse_other_modes() const;
  void start();
  void add(const StackAndNumber& line);
  std::int64_t take_number(std::string_view text);
  Line frame(std::string_view text, bool has_line_behind);
  void add_sample(Sample sample, std::int64_t number);
  void report();

  LineCursor cursor_;
  const Bytes& bytes_;
  const ReadOptions& options_;
  Diagnostics& diagnostics_;
  std::optional<ProfileBuilder> builder_;
  TextViewMap<Line> frames_;  // views of the input
  std::string_view mode_;     // what austin says of its numbers
  bool has_austin_labels_ = false;
  Oddity unlabelled_{Oddity::Place::line};  // in austin's output
  std::size_t lines_ = 0, cut_at_ = 0;      // how many; the number of a last line that is not complete
  Oddity unnumbered_{Oddity::Place::line}, empty_{Oddity::Place::line}, rounded_{Oddity::Place::line},
      vanished_{Oddity::Place::line};
};

void CollapsedReader::read_comment(std::string_view text) {
  text.remove_prefix(1);
  while (text.starts_with(' ')) text.remove_prefix(1);
  constexpr std::string_view mode = "mode: ";
  if (!text.starts_with(mode)) return;
  if (builder_ && mode_.empty()) {
    cursor_.fail("a recording of austin begins here, in microseconds; what is before it are samples",
                 "give them as two files: they are added up");
  }
  mode_ = text.substr(mode.size());
}

void CollapsedReader::refuse_other_modes() const {
  if (mode_ == "memory" || mode_ == "full") {
    cursor_.fail("austin's mode " + quoted(mode_) + " is not read: versions of austin differ in what its numbers are",
                 "record the time with austin, without -m and -f");
  }
}

// The columns are known when the first stack is met.
void CollapsedReader::start() {
  refuse_other_modes();
  std::vector<MetricKey> metrics;
  if (!mode_.empty() || options_.interval_ns > 0) metrics.push_back(time_metric);
  metrics.push_back(samples_metric);
  builder_.emplace(metrics, options_.limits);
  builder_->add_source(bytes_.source, "collapsed", options_.command, bytes_.mtime_ns,
                       mode_.empty() ? options_.interval_ns : 0);
}

std::int64_t CollapsedReader::take_number(std::string_view text) {
  const char* const end = text.data() + text.size();
  std::int64_t number = 0;
  const auto [stop, error] = std::from_chars(text.data(), end, number);
  if (error == std::errc{} && stop == end) return number;
  double value = 0;
  if (std::from_chars(text.data(), end, value).ec == std::errc{} && value < 9223372036854774784.0) {
    const std::int64_t nearest = std::llround(value);
    (nearest == 0 && value > 0 ? vanished_ : rounded_).met(cursor_.number());
    return nearest;
  }
  cursor_.fail("expected a number that fits 64 bits, found " + quoted(text));
}

// `has_line_behind`: "file:name;L12".
Line CollapsedReader::frame(std::string_view text, bool has_line_behind) {
  if (const auto known = frames_.find(text); known != frames_.end()) return known->second;
  std::string with_line;
  if (has_line_behind) {
    const std::size_t cut = text.rfind(";L");
    with_line = std::string(text.substr(0, cut)) + ":" + std::string(text.substr(cut + 2));
  }
  const CollapsedFrame parsed = parse_collapsed_frame(has_line_behind ? with_line : text);
  const FunctionKey key =
      parsed.file.empty() ? FunctionKey{.name = parsed.name} : sampled_function(parsed.file, parsed.name);
  return frames_.emplace(text, Line{builder_->function(key), parsed.line}).first->second;
}

void CollapsedReader::add_sample(Sample sample, std::int64_t number) {
  std::int64_t costs[2];
  std::size_t used = 0;
  if (!mode_.empty()) {  // austin: a line is a sample
    if (__builtin_mul_overflow(number, std::int64_t{1000}, &costs[used++]))
      cursor_.fail("the time of " + std::to_string(number) + " microseconds does not fit 64 bits of nanoseconds");
    number = 1;
  } else if (options_.interval_ns > 0 && __builtin_mul_overflow(number, options_.interval_ns, &costs[used++])) {
    cursor_.fail("the time of " + std::to_string(number) + " samples does not fit 64 bits of nanoseconds");
  }
  costs[used++] = number;
  builder_->add_sample(sample, {costs, used});
}

void CollapsedReader::add(const StackAndNumber& line) {
  if (!builder_) start();
  const std::int64_t number = take_number(line.number);
  NodeId leaf = no_parent;
  std::string_view process, thread, rest = line.stack;
  bool labels = true;  // may still come
  for (std::size_t i = 0; !rest.empty(); ++i) {
    const std::size_t end = i == 0 ? end_of_first_frame(rest) : std::min(rest.find(';'), rest.size());
    std::string_view text = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    if (text.empty()) continue;  // py-spy once ended stacks with ";"
    if (labels) {
      const auto label = parse_stack_label(text, i == 0);
      if (label && (label->kind == StackLabel::Kind::process ? process : thread).empty()) {
        (label->kind == StackLabel::Kind::process ? process : thread) = label->text;
        if (text.starts_with('P')) has_austin_labels_ = true;
        continue;
      }
      labels = false;
      if (!mode_.empty() && process.empty()) unlabelled_.met(cursor_.number());
    }
    const std::size_t line_size =
        process.empty() || text.find(':') == std::string_view::npos ? 0 : line_frame_size(rest);
    if (line_size != 0) {
      text = {text.data(), static_cast<std::size_t>(rest.data() + line_size - text.data())};
      rest.remove_prefix(std::min(line_size + 1, rest.size()));
    }
    const Line f = frame(text, line_size != 0);
    leaf = builder_->node(leaf, f.function, f.line);
  }
  if (leaf == no_parent) return empty_.met(cursor_.number());
  if (number != 0) add_sample({leaf, builder_->labels(process, thread, 0)}, number);
}

void CollapsedReader::report() {
  const std::string_view source = bytes_.source;
  unnumbered_.warn(diagnostics_, source, "line has no number at its end and is left out",
                   "lines have no number at their end and are left out");
  empty_.warn(diagnostics_, source, "line has no stack and is left out", "lines have no stack and are left out");
  rounded_.warn(diagnostics_, source, "number has decimals and is rounded", "numbers have decimals and are rounded");
  vanished_.warn(diagnostics_, source,
                 "number is below 0.5 and rounded to nothing: multiply all numbers, by 1000 for example",
                 "numbers are below 0.5 and rounded to nothing: multiply all numbers, by 1000 for example");
  if (cut_at_ != 0) {
    diagnostics_.warn(std::string(source), "line " + std::to_string(cut_at_),
                      "the input looks cut off: its last line has no number; left out");
  }
  if (lines_ == 0) diagnostics_.warn(std::string(source), {}, "there are no samples in it");
  unlabelled_.warn(diagnostics_, source,
                   "stack has no process as austin's do; its number is taken for microseconds, too",
                   "stacks have no process as austin's do; their numbers are taken for microseconds, too");
  if (has_austin_labels_ && mode_.empty()) {
    diagnostics_.warn(std::string(source), {},
                      "the numbers are taken for samples; austin's own output says what they are in lines that start "
                      "with #, and these are missing");
  }
}

Profile CollapsedReader::read() {
  while (cursor_.next()) {
    std::string_view line = cursor_.line();
    if (line.starts_with(byte_order_mark)) line.remove_prefix(byte_order_mark.size());  // of a file behind another one
    if (line.starts_with('#')) {
      read_comment(line);
    } else if (const auto parts = divide(line)) {
      ++lines_;
      add(*parts);
    } else if (line.find_first_not_of(" \t") != std::string_view::npos) {
      if (cursor_.has_newline()) {
        unnumbered_.met(cursor_.number());
      } else {
        cut_at_ = cursor_.number();
      }
    }
  }
  if (lines_ == 0 && (unnumbered_.count() != 0 || cut_at_ != 0)) {
    refuse_other_modes();  // in some versions these have several numbers in a line
    throw FormatError(Error::Parts{std::string(bytes_.source),
                                   {},
                                   "expected lines of frames and a number such as 'main;work 12', found none",
                                   {}});
  }
  if (!builder_) start();
  report();
  return derive_from_stacks(std::move(*builder_).finish(), options_.limits);
}

// A line that goes on where the head ends: so many frames are those of a deep recursion, and no text of another kind.
bool is_deep_stack(std::string_view line) {
  constexpr std::ptrdiff_t longest_frame = 512, many = Input::head_size / longest_frame;
  const auto is_control = [](char c) { return static_cast<unsigned char>(c) < ' '; };
  return std::ranges::count(line, ';') >= many && std::ranges::none_of(line, is_control);
}

}  // namespace

Profile read_collapsed(const Bytes& bytes, const ReadOptions& options, Diagnostics& diagnostics) {
  return CollapsedReader(bytes, options, diagnostics).read();
}

// Lines with a number, ";" in one of them at least, and nothing else, but for a last line that is cut off. What is
// certain: a first line that only Python 3.15 or austin writes.
Match sniff_collapsed(std::span<const std::byte> head) {
  std::string_view text(reinterpret_cast<const char*>(head.data()), head.size());
  if (text.starts_with("# austin: ")) return Match::yes;
  if (text.find('\0') != std::string_view::npos) return Match::no;
  const bool cut = head.size() == Input::head_size;  // the last line may go on
  const bool is_python = text.starts_with("tid:");
  bool frames = false;
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = text.find('\n', begin);
    if (end == std::string_view::npos && cut) {
      if (begin == 0 && is_deep_stack(text)) return is_python ? Match::yes : Match::maybe;
      return frames ? Match::maybe : Match::no;
    }
    std::string_view line = text.substr(begin, end - begin);
    begin = end == std::string_view::npos ? text.size() : end + 1;
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (line.find_first_not_of(" \t") == std::string_view::npos || line.starts_with('#')) continue;
    const auto parts = divide(line);
    if (!parts) return frames && end == std::string_view::npos ? Match::maybe : Match::no;
    if (parts->stack.find(';') == std::string_view::npos) continue;
    if (is_python) return Match::yes;
    frames = true;
  }
  return frames ? Match::maybe : Match::no;
}

}  // namespace profconv
