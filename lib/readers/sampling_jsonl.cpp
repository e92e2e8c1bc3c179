// sampling-jsonl: what `python -m profiling.sampling run --jsonl` of Python 3.15 writes.
//
//     {"type":"meta","v":0,"run_id":"9d27","sample_interval_usec":500,"mode":"wall"}
//     {"type":"string_table","v":0,"run_id":"9d27","strings":[{"str_id":0,"value":"main"},{"str_id":1,"value":"/t.py"}]}
//     {"type":"frame_table","v":0,"run_id":"9d27","frames":[{"frame_id":0,"path_str_id":1,"func_str_id":0,"line":9}]}
//     {"type":"agg","v":0,"run_id":"9d27","kind":"frame","scope":"final","samples_total":7,
//      "entries":[{"frame_id":0,"self":4,"cumulative":7}]}                                     (one line)
//     {"type":"end","v":0,"run_id":"9d27","samples_total":7}
//
// One JSON object a line. Python's development branch says str_def and frame_def, with their rows in "defs", and may
// write several records of a kind. A frame may have end_line, col and end_col: one line has several frames then. Line
// 0: no position. A recording without samples has only meta and end; one without end was cut off, as a rule within the
// line of its entries, by far the longest: what is complete of them can be salvaged.
//
// Source: CPython 3.15.2, Lib/profiling/sampling/jsonl_collector.py, and files of that version. Columns are not kept.
//
// There are no stacks and no calls in it: self samples of functions and lines are exact; inclusive samples are counted
// once per sample and frame, so a function that recurses by way of several lines gets an upper bound.

#include <algorithm>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include <profconv/builder.hpp>
#include <profconv/error.hpp>

#include "base/hash_tables.hpp"
#include "base/visible.hpp"
#include "io/byte_cursor.hpp"
#include "io/line_cursor.hpp"
#include "readers/oddities.hpp"
#include "readers/readers.hpp"
#include "readers/sampled_function.hpp"

namespace profconv {
namespace {

constexpr std::int64_t absent = -1;

/// One of the objects in a record's list. Which it is shows in its fields.
struct Row {
  std::int64_t string_id = absent, frame_id = absent, path = absent, function = absent, line = 0;
  std::int64_t self = absent, cumulative = absent;
  std::optional<std::string> value;
};

/// A line.
struct Record {
  std::string type, kind, scope, mode;
  std::int64_t interval_us = absent, samples_total = absent;
  std::vector<Row> rows;
};

/// Collects the events of nlohmann's SAX parser; fields that mean nothing here are skipped, whatever is in them.
class RecordHandler {
 public:
  using number_integer_t = nlohmann::json::number_integer_t;
  using number_unsigned_t = nlohmann::json::number_unsigned_t;
  using number_float_t = nlohmann::json::number_float_t;
  using string_t = nlohmann::json::string_t;
  using binary_t = nlohmann::json::binary_t;

  /// `is_first`: nothing was read before it, so nothing can be salvaged. `cut`: the line may end early; then the rows
  /// before that are the record.
  RecordHandler(const LineCursor& cursor, bool is_first, bool cut) : cursor_(cursor), is_first_(is_first), cut_(cut) {}

  Record take() && { return std::move(record_); }
  bool complete() const { return complete_; }

  bool start_object(std::size_t) {
    if (++depth_ == row_depth && in_list_) record_.rows.emplace_back();
    return true;
  }
  bool end_object() {
    if (depth_-- == row_depth && in_list_) complete_rows_ = record_.rows.size();
    return true;
  }
  bool start_array(std::size_t) {
    if (depth_ == 0) cursor_.fail("expected a JSON object, found a list");
    if (++depth_ == list_depth) in_list_ = key_ == "strings" || key_ == "frames" || key_ == "defs" || key_ == "entries";
    return true;
  }
  bool end_array() {
    if (depth_-- == list_depth) in_list_ = false;
    return true;
  }
  bool key(string_t& name) {
    key_ = name;
    return true;
  }
  bool string(string_t& text) {
    if (depth_ == 1) {
      if (key_ == "type") record_.type = text;
      if (key_ == "kind") record_.kind = text;
      if (key_ == "scope") record_.scope = text;
      if (key_ == "mode") record_.mode = text;
    } else if (in_row() && key_ == "value") {
      record_.rows.back().value = text;
    }
    return scalar();
  }
  bool number_integer(number_integer_t value) { return number(value); }
  bool number_unsigned(number_unsigned_t value) {
    if (value > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max()))
      cursor_.fail("the number " + std::to_string(value) + " of " + profconv::quoted(key_) + " does not fit 64 bits");
    return number(static_cast<std::int64_t>(value));
  }
  bool number_float(number_float_t, const string_t&) { return scalar(); }
  bool null() { return scalar(); }
  bool boolean(bool) { return scalar(); }
  bool binary(binary_t&) { return true; }
  bool parse_error(std::size_t position, const std::string&, const nlohmann::json::exception&) {
    if (cut_) {
      complete_ = false;
      record_.rows.resize(complete_rows_);
      return false;
    }
    const std::string reason = "the line is no JSON from column " + std::to_string(position) + " on";
    if (cursor_.has_newline()) cursor_.fail(reason, "the file looks cut off or damaged");
    throw TruncatedError(Error::Parts{
        std::string(cursor_.source()), "line " + std::to_string(cursor_.number()), reason,
        is_first_ ? "the file looks cut off" : "the file looks cut off; --salvage converts what is there"});
  }

