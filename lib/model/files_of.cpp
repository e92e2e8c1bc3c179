#include "model/files_of.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>

namespace profconv {

std::vector<StringId> files_of(const Profile& profile) {
  std::vector<std::uint8_t> is_file(profile.strings.size(), 0);
  for (const Function& f : profile.functions) is_file[index(f.file)] = 1;
  std::vector<StringId> files(static_cast<std::size_t>(std::ranges::count(is_file, 1)) + 1);  // and one that is none
  std::size_t end = 0;
  for (std::uint32_t id = 0; id < is_file.size(); ++id) {  // without a branch: nobody could foresee it
    files[end] = StringId{id};
    end += is_file[id];
  }
  files.resize(end);
  return files;
}

}  // namespace profconv
