#pragma once

#include <string>

#include "common/messages.hpp"
#include "common/process.hpp"

namespace profconv::cli {

/// The program that shows callgrind files: `wanted`, or, when that is "", the first installed of those we know.
/// Throws IoError with a hint when there is none.
Command find_viewer(const std::string& wanted);

/// Opens the file in the viewer and waits for its end; a bad end is a warning.
void view(const Command& viewer, const std::string& file, const Messages& messages);

}  // namespace profconv::cli
