#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <profconv/builder.hpp>
#include <profconv/fuse.hpp>

#include "base/hash_tables.hpp"

namespace profconv {

/// The last part of a qualified name: "inner" of "outer.<locals>.inner".
std::string_view bare_name(std::string_view name);

/// Finds the functions of one profile among those of another one that knows them by other paths or names.
class FunctionMatcher {
 public:
  struct Found {
    FunctionId function{};  ///< Good when `how` is not `none`.
    FuseReport::Match how = FuseReport::Match::none;
    std::vector<FunctionId> among;  ///< It is one of these, and nobody knows which.
  };

  /// `sources` tells which paths are one file on this machine; may be null. Both outlive the matcher.
  FunctionMatcher(const ProfileBuilder& builder, const SourceFiles* sources);

  /// Makes a function of the builder one that can be found. To be called once for each.
  void add(FunctionId function);
  /// One answer per function of `other`; linear, whatever the names are.
  std::vector<Found> match(const Profile& other);

 private:
  struct SameFile {
    std::string file;  ///< As the builder's functions have it; "" when none is the same.
    FuseReport::Match how = FuseReport::Match::none;
  };
  using Index = TextMap<std::vector<FunctionId>>;

  const std::vector<FunctionId>& candidates(const std::string& key) const;
  FuseReport::Match same_file(std::string_view file, std::string_view other);
  const std::string& real_path(std::string_view file);
  std::vector<SameFile> same_files(const Profile& other, const std::vector<std::uint32_t>& file_slot,
                                   const std::vector<std::string_view>& files);
  Found match(const Profile& other, const Function& function, const SameFile& file) const;
  Found match_module(const Profile& other, const Function& function) const;

  const ProfileBuilder& builder_;
  const SourceFiles* sources_;
  Index index_;  // functions under several keys, see key() in the .cpp
  TextMap<std::string> real_paths_;
};

}  // namespace profconv
