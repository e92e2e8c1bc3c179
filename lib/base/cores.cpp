#include "base/cores.hpp"

#include <algorithm>

namespace profconv {
namespace {

// The standard library's count opens a file, and may be of all that there are.
std::size_t count_cores() noexcept {
  if (const std::size_t known = CoreSet().size(); known != 0) return known;
  return std::max(1u, std::thread::hardware_concurrency());
}

}  // namespace

std::size_t usable_cores() noexcept {
  static const std::size_t count = count_cores();
  return count;
}

#ifdef CPU_COUNT

CoreSet::CoreSet() noexcept {
  if (::sched_getaffinity(0, sizeof set_, &set_) != 0) CPU_ZERO(&set_);  // more cores than it has room for
}

std::size_t CoreSet::size() const noexcept { return static_cast<std::size_t>(CPU_COUNT(&set_)); }

void CoreSet::use() const noexcept {
  if (size() != 0) ::sched_setaffinity(0, sizeof set_, &set_);
}

void CoreSet::use_elsewhere(std::thread& thread) const noexcept {
  const int here = ::sched_getcpu();
  if (here < 0 || here >= CPU_SETSIZE) return;
  cpu_set_t others = set_;
  CPU_CLR(static_cast<std::size_t>(here), &others);
  if (CPU_COUNT(&others) != 0) ::pthread_setaffinity_np(thread.native_handle(), sizeof others, &others);
}

#else

CoreSet::CoreSet() noexcept = default;
std::size_t CoreSet::size() const noexcept { return 0; }
void CoreSet::use() const noexcept {}
void CoreSet::use_elsewhere(std::thread&) const noexcept {}

#endif

}  // namespace profconv
