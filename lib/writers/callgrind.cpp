// callgrind: what KCachegrind, QCacheGrind and callgrind_annotate open.
//
//     # callgrind format
//     version: 1
//     creator: profconv 0.1.0
//     cmd: t.py
//     positions: line
//     event: ns : Time (ns)
//     events: ns
//     summary: 50440
//
//     ob=(1) t
//     fl=(1) /srv/t.py
//     fn=(1) main
//     9 12351                   line, self cost
//     cfn=(2) fib
//     calls=1 2                 count, first line of the callee
//     9 12745                   line of the call, its inclusive cost
//     cob=(2) built-in
//     cfl=(2) ~
//     cfn=(3) <built-in method builtins.sorted>
//     calls=1 0
//     9 4834
//
// Grammar: Valgrind manual, "Callgrind Format Specification". What the readers make of it (KCachegrind's
// libcore/cachegrindloader.cpp and tracedata.cpp, callgrind_annotate 3.19) decides the rest:
// - A name is bound to the file and object in force where it is first met. So `fl`/`ob` (`cfl`/`cob`) always precede a
//   name that is defined, and `cfl`/`cob` stand wherever they differ from the caller's.
// - KCachegrind's inclusive cost of a function is the sum of the calls to it, its calls of itself left out, if any call
//   has a count, else self + calls made. So the costs of the calls to a function in no cycle must add up to its
//   inclusive cost: differences of rounding go to its costliest call, calls without a recorded caller come from a root,
//   and what was recorded too high (label collisions) is scaled down. Of whole stacks all adds up: the root calls the
//   outermost frames.
// - Its search for cycles starts at the function whose name sorts first and misses cycles through that one. The root's
//   name sorts before every name of Python, and the root calls into every cycle that no path from it leads to (with
//   count and cost 0).
// - `summary` is the sum of the self costs: KCachegrind computes it, callgrind_annotate reads it.
// - Costs are unsigned: negative ones (`profile` subtracts its overhead) become 0, with a warning.
// - A call count that nobody took is written as 1 (0 if the call costs nothing): callgrind_annotate takes the costs of
//   calls counted 0 times for the caller's own.
// - One cost line per source line, one column per metric in the fixed order; a gauge (mem_peak) is no cost. Every call
//   line has every column: what was not measured is the callee's inclusive cost shared over the calls to it by their
//   counts. A line of which only the inclusive cost is known has its self cost written: that less its calls.

#include <algorithm>
#include <array>
#include <cstring>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include <profconv/error.hpp>
#include <profconv/version.hpp>

#include "base/parallel.hpp"
#include "base/prefetch.hpp"
#include "base/text_buffer.hpp"
#include "base/visible.hpp"
#include "base/wide_int.hpp"
#include "model/call_graph.hpp"
#include "model/call_totals.hpp"
#include "model/line_costs.hpp"
#include "model/namesakes.hpp"
#include "writers/callgrind_balance.hpp"
#include "writers/callgrind_columns.hpp"
#include "writers/callgrind_ids.hpp"
#include "writers/callgrind_names.hpp"
#include "writers/callgrind_outline.hpp"
#include "writers/callgrind_self_costs.hpp"
#include "writers/writers.hpp"

namespace profconv {
namespace {

constexpr std::size_t most_of_costs = (1 + most_callgrind_events) * (longest_decimal + 1);

// What follows the number of a line of costs, where there is room for `most_of_costs` characters; returns its end.
inline char* append_costs(char* end, std::span<const std::int64_t> cost) noexcept {
  for (const std::int64_t value : cost) {
    *end++ = ' ';
    end = write_decimal(end, value);
  }
  *end++ = '\n';
  return end;
}

/// The number of a line, ready to be copied: several calls in a row are made on the same one.
class LineNumber {
 public:
  explicit LineNumber(std::uint32_t number) : number_(number) {
    size_ = static_cast<std::size_t>(write_decimal(text_.data(), std::uint64_t{number}) - text_.data());
  }

