#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace profconv {

bool is_folder(const std::string& path);
/// Whether a regular file is there, or a link to one.
bool is_file(const std::string& path);

/// The names in a folder, in no order; nothing where they are more than `most`, or may not be listed.
std::optional<std::vector<std::string>> names_in_folder(const std::string& path, std::size_t most);

}  // namespace profconv
