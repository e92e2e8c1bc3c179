#pragma once

#include <cstdint>
#include <functional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "transforms/import_walk.hpp"

namespace profconv {

/// Which import statement loaded which module, and what that cost.
///
/// A module is loaded once, by the import that runs first: that of the modules of the profile that it names and that
/// are not loaded yet. The inclusive cost of a module's code is recorded, so it is the weight of its import.
class ImportTimes : private ImportWalk {
 public:
  struct Cost {
    std::int64_t by_import = 0;  ///< Inclusive cost of the modules that the statement's module names made load.
    std::int64_t by_name = 0;    ///< ... that `from package import name` made load.
    std::uint32_t imported = 0, named = 0;  ///< How many.
    bool known = false;                     ///< The module is in the profile, loaded here or before.
  };

  ImportTimes(const Program& program, std::size_t metric);

  using ImportWalk::main;

  /// REQUIRES: the import is the first of its module in its statement.
  const Cost& cost(std::uint32_t file, std::uint32_t import) const { return costs_[first_[file] + import]; }
  /// The statement that loaded a module; nothing when that is not known.
  struct Statement {
    std::uint32_t file = Program::none, import = 0;
  };
  Statement loaded_by(std::uint32_t module) const { return loaded_by_[module]; }
  /// Whether a statement names a module or something in it.
  bool names(std::uint32_t file, std::uint32_t import, std::uint32_t module) const;

 private:
  void reach(std::uint32_t file, std::uint32_t import) override;
  bool loads(const Load& load) override;
  std::int64_t cost_of(std::uint32_t function) const;

  std::size_t metric_;
  std::vector<std::size_t> first_;  // per file: of its imports
  std::vector<Cost> costs_;
  std::vector<Statement> loaded_by_;  // per file
  // Modules that are not in the profile: the first import may have loaded them.
  std::set<std::string, std::less<>> seen_;
};

}  // namespace profconv
