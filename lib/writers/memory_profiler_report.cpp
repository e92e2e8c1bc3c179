// The text of memory_profiler, as its `show_results` prints it. Source: memory_profiler 0.61; without occurrences 0.57,
// without increments 0.2.

#include <profconv/memory_profiler_report.hpp>

#include <string>
#include <string_view>

#include <profconv/error.hpp>

#include "base/visible.hpp"
#include "codecs/number_text.hpp"

namespace profconv {
namespace {

/// "{:>width}", in bytes; what goes in is ASCII.
void append_right(std::string& out, std::string_view text, std::size_t width) {
  if (text.size() < width) out.append(width - text.size(), ' ');
  out += text;
}

class MemoryProfilerReport {
 public:
  MemoryProfilerReport(const Profile& profile, bool visible, Output& output)
      : p_(profile), visible_(visible), out_(output) {}

  void write() {
    for (const RecordedMemory::Listing& listing : p_.recorded_memory->listings) write(listing);
  }

 private:
  void write(const RecordedMemory::Listing& listing);
  void columns(const RecordedMemory::Listing& listing, std::string_view line, std::string_view usage,
               std::string_view increment, std::string_view occurrences);
  std::string mib(double value, int decimals) const;
  std::string shown(StringId id) const { return visible_ ? visible(p_.text(id)) : std::string(p_.text(id)); }

  const Profile& p_;
  bool visible_;
  Output& out_;
  std::string line_;  // being made
};

// "{:P+4.Pf} MiB"
std::string MemoryProfilerReport::mib(double value, int decimals) const {
  std::string number, text;
  append_fixed(number, value, decimals);
  append_right(text, number, static_cast<std::size_t>(decimals) + 4);
  return text + " MiB";
}

// Everything before the source, which goes to `line_`.
void MemoryProfilerReport::columns(const RecordedMemory::Listing& listing, std::string_view line,
                                   std::string_view usage, std::string_view increment, std::string_view occurrences) {
  line_.clear();
  append_right(line_, line, 6);
  line_ += ' ';
  append_right(line_, usage, 12);
  if (listing.increments) {
    line_ += ' ';
    append_right(line_, increment, 12);
  }
  if (listing.occurrences) {
    line_ += "  ";
    append_right(line_, occurrences, 10);
  }
  line_ += "   ";
}

void MemoryProfilerReport::write(const RecordedMemory::Listing& listing) {
  out_.write("Filename: " + shown(p_.function(listing.function).file) + "\n\n");
  columns(listing, "Line #", "Mem usage", "Increment", "Occurrences");
  line_ += "Line Contents";
  out_.write(line_);
  out_.write('\n');
  out_.write(std::string(line_.size(), '='));
  out_.write('\n');
  for (std::size_t i = 0; i < listing.rows; ++i) {
    const RecordedMemory::Row& row = p_.recorded_memory->rows[listing.first_row + i];
    if (row.executed) {
      columns(listing, std::to_string(row.line), mib(row.usage_mib, listing.decimals),
              mib(row.increment_mib, listing.decimals), std::to_string(row.occurrences));
    } else {
      columns(listing, std::to_string(row.line), {}, {}, {});
    }
    line_ += shown(row.source);
    out_.write(line_);
    if (i + 1 != listing.rows || !listing.ends_within_line) out_.write('\n');
  }
  out_.write("\n\n");
}

}  // namespace

void write_memory_profiler_report(std::span<const Profile> profiles, bool visible, Output& output) {
  for (const Profile& p : profiles) {  // before anything is written
    if (p.recorded_memory) continue;
    throw UsageError(Error::Parts{p.sources.empty() ? std::string() : std::string(p.text(p.sources.front().name)),
                                  {},
                                  "the style of memory_profiler is for its own reports",
                                  "python3 -m memory_profiler script.py > report.txt makes one"});
  }
  for (const Profile& p : profiles) MemoryProfilerReport(p, visible, output).write();
}

}  // namespace profconv