 private:
  static constexpr int list_depth = 2, row_depth = 3;

  bool in_row() const { return in_list_ && depth_ == row_depth && !record_.rows.empty(); }
  bool scalar() const {
    if (depth_ == 0) cursor_.fail("expected a JSON object, found something else");
    return true;
  }
  bool number(std::int64_t value) {
    if (depth_ == 1) {
      if (key_ == "sample_interval_usec") record_.interval_us = value;
      if (key_ == "samples_total") record_.samples_total = value;
    } else if (in_row()) {
      Row& row = record_.rows.back();
      if (key_ == "line") {
        row.line = value;
        return true;
      }
      const std::pair<std::string_view, std::int64_t*> fields[] = {
          {"str_id", &row.string_id},     {"frame_id", &row.frame_id}, {"path_str_id", &row.path},
          {"func_str_id", &row.function}, {"self", &row.self},         {"cumulative", &row.cumulative}};
      for (const auto& [name, field] : fields) {
        if (key_ != name) continue;
        if (value < 0) cursor_.fail("expected " + std::string(name) + " from 0, found " + std::to_string(value));
        *field = value;
      }
    }
    return scalar();
  }

  const LineCursor& cursor_;
  bool is_first_, cut_, complete_ = true;
  Record record_;
  std::size_t complete_rows_ = 0;
  std::string key_;
  int depth_ = 0;
  bool in_list_ = false;
};

// JSON of Python holds bytes that were not UTF-8 as half surrogate pairs, which are no text: replaced by U+FFFD.
// Returns how many there were; `text` is left alone when there were none.
std::size_t replace_half_pairs(std::string_view line, std::string& text) {
  constexpr std::size_t length = 6;                     // \uXXXX
  const auto surrogate = [&](std::size_t at) -> char {  // 'h': high, 'l': low
    if (line.substr(at, 2) != "\\u" || at + length > line.size()) return ' ';
    const char first = line[at + 2], second = line[at + 3];
    if (first != 'd' && first != 'D') return ' ';
    if (second == '8' || second == '9' || (second | 0x20) == 'a' || (second | 0x20) == 'b') return 'h';
    return (second | 0x20) >= 'c' && (second | 0x20) <= 'f' ? 'l' : ' ';
  };
  std::size_t replaced = 0;
  for (std::size_t at = line.find('\\'); at != std::string_view::npos; at = line.find('\\', at)) {
    const char kind = surrogate(at);
    if (kind == ' ') {
      at += 2;  // another escape
    } else if (kind == 'h' && surrogate(at + length) == 'l') {
      at += 2 * length;
    } else {
      if (replaced++ == 0) text = line;
      text.replace(at + 2, 4, "fffd");
      at += length;
    }
  }
  return replaced;
}

class JsonlReader {
 public:
  JsonlReader(const Bytes& bytes, const ReadOptions& options, Diagnostics& diagnostics)
      : cursor_(bytes.data, bytes.source), bytes_(bytes), options_(options), diagnostics_(diagnostics) {}

  Profile read();

 private:
  struct LineCosts {
    Line line;
    std::int64_t self = 0, cumulative = 0;
  };

  std::optional<Record> take_record();
  void read_meta(const Record& meta);
  void define_strings(const Record& record);
  void define_frames(const Record& record);
  void add_entries(const Record& record);
  void claim_samples(const Record& record);
  static std::uint64_t key_of(std::int64_t id) { return static_cast<std::uint64_t>(id); }  // never below 0
  StringId string(std::int64_t id) const;
  std::vector<std::int64_t> cost(std::int64_t samples) const;
  static void add(const LineCursor& cursor, std::int64_t& sum, std::int64_t samples) {
    if (__builtin_add_overflow(sum, samples, &sum)) cursor.fail("the samples together do not fit 64 bits");
  }
  void finish_costs();

