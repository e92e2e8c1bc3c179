#pragma once

#include <cstdint>
#include <string>

namespace profconv {

/// A file that somebody else named: it may be anything.
struct RegularFile {
  enum class Outcome : std::uint8_t { found, missing, not_regular, too_large, unreadable };

  Outcome outcome = Outcome::missing;
  std::string text = {};      ///< Only of what was found.
  std::int64_t mtime_ns = 0;  ///< Modification time in nanoseconds since 1970 (UTC).
};

/// Reads a regular file of at most `max_size` bytes. Does not block: what is no regular file is closed unread.
RegularFile read_regular_file(const std::string& path, std::uint64_t max_size);

}  // namespace profconv
