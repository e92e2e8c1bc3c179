#include "model/files_of.hpp"

namespace profconv {

std::vector<StringId> files_of(const Profile& profile) {
  std::vector<bool> is_file(profile.strings.size(), false);
  for (const Function& f : profile.functions) is_file[index(f.file)] = true;
  std::vector<StringId> files;
  for (std::uint32_t id = 0; id < is_file.size(); ++id) {
    if (is_file[id]) files.push_back(StringId{id});
  }
  return files;
}

}  // namespace profconv
