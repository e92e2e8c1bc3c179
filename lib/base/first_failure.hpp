#pragma once

#include <exception>
#include <mutex>
#include <utility>

namespace profconv {

/// What goes wrong first, in whatever thread.
class FirstFailure {
 public:
  /// False when `work` threw.
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
  bool any() {
    const std::lock_guard lock(mutex_);
    return failure_ != nullptr;
  }
  /// When the other threads have ended.
  void rethrow() {
    if (failure_) std::rethrow_exception(std::exchange(failure_, nullptr));
  }

 private:
  std::mutex mutex_;
  std::exception_ptr failure_;
};

}  // namespace profconv
