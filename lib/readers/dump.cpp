// dump: the model as text, one row of a table a line, in the order of the tables of <profconv/profile.hpp>.
//
//     profconv dump 1
//     metric time ns sum
//     source "run.prof" format "pstats" [command "t.py"] [mtime NS] [interval NS]
//     function 0 "main" [qualified "T.main"] file "t.py" line 9 [context "x"] [calls 1 primitive 1]
//              [self 12351] [total 25096]                        (on the same line)
//     call 0 1 line 13 [calls 1 primitive 1] [self 12745] [total 12745] [estimated] # "main" -> "fib"
//     line 0 9 [self 12351] [total 25096]
//     source-line "t.py" 9 "def main():"
//     node 0 parent - function 0 line 13
//     labels 1 process "" thread "main" status 37
//     sample 0 labels 1 cost 1000
//     recorded                                                   Profile::recorded
//     key 0 "t.py" 9 "main"
//     entry 0 1 1 1.2351e-05 2.5096e-05                          2 is an integer, 2.0 a real number, true a bool
//     caller 1 14 2 1.1e-05 1.3e-05
//     recorded-lines 1e-06                                       Profile::recorded_lines and its unit
//     timings 0                                                  the function that the next rows belong to
//     timing 10 4 1234
//     recorded-memory                                            Profile::recorded_memory
//     listing 0 1 [increments] [occurrences] [open]              the function that the next rows belong to, decimals
//     row 10 "    x = 1" [21.4 0.0 1]
//
// Text in double quotes as in codecs/quoted_text.hpp; `-` is a count that nobody took or a cost that nobody measured;
// costs have one number per metric. Rows that are numbered count from 0 (labels from 1) without gaps. A part in
// brackets is there for all rows of its table or for none. What follows a # is for the eye.

#include <algorithm>
#include <charconv>
#include <optional>
#include <string>
#include <vector>

#include <profconv/builder.hpp>

#include "base/visible.hpp"
#include "codecs/quoted_text.hpp"
#include "io/line_cursor.hpp"
#include "readers/readers.hpp"

namespace profconv {
namespace {

constexpr std::string_view magic = "profconv dump ";

class DumpReader {
 public:
  DumpReader(const Bytes& bytes, const Limits& limits) : cursor_(bytes.data, bytes.source), limits_(limits) {}

  Profile read();

 private:
  void read_row(std::string_view keyword);
  void read_source();
  void read_function();
  void read_call();
  void read_line();
  void read_source_line();
  void read_node();
  void read_labels();
  void read_sample();
  void read_recorded(std::string_view keyword);
  void read_recorded_lines(std::string_view keyword);
  void read_recorded_memory(std::string_view keyword);

  std::string_view take_word();
  bool take_keyword(std::string_view keyword);
  void expect_keyword(std::string_view keyword);
  std::string take_text();
  template <class T>
  T take_number(const char* what);
  std::int64_t take_or_dash(std::int64_t dash, const char* what);
  Recorded::Number take_recorded();
  std::uint32_t take_row(std::size_t rows, const char* table);
  FunctionId take_function() { return FunctionId{take_row(builder_->function_count(), "function")}; }
  void expect_row(std::size_t row, const char* table);
  std::optional<Counts> take_counts();
  bool take_costs(std::string_view keyword, std::vector<std::int64_t>& costs);

  LineCursor cursor_;
  std::string_view rest_;  // of the line
  Limits limits_;
  std::vector<MetricKey> metrics_;
  std::optional<ProfileBuilder> builder_;
  std::vector<std::int64_t> self_, total_;
  std::size_t nodes_ = 0, labels_ = 1;
  std::optional<Recorded> recorded_;
  std::optional<RecordedLines> recorded_lines_;
  std::optional<RecordedMemory> recorded_memory_;
};

std::string_view DumpReader::take_word() {
  while (rest_.starts_with(' ')) rest_.remove_prefix(1);
  const std::string_view word = rest_.substr(0, rest_.find(' '));
  rest_.remove_prefix(word.size());
  return word;
}

bool DumpReader::take_keyword(std::string_view keyword) {
  const std::string_view before = rest_;
  if (take_word() == keyword) return true;
  rest_ = before;
  return false;
}

void DumpReader::expect_keyword(std::string_view keyword) {
  if (!take_keyword(keyword)) cursor_.fail("expected " + std::string(keyword) + ", found " + quoted(rest_));
}

std::string DumpReader::take_text() {
  while (rest_.starts_with(' ')) rest_.remove_prefix(1);
  std::string text;
  const std::string_view before = rest_;
  if (!take_quoted(rest_, text)) cursor_.fail("expected a text in double quotes, found " + quoted(before));
  return text;
}

template <class T>
T DumpReader::take_number(const char* what) {
  const std::string_view word = take_word();
  T value{};
  const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), value);
  if (error != std::errc{} || end != word.data() + word.size())
    cursor_.fail(std::string("expected ") + what + ", found " + quoted(word));
  return value;
}

