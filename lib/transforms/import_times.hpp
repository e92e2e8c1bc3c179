#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "transforms/program.hpp"

namespace profconv {

/// Which import statement loaded which module, and what that cost.
///
/// A module is loaded once, by the import that runs first. The statements are gone through in the order in which
/// Python runs them, beginning with the main program: each loads the modules of the profile that it names and that are
/// not loaded yet, packages before what is in them, and a module's own imports run when it is loaded. Imports in
/// functions come last. The inclusive cost of a module's code is recorded, so it is the weight of its import.
class ImportTimes {
 public:
  struct Load {
    std::int64_t by_import = 0;  ///< Inclusive cost of the modules that the statement's module names made load.
    std::int64_t by_name = 0;    ///< ... that `from package import name` made load.
    std::uint32_t imported = 0, named = 0;  ///< How many.
    bool known = false;                     ///< The module is in the profile, loaded here or before.
  };

  ImportTimes(const Program& program, std::size_t metric);

  std::uint32_t main() const noexcept { return main_; }  ///< The main program's file.

  /// REQUIRES: the import is the first of its module in its statement.
  const Load& load(std::uint32_t file, std::uint32_t import) const { return loads_[first_[file] + import]; }

 private:
  void run_from(std::uint32_t file);
  void run(std::uint32_t file, std::uint32_t import, std::vector<std::uint32_t>& loaded);
  bool load_file(std::uint32_t file, std::vector<std::uint32_t>& loaded, std::int64_t& cost);
  void load_frozen(std::string_view module, Load& load);
  bool is_run_by_module(std::uint32_t file, std::uint32_t scope) const;

  const Program& program_;
  std::size_t metric_;
  std::uint32_t main_ = Program::none;
  std::vector<std::size_t> first_;  // per file: of its imports
  std::vector<Load> loads_;
  std::vector<bool> loaded_;  // per file
  std::set<std::uint32_t> frozen_loaded_;
  std::set<std::string, std::less<>>
      seen_;  // modules that are not in the profile: the first import may have loaded them
};

}  // namespace profconv