  LineCursor cursor_;
  const Bytes& bytes_;
  const ReadOptions& options_;
  Diagnostics& diagnostics_;
  std::int64_t interval_ns_ = 0;
  std::optional<ProfileBuilder> builder_;
  NumberMap<StringId> strings_;
  NumberMap<Line> frames_;
  NumberMap<std::size_t> line_rows_;  // function and line -> row of lines_
  std::vector<LineCosts> lines_;
  std::int64_t samples_ = 0, self_sum_ = 0;
  std::size_t samples_line_ = 0;  // that says `samples_`; 0: none does
  bool ended_ = false;
  std::string text_;
  Oddity unknown_{Oddity::Place::line}, other_{Oddity::Place::line}, half_pairs_{Oddity::Place::line};
};

// Nothing where the file is cut off before the record says anything.
std::optional<Record> JsonlReader::take_record() {
  std::string_view line = cursor_.line();
  if (const std::size_t replaced = replace_half_pairs(line, text_); replaced != 0) {
    for (std::size_t i = 0; i < replaced; ++i) half_pairs_.met(cursor_.number());
    line = text_;
  }
  RecordHandler handler(cursor_, !builder_, options_.salvage && builder_ && !cursor_.has_newline());
  nlohmann::json::sax_parse(line.begin(), line.end(), &handler);
  const bool complete = handler.complete();
  Record record = std::move(handler).take();
  if (!complete && record.rows.empty()) return std::nullopt;  // a number may be cut, too
  return record;
}

void JsonlReader::read_meta(const Record& meta) {
  if (meta.interval_us > 0) {
    if (__builtin_mul_overflow(meta.interval_us, std::int64_t{1000}, &interval_ns_))
      cursor_.fail("an interval of " + std::to_string(meta.interval_us) +
                   " microseconds does not fit 64 bits of nanoseconds");
    if (options_.interval_ns != 0 && options_.interval_ns != interval_ns_)
      diagnostics_.warn(std::string(bytes_.source), "line 1",
                        "the recorded interval of " + std::to_string(meta.interval_us) +
                            " microseconds counts, not the one that was given");
  } else {
    interval_ns_ = options_.interval_ns;
  }
  std::vector<MetricKey> metrics;
  if (interval_ns_ > 0) metrics.push_back(time_metric);
  metrics.push_back(samples_metric);
  builder_.emplace(metrics, options_.limits);
  builder_->add_source(bytes_.source, "sampling-jsonl", options_.command, bytes_.mtime_ns, interval_ns_);
}

void JsonlReader::define_strings(const Record& record) {
  for (const Row& row : record.rows) {
    if (row.string_id == absent || !row.value)
      cursor_.fail("expected str_id and value in each string, found one without");
    strings_.insert_or_assign(key_of(row.string_id), builder_->intern(*row.value));
  }
}

StringId JsonlReader::string(std::int64_t id) const {
  const auto found = strings_.find(key_of(id));
  if (found == strings_.end()) cursor_.fail("string " + std::to_string(id) + " is not defined before it is used");
  return found->second;
}

void JsonlReader::define_frames(const Record& record) {
  for (const Row& row : record.rows) {
    if (row.frame_id == absent || row.path == absent || row.function == absent)
      cursor_.fail("expected frame_id, path_str_id and func_str_id in each frame, found one without");
    const std::string file(builder_->text(string(row.path))), name(builder_->text(string(row.function)));
    const bool known = row.line > 0 && row.line <= std::numeric_limits<std::uint32_t>::max();
    const Line frame{builder_->function(sampled_function(file, name)),
                     known ? static_cast<std::uint32_t>(row.line) : 0};
    frames_.insert_or_assign(key_of(row.frame_id), frame);
  }
}

void JsonlReader::claim_samples(const Record& record) {
  if (record.samples_total <= samples_) return;
  samples_ = record.samples_total;
  samples_line_ = cursor_.number();
}

void JsonlReader::add_entries(const Record& record) {
  if (record.kind != "frame" || record.scope != "final") return other_.met(cursor_.number());
  claim_samples(record);
  for (const Row& row : record.rows) {
    if (row.frame_id == absent || row.self == absent || row.cumulative == absent)
      cursor_.fail("expected frame_id, self and cumulative in each entry, found one without");
    const auto frame = frames_.find(key_of(row.frame_id));
    if (frame == frames_.end())
      cursor_.fail("frame " + std::to_string(row.frame_id) + " is not defined before it is used");
    const Line line = frame->second;
    const auto [found, is_new] =
        line_rows_.try_emplace(pair_of(static_cast<std::uint32_t>(line.function), line.line), lines_.size());
    if (is_new) lines_.push_back({line, 0, 0});
    LineCosts& costs = lines_[found->second];
    add(cursor_, costs.self, row.self);
    add(cursor_, costs.cumulative, row.cumulative);
    add(cursor_, self_sum_, row.self);
  }
}

std::vector<std::int64_t> JsonlReader::cost(std::int64_t samples) const {
  std::vector<std::int64_t> costs;
  if (interval_ns_ > 0 && __builtin_mul_overflow(samples, interval_ns_, &costs.emplace_back()))
    throw Error("the time of " + std::to_string(samples) + " samples does not fit 64 bits of nanoseconds");
  costs.push_back(samples);
  return costs;
}

// A function and a line have at most all samples; recursion may have counted more.
void JsonlReader::finish_costs() {
  const std::int64_t most = std::max(samples_, self_sum_);
  std::vector<std::int64_t> totals(builder_->function_count(), 0);
  std::vector<bool> has_lines(totals.size(), false);
  for (const LineCosts& l : lines_) {
    if (l.line.line != 0) has_lines[index(l.line.function)] = true;
  }
  for (const LineCosts& l : lines_) {
    builder_->mark_entry(l.line.function);
    builder_->add_self(l.line.function, cost(l.self));
    add(cursor_, totals[index(l.line.function)], l.cumulative);
    if (has_lines[index(l.line.function)]) builder_->add_line(l.line, cost(l.self), cost(std::min(l.cumulative, most)));
  }
  for (std::size_t f = 0; f < totals.size(); ++f)
    builder_->add_total(FunctionId{static_cast<std::uint32_t>(f)}, cost(std::min(totals[f], most)));
}

Profile JsonlReader::read() {
  while (cursor_.next()) {
    if (cursor_.line().find_first_not_of(" \t") == std::string_view::npos) continue;
    const std::optional<Record> taken = take_record();
    if (!taken) continue;
    const Record& record = *taken;
    if (record.type == "meta" && !builder_) {
      read_meta(record);
      continue;
    }
    if (record.type == "meta")
      cursor_.fail("another recording begins here", "give each as a file of its own: they are added up");
    if (!builder_) cursor_.fail("expected a record of type 'meta' first, found " + profconv::quoted(record.type));
    if (record.type == "string_table" || record.type == "str_def") {
      define_strings(record);
    } else if (record.type == "frame_table" || record.type == "frame_def") {
      define_frames(record);
    } else if (record.type == "agg") {
      add_entries(record);
    } else if (record.type == "end") {
      ended_ = true;
      claim_samples(record);
    } else {
      unknown_.met(cursor_.number());
    }
  }
  const std::string source(bytes_.source);
  if (!builder_) throw FormatError(Error::Parts{source, {}, "expected a record of type 'meta', found no record", {}});
  if (!ended_) {
    const std::string where = "line " + std::to_string(cursor_.number());
    if (!options_.salvage) {
      throw TruncatedError(Error::Parts{source, where, "expected a record of type 'end', found the end of the file",
                                        "the file looks cut off; --salvage converts what is there"});
    }
    diagnostics_.warn(source, where, "the record of type 'end' is missing: the file looks cut off");
  }
  finish_costs();
  unknown_.warn(diagnostics_, source, "record is of an unknown type and left out",
                "records are of an unknown type and left out");
  other_.warn(diagnostics_, source, "aggregate is not of all samples by frame and left out",
              "aggregates are not of all samples by frame and left out");
  half_pairs_.warn(diagnostics_, source, "byte of a name was not UTF-8 and is replaced by U+FFFD",
                   "bytes of names were not UTF-8 and are replaced by U+FFFD");
  if (lines_.empty()) diagnostics_.warn(source, {}, "there are no samples in it");
  if (!lines_.empty() && self_sum_ != samples_) {
    diagnostics_.warn(
        source, samples_line_ == 0 ? std::string() : "line " + std::to_string(samples_line_),
        "it says " + std::to_string(samples_) + " samples, those of its frames are " + std::to_string(self_sum_));
  }
  diagnostics_.note(source, {},
                    "there are no calls in it, and inclusive samples of functions that recurse are upper bounds: a "
                    "JSONL summary keeps no stacks");
  return std::move(*builder_).finish();
}

}  // namespace

Profile read_sampling_jsonl(const Bytes& bytes, const ReadOptions& options, Diagnostics& diagnostics) {
  return JsonlReader(bytes, options, diagnostics).read();
}

Match sniff_sampling_jsonl(std::span<const std::byte> head) {
  const std::string_view text(reinterpret_cast<const char*>(head.data()), head.size());
  const std::string_view line = text.substr(0, text.find('\n'));
  const bool meta = line.starts_with("{\"type\":\"meta\"") || line.starts_with("{\"type\": \"meta\"");
  return meta && line.find("\"run_id\"") != std::string_view::npos ? Match::yes : Match::no;
}

}  // namespace profconv
