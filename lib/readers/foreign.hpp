#pragma once

#include <cstddef>
#include <span>
#include <string>

namespace profconv {

/// Refuses an input that no format recognises, saying what it looks like: people hand over pickles, text reports and
/// the profiles of other tools under the same file names. Throws FormatError.
[[noreturn]] void refuse_foreign(std::span<const std::byte> head, const std::string& source);

}  // namespace profconv
