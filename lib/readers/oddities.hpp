#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include <profconv/diagnostics.hpp>

#include "io/byte_cursor.hpp"

namespace profconv {

/// Counts one kind of oddity and remembers where it was met first: one line of warning for any number of cases.
class Oddity {
 public:
  /// What positions are: offsets ("byte 812", from 0) or numbers of lines ("line 3", from 1).
  enum class Place : std::uint8_t { byte, line };

  explicit Oddity(Place place = Place::byte) : place_(place) {}

  void met(std::size_t position) noexcept {
    if (count_++ == 0) first_ = position;
  }
  std::uint64_t count() const noexcept { return count_; }

  /// Warns "COUNT TEXT" when there was a case; `singular` and `plural` follow the number.
  void warn(Diagnostics& diagnostics, std::string_view source, std::string_view singular,
            std::string_view plural) const {
    if (count_ != 0) diagnostics.warn(std::string(source), where(), sentence(singular, plural));
  }
  void note(Diagnostics& diagnostics, std::string_view source, std::string_view singular,
            std::string_view plural) const {
    if (count_ != 0) diagnostics.note(std::string(source), where(), sentence(singular, plural));
  }

 private:
  std::string where() const { return place_ == Place::byte ? at_byte(first_) : "line " + std::to_string(first_); }
  std::string sentence(std::string_view singular, std::string_view plural) const {
    return std::to_string(count_) + " " + std::string(count_ == 1 ? singular : plural);
  }

  std::uint64_t count_ = 0;
  std::size_t first_ = 0;
  Place place_;
};

}  // namespace profconv
