#include "common/progress.hpp"

#include <chrono>
#include <cstdio>
#include <system_error>
#include <utility>

#include <unistd.h>

#include <profconv/diagnostics.hpp>

namespace profconv::cli {

using std::chrono::steady_clock;

Progress::Progress(const Messages& messages) : program_(messages.program()) {
  if (messages.level == Messages::Level::quiet || ::isatty(STDERR_FILENO) == 0) return;
  try {
    ticker_.emplace([this] { tick(); });
  } catch (const std::system_error&) {  // no thread, no progress
  }
}

Progress::~Progress() {
  if (!ticker_) return;
  {
    const std::lock_guard lock(mutex_);
    ended_ = true;
  }
  changed_.notify_all();
  ticker_->join();
}

void Progress::show(std::string text) {
  if (!ticker_) return;
  const std::lock_guard lock(mutex_);
  text_ = to_string(Diagnostic{Diagnostic::Severity::note, {}, {}, std::move(text)});
}

void Progress::hide() {
  if (!ticker_) return;
  const std::lock_guard lock(mutex_);
  text_.clear();
  erase();
}

void Progress::erase() {
  if (!visible_) return;
  std::fputs("\r\x1b[K", stderr);
  visible_ = false;
}

void Progress::tick() {
  const auto begin = steady_clock::now();
  auto next = begin + std::chrono::seconds(1);
  std::unique_lock lock(mutex_);
  while (!changed_.wait_until(lock, next, [this] { return ended_; })) {
    next += std::chrono::milliseconds(200);
    if (text_.empty()) continue;
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(steady_clock::now() - begin).count();
    const std::string line = "\r\x1b[K" + program_ + ": " + text_ + " (" + std::to_string(seconds) + " s)";
    std::fwrite(line.data(), 1, line.size(), stderr);
    visible_ = true;
  }
  erase();
}

}  // namespace profconv::cli
