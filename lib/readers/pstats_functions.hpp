#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include <profconv/builder.hpp>

#include "readers/pstats_passed.hpp"

namespace profconv {

/// A key of a dump of the plain form that was passed.
struct PassedKey {
  static constexpr std::uint32_t unflagged = 0xffffffff;
  struct Text {
    const char* begin;  // null: what the reference refers to
    std::uint32_t size;
    std::uint32_t reference;  // to it, if it is here and flagged

    std::string_view view() const noexcept { return {begin, size}; }
  };
  Text file, name;
  std::uint32_t line;
  std::uint32_t reference;  // to the key, if that is flagged
};

/// Looks up the functions of keys. Each lookup is three looks at memory that is anywhere, so those of some keys are
/// waited for together.
class FunctionFinder {
 public:
  static constexpr std::size_t keys_at_a_time = 32;

  /// Both outlive it. Keeps the keys as they stand, if that is wanted.
  FunctionFinder(References& references, ProfileBuilder& builder, bool keeps_keys);

  /// Keys in the order of the file, as functions are numbered by their first mention. Notes the functions of those that
  /// can be referred to with the references, and adds those of the others. False: a key's file or name is no text.
  bool find(std::span<const PassedKey> keys, std::vector<FunctionId>& unreferenced);
  /// The keys as they stand, one per function, if they were kept.
  std::vector<Recorded::Key> take_keys() && { return std::move(keys_).value(); }

 private:
  using Kind = References::Kind;

  bool find_together(std::span<const PassedKey> keys, std::vector<FunctionId>& unreferenced);

  References& references_;
  ProfileBuilder& builder_;
  std::optional<std::vector<Recorded::Key>> keys_;
};

}  // namespace profconv
