#include "common/heap.hpp"

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <system_error>

#if __has_include(<malloc.h>)
#include <malloc.h>
#include <sys/mman.h>
#include <unistd.h>
#endif

#if defined(M_TOP_PAD) && defined(MADV_HUGEPAGE)
#define PROFCONV_TUNES_HEAP
#endif

namespace profconv::cli {

#ifdef PROFCONV_TUNES_HEAP
namespace {

constexpr int own_pages = 1 << 20;  // what is larger goes back to the system when it is given back
constexpr int kept_free = 4 << 20;
constexpr std::size_t huge_page = std::size_t{2} << 20, most_of_thread = 8 * huge_page;
std::atomic<std::size_t> room_of_threads = 0;  // what the second place is to have on huge pages, or none

}  // namespace
#endif

// Threads take memory from two places, not from one each, so that one can have what another gave back: a large profile
// takes a quarter less. From a single one, those that name a hundred thousand things would wait for each other. Large
// tables have pages of their own: that is another fifth.
void save_memory() {
#ifdef PROFCONV_TUNES_HEAP
  static_cast<void>(::mallopt(M_ARENA_MAX, 2));
  static_cast<void>(::mallopt(M_MMAP_THRESHOLD, own_pages));
  static_cast<void>(::mallopt(M_TRIM_THRESHOLD, kept_free));
#endif
}

namespace {

// A page of 4 KiB that is touched for the first time costs a microsecond, one of 2 MiB no more than thirty: a tenth of
// a small conversion's time. The system gives huge pages only to memory that begins at a multiple of their size and was
// asked for before any of it is touched, and the heap begins anywhere. So a block that is never used takes the place up
// to such a multiple. `for_all`: all threads take memory from there, else one of the two places is elsewhere.
void put_heap_on_huge_pages([[maybe_unused]] std::size_t bytes, [[maybe_unused]] bool for_all) {
#ifdef PROFCONV_TUNES_HEAP
  constexpr std::size_t page = 4096;
  const std::size_t room = (bytes + huge_page - 1) / huge_page * huge_page;
  static_cast<void>(::malloc_trim(0));
  char* const end = static_cast<char*>(::sbrk(0));
  constexpr std::size_t least = huge_page / 2;  // so that no block that was given back is large enough
  const std::size_t behind = (reinterpret_cast<std::uintptr_t>(end) + least) % huge_page;
  const std::size_t gap = least + (huge_page - behind) % huge_page;
  if (for_all) static_cast<void>(::mallopt(M_ARENA_MAX, 1));
  static_cast<void>(::mallopt(M_TRIM_THRESHOLD, static_cast<int>(room) + kept_free));
  static_cast<void>(::mallopt(M_TOP_PAD, static_cast<int>(room + 2 * page)));
  static_cast<void>(::mallopt(M_MMAP_THRESHOLD, static_cast<int>(2 * huge_page)));
  // What the heap writes about itself behind the block is to lie before the huge pages.
  static void* volatile unused = nullptr;
  unused = std::malloc(gap - page);
  // The block of `prepare_heap_of_thread` is to come from there.
  room_of_threads = for_all ? 0 : std::min(room, most_of_thread);
  const std::size_t largest = std::max<std::size_t>(own_pages, room_of_threads + page);
  static_cast<void>(::mallopt(M_MMAP_THRESHOLD, static_cast<int>(largest)));
  static_cast<void>(::mallopt(M_TOP_PAD, 1 << 20));
  if (unused != nullptr) static_cast<void>(::madvise(end + gap, room, MADV_HUGEPAGE));
#endif
}

constexpr std::uintmax_t mebibyte = std::uintmax_t{1} << 20, small = 4 * mebibyte;

// 0 where that is not known.
std::uintmax_t total_size(const std::vector<std::string>& inputs) {
  std::uintmax_t bytes = 0;
  for (const std::string& input : inputs) {
    std::error_code error;
    if (!std::filesystem::is_regular_file(input, error) || error) return 0;
    const std::uintmax_t size = std::filesystem::file_size(input, error);
    if (error) return 0;
    bytes += size;
  }
  return bytes;
}

std::size_t heap_for(std::uintmax_t input) {
  constexpr std::uintmax_t tiny = std::uintmax_t{48} << 10;  // its first touches take less than clearing one
  if (input < tiny) return 0;
  // A small dump's tables and its output take some six times its size, the sources that it names some megabytes. What
  // is not needed of it is not touched. Of a large one most is in large tables, and with more than this some would be
  // taken that nobody needs at the time.
  return static_cast<std::size_t>(input <= small ? 6 * input + 8 * mebibyte : 16 * mebibyte);
}

}  // namespace

// The second place grows by a page or a few at a time, and the system is asked for each. A block of all that it may
// need makes it large enough once: it stays so when that is given back.
void prepare_heap_of_thread() noexcept {
#ifdef PROFCONV_TUNES_HEAP
  const std::size_t room = room_of_threads;
  if (room == 0) return;
  void* const block = std::malloc(room);
  if (block == nullptr) return;
  const auto begin = reinterpret_cast<std::uintptr_t>(block), first = (begin + huge_page - 1) / huge_page * huge_page;
  const std::size_t whole = (begin + room - first) / huge_page * huge_page;
  static_cast<void>(::madvise(static_cast<char*>(block) + (first - begin), whole, MADV_HUGEPAGE));
  std::free(block);
#endif
}

std::size_t heap_on_huge_pages(const std::vector<std::string>& inputs) { return heap_for(total_size(inputs)); }

// Threads that scan the sources of a small input take memory all the time, and waited for each other; those that work
// on a large one seldom do, and of a second place many pages would be small.
void prepare_heap(const std::vector<std::string>& inputs) {
  const std::uintmax_t input = total_size(inputs);
  if (const std::size_t bytes = heap_for(input); bytes != 0) put_heap_on_huge_pages(bytes, input > small);
}

}  // namespace profconv::cli
