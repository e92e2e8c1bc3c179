#include "common/temporary_folder.hpp"

#include <cerrno>
#include <cstddef>
#include <cstdlib>
#include <filesystem>
#include <system_error>
#include <utility>

#include <unistd.h>

#include <profconv/error.hpp>

namespace profconv::cli {

TemporaryFolder::TemporaryFolder() {
  const char* variable = std::getenv("TMPDIR");
  const std::string parent = variable == nullptr || *variable == '\0' ? "/tmp" : variable;
  std::error_code error;
  // Absolute: a profiled script may change its folder before its profile is written.
  std::string path = (std::filesystem::absolute(parent, error) / "profconv-XXXXXX").string();
  const SignalsBlocked blocked;  // mkdtemp chooses the name, so it cannot be registered before
  if (::mkdtemp(path.data()) == nullptr) {
    throw IoError(parent, "cannot make a temporary folder", errno, "TMPDIR says where temporary files go");
  }
  removed_.emplace_back(std::move(path));
}

TemporaryFolder::~TemporaryFolder() {
  // By name first: to look for what else is there takes a descriptor, and there may be none left.
  for (std::size_t i = removed_.size(); i-- > 1;) ::unlink(removed_[i].path().c_str());
  const std::string& folder = removed_.front().path();
  if (::rmdir(folder.c_str()) == 0) return;
  std::error_code error;
  std::filesystem::remove_all(folder, error);
}

const std::string& TemporaryFolder::file(const std::string& name) {
  return removed_.emplace_back(removed_.front().path() + "/" + name).path();
}

}  // namespace profconv::cli
