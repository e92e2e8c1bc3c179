#pragma once

#include <condition_variable>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include "common/messages.hpp"

namespace profconv::cli {

/// Says what takes so long, to people: one line at the bottom of the terminal, `PROGRAM: reading run.prof (3 s)`. It
/// comes after a second of work and goes when the work is done. Without a terminal at standard error, or when quiet,
/// there is none.
class Progress {
 public:
  explicit Progress(const Messages& messages);
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;
  ~Progress();

  /// What is being done from now on.
  void show(std::string text);
  /// Takes the line away until `show`: to be called before something else is printed.
  void hide();

 private:
  void tick();
  void erase();

  std::string program_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::string text_;  // "": hidden
  bool visible_ = false, ended_ = false;
  std::optional<std::thread> ticker_;
};

}  // namespace profconv::cli
