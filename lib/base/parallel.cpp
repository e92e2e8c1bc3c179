#include "base/parallel.hpp"

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <utility>

#include "base/cores.hpp"

namespace profconv {
namespace {

constexpr std::size_t few_rows = 9000;  // are worked on before another thread has begun

// Parts are begun and handed over in order; what is made in between overlaps.
class Line {
 public:
  explicit Line(std::size_t parts) : parts_(parts) {}

  void work(const std::function<void(std::size_t, TextBuffer&)>& make,
            const std::function<void(std::string_view)>& take) {
    TextBuffer text;
    for (std::size_t part = next_++; part < parts_; part = next_++) {
      const bool done = failure_.run([&] {
        text.clear();
        make(part, text);
        if (!wait_for_turn(part)) return;
        take(text.text());  // nobody else does now
        const std::lock_guard lock(mutex_);
        ++due_;
      });
      if (!done) stop();
      turn_.notify_all();
    }
  }

  void rethrow() { failure_.rethrow(); }

 private:
  // False when there will be no turn.
  bool wait_for_turn(std::size_t part) {
    std::unique_lock lock(mutex_);
    turn_.wait(lock, [&] { return due_ == part || stopped_; });
    return !stopped_;
  }
  void stop() {
    next_ = parts_;
    const std::lock_guard lock(mutex_);
    stopped_ = true;
  }

  const std::size_t parts_;
  std::atomic<std::size_t> next_ = 0;
  std::mutex mutex_;  // guards due_ and stopped_
  std::condition_variable turn_;
  std::size_t due_ = 0;
  bool stopped_ = false;
  FirstFailure failure_;
};

// Has `work` begun by up to `helpers` threads while this one does it, too. It must return where nothing is left to do,
// so that those that have not begun by then are not needed.
void help(std::size_t helpers, const std::function<void()>& work, Task::Kind kind) {
  const Workers workers;
  std::deque<Task> tasks;
  for (std::size_t i = 0; i < helpers; ++i) tasks.emplace_back(work, kind).hand_out();
  work();
}

}  // namespace

void run_both(const std::function<void()>& first, const std::function<void()>& second) {
  const Workers workers;
  FirstFailure failure;
  Task task([&] { failure.run(second); });
  task.hand_out();
  first();
  if (task.take_back()) {
    second();
  } else {
    task.wait();
    failure.rethrow();
  }
}

void run_both(std::size_t rows, const std::function<void()>& first, const std::function<void()>& second) {
  if (rows >= few_rows) return run_both(first, second);
  first();
  second();
}

void run_all(std::size_t rows, std::initializer_list<std::function<void()>> all) {
  if (rows >= few_rows) return run_on_parts(all.size(), [&](std::size_t i) { all.begin()[i](); });
  for (const std::function<void()>& work : all) work();
}

void run_on_parts(std::size_t parts, const std::function<void(std::size_t)>& work) {
  std::atomic<std::size_t> next{0};
  run_on_cores(parts, [&] {
    for (std::size_t part = next++; part < parts; part = next++) work(part);
  });
}

void run_on_stretches(std::size_t rows, const std::function<void(std::size_t, std::size_t)>& work) {
  // More than there are cores, for a thread that comes late.
  constexpr std::size_t least = 4000, most = 32;
  const std::size_t stretches = rows < few_rows ? 1 : std::clamp<std::size_t>(rows / least, 1, most);
  run_on_parts(stretches, [&](std::size_t i) { work(rows * i / stretches, rows * (i + 1) / stretches); });
}

WorkBeside::~WorkBeside() {
  for (Task& piece : pieces_) piece.take_back();
}

void WorkBeside::add(std::function<void()> work) {
  constexpr std::size_t most = 8;
  pieces_.remove_if([](const Task& piece) { return piece.is_done(); });
  if (failure_.any()) wait();
  if (pieces_.size() == most) {
    const auto next = std::ranges::find_if(pieces_, [](Task& piece) { return piece.take_back(); });
    if (next == pieces_.end()) {
      pieces_.front().wait();
    } else {
      next->work_here();
      pieces_.erase(next);
    }
  }
  pieces_.emplace_back([this, work = std::move(work)] {
    if (!failure_.any()) failure_.run(work);
  });
  pieces_.back().hand_out();
}

void WorkBeside::wait() {
  for (Task& piece : pieces_) {
    if (piece.take_back()) piece.work_here();
  }
  pieces_.clear();  // when those have ended that others began
  failure_.rethrow();
}

void run_on_cores(std::size_t most, const std::function<void()>& work) {
  FirstFailure failure;
  help(
      std::min(usable_cores(), std::max<std::size_t>(most, 1)) - 1, [&] { failure.run(work); }, Task::Kind::by_itself);
  failure.rethrow();
}

void make_in_order(std::size_t parts, const std::function<void(std::size_t, TextBuffer&)>& make,
                   const std::function<void(std::string_view)>& take) {
  constexpr std::size_t few = 4;   // are made before a thread has begun
  constexpr std::size_t most = 4;  // more do not help: one of them writes all the time
  Line line(parts);
  help(
      parts < few ? 0 : std::min(usable_cores(), most) - 1, [&] { line.work(make, take); }, Task::Kind::waits);
  line.rethrow();
}

}  // namespace profconv
