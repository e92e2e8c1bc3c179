// dump: the model as text, complete and readable; what tests compare. The grammar is above the reader,
// readers/dump.cpp.

#include <charconv>
#include <string>

#include "codecs/quoted_text.hpp"
#include "writers/writers.hpp"

namespace profconv {
namespace {

class DumpWriter {
 public:
  DumpWriter(const Profile& profile, Output& out) : p_(profile), out_(out) {}

  void write() {
    out_.write("profconv dump 1\n");
    for (const Metric& m : p_.metrics)
      line("metric ")
          .word(p_.text(m.name))
          .word(unit_name(m.unit))
          .word(m.combine == Combine::sum ? "sum" : "max")
          .end();
    for (const Source& s : p_.sources) {
      line("source ").text(s.name).word("format").text(s.format);
      if (index(s.command) != 0) word("command").text(s.command);
      if (s.mtime_ns != 0) word("mtime").number(s.mtime_ns);
      if (s.interval_ns != 0) word("interval").number(s.interval_ns);
      end();
    }
    write_functions();
    write_calls();
    write_lines();
    for (const SourceLine& l : p_.source_lines) line("source-line").text(l.file).number(l.line).text(l.text).end();
    write_stacks();
    if (p_.recorded) write_recorded(*p_.recorded);
    if (p_.recorded_lines) write_recorded(*p_.recorded_lines);
    if (p_.recorded_memory) write_recorded(*p_.recorded_memory);
  }

 private:
  static std::string_view unit_name(Unit unit) {
    switch (unit) {
      case Unit::nanoseconds: return "ns";
      case Unit::count: return "count";
      case Unit::bytes: return "bytes";
    }
    return "?";
  }

  void write_functions() {
    for (std::size_t i = 0; i < p_.functions.size(); ++i) {
      const Function& f = p_.functions[i];
      line("function ").number(i).text(f.name);
      if (index(f.qualified) != 0) word("qualified").text(f.qualified);
      word("file").text(f.file).word("line").number(f.line);
      if (index(f.context) != 0) word("context").text(f.context);
      counts(p_.counts, i).costs("self", p_.self, i).costs("total", p_.total, i).end();
    }
  }

  void write_calls() {
    for (std::size_t i = 0; i < p_.calls.size(); ++i) {
      const Call& c = p_.calls[i];
      line("call ").number(index(c.caller)).number(index(c.callee)).word("line").number(c.line);
      counts(p_.call_counts, i).costs("self", p_.call_self, i).costs("total", p_.call_total, i);
      if (p_.is_share(i)) word("estimated");
      // For the eye: the reader leaves out what follows a #.
      word("#").text(p_.function(c.caller).name).word("->").text(p_.function(c.callee).name).end();
    }
  }

  void write_lines() {
    for (std::size_t i = 0; i < p_.lines.size(); ++i) {
      line("line ").number(index(p_.lines[i].function)).number(p_.lines[i].line);
      costs("self", p_.line_self, i)
          .costs("total", p_.line_total, i)
          .word("#")
          .text(p_.function(p_.lines[i].function).name)
          .end();
    }
  }

  void write_stacks() {
    for (std::size_t i = 0; i < p_.nodes.size(); ++i) {
      const Node& n = p_.nodes[i];
      line("node ").number(i).word("parent");
      if (n.parent == no_parent) {
        word("-");
      } else {
        number(index(n.parent));
      }
      word("function")
          .number(index(n.function))
          .word("line")
          .number(n.line)
          .word("#")
          .text(p_.function(n.function).name)
          .end();
    }
    for (std::size_t i = 1; i < p_.labels.size(); ++i) {  // 0 is "no labels"
      const Labels& l = p_.labels[i];
      line("labels ")
          .number(i)
          .word("process")
          .text(l.process)
          .word("thread")
          .text(l.thread)
          .word("status")
          .number(l.status)
          .end();
    }
    for (std::size_t i = 0; i < p_.samples.size(); ++i) {
      line("sample ")
          .number(index(p_.samples[i].leaf))
          .word("labels")
          .number(index(p_.samples[i].labels))
          .costs("cost", p_.sample_cost, i)
          .end();
    }
  }

