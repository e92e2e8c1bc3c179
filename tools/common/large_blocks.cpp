// Memory of large tables, in pages of megabytes where the system has such.
//
// A big profile's tables are filled once and then looked into in no order that a processor could foresee. With pages of
// 4 KiB each first touch of one is an interrupt, and most looks miss the table of pages, too: a fifth of the time of a
// big conversion. glibc has no call for what its tunable `glibc.malloc.hugetlb` does, so an `operator new` asks for it.
// It belongs to the tools and to the Python module, which keeps it to itself (lib/python/exports.map); another program
// that uses the library decides for itself.
//
// The system clears every page before it hands it out. As tables are made, put in order into others and given back, a
// conversion would have twice as much cleared as it ever has at a time. So in a tool a block may be made of the one
// that was given back last: of its beginning, or of all of it and what it lacks. In the Python module all blocks are
// the C library's: what it takes may be given back by the `operator delete` of the C++ library there.

#include "common/large_blocks.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <mutex>
#include <new>
#include <utility>

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

#if defined(MADV_HUGEPAGE) && defined(MREMAP_FIXED) && !defined(PROFCONV_SANITIZED)

namespace profconv {
namespace {

constexpr std::size_t huge_page = std::size_t{2} << 20, page = 4096;

// The last one may be filled to seven eighths: what is left empty takes memory, too.
constexpr std::size_t on_huge_pages(std::size_t size) { return (size + huge_page / 8) / huge_page * huge_page; }

class LargeBlocks {
 public:
  // Null: ask elsewhere. REQUIRES: it fills a huge page.
  void* take(std::size_t size) noexcept {
    const std::scoped_lock lock(mutex_);
    if (!is_used_ || count_ == blocks_.size()) return nullptr;
    Block block = made_of(std::exchange(last_, {}), std::max(on_huge_pages(size), (size + page - 1) / page * page));
    if (block.begin == nullptr) return nullptr;
    blocks_[count_++] = block;
    return block.begin;
  }

  // False: it came from elsewhere, as all that is not at the beginning of a huge page.
  bool give_back(const void* begin) noexcept {
    const std::scoped_lock lock(mutex_);
    const auto end = blocks_.begin() + count_;
    const auto found = std::find_if(blocks_.begin(), end, [&](const Block& block) { return block.begin == begin; });
    if (found == end) return false;
    const Block given = std::exchange(*found, blocks_[--count_]);
    unmap(std::exchange(last_, given));
    return true;
  }

  void use() noexcept {
    const std::scoped_lock lock(mutex_);
    is_used_ = true;
  }

 private:
  struct Block {
    char* begin = nullptr;
    std::size_t size = 0;
    bool in_pieces = false;  // for the system, which moves one at a time
  };

  static void unmap(const Block& block) noexcept { unmap(block.begin, block.begin + block.size); }
  static void unmap(char* begin, char* end) noexcept {
    if (begin != end) static_cast<void>(::munmap(begin, static_cast<std::size_t>(end - begin)));
  }

  // `size` bytes of memory where a huge page begins: pages that lie at both ends would be small ones.
  static Block map(std::size_t size) noexcept {
    const std::size_t room = size + huge_page;
    void* const mapped = ::mmap(nullptr, room, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (mapped == MAP_FAILED) return {};
    char* const first = static_cast<char*>(mapped);
    char* const begin = first + (huge_page - reinterpret_cast<std::uintptr_t>(first) % huge_page) % huge_page;
    unmap(first, begin);
    unmap(begin + size, first + room);
    static_cast<void>(::madvise(begin, on_huge_pages(size), MADV_HUGEPAGE));  // no more than a wish
    return {begin, size};
  }

  // Takes `old` and gives it back as far as it is not needed.
  static Block made_of(const Block& old, std::size_t size) noexcept {
    if (old.size >= size) {
      unmap(old.begin + size, old.begin + old.size);
      return {old.begin, size, old.in_pieces};
    }
    Block block = map(size);
    const std::size_t moved = old.in_pieces || block.begin == nullptr ? 0 : on_huge_pages(old.size);
    if (moved != 0) {
      if (::mremap(old.begin, moved, moved, MREMAP_MAYMOVE | MREMAP_FIXED, block.begin) == MAP_FAILED) {
        unmap(old);
        unmap(block.begin + moved, block.begin + size);  // who knows whose the beginning is now
        return map(size);
      }
      block.in_pieces = true;
    }
    unmap(old.begin + moved, old.begin + old.size);
    return block;
  }

  std::mutex mutex_;  // guards the rest
  std::array<Block, 256> blocks_;
  std::size_t count_ = 0;
  Block last_;
  bool is_used_ = false;
};

constinit LargeBlocks large_blocks;

// Null: there is none.
void* allocate(std::size_t size, std::size_t alignment) noexcept {
  if (const std::size_t whole = on_huge_pages(size); whole != 0 && alignment <= huge_page) {
    if (void* const block = large_blocks.take(size)) return block;
    void* const block = std::aligned_alloc(huge_page, std::max(size, whole));
    // What lies behind the block is somebody else's. No more than a wish.
    if (block != nullptr) static_cast<void>(::madvise(block, whole, MADV_HUGEPAGE));
    return block;
  }
  size = std::max<std::size_t>(size, 1);
  if (alignment <= __STDCPP_DEFAULT_NEW_ALIGNMENT__) return std::malloc(size);
  const std::size_t whole = (size + alignment - 1) / alignment * alignment;
  return whole < size ? nullptr : std::aligned_alloc(alignment, whole);
}

void* allocate_or_throw(std::size_t size, std::size_t alignment) {
  for (;;) {
    if (void* const block = allocate(size, alignment)) return block;
    const std::new_handler handler = std::get_new_handler();
    if (handler == nullptr) throw std::bad_alloc();
    handler();
  }
}

inline void give_back(void* block) noexcept {
  const bool may_be_large = reinterpret_cast<std::uintptr_t>(block) % huge_page == 0 && block != nullptr;
  if (!may_be_large || !large_blocks.give_back(block)) std::free(block);
}

}  // namespace

void reuse_large_blocks() noexcept { large_blocks.use(); }

}  // namespace profconv

void* operator new(std::size_t size) {
  if (profconv::on_huge_pages(size) == 0) {  // nearly always
    if (void* const block = std::malloc(size != 0 ? size : 1)) return block;
  }
  return profconv::allocate_or_throw(size, 1);
}
void* operator new(std::size_t size, std::align_val_t alignment) {
  return profconv::allocate_or_throw(size, static_cast<std::size_t>(alignment));
}
void operator delete(void* block) noexcept { profconv::give_back(block); }
void operator delete(void* block, std::size_t) noexcept { profconv::give_back(block); }
void operator delete(void* block, std::align_val_t) noexcept { profconv::give_back(block); }
void operator delete(void* block, std::size_t, std::align_val_t) noexcept { profconv::give_back(block); }

#else

namespace profconv {

void reuse_large_blocks() noexcept {}

}  // namespace profconv

#endif
