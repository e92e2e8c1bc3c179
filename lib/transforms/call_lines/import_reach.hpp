#pragma once

#include <cstdint>
#include <vector>

#include "base/hash_tables.hpp"
#include "transforms/program.hpp"

namespace profconv {

/// Which modules were loaded below a call of the import system. All of them where every import goes through the same
/// functions; where these were split by importer, each copy has its own.
class ImportReach {
 public:
  explicit ImportReach(const Program& program);

  /// Whether the function, of the import system, led to the body of a module; true as well when that was not looked up,
  /// for a made-up profile with more paths than any program has.
  bool reaches(FunctionId function, std::uint32_t module);
  /// The modules below a function that a single other one calls, which then imported them; else nothing.
  const std::vector<std::uint32_t>& modules_of_one_importer(FunctionId function);

 private:
  struct Below {
    bool known = true;
    std::vector<std::uint32_t> modules;  // files, ascending
  };

  const Below& below(FunctionId function);

  const Program& program_;
  std::vector<std::uint32_t> callers_;  // per function: how many
  NumberMap<Below> below_;              // by function
  std::size_t steps_left_;
};

}  // namespace profconv
