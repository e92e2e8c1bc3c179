#include "io/mapped_file.hpp"

#include <array>
#include <atomic>
#include <csignal>
#include <cstdint>
#include <mutex>
#include <utility>

#include <pthread.h>
#include <sys/mman.h>
#include <unistd.h>

namespace profconv {
namespace {

// Written under the lock, read by the handler, which can take none. `end` is written last and cleared first.
struct Guarded {
  std::atomic<std::uintptr_t> begin = 0, end = 0;
  std::atomic<bool> cut_short = false;
  bool used = false;
};

constexpr std::size_t slots = 64;
std::array<Guarded, slots> guarded;
std::mutex guarded_lock;
bool handler_installed = false;
struct sigaction handler_before = {};
std::uintptr_t page_size = 4096;

// Puts zeros where the file has nothing any more. mmap is a plain system call wherever it is used here, and so may be
// called by a handler, though POSIX does not promise it.
bool mend(std::uintptr_t address) noexcept {
  for (Guarded& file : guarded) {
    const std::uintptr_t end = file.end.load(), begin = file.begin.load();
    if (address < begin || address >= end) continue;
    const std::uintptr_t page = address / page_size * page_size;
    void* const at =
        reinterpret_cast<void*>(page);  // NOLINT(performance-no-int-to-ptr): an address is what a fault has
    // cppcheck-suppress invalidFunctionArg  // -1: memory without a file
    if (::mmap(at, end - page, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) == MAP_FAILED) return false;
    file.cut_short = true;
    return true;
  }
  return false;
}

void on_bus_error(int signal, siginfo_t* info, void* context) {
  if (mend(reinterpret_cast<std::uintptr_t>(info->si_addr))) return;
  if ((handler_before.sa_flags & SA_SIGINFO) != 0) return handler_before.sa_sigaction(signal, info, context);
  if (handler_before.sa_handler != SIG_DFL && handler_before.sa_handler != SIG_IGN)
    return handler_before.sa_handler(signal);
  ::sigaction(SIGBUS, &handler_before, nullptr);  // the fault comes again, and ends the process as ever
}

// A child that is forked while another thread has the lock would wait for that thread, which it does not have. So the
// lock is had for a fork. What other threads have mapped stays mapped in the child: whose it was, nobody knows there.
[[maybe_unused]] const int survives_forks =
    ::pthread_atfork([] { guarded_lock.lock(); }, [] { guarded_lock.unlock(); }, [] { guarded_lock.unlock(); });

void install_handler() {
  page_size = static_cast<std::uintptr_t>(::sysconf(_SC_PAGESIZE));
  struct sigaction action = {};
  action.sa_sigaction = on_bus_error;
  action.sa_flags = SA_SIGINFO | SA_ONSTACK;
  sigemptyset(&action.sa_mask);
  ::sigaction(SIGBUS, &action, &handler_before);
}

}  // namespace

std::optional<MappedFile> MappedFile::map(int descriptor, std::size_t size) {
  const std::scoped_lock lock(guarded_lock);
  if (!std::exchange(handler_installed, true)) install_handler();
  std::size_t slot = 0;
  while (slot < slots && guarded[slot].used) ++slot;
  if (slot == slots) return std::nullopt;
  void* const address = ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE, descriptor, 0);
  if (address == MAP_FAILED) return std::nullopt;
  ::madvise(address, size, MADV_SEQUENTIAL);
  Guarded& file = guarded[slot];
  file.used = true;
  file.cut_short = false;
  file.begin = reinterpret_cast<std::uintptr_t>(address);
  file.end = file.begin + size;
  return MappedFile(static_cast<std::byte*>(address), size, slot);
}

MappedFile::MappedFile(MappedFile&& other) noexcept
    : address_(std::exchange(other.address_, nullptr)), size_(other.size_), slot_(other.slot_) {}

MappedFile& MappedFile::operator=(MappedFile&& other) noexcept {
  std::swap(address_, other.address_);
  std::swap(size_, other.size_);
  std::swap(slot_, other.slot_);
  return *this;
}

MappedFile::~MappedFile() {
  if (address_ == nullptr) return;
  const std::scoped_lock lock(guarded_lock);
  guarded[slot_].end = 0;
  ::munmap(address_, size_);
  guarded[slot_].used = false;
}

void MappedFile::let_go(std::span<const std::byte> bytes) noexcept {
  const auto begin = reinterpret_cast<std::uintptr_t>(bytes.data()), end = begin + bytes.size();
  const std::uintptr_t first = (begin + page_size - 1) / page_size * page_size, last = end / page_size * page_size;
  if (first >= last) return;
  const std::scoped_lock lock(guarded_lock);
  for (const Guarded& file : guarded) {
    if (!file.used || begin < file.begin || end > file.end) continue;
    void* const at = reinterpret_cast<void*>(first);  // NOLINT(performance-no-int-to-ptr): of bytes that are constant
    ::madvise(at, last - first, MADV_DONTNEED);       // of a file: nothing is lost
  }
}

bool MappedFile::cut_short() const noexcept { return guarded[slot_].cut_short; }

}  // namespace profconv
