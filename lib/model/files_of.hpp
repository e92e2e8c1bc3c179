#pragma once

#include <vector>

#include <profconv/profile.hpp>

namespace profconv {

/// The files that a profile's functions name, each once, in the order in which the texts lie in memory: who looks at
/// each then need not wait for it, as for those of one function after the other.
std::vector<StringId> files_of(const Profile& profile);

}  // namespace profconv