std::int64_t DumpReader::take_or_dash(std::int64_t dash, const char* what) {
  if (take_keyword("-")) return dash;
  const auto value = take_number<std::int64_t>(what);
  if (value == dash) cursor_.fail(std::string("expected ") + what + ", found " + std::to_string(value));
  return value;
}

Recorded::Number DumpReader::take_recorded() {
  using Kind = Recorded::Number::Kind;
  if (take_keyword("true")) return {1, 1, Kind::boolean};
  if (take_keyword("false")) return {0, 0, Kind::boolean};
  while (rest_.starts_with(' ')) rest_.remove_prefix(1);
  if (rest_.substr(0, rest_.find(' ')).find_first_not_of("-0123456789") == std::string_view::npos) {
    const auto integer = take_number<std::int64_t>("a number");
    return {static_cast<double>(integer), integer, Kind::integer};
  }
  return {take_number<double>("a number"), 0, Kind::real};
}

std::uint32_t DumpReader::take_row(std::size_t rows, const char* table) {
  const auto row = take_number<std::uint32_t>("the number of a row");
  if (row >= rows)
    cursor_.fail(std::string(table) + " " + std::to_string(row) + " is not there, " + std::to_string(rows) +
                 " are known");
  return row;
}

void DumpReader::expect_row(std::size_t row, const char* table) {
  const auto found = take_number<std::size_t>("the number of a row");
  if (found != row)
    cursor_.fail(std::string("expected ") + table + " " + std::to_string(row) + ", found " + std::to_string(found));
}

std::optional<Counts> DumpReader::take_counts() {
  if (!take_keyword("calls")) return std::nullopt;
  Counts counts;
  counts.calls = take_or_dash(not_counted, "a count");
  expect_keyword("primitive");
  counts.primitive = take_or_dash(not_counted, "a count");
  if (counts.calls < not_counted || counts.primitive < not_counted) cursor_.fail("a count is negative");
  return counts;
}

bool DumpReader::take_costs(std::string_view keyword, std::vector<std::int64_t>& costs) {
  costs.clear();
  if (!take_keyword(keyword)) return false;
  for (std::size_t i = 0; i < metrics_.size(); ++i) costs.push_back(take_or_dash(not_measured, "a cost"));
  return true;
}

void DumpReader::read_source() {
  const std::string name = take_text();
  expect_keyword("format");
  const std::string format = take_text();
  const std::string command = take_keyword("command") ? take_text() : std::string();
  const std::int64_t mtime = take_keyword("mtime") ? take_number<std::int64_t>("a time") : 0;
  const std::int64_t interval = take_keyword("interval") ? take_number<std::int64_t>("an interval") : 0;
  builder_->add_source(name, format, command, mtime, interval);
}

void DumpReader::read_function() {
  const std::size_t row = builder_->function_count();
  expect_row(row, "function");
  const std::string name = take_text();
  const std::string qualified = take_keyword("qualified") ? take_text() : std::string();
  expect_keyword("file");
  const std::string file = take_text();
  expect_keyword("line");
  const auto line = take_number<std::uint32_t>("a line number");
  const std::string context = take_keyword("context") ? take_text() : std::string();
  const FunctionId function =
      builder_->function({.name = name, .qualified = qualified, .file = file, .context = context, .line = line});
  if (index(function) != row)
    cursor_.fail("the function is there already, as number " + std::to_string(index(function)));
  builder_->mark_entry(function);
  if (const auto counts = take_counts()) builder_->add_counts(function, *counts);
  if (take_costs("self", self_)) builder_->add_self(function, self_);
  if (take_costs("total", total_)) builder_->add_total(function, total_);
}

