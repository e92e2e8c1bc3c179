#pragma once

#include <cstddef>
#include <span>

#include "io/gunzip.hpp"

namespace profconv {

/// How two bytes make a unit.
enum class Utf16 : bool { little_endian, big_endian };

/// Appends UTF-16 as UTF-8, and returns how many of the bytes were converted: all, but for up to three at the end that
/// more bytes may belong to, unless `is_end`. What is no text, half a pair of surrogates or half a unit, becomes
/// U+FFFD. Appends at most 1.5 bytes for each of `bytes`, and 3 more.
std::size_t append_as_utf8(GrowingBuffer& out, std::span<const std::byte> bytes, Utf16 order, bool is_end);

}  // namespace profconv
