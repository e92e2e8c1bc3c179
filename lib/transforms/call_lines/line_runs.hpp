#pragma once

#include <cstdint>
#include <initializer_list>
#include <map>
#include <string_view>
#include <utility>

#include "source/python_scan.hpp"
#include "transforms/call_lines/site_calls.hpp"

namespace profconv {

/// Whether the line, apart from blanks, begins with one of the words.
bool begins_with_one_of(std::string_view line, std::initializer_list<std::string_view> words);

/// Whether a statement that begins so is a `for` or `with`, whose first line is hit again later.
bool begins_loop_or_with(std::string_view line);

/// How often the places of one function ran, as the hits of its lines tell.
///
/// A line is hit again when its statement comes back to it: where a call goes on over several lines, at the end of a
/// `with`, each time that a loop goes on. What stands in one statement and block runs equally often, so the line of it
/// that was hit least tells; of the first line of a `with` or `for` it is the other statements of the block.
class LineRuns {
 public:
  using Value = PythonScan::Value;

  void note_hits(std::uint32_t line, std::int64_t hits) { hits_[line] += hits; }
  /// Every value of the function, when all hits were noted. `is_head`: of a `with` or `for`.
  void note(const Value& value, bool is_head);

  bool is_hit(std::uint32_t line) const { return hits_.contains(line); }
  /// The line on which the hits of a place are, or the one where its statement begins: older Pythons count them there.
  /// 0: it did not run.
  std::uint32_t line_of(const Value& value, std::uint32_t line) const;
  /// Of a call on that line, which was hit: made whenever it is hit, or not, or any number of times: in a comprehension
  /// or a loop that begins and ends on the line.
  SiteHits of(const PythonScan& scan, const Value& value, std::uint32_t line, bool is_head) const;
  /// The line where the statement begins in which a line that was hit stands, as far as values on it tell.
  std::uint32_t statement_of(std::uint32_t line) const;
  /// How often what stands on a line ran, which was hit.
  std::int64_t of_line(std::uint32_t line) const;

 private:
  using Key = std::pair<std::uint32_t, std::uint32_t>;

  std::int64_t hits(std::uint32_t line) const;

  std::map<std::uint32_t, std::int64_t> hits_;   // per line
  std::map<Key, std::int64_t> least_;            // per statement and block
  std::map<std::uint32_t, std::int64_t> block_;  // per block: of its statements that are no heads
  std::map<std::uint32_t, Key> outermost_;       // per line: a statement and the block in which others on it are
};

}  // namespace profconv