void DumpReader::read_call() {
  Call call{take_function(), take_function(), 0};
  expect_keyword("line");
  call.line = take_number<std::uint32_t>("a line number");
  const Counts counts = take_counts().value_or(Counts{});
  take_costs("self", self_);
  take_costs("total", total_);
  builder_->add_call(call, counts, self_, total_, take_keyword("estimated"));
}

void DumpReader::read_line() {
  Line line{take_function(), 0};
  line.line = take_number<std::uint32_t>("a line number");
  take_costs("self", self_);
  take_costs("total", total_);
  builder_->add_line(line, self_, total_);
}

void DumpReader::read_source_line() {
  SourceLine line;
  line.file = builder_->intern(take_text());
  line.line = take_number<std::uint32_t>("a line number");
  if (line.line == 0) cursor_.fail("expected a line number from 1 on, found 0");
  line.text = builder_->intern(take_text());
  builder_->add_source_line(line);
}

void DumpReader::read_node() {
  expect_row(nodes_, "node");
  expect_keyword("parent");
  const NodeId parent = take_keyword("-") ? no_parent : NodeId{take_row(nodes_, "node")};
  expect_keyword("function");
  const FunctionId function = take_function();
  expect_keyword("line");
  const NodeId node = builder_->node(parent, function, take_number<std::uint32_t>("a line number"));
  if (index(node) != nodes_) cursor_.fail("the node is there already, as number " + std::to_string(index(node)));
  ++nodes_;
}

void DumpReader::read_labels() {
  expect_row(labels_, "labels");
  expect_keyword("process");
  const std::string process = take_text();
  expect_keyword("thread");
  const std::string thread = take_text();
  expect_keyword("status");
  const LabelsId labels = builder_->labels(process, thread, take_number<std::uint32_t>("status bits"));
  if (index(labels) != labels_)
    cursor_.fail("the labels are there already, as number " + std::to_string(index(labels)));
  ++labels_;
}

void DumpReader::read_sample() {
  const NodeId leaf{take_row(nodes_, "node")};
  expect_keyword("labels");
  const LabelsId labels{take_row(labels_, "labels")};
  take_costs("cost", self_);
  builder_->add_sample({leaf, labels}, self_);
}

void DumpReader::read_recorded(std::string_view keyword) {
  Recorded& r = *recorded_;
  if (keyword == "key") {
    Recorded::Key key{};
    key.function = take_function();
    key.file = builder_->intern(take_text());
    key.line = take_number<std::int64_t>("a line number");
    key.name = builder_->intern(take_text());
    r.keys.push_back(key);
  } else if (keyword == "entry") {
    Recorded::Entry entry{};
    entry.key = take_row(r.keys.size(), "key");
    for (Recorded::Number* value : {&entry.primitive, &entry.calls, &entry.self_s, &entry.total_s})
      *value = take_recorded();
    entry.first_caller = r.callers.size();
    r.entries.push_back(entry);
  } else {
    if (r.entries.empty()) cursor_.fail("a caller before the first entry");
    Recorded::Caller caller{};
    caller.key = take_row(r.keys.size(), "key");
    caller.calls = take_recorded();
    while (rest_.starts_with(' ')) rest_.remove_prefix(1);
    caller.counts_only = rest_.empty();
    if (!caller.counts_only) {
      for (Recorded::Number* value : {&caller.primitive, &caller.self_s, &caller.total_s}) *value = take_recorded();
    }
    r.callers.push_back(caller);
    ++r.entries.back().callers;
  }
}

void DumpReader::read_recorded_lines(std::string_view keyword) {
  RecordedLines& r = *recorded_lines_;
  if (keyword == "timings") {
    r.entries.push_back({take_function(), r.rows.size(), 0});
  } else {
    if (r.entries.empty()) cursor_.fail("a timing before the first function");
    RecordedLines::Row row;
    row.line = take_number<std::int64_t>("a line number");
    row.hits = take_recorded();
    row.time = take_recorded();
    r.rows.push_back(row);
    ++r.entries.back().rows;
  }
}

