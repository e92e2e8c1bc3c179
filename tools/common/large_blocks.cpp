// Memory of large tables, in pages of megabytes where the system has such.
//
// A big profile's tables are filled once and then looked into in no order that a processor could foresee. With pages of
// 4 KiB each first touch of one is an interrupt, and most looks miss the table of pages, too: a fifth of the time of a
// big conversion. glibc has no call for what its tunable `glibc.malloc.hugetlb` does, so an `operator new` asks for it.
// It belongs to the tools and to the Python module, which keeps it to itself (lib/python/exports.map); another program
// that uses the library decides for itself.
//
// The system clears every page before it hands it out, a large conversion waits for that longer than for most else. As
// tables are made, put in order into others and given back, it would have far more cleared than it ever has at a time.
// So in a tool the pages of a block that is given back are kept, as long as the tool has less in memory than before,
// and the next blocks begin with them: the system has them moved, which takes no longer than to say so. In the Python
// module all blocks are the C library's: what it takes may be given back by the `operator delete` of the C++ library
// there.

#include "common/large_blocks.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <mutex>
#include <new>
#include <span>
#include <utility>

#if __has_include(<sys/mman.h>)
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>
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

// Bytes that the process has in memory. 0: nobody knows.
std::size_t memory_used() noexcept {
  static const int file = ::open("/proc/self/statm", O_RDONLY | O_CLOEXEC);
  std::array<char, 64> text{};
  if (file < 0 || ::pread(file, text.data(), text.size() - 1, 0) <= 0) return 0;
  char* end = nullptr;
  static_cast<void>(std::strtoull(text.data(), &end, 10));  // pages of addresses; then those in memory
  return std::strtoull(end, nullptr, 10) * static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
}

class LargeBlocks {
 public:
  // Null: ask elsewhere. REQUIRES: it fills a huge page.
  void* take(std::size_t size) noexcept {
    const std::scoped_lock lock(mutex_);
    if (!is_used_ || blocks_.is_full()) return nullptr;
    const Block block = map(std::max(on_huge_pages(size), (size + page - 1) / page * page));
    if (block.begin == nullptr) return nullptr;
    for (std::size_t at = 0; block.size - at >= huge_page && !kept_.is_empty(); at += huge_page) {
      if (!move(kept_.take_last(), block.begin + at)) {
        unmap(block.begin, block.size);
        return nullptr;
      }
    }
    blocks_.add(block);
    return block.begin;
  }

  // False: it came from elsewhere, as all that is not at the beginning of a huge page.
  bool give_back(const void* begin) noexcept {
    const std::scoped_lock lock(mutex_);
    const std::span<Block> blocks = blocks_.all();
    const auto found = std::ranges::find(blocks, begin, &Block::begin);
    if (found == blocks.end()) return false;
    const Block given = std::exchange(*found, blocks.back());
    static_cast<void>(blocks_.take_last());
    keep(given);
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
  };
  template <class T, std::size_t most>
  class List {
   public:
    bool is_empty() const noexcept { return size_ == 0; }
    bool is_full() const noexcept { return size_ == most; }
    std::size_t size() const noexcept { return size_; }
    void add(T value) noexcept { values_[size_++] = value; }
    T take_last() noexcept { return values_[--size_]; }
    std::span<T> all() noexcept { return std::span(values_).first(size_); }

   private:
    std::array<T, most> values_{};
    std::size_t size_ = 0;
  };

  static void unmap(char* begin, std::size_t size) noexcept {
    if (size != 0) static_cast<void>(::munmap(begin, size));
  }

  // `size` bytes of memory where a huge page begins: pages that lie at both ends would be small ones.
  static Block map(std::size_t size) noexcept {
    const std::size_t room = size + huge_page;
    void* const mapped = ::mmap(nullptr, room, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (mapped == MAP_FAILED) return {};
    char* const first = static_cast<char*>(mapped);
    const std::size_t before = (huge_page - reinterpret_cast<std::uintptr_t>(first) % huge_page) % huge_page;
    char* const begin = first + before;
    unmap(first, before);
    unmap(begin + size, huge_page - before);
    static_cast<void>(::madvise(begin, on_huge_pages(size), MADV_HUGEPAGE));  // no more than a wish
    return {begin, size};
  }

  // False: who knows whose either of them is now.
  static bool move(char* from, char* to) noexcept {
    return ::mremap(from, huge_page, huge_page, MREMAP_MAYMOVE | MREMAP_FIXED, to) != MAP_FAILED;
  }

  static bool was_touched(char* at) noexcept {
    unsigned char is_there = 0;
    return ::mincore(at, page, &is_there) == 0 && (is_there & 1U) != 0;
  }

  // As many as fit into three quarters of what the process had at most so far and has no more, or one: with all of it a
  // conversion would take more memory than it has at a time, as what smaller blocks need comes on top.
  std::size_t most_kept() const noexcept {
    const std::size_t in_memory = memory_used(), kept = kept_.size() * huge_page;
    const std::size_t used = std::max(in_memory, kept) - kept;
    return in_memory == 0 ? 1 : std::max<std::size_t>((peak_ - std::min(used, peak_)) * 3 / 4 / huge_page, 1);
  }

  void keep(const Block& block) noexcept {
    peak_ = std::max(peak_, memory_used());
    char* const end = block.begin + block.size;
    char* next = block.begin;  // all before it is kept or was given back to the system
    for (char* at = next; static_cast<std::size_t>(end - at) >= huge_page; at += huge_page) {
      if (kept_.is_full() || !was_touched(at)) continue;
      unmap(next, static_cast<std::size_t>(at - next));
      kept_.add(at);
      next = at + huge_page;
    }
    unmap(next, static_cast<std::size_t>(end - next));
    for (const std::size_t most = most_kept(); kept_.size() > most;) unmap(kept_.take_last(), huge_page);
  }

  std::mutex mutex_;  // guards the rest
  List<Block, 256> blocks_;
  List<char*, 512> kept_;  // huge pages
  std::size_t peak_ = 0;   // bytes in memory, of those times when a block was given back
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
