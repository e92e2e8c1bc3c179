#pragma once

#include <deque>
#include <string>

#include "common/signals.hpp"

namespace profconv::cli {

/// A private folder in $TMPDIR (else /tmp); removed with all that is in it, also when a signal ends the tool.
class TemporaryFolder {
 public:
  /// Throws IoError when it cannot be made.
  TemporaryFolder();
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  ~TemporaryFolder();

  /// The absolute path of a file of this name in the folder; the caller makes it.
  const std::string& file(const std::string& name);

 private:
  std::deque<RemovedOnSignal> removed_;  // the folder itself, then the files
};

}  // namespace profconv::cli
