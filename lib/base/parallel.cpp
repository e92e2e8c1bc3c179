#include "base/parallel.hpp"

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <exception>
#include <mutex>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#if __has_include(<sched.h>)
#include <sched.h>
#endif

namespace profconv {
namespace {

// Those that this process may use. The standard library's count opens a file, and may be of all that there are.
std::size_t count_cores() noexcept {
#ifdef CPU_COUNT
  cpu_set_t usable;
  if (::sched_getaffinity(0, sizeof usable, &usable) == 0)
    return std::max<std::size_t>(1, static_cast<std::size_t>(CPU_COUNT(&usable)));
#endif
  return std::max(1u, std::thread::hardware_concurrency());
}

std::size_t cores() noexcept {
  static const std::size_t count = count_cores();
  return count;
}

// A thread that is waited for at the end of the scope; none where the system gives none.
class Helper {
 public:
  explicit Helper(const std::function<void()>& work) {
    try {
      thread_ = std::thread(work);
    } catch (const std::system_error&) {  // a limit on threads or memory
    }
  }
  Helper(Helper&&) = default;
  Helper& operator=(Helper&&) = delete;
  ~Helper() {
    if (thread_.joinable()) thread_.join();
  }

  bool started() const noexcept { return thread_.joinable(); }

 private:
  std::thread thread_;
};

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

}  // namespace

void run_both(const std::function<void()>& first, const std::function<void()>& second) {
  FirstFailure failure;
  {
    const Helper helper([&] { failure.run(second); });
    first();
    if (!helper.started()) failure.run(second);
  }
  failure.rethrow();
}

void run_both(std::size_t rows, const std::function<void()>& first, const std::function<void()>& second) {
  constexpr std::size_t few = 20'000;
  if (rows >= few) return run_both(first, second);
  first();
  second();
}

void run_on_stretches(std::size_t rows, const std::function<void(std::size_t, std::size_t)>& work) {
  constexpr std::size_t least = 10'000, most = 8;
  const std::size_t stretches = std::clamp<std::size_t>(rows / least, 1, std::min(cores(), most));
  std::atomic<std::size_t> next{0};
  run_on_cores(stretches, [&] {
    for (std::size_t i = next++; i < stretches; i = next++) work(rows * i / stretches, rows * (i + 1) / stretches);
  });
}

WorkBeside::~WorkBeside() {
  {
    const std::lock_guard lock(mutex_);
    waiting_.clear();
    is_ending_ = true;
  }
  changed_.notify_all();
  if (thread_.joinable()) thread_.join();
}

void WorkBeside::add(std::function<void()> work) {
  constexpr std::size_t most_waiting = 8;
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] { return waiting_.size() < most_waiting || failure_; });
  throw_failure();
  if (!thread_.joinable()) {
    try {
      thread_ = std::thread([this] { run(); });
    } catch (const std::system_error&) {  // a limit on threads or memory
      lock.unlock();
      return work();
    }
  }
  waiting_.push_back(std::move(work));
  lock.unlock();
  changed_.notify_all();
}

void WorkBeside::wait() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] { return (waiting_.empty() && !is_running_) || failure_; });
  throw_failure();
}

void WorkBeside::throw_failure() {
  if (failure_) std::rethrow_exception(std::exchange(failure_, nullptr));
}

void WorkBeside::run() {
  std::unique_lock lock(mutex_);
  for (;;) {
    changed_.wait(lock, [&] { return !waiting_.empty() || is_ending_; });
    if (waiting_.empty()) return;
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
}

void run_on_cores(std::size_t most, const std::function<void()>& work) {
  const std::size_t wanted = std::min(cores(), most);
  FirstFailure failure;
  const auto guarded = [&] { failure.run(work); };
  {
    std::vector<Helper> helpers;
    for (std::size_t i = 1; i < wanted; ++i) helpers.emplace_back(guarded);
    guarded();
  }
  failure.rethrow();
}

void make_in_order(std::size_t parts, const std::function<void(std::size_t, TextBuffer&)>& make,
                   const std::function<void(std::string_view)>& take) {
  Line line(parts);
  {
    // More do not help: one of them writes all the time.
    constexpr std::size_t most = 4;
    std::vector<Helper> helpers;
    for (std::size_t i = 1; i < std::min({cores(), most, parts}); ++i)
      helpers.emplace_back([&] { line.work(make, take); });
    line.work(make, take);
  }
  line.rethrow();
}

}  // namespace profconv
