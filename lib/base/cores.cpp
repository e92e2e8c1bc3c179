#include "base/cores.hpp"

#include <algorithm>
#include <thread>

#if __has_include(<sched.h>)
#include <sched.h>
#endif

namespace profconv {
namespace {

// The standard library's count opens a file, and may be of all that there are.
std::size_t count_cores() noexcept {
#ifdef CPU_COUNT
  cpu_set_t usable;
  if (::sched_getaffinity(0, sizeof usable, &usable) == 0)
    return std::max<std::size_t>(1, static_cast<std::size_t>(CPU_COUNT(&usable)));
#endif
  return std::max(1u, std::thread::hardware_concurrency());
}

}  // namespace

std::size_t usable_cores() noexcept {
  static const std::size_t count = count_cores();
  return count;
}

}  // namespace profconv
