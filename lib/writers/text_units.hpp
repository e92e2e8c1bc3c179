#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include <profconv/profile.hpp>

namespace profconv {

/// A cost for people, three digits and a unit that fits: "12 ns", "3.46 µs", "12.3 ms", "1234 s", "4.5 MiB", "1040".
/// `not_measured` is "-".
std::string fitting_unit(std::int64_t value, Unit unit);

/// The same with what is counted, as in "1040 samples", where it is a count.
std::string named_amount(const Profile& profile, std::size_t metric, std::int64_t value);

/// "12.3"; "-" when there is no whole.
std::string percent_of(std::int64_t part, std::int64_t whole);

/// "14/2": all calls and the primitive ones, one number when they are equal, "-" when nobody counted.
std::string counts_text(Counts counts);

/// Columns that a terminal needs for visible text: 2 for East Asian wide characters, 0 for combining ones.
std::size_t display_columns(std::string_view text);
/// The longest beginning (end) of the text that needs at most so many columns.
std::string_view first_columns(std::string_view text, std::size_t columns);
std::string_view last_columns(std::string_view text, std::size_t columns);
/// Breaks the line where it gets wider than that (0: nowhere): after a comma or colon in its second half, else at a
/// blank, but not between a number and its unit.
std::string wrapped(std::string text, std::size_t width);

}  // namespace profconv
