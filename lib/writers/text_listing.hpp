#pragma once

#include <profconv/output.hpp>
#include <profconv/profile.hpp>
#include <profconv/text.hpp>

#include "writers/text_view.hpp"

namespace profconv {

/// The listings of View::lines below the summary: per function its name, what it cost, and a table of its lines.
void write_listings(const Profile& profile, const TextOptions& options, const TextView& view, bool markdown,
                    Output& out);

}  // namespace profconv
