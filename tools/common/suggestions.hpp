#pragma once

#include <span>
#include <string>
#include <string_view>

#include <profconv/diagnostics.hpp>
#include <profconv/profile.hpp>

namespace profconv::cli {

/// Why a value is refused, and a hint.
struct Refusal {
  std::string reason, hint;
};

/// Of what CLI11 says: where a value is none of those that there are ("--names: shrt not in {short,qualified,full}"),
/// in the words of all other refusals. `hint` stands where none of them is near.
Refusal why_refused(std::string message, std::string hint = {});

/// Warns of expressions that are plain words and stand in the name of no function, with the nearest name. Others have
/// a meaning that a misspelling does not show.
void warn_of_unknown_functions(const Profile& profile, std::span<const std::string> expressions,
                               Diagnostics& diagnostics);

}  // namespace profconv::cli
