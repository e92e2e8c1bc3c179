#include "common/temporary_folder.hpp"

#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <system_error>
#include <utility>

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
  std::error_code error;
  std::filesystem::remove_all(removed_.front().path(), error);
}

const std::string& TemporaryFolder::file(const std::string& name) {
  return removed_.emplace_back(removed_.front().path() + "/" + name).path();
}

}  // namespace profconv::cli
