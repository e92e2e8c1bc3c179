// Memory of large tables, in pages of megabytes where the system has such.
//
// A big profile's tables are filled once and then looked into in no order that a processor could foresee. With pages of
// 4 KiB each first touch of one is an interrupt, and most looks miss the table of pages, too: a fifth of the time of a
// big conversion. glibc has no call for what its tunable `glibc.malloc.hugetlb` does, so an `operator new` asks for it.
// It belongs to the tools and to the Python module, which keeps it to itself (lib/python/exports.map); another program
// that uses the library decides for itself.

#include <algorithm>
#include <cstddef>
#include <cstdlib>
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

void* allocate(std::size_t size) noexcept {
  // The last one may be filled to seven eighths: what is left empty takes memory, too.
  const std::size_t on_huge_pages = (size + huge_page / 8) / huge_page * huge_page;
  if (on_huge_pages == 0) return std::malloc(size != 0 ? size : 1);
  // At the beginning of one, or the pages that lie at both ends would be small ones.
  void* const block = std::aligned_alloc(huge_page, std::max(size, on_huge_pages));
  // What lies behind the block is somebody else's. No more than a wish.
  if (block != nullptr) static_cast<void>(::madvise(block, on_huge_pages, MADV_HUGEPAGE));
  return block;
}

}  // namespace

void* operator new(std::size_t size) {
  for (;;) {
    if (void* const block = allocate(size)) return block;
    const std::new_handler handler = std::get_new_handler();
    if (handler == nullptr) throw std::bad_alloc();
    handler();
  }
}
void operator delete(void* block) noexcept { std::free(block); }
void operator delete(void* block, std::size_t) noexcept { std::free(block); }

#endif