  std::uint32_t number() const noexcept { return number_; }
  /// Copies it to where there is room for `longest_decimal` characters; returns its end.
  char* append(char* out) const noexcept {
    std::memcpy(out, text_.data(), copied);
    return out + size_;
  }

 private:
  static constexpr std::size_t copied = 16;  // more than there are, but two registers' size

  std::uint32_t number_;
  std::size_t size_;
  std::array<char, longest_decimal> text_{};
};

class CallgrindWriter {
 public:
  /// All of these outlive it. Names need not be unique yet.
  CallgrindWriter(const Profile& profile, const CallgrindColumns& columns, const CallgrindBalance& balance,
                  const CallgrindSelfCosts& self, const CallgrindNames& names, const CallgrindOutline& outline)
      : p_(profile),
        columns_(columns),
        balance_(balance),
        self_(self),
        names_(names),
        outline_(outline),
        ids_(outline.ids()),
        mentions_(ids_.mentions(self.first_lines())) {}

  void write(Output& out) const;

 private:
  using Part = CallgrindOutline::Part;
  using FirstMention = CallgrindOutline::FirstMention;
  /// The file and object that readers are in.
  struct Place {
    std::uint32_t file = CallgrindOutline::none, object = CallgrindOutline::none;
  };

  static constexpr std::size_t looked_ahead = 12;  // calls whose callees' mentions are fetched beforehand

  void write_header(Output& out) const;
  void write_root(Output& out) const;
  void write_part(const Part& part, TextBuffer& out) const;
  void write_root_calls(const Part& part, TextBuffer& out) const;
  void write_functions(const Part& part, TextBuffer& out) const;
  void write_function(FunctionId function, Place& place, const FirstMention*& next, TextBuffer& out) const;
  void write_mention(std::string_view prefix, const Place& place, FunctionId function, CallgrindNews news,
                     TextBuffer& out) const;
  void write_call(FunctionId callee, std::int64_t count, const LineNumber& line, std::span<const std::int64_t> cost,
                  TextBuffer& out) const;
  void write_costs(std::uint32_t line, const CallgrindCosts& costs, TextBuffer& out) const;

  void look_ahead(std::size_t position) const;
  void look_ahead_to_names(const FirstMention* next) const;
  template <class Callee>
  void look_ahead_to_names(Callee callee) const;
  void look_ahead_to_mention(std::uint32_t row) const { prefetch(&mentions_[index(p_.calls[row].callee)]); }

  Place place_of(FunctionId f) const {
    const CallgrindMention& mention = mentions_[index(f)];
    return {mention.file_slot(), mention.object_slot()};
  }
  Place after_root() const { return {outline_.root() ? outline_.root()->file_slot : CallgrindOutline::none}; }