  void write_recorded(const Recorded& r) {
    line("recorded").end();
    for (const Recorded::Key& k : r.keys)
      line("key ").number(index(k.function)).text(k.file).number(k.line).text(k.name).end();
    for (const Recorded::Entry& e : r.entries) {
      line("entry ").number(e.key).recorded(e.primitive).recorded(e.calls).recorded(e.self_s).recorded(e.total_s).end();
      for (std::size_t i = e.first_caller; i < e.first_caller + e.callers; ++i) {
        const Recorded::Caller& c = r.callers[i];
        line("caller ").number(c.key).recorded(c.calls);
        if (!c.counts_only) recorded(c.primitive).recorded(c.self_s).recorded(c.total_s);
        end();
      }
    }
  }

  void write_recorded(const RecordedLines& r) {
    line("recorded-lines").recorded({r.unit_s, 0, Recorded::Number::Kind::real}).end();
    for (const RecordedLines::Entry& e : r.entries) {
      line("timings").number(index(e.function)).word("#").text(p_.function(e.function).name).end();
      for (std::size_t i = e.first_row; i < e.first_row + e.rows; ++i)
        line("timing").number(r.rows[i].line).recorded(r.rows[i].hits).recorded(r.rows[i].time).end();
    }
  }

  void write_recorded(const RecordedMemory& r) {
    line("recorded-memory").end();
    for (const RecordedMemory::Listing& l : r.listings) {
      line("listing").number(index(l.function)).number(l.decimals);
      if (l.increments) word("increments");
      if (l.occurrences) word("occurrences");
      if (l.ends_within_line) word("open");
      end();
      for (std::size_t i = l.first_row; i < l.first_row + l.rows; ++i) {
        const RecordedMemory::Row& row = r.rows[i];
        line("row").number(row.line).text(row.source);
        constexpr auto real = Recorded::Number::Kind::real;
        if (row.executed) {
          recorded({row.usage_mib, 0, real}).recorded({row.increment_mib, 0, real});
          row.occurrences == not_counted ? word("-") : number(row.occurrences);
        }
        end();
      }
    }
  }

  // Building a line out of parts separated by one blank.
  DumpWriter& line(std::string_view keyword) {
    scratch_.assign(keyword);
    return *this;
  }
  DumpWriter& word(std::string_view text) {
    blank();
    scratch_ += text;
    return *this;
  }
  DumpWriter& text(StringId id) {
    blank();
    append_quoted(scratch_, p_.text(id));
    return *this;
  }
  template <class T>
  DumpWriter& number(T value) {
    blank();
    scratch_ += std::to_string(value);
    return *this;
  }
  // 2, 2.0 and true are three things.
  DumpWriter& recorded(const Recorded::Number& n) {
    if (n.kind == Recorded::Number::Kind::integer) return number(n.integer);
    if (n.kind == Recorded::Number::Kind::boolean) return word(n.integer != 0 ? "true" : "false");
    char digits[40];
    const auto end = std::to_chars(digits, digits + sizeof digits, n.value).ptr;
    const std::string_view text(digits, static_cast<std::size_t>(end - digits));
    word(text);
    if (text.find_first_not_of("-0123456789") == std::string_view::npos) scratch_ += ".0";
    return *this;
  }
  DumpWriter& counts(const CountTable& table, std::size_t row) {
    if (table.empty()) return *this;
    const auto count = [this](std::int64_t value) { value == not_counted ? word("-") : number(value); };
    word("calls");
    count(table[row].calls);
    word("primitive");
    count(table[row].primitive);
    return *this;
  }
  DumpWriter& costs(std::string_view keyword, const CostTable& table, std::size_t row) {
    if (table.empty()) return *this;
    word(keyword);
    for (const std::int64_t value : table.row(row)) value == not_measured ? word("-") : number(value);
    return *this;
  }
  void blank() {
    if (!scratch_.empty() && scratch_.back() != ' ') scratch_ += ' ';
  }
  void end() {
    scratch_ += '\n';
    out_.write(scratch_);
  }

  const Profile& p_;
  Output& out_;
  std::string scratch_;
};

}  // namespace

void write_dump(const Profile& profile, const WriteOptions&, Output& output, Diagnostics&) {
  DumpWriter(profile, output).write();
}

}  // namespace profconv
