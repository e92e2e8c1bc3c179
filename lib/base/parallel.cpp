#include "base/parallel.hpp"

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <exception>
#include <mutex>
#include <optional>
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
  ~Helper() { join(); }

  bool started() const noexcept { return thread_.joinable(); }
  void join() {
    if (thread_.joinable()) thread_.join();
  }

 private:
  std::thread thread_;
};

// Parts are begun and handed over in order; what is made in between overlaps.
class Line {
 public:
  explicit Line(std::size_t parts) : parts_(parts) {}

  void work(const std::function<void(std::size_t, TextBuffer&)>& make,
            const std::function<void(std::string_view)>& take) {
    TextBuffer text;
    for (std::size_t part = next_++; part < parts_; part = next_++) {
      try {
        text.clear();
        make(part, text);
        std::unique_lock lock(mutex_);
        turn_.wait(lock, [&] { return due_ == part || failure_; });
        if (failure_) return;
        lock.unlock();  // it is this part's turn, so nobody else takes
        take(text.text());
        lock.lock();
        ++due_;
      } catch (...) {
        fail(std::current_exception());
      }
      turn_.notify_all();
    }
  }

  void rethrow() const {
    if (failure_) std::rethrow_exception(failure_);
  }

 private:
  void fail(std::exception_ptr failure) {
    next_ = parts_;
    const std::lock_guard lock(mutex_);
    if (!failure_) failure_ = std::move(failure);
  }

  const std::size_t parts_;
  std::atomic<std::size_t> next_ = 0;
  std::mutex mutex_;
  std::condition_variable turn_;
  std::size_t due_ = 0;
  std::exception_ptr failure_;
};

}  // namespace

void run_both(const std::function<void()>& first, const std::function<void()>& second) {
  std::exception_ptr failure;
  Helper helper([&] {
    try {
      second();
    } catch (...) {
      failure = std::current_exception();
    }
  });
  const bool started = helper.started();
  first();
  helper.join();
  if (!started) second();
  if (failure) std::rethrow_exception(failure);
}

void run_on_cores(std::size_t most, const std::function<void()>& work) {
  const std::size_t wanted = std::min<std::size_t>(std::max(1u, std::thread::hardware_concurrency()), most);
  std::mutex mutex;
  std::exception_ptr failure;
  const auto guarded = [&] {
    try {
      work();
    } catch (...) {
      const std::lock_guard lock(mutex);
      failure = std::current_exception();
    }
  };
  {
    std::vector<Helper> helpers;
    for (std::size_t i = 1; i < wanted; ++i) helpers.emplace_back(guarded);
    guarded();
  }
  if (failure) std::rethrow_exception(failure);
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