void DumpReader::read_recorded_memory(std::string_view keyword) {
  RecordedMemory& r = *recorded_memory_;
  if (keyword == "listing") {
    RecordedMemory::Listing listing{};
    listing.function = take_function();
    listing.first_row = r.rows.size();
    listing.decimals = take_number<int>("a number of decimals");
    listing.increments = take_keyword("increments");
    listing.occurrences = take_keyword("occurrences");
    listing.ends_within_line = take_keyword("open");
    r.listings.push_back(listing);
  } else {
    if (r.listings.empty()) cursor_.fail("a row before the first listing");
    RecordedMemory::Row row{};
    row.line = take_number<std::uint32_t>("a line number");
    row.source = builder_->intern(take_text());
    while (rest_.starts_with(' ')) rest_.remove_prefix(1);
    row.executed = !rest_.empty();
    row.occurrences = not_counted;
    if (row.executed) {
      row.usage_mib = take_recorded().value;
      row.increment_mib = take_recorded().value;
      row.occurrences = take_or_dash(not_counted, "a count");
    }
    r.rows.push_back(row);
    ++r.listings.back().rows;
  }
}

void DumpReader::read_row(std::string_view keyword) {
  if (keyword == "source") return read_source();
  if (keyword == "function") return read_function();
  if (keyword == "call") return read_call();
  if (keyword == "line") return read_line();
  if (keyword == "source-line") return read_source_line();
  if (keyword == "node") return read_node();
  if (keyword == "labels") return read_labels();
  if (keyword == "sample") return read_sample();
  if (keyword == "recorded") {
    if (!recorded_) recorded_.emplace();
    return;
  }
  if (keyword == "recorded-lines") {
    recorded_lines_.emplace().unit_s = take_recorded().value;
    return;
  }
  if (recorded_lines_ && (keyword == "timings" || keyword == "timing")) return read_recorded_lines(keyword);
  if (keyword == "recorded-memory") {
    if (!recorded_memory_) recorded_memory_.emplace();
    return;
  }
  if (recorded_memory_ && (keyword == "listing" || keyword == "row")) return read_recorded_memory(keyword);
  if (recorded_ && (keyword == "key" || keyword == "entry" || keyword == "caller")) return read_recorded(keyword);
  cursor_.fail("expected a row of a table, found " + quoted(keyword));
}

Profile DumpReader::read() {
  if (!cursor_.next() || !cursor_.line().starts_with(magic))
    cursor_.fail("expected '" + std::string(magic) + "1', found " + quoted(cursor_.line()));
  if (cursor_.line().substr(magic.size()) != "1")
    cursor_.fail("version " + quoted(cursor_.line().substr(magic.size())) + " of the dump is unknown, known is 1");
  bool more = cursor_.next();
  for (; more; more = cursor_.next()) {  // the metrics: the builder wants them all at once
    rest_ = cursor_.line();
    if (!take_keyword("metric")) break;
    const std::string_view name = take_word();
    const auto known = std::ranges::find(all_metrics, name, &MetricKey::name);
    if (known == std::end(all_metrics)) cursor_.fail("unknown metric " + quoted(name));
    // In order means at most once each: nobody can ask for tables of a thousand columns.
    if (!metrics_.empty() && known <= std::ranges::find(all_metrics, metrics_.back().name, &MetricKey::name)) {
      cursor_.fail("metric " + quoted(name) + " is doubled or out of order");
    }
    expect_keyword(known->unit == Unit::nanoseconds ? "ns" : known->unit == Unit::count ? "count" : "bytes");
    expect_keyword(known->combine == Combine::sum ? "sum" : "max");
    metrics_.push_back(*known);
  }
  builder_.emplace(metrics_, limits_);
  for (; more; more = cursor_.next()) {
    rest_ = cursor_.line();
    if (rest_.empty()) continue;
    read_row(take_word());
    if (const std::string_view left = take_word(); !left.empty() && left != "#")
      cursor_.fail("expected the end of the line, found " + quoted(left));
  }
  if (recorded_) builder_->set_recorded(std::move(*recorded_));
  if (recorded_lines_) builder_->set_recorded(std::move(*recorded_lines_));
  if (recorded_memory_) builder_->set_recorded(std::move(*recorded_memory_));
  return std::move(*builder_).finish();
}

}  // namespace

Profile read_dump(const Bytes& bytes, const ReadOptions& options, Diagnostics& diagnostics) {
  Profile profile = DumpReader(bytes, options.limits).read();
  if (bytes.data.back() != std::byte{'\n'})  // a comment may be cut, too
    diagnostics.warn(std::string(bytes.source), {}, "the input looks cut off: its last line does not end");
  return profile;
}

Match sniff_dump(std::span<const std::byte> head) {
  const std::string_view text(reinterpret_cast<const char*>(head.data()), head.size());
  return text.starts_with(magic) ? Match::yes : Match::no;
}

}  // namespace profconv
