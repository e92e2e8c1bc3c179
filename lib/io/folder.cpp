#include "io/folder.hpp"

#include <filesystem>
#include <system_error>

namespace profconv {

bool is_folder(const std::string& path) {
  std::error_code error;
  return std::filesystem::is_directory(path, error);
}

bool is_file(const std::string& path) {
  std::error_code error;
  return std::filesystem::is_regular_file(path, error);
}

std::optional<std::vector<std::string>> names_in_folder(const std::string& path, std::size_t most) {
  std::vector<std::string> names;
  std::error_code error;
  std::filesystem::directory_iterator entry(path, error);
  for (; !error && entry != std::filesystem::directory_iterator(); entry.increment(error)) {
    if (names.size() == most) return std::nullopt;
    names.push_back(entry->path().filename().string());
  }
  if (error) return std::nullopt;
  return names;
}

}  // namespace profconv