  const Profile& p_;
  const CallgrindColumns& columns_;
  const CallgrindBalance& balance_;
  const CallgrindSelfCosts& self_;
  const CallgrindNames& names_;
  const CallgrindOutline& outline_;
  const CallgrindIds& ids_;
  std::vector<CallgrindMention> mentions_;  // per function: how it is called where all its names are known
};

void CallgrindWriter::write_costs(std::uint32_t line, const CallgrindCosts& costs, TextBuffer& out) const {
  char* const end = write_decimal(out.room(most_of_costs), std::uint64_t{line});
  out.written(append_costs(end, columns_.written(costs)));
}

// "ob=(3) text", "ob=(3)" or nothing; the same of the file; then the function. With `prefix` "c" it is a callee.
void CallgrindWriter::write_mention(std::string_view prefix, const Place& place, FunctionId function,
                                    CallgrindNews news, TextBuffer& out) const {
  const auto write_id = [&](std::string_view keyword, std::uint32_t id, bool is_new, std::string_view text) {
    constexpr std::size_t most = 16 + longest_decimal;  // around the text
    char* end = TextBuffer::append(TextBuffer::append(out.room(most + text.size()), prefix), keyword);
    end = write_decimal(end, std::uint64_t{id});
    *end++ = ')';
    if (is_new) {
      *end++ = ' ';
      end = TextBuffer::append(end, text);
    }
    *end++ = '\n';
    out.written(end);
  };
  if (const std::uint32_t object = names_.object_slot(function); object != place.object)
    write_id("ob=(", ids_.object(object), news.object, names_.object(function));
  if (const std::uint32_t file = names_.file_slot(function); file != place.file)
    write_id("fl=(", ids_.file(file), news.file, names_.file(function));
  std::string made;
  write_id("fn=(", ids_.function(function), news.function,
           news.function ? names_.name(function, made) : std::string_view{});
}

void CallgrindWriter::write_header(Output& out) const {
  out.write("# callgrind format\nversion: 1\ncreator: profconv " PROFCONV_VERSION "\n");
  if (!p_.sources.empty()) {
    const Source& first = p_.sources.front();
    std::string_view title = p_.text(first.command);
    if (title.empty()) {
      title = p_.text(first.name);
      title.remove_prefix(std::min(title.find_last_of('/') + 1, title.size()));
    }
    if (!title.empty() && title != "-") {
      out.write("cmd: ");
      out.write(visible(title));
      if (p_.sources.size() > 1) out.write(" and " + std::to_string(p_.sources.size() - 1) + " more");
      out.write('\n');
    }
  }
  // KCachegrind shows a count for every call, and callgrind_annotate needs one.
  if (!p_.calls.empty() && p_.call_counts.empty())
    out.write("desc: Calls: not counted by the profiler; 1 stands for any number of calls\n");
  out.write("positions: line\n");
  for (const CallgrindEvent* event : columns_.events()) {
    out.write("event: ");
    out.write(event->name);
    out.write(" : ");
    out.write(event->title);
    out.write('\n');
  }
  out.write("events:");
  for (const CallgrindEvent* event : columns_.events()) {
    out.write(' ');
    out.write(event->name);
  }
  out.write("\nsummary:");
  for (const std::int64_t value : columns_.written(self_.total())) {
    out.write(' ');
    out.write_number(value);
  }
  out.write('\n');
}

void CallgrindWriter::write_root(Output& out) const {
  const CallgrindOutline::Root& root = *outline_.root();
  TextBuffer text;
  text.write("\nfl=(");
  text.write_number(std::uint64_t{root.file});
  text.write(") ");
  text.write(CallgrindNames::no_file);
  text.write("\nfn=(");
  text.write_number(std::uint64_t{root.function});
  text.write(") ");
  text.write(CallgrindNames::root);
  text.write('\n');
  write_costs(0, {}, text);
  out.write(text.text());
}

// What follows the callee's names.
void CallgrindWriter::write_call(FunctionId callee, std::int64_t count, const LineNumber& line,
                                 std::span<const std::int64_t> cost, TextBuffer& out) const {
  char* end = out.room(2 * (longest_decimal + 1) + most_of_costs);
  end = write_decimal(end, std::max<std::int64_t>(count, is_zero(cost) ? 0 : 1));
  *end++ = ' ';
  if (const CallgrindMention& mention = mentions_[index(callee)]; mention.fits()) [[likely]] {
    end = mention.append_first_line(end);
  } else {
    end = write_decimal(end, std::uint64_t{self_.first_line(callee)});
    *end++ = '\n';
  }
  out.written(append_costs(line.append(end), cost));
}

// Has fetched what first mentions some places on will need. `callee(places)` is the function of the one so many places
// on.
template <class Callee>
void CallgrindWriter::look_ahead_to_names(Callee callee) const {
  names_.prefetch(callee(8));
  names_.prefetch_places(callee(5));
  ids_.prefetch(callee(5));
  names_.prefetch_texts(callee(2));
}

void CallgrindWriter::look_ahead_to_names(const FirstMention* next) const {
  const auto left = static_cast<std::size_t>(outline_.last_mention() - next);
  look_ahead_to_names([&](std::size_t places) { return next[std::min(places, left)].function; });
}

void CallgrindWriter::write_root_calls(const Part& part, TextBuffer& out) const {
  const std::vector<CallgrindBalance::RootCall>& calls = balance_.root_calls();
  for (std::size_t i = part.first; i < part.end; ++i) {
    look_ahead_to_names([&](std::size_t places) { return calls[std::min(i + places, calls.size() - 1)].callee; });
    const CallgrindBalance::RootCall& call = calls[i];
    write_mention("c", after_root(), call.callee, outline_.news_of_root_call(i), out);
    out.write("calls=");
    write_call(call.callee, call.count, LineNumber(0), balance_.cost(call), out);
  }
}

void CallgrindWriter::write_function(FunctionId function, Place& place, const FirstMention*& next,
                                     TextBuffer& out) const {
  const Place own = place_of(function);
  const std::span<const std::uint32_t> calls = outline_.calls_from(function);
  const LineNumber own_line(self_.first_line(function));
  LineNumber call_line = own_line;  // of the call before
  self_.each_line(function, [&](std::uint32_t line, const CallgrindCosts& costs) { write_costs(line, costs, out); });
  for (std::size_t i = 0; i < calls.size(); ++i) {
    if (i + looked_ahead < calls.size()) look_ahead_to_mention(calls[i + looked_ahead]);
    const std::uint32_t row = calls[i];
    if (!balance_.is_written(row)) continue;
    const Call& call = p_.calls[row];
    const CallgrindMention& mention = mentions_[index(call.callee)];
    if (next->place == row && next->is_call) {
      look_ahead_to_names(next);
      write_mention("c", own, call.callee, next->news, out);
      out.write("calls=");
      ++next;
    } else if (mention.fits()) {
      const std::string_view text = mention.text(own.file, own.object);
      out.written(TextBuffer::append_short(out.room(text.size()), text));
    } else {
      write_mention("c", own, call.callee, {}, out);
      out.write("calls=");
    }
    if (call.line != 0 && call.line != call_line.number()) call_line = LineNumber(call.line);
    write_call(call.callee, balance_.count(row), call.line == 0 ? own_line : call_line, balance_.cost(row), out);
  }
  place = own;
}

void CallgrindWriter::look_ahead(std::size_t position) const {
  outline_.prefetch_calls(position, [&](std::size_t first, std::size_t count) { balance_.prefetch(first, count); });
  const auto ahead = [&](std::size_t places) { return outline_.function_at(position, places); };
  self_.prefetch(ahead(8));
  prefetch(&mentions_[index(ahead(8))]);
  const std::span<const std::uint32_t> calls = outline_.calls_from(ahead(4));
  for (const std::uint32_t row : calls.first(std::min(calls.size(), looked_ahead))) look_ahead_to_mention(row);
}

void CallgrindWriter::write_part(const Part& part, TextBuffer& out) const {
  part.of_root ? write_root_calls(part, out) : write_functions(part, out);
}

void CallgrindWriter::write_functions(const Part& part, TextBuffer& out) const {
  Place place = part.first == 0 ? after_root() : place_of(outline_.function_at(part.first - 1));
  const FirstMention* next = outline_.mentions_from(part.first_mention);
  for (std::size_t i = part.first; i < part.end; ++i) {
    look_ahead(i);
    out.write('\n');
    const FunctionId function = outline_.function_at(i);
    const CallgrindMention& mention = mentions_[index(function)];
    if (next->place == i && !next->is_call) {
      look_ahead_to_names(next);
      write_mention("", place, function, (next++)->news, out);
    } else if (mention.fits()) {
      out.written(mention.append_function(place.file, place.object, out.room(sizeof mention)));
    } else {
      write_mention("", place, function, {}, out);
    }
    write_function(function, place, next, out);
  }
}

void CallgrindWriter::write(Output& out) const {
  write_header(out);
  if (outline_.root()) write_root(out);
  const std::vector<Part>& parts = outline_.parts();
  make_in_order(
      parts.size(), [&](std::size_t part, TextBuffer& text) { write_part(parts[part], text); },
      [&](std::string_view text) { out.write(text); });
}

// In percent: what the root calls, of what all functions took themselves. More than 100 where some were not recorded.
std::int64_t percent_of_root(const CallgrindBalance& balance, std::int64_t total) {
  WideInt called = 0;
  for (const CallgrindBalance::RootCall& call : balance.root_calls()) called += balance.cost(call)[0];
  return total <= 0 ? 0 : static_cast<std::int64_t>(std::min<WideInt>(called * 100 / total, 1'000'000));
}

// Why functions together may have taken less than what the root calls.
std::string missing_in(const Profile& profile) {
  const std::size_t count = count_called_by_namesakes(profile);
  if (count == 0)
    return "not all of them, or not all calls of them, are in the profile (other threads, a cut input, --ignore, code "
           "of one file, line and name)";
  return "the callers of " + std::to_string(count) + (count == 1 ? " function are" : " functions are") +
         " lost: cProfile keeps one of several functions of one file, line and name, such as a comprehension in "
         "another one, and the sources do not tell";
}

void report(const Profile& profile, std::uint64_t negative, std::size_t estimated, const CallgrindBalance& balance,
            const CallgrindSelfCosts& self, Diagnostics& diagnostics) {
  if (negative != 0) {
    diagnostics.warn({}, {},
                     std::to_string(negative) +
                         (negative == 1 ? " cost is negative; callgrind has only positive ones, 0 is written"
                                        : " costs are negative; callgrind has only positive ones, 0 is written"));
  }
  if (const std::size_t overfull = balance.overfull(); overfull != 0) {
    diagnostics.note(
        {}, {},
        std::to_string(overfull) +
            (overfull == 1
                 ? " function costs less than the calls to it together; their costs are scaled down to its own"
                 : " functions cost less than the calls to them together; the calls' costs are scaled down to theirs"));
  }
  constexpr std::int64_t much = 110;
  if (const std::int64_t percent = percent_of_root(balance, self.total()[0]); percent >= much) {
    diagnostics.warn({}, {},
                     "viewers will show " + std::to_string(percent) + " % for " + std::string(CallgrindNames::root) +
                         ": what it calls took longer than all functions together, as " + missing_in(profile));
  }
  if (estimated != 0) {
    diagnostics.note({}, {},
                     "the inclusive costs of " + std::to_string(estimated) +
                         " calls are estimated from call counts; the source has no times for calls");
  }
}

}  // namespace

void write_callgrind(const Profile& profile, const WriteOptions& options, Output& output, Diagnostics& diagnostics) {
  const std::size_t rows = profile.functions.size() + profile.calls.size();
  const CallgrindColumns columns(profile);
  if (columns.empty())
    throw Error("nothing in the profile can be written as callgrind: it has no time, counts or growth of memory",
                "a peak of memory is no cost");
  const CallTotals totals(profile);
  const LineCosts lines(profile, totals);
  const CallsFrom calls_from(profile);
  std::optional<CallGraph> graph;
  std::optional<CallgrindBalance> balance;
  std::optional<CallgrindNames> names;
  std::optional<CallgrindOutline> outline;
  std::optional<CallgrindSelfCosts> self;
  std::uint64_t negative = 0;
  run_all(rows, {[&] {
                   graph.emplace(profile, calls_from);
                   balance.emplace(profile, *graph, totals, columns);
                   balance->balance(options.callgrind.root);
                 },
                 [&] {
                   names.emplace(profile, options.callgrind.names);
                   outline.emplace(profile, calls_from, *names, ordered_calls(profile, *names));
                 },
                 [&] {
                   self.emplace(profile, columns, lines);
                   negative = columns.count_negative(profile);
                 }});
  std::optional<CallgrindWriter> writer;
  run_both(
      rows,
      [&] {
        if (options.callgrind.root) balance->order_root_calls(names->sorted());
        outline->number(*balance);
        writer.emplace(profile, columns, *balance, *self, *names, *outline);
      },
      [&] { names->make_unique(); });
  writer->write(output);
  report(profile, negative, totals.estimated(), *balance, *self, diagnostics);
}

}  // namespace profconv
