#pragma once

#include <optional>

#include <profconv/formats.hpp>

namespace profconv {

/// Reads a dump of the plain form, as cProfile of Python 3.4 and later writes it, and fast: on two cores where it is
/// large. Empty where anything is otherwise, be it odd, damaged, over a limit or just rare: then the general reader
/// knows what it is and what to say of it.
///
/// The plain form: nothing but the dict; keys (file, line, function) of strings and an int; entries and calls of two
/// ints below 2^48 that are not negative and two finite floats; everything once.
std::optional<Profile> read_plain_pstats(const Bytes& bytes, const ReadOptions& options);

/// Reads any dump that is not empty. Where the one above gives a profile, this gives the same, and no diagnostics.
Profile read_general_pstats(const Bytes& bytes, const ReadOptions& options, Diagnostics& diagnostics);

}  // namespace profconv
