#pragma once

#include <string>

#include <profconv/profile.hpp>

namespace profconv {

/// What expressions that choose functions are searched in, `file:line(name)` as pstats prints it, with the qualified
/// name where there is one.
std::string searched_text(const Profile& profile, const Function& function);

}  // namespace profconv
