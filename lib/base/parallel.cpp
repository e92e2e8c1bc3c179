#include "base/parallel.hpp"

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <deque>
#include <exception>
#include <mutex>
#include <utility>

#include "base/cores.hpp"

namespace profconv {
namespace {

constexpr std::size_t few_rows = 9000;  // are worked on before another thread has begun

// What goes wrong first, in whatever thread.
class FirstFailure {
 public:
  // False when `work` threw.
  template <class Work>
  bool run(const Work& work) {
    try {
      work();
      return true;
    } catch (...) {
      const std::lock_guard lock(mutex_);
      if (!failure_) failure_ = std::current_exception();
      return false;
    }
  }
  // When the other threads have ended.
  void rethrow() const {
    if (failure_) std::rethrow_exception(failure_);
  }

 private:
  std::mutex mutex_;
  std::exception_ptr failure_;
};

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

  void rethrow() const { failure_.rethrow(); }

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

void run_on_stretches(std::size_t rows, const std::function<void(std::size_t, std::size_t)>& work) {
  // More than there are cores, for a thread that comes late.
  constexpr std::size_t least = 4000, most = 32;
  const std::size_t stretches = rows < few_rows ? 1 : std::clamp<std::size_t>(rows / least, 1, most);
  std::atomic<std::size_t> next{0};
  run_on_cores(stretches, [&] {
    for (std::size_t i = next++; i < stretches; i = next++) work(rows * i / stretches, rows * (i + 1) / stretches);
  });
}

WorkBeside::WorkBeside() : task_([this] { run(); }, Task::Kind::waits) {}

WorkBeside::~WorkBeside() {
  {
    const std::lock_guard lock(mutex_);
    waiting_.clear();
  }
  end();
}

void WorkBeside::add(std::function<void()> work) {
  constexpr std::size_t most_waiting = 8;
  std::unique_lock lock(mutex_);
  while (waiting_.size() >= most_waiting && !failure_) advance(lock);
  throw_failure();
  if (!is_handed_out_) task_.hand_out();
  is_handed_out_ = true;
  waiting_.push_back(std::move(work));
  lock.unlock();
  changed_.notify_all();
}

void WorkBeside::wait() {
  {
    std::unique_lock lock(mutex_);
    while ((!waiting_.empty() || is_running_) && !failure_) advance(lock);
  }
  end();
  throw_failure();
}

// Has the thread beside free for other work.
void WorkBeside::end() {
  {
    const std::lock_guard lock(mutex_);
    is_ending_ = true;
  }
  changed_.notify_all();
  if (!task_.take_back()) task_.wait();
  is_handed_out_ = is_beside_ = is_ending_ = false;
}

void WorkBeside::throw_failure() {
  if (failure_) std::rethrow_exception(std::exchange(failure_, nullptr));
}

// The owner has nothing else to do: where no thread has begun, it does one itself.
void WorkBeside::advance(std::unique_lock<std::mutex>& lock) { is_beside_ ? changed_.wait(lock) : do_next(lock); }

// In the thread beside.
void WorkBeside::run() {
  std::unique_lock lock(mutex_);
  is_beside_ = true;
  for (;;) {
    changed_.wait(lock, [&] { return (!waiting_.empty() && !is_running_) || is_ending_; });
    if (is_ending_) return;
    do_next(lock);
  }
}

void WorkBeside::do_next(std::unique_lock<std::mutex>& lock) {
  std::function<void()> work = std::move(waiting_.front());
  waiting_.pop_front();
  is_running_ = true;
  lock.unlock();
  std::exception_ptr failure;
  try {
    work();
  } catch (...) {
    failure = std::current_exception();
  }
  work = nullptr;  // what it holds is given back beside, too
  lock.lock();
  is_running_ = false;
  if (failure) {
    failure_ = failure;
    waiting_.clear();
  }
  changed_.notify_all();
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
