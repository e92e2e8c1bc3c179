#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <exception>
#include <functional>
#include <mutex>

#include <profconv/workers.hpp>

#include "base/task.hpp"
#include "base/text_buffer.hpp"

/// Work on several cores. What comes out never depends on how many there are: results are put together in a fixed
/// order. Where no thread can be started the work is done without.

namespace profconv {

/// Runs both to their ends, the second one beside the first. Throws what the first one threw, else what the second did.
void run_both(const std::function<void()>& first, const std::function<void()>& second);
/// One after the other where they have few rows to go through: then they are done before a thread has started.
void run_both(std::size_t rows, const std::function<void()>& first, const std::function<void()>& second);

/// Has the rows below `rows` worked on in stretches, several at a time: `work(begin, end)` for each. It must not depend
/// on other stretches. Throws what one of them threw.
void run_on_stretches(std::size_t rows, const std::function<void(std::size_t begin, std::size_t end)>& work);

/// Runs `work` here and in threads beside it, at most as many as there are cores and `most` in all. Throws what one of
/// them threw.
void run_on_cores(std::size_t most, const std::function<void()>& work);

/// One piece of work after the other, in a thread beside what its owner does meanwhile.
class WorkBeside {
 public:
  WorkBeside();
  WorkBeside(const WorkBeside&) = delete;
  WorkBeside& operator=(const WorkBeside&) = delete;
  ~WorkBeside();  ///< Waits for what has begun; the rest is left undone.

  /// Has the work done after that which was added before; waits while a few pieces have not begun. Throws what one of
  /// those threw: then this one is not added, and those after the one that threw were left undone.
  void add(std::function<void()> work);
  /// Waits until all is done; throws what was thrown.
  void wait();

 private:
  void run();
  void end();
  void advance(std::unique_lock<std::mutex>& lock);
  void do_next(std::unique_lock<std::mutex>& lock);
  void throw_failure();

  std::mutex mutex_;  // guards the rest
  std::condition_variable changed_;
  std::deque<std::function<void()>> waiting_;
  bool is_handed_out_ = false, is_beside_ = false, is_running_ = false, is_ending_ = false;
  std::exception_ptr failure_;
  const Workers workers_;
  Task task_;
};

/// Calls `make(i, text)` for every i below `parts`, several at a time, and `take(text)` with the results in the order
/// of i, one at a time. `make` must not depend on other parts, and finds an empty text. At most a few texts are in
/// memory at a time. Fewer than four parts are made by this thread alone. The first exception ends the work and is
/// thrown on.
void make_in_order(std::size_t parts, const std::function<void(std::size_t part, TextBuffer& text)>& make,
                   const std::function<void(std::string_view text)>& take);

}  // namespace profconv
