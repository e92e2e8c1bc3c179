#pragma once

#include <string>
#include <vector>

#include <profconv/formats.hpp>

#include "common/messages.hpp"

namespace profconv::cli {

/// Reads the inputs and adds them up; each is gone from memory before the next is read. "-" is standard input.
/// REQUIRES: at least one name. Throws what `read` throws, UsageError when "-" stands twice, Error for warnings when
/// strict.
Profile read_inputs(const std::vector<std::string>& names, const ReadOptions& options, const Messages& messages);

}  // namespace profconv::cli
