#include "base/parallel.hpp"

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <exception>
#include <mutex>
#include <system_error>
#include <thread>
#include <vector>

namespace profconv {
namespace {

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

WorkBeside::~WorkBeside() {
  if (running_.valid()) running_.wait();
}

void WorkBeside::begin(std::function<void()> work) {
  wait();
  try {
    running_ = std::async(std::launch::async, work);
  } catch (const std::system_error&) {  // a limit on threads or memory
    work();
  }
}

void WorkBeside::wait() {
  if (running_.valid()) running_.get();
}

void run_on_cores(std::size_t most, const std::function<void()>& work) {
  const std::size_t wanted = std::min<std::size_t>(std::max(1u, std::thread::hardware_concurrency()), most);
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
    const std::size_t cores = std::clamp<std::size_t>(std::thread::hardware_concurrency(), 1, most);
    std::vector<Helper> helpers;
    for (std::size_t i = 1; i < std::min(cores, parts); ++i) helpers.emplace_back([&] { line.work(make, take); });
    line.work(make, take);
  }
  line.rethrow();
}

}  // namespace profconv
