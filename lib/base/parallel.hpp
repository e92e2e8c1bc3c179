#pragma once

#include <cstddef>
#include <functional>
#include <initializer_list>
#include <list>

#include <profconv/workers.hpp>

#include "base/first_failure.hpp"
#include "base/task.hpp"
#include "base/text_buffer.hpp"

/// Work on several cores. What comes out never depends on how many there are: results are put together in a fixed
/// order. Where no thread can be started the work is done without.

namespace profconv {

/// Runs both to their ends, the second one beside the first. Throws what the first one threw, else what the second did.
void run_both(const std::function<void()>& first, const std::function<void()>& second);
/// One after the other where they have few rows to go through: then they are done before a thread has started.
void run_both(std::size_t rows, const std::function<void()>& first, const std::function<void()>& second);

/// Runs all to their ends, several at a time and the first ones first, or one after the other where they have few rows
/// to go through. Throws what one of them threw.
void run_all(std::size_t rows, std::initializer_list<std::function<void()>> all);

/// Has `work(part)` done for every part below `parts`, several at a time. It must not depend on other parts. Throws
/// what one of them threw.
void run_on_parts(std::size_t parts, const std::function<void(std::size_t part)>& work);

/// Has the rows below `rows` worked on in stretches, several at a time: `work(begin, end)` for each. It must not depend
/// on other stretches. Throws what one of them threw.
void run_on_stretches(std::size_t rows, const std::function<void(std::size_t begin, std::size_t end)>& work);

/// Runs `work` here and in threads beside it, at most as many as there are cores and `most` in all. Throws what one of
/// them threw.
void run_on_cores(std::size_t most, const std::function<void()>& work);

/// Pieces of work, done by other threads beside what their owner does meanwhile, in any order and several at a time.
class WorkBeside {
 public:
  WorkBeside() = default;
  WorkBeside(const WorkBeside&) = delete;
  WorkBeside& operator=(const WorkBeside&) = delete;
  ~WorkBeside();  ///< Waits for what has begun; the rest is left undone.

  /// Has a piece of work done. Where a few have not begun yet it does one of them itself. Throws what one of those
  /// threw that were added before: then this one is not added, and some of the others were left undone.
  void add(std::function<void()> work);
  /// Until all is done; throws what was thrown.
  void wait();

 private:
  const Workers workers_;
  FirstFailure failure_;
  std::list<Task> pieces_;
};

/// Calls `make(i, text)` for every i below `parts`, several at a time, and `take(text)` with the results in the order
/// of i, one at a time. `make` must not depend on other parts, and finds an empty text. At most a few texts are in
/// memory at a time. Fewer than four parts are made by this thread alone. The first exception ends the work and is
/// thrown on.
void make_in_order(std::size_t parts, const std::function<void(std::size_t part, TextBuffer& text)>& make,
                   const std::function<void(std::string_view text)>& take);

}  // namespace profconv
