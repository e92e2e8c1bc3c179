#pragma once

#include <cstddef>
#include <thread>

#if __has_include(<sched.h>)
#include <sched.h>
#endif

namespace profconv {

/// How many this process may use; 1 at least.
std::size_t usable_cores() noexcept;

/// Cores that a thread may use, where the system can be told.
class CoreSet {
 public:
  /// Those of this thread.
  CoreSet() noexcept;

  /// 0 where nothing is known.
  std::size_t size() const noexcept;
  /// Has this thread use them.
  void use() const noexcept;
  /// Has a thread that was started just now use these but for the one that this thread is on. A new thread begins where
  /// the one is that started it, more often than not, and would wait there for up to 4 ms though other cores have
  /// nothing to do. REQUIRES: that it has not ended.
  void use_elsewhere(std::thread& thread) const noexcept;

 private:
#ifdef CPU_COUNT
  cpu_set_t set_;
#endif
};

}  // namespace profconv
