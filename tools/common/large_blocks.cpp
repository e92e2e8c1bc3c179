// Memory of the tools' large tables, in pages of megabytes where the system has such.
//
// A big profile's tables are filled once and then looked into in no order that a processor could foresee. With pages of
// 4 KiB each first touch of one is an interrupt, and most looks miss the table of pages, too: a fifth of the time of a
// big conversion. glibc has no call for what its tunable `glibc.malloc.hugetlb` does, so the global `operator new` asks
// for it. Only the tools do; a program that uses the library decides for itself.

#include <cstddef>
#include <cstdlib>
#include <memory>
#include <new>

#if __has_include(<sys/mman.h>)
#include <sys/mman.h>
#endif

// The sanitizers' own operators find more.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define PROFCONV_SANITIZED
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define PROFCONV_SANITIZED
#endif
#endif

#if defined(MADV_HUGEPAGE) && !defined(PROFCONV_SANITIZED)

namespace {

constexpr std::size_t huge_page = std::size_t{2} << 20;

// Whole huge pages only: what lies around the block is somebody else's.
void ask_for_huge_pages(void* block, std::size_t size) noexcept {
  void* begin = block;
  std::size_t space = size;
  if (std::align(huge_page, huge_page, begin, space) == nullptr) return;
  static_cast<void>(::madvise(begin, space / huge_page * huge_page, MADV_HUGEPAGE));  // a wish
}

void* allocate(std::size_t size) {
  for (;;) {
    if (void* const block = std::malloc(size != 0 ? size : 1)) return block;
    const std::new_handler handler = std::get_new_handler();
    if (handler == nullptr) throw std::bad_alloc();
    handler();
  }
}

}  // namespace

void* operator new(std::size_t size) {
  void* const block = allocate(size);
  constexpr std::size_t large = 2 * huge_page;
  if (size >= large) ask_for_huge_pages(block, size);
  return block;
}
void operator delete(void* block) noexcept { std::free(block); }
void operator delete(void* block, std::size_t) noexcept { std::free(block); }

#endif
