#pragma once

#include <span>
#include <string>
#include <string_view>

#include <profconv/diagnostics.hpp>
#include <profconv/profile.hpp>

namespace profconv::cli {

/// "did you mean total?" for a word that is nearly a known one, else `otherwise`: a hint.
std::string did_you_mean(std::string_view word, std::span<const std::string_view> known, std::string otherwise = {});

/// Warns of expressions that are plain words and stand in the name of no function, with the nearest name. Others have
/// a meaning that a misspelling does not show.
void warn_of_unknown_functions(const Profile& profile, std::span<const std::string> expressions,
                               Diagnostics& diagnostics);

}  // namespace profconv::cli
