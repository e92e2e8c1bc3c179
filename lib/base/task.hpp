#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <utility>

namespace profconv {

class Team;

/// A piece of work that one of this thread's Workers may do while its owner does something else.
///
///     Task task([&] { … });
///     task.hand_out();
///     …
///     if (task.take_back()) …  // nobody has begun it, and nobody will
///     else task.wait();
///
/// The work must not throw. A task ends taken back or done.
class Task {
 public:
  /// Work that `waits` for what other threads do is not begun by a thread that has something else unfinished.
  enum class Kind : std::uint8_t { by_itself, waits };

  explicit Task(std::function<void()> work, Kind kind = Kind::by_itself) : work_(std::move(work)), kind_(kind) {}
  Task(const Task&) = delete;
  Task& operator=(const Task&) = delete;
  ~Task() {
    if (!take_back()) wait();
  }

  /// REQUIRES: Workers in this thread, which outlive this; that it was not handed out, or ended since.
  void hand_out();
  /// True where it has not begun (or was never handed out): nobody will begin it.
  bool take_back();
  /// Does the work in this thread. REQUIRES: that it was taken back.
  void work_here() const { work_(); }
  bool is_done() const noexcept { return state_ == State::done; }
  /// Until it is done. Does other work meanwhile that was handed out. REQUIRES: that it was not taken back.
  void wait();

 private:
  friend class Team;
  enum class State : std::uint8_t { kept, waiting, running, done };

  const std::function<void()> work_;
  const Kind kind_;
  Team* team_ = nullptr;
  std::atomic<State> state_ = State::kept;  // changed under the team's lock
};

}  // namespace profconv
