#pragma once

#include <cstdint>
#include <functional>
#include <limits>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "transforms/splitting/import_walk.hpp"

namespace profconv {

/// Which import statement loaded which module, and what that cost.
///
/// A module is loaded once, by the import that runs first: that of the modules of the profile that it names and that
/// are not loaded yet, and whose imports took long enough. The inclusive cost of a module's code is recorded, so it is
/// the weight of its import.
class ImportTimes : private ImportWalk {
 public:
  struct Loaded {
    std::uint32_t module;
    bool by_name;       ///< By `from package import module`.
    std::int64_t cost;  ///< Inclusive, of the module's code.
  };

  ImportTimes(const Program& program, std::size_t metric);

  using ImportWalk::main;

  // For these two an import is the first of its module in its statement.

  /// Whether what a statement names is in the profile, loaded here or before.
  bool is_known(std::uint32_t file, std::uint32_t import) const { return known_[number_of(file, import)]; }
  /// The modules that a statement loaded, in the order of the loads.
  std::span<const Loaded> loaded(std::uint32_t file, std::uint32_t import) const;
  /// The statement that loaded a module; nothing when that is not known.
  struct Statement {
    std::uint32_t file = Program::none, import = 0;
  };
  Statement loaded_by(std::uint32_t module) const { return loaded_by_[module]; }
  double cost_of_module(std::uint32_t module) const;
  /// Of the modules that a statement names, what the costliest cost that ran in no longer time than `most`, whoever
  /// loaded it; 0 if there is none.
  double costliest_of(std::uint32_t file, std::uint32_t import, double most) const;
  /// Whether a statement names a module or something in it.
  bool names(std::uint32_t file, std::uint32_t import, std::uint32_t module) const;

 private:
  void reach(std::uint32_t file, std::uint32_t first) override;
  bool loads(const Load& load) override;
  void group_loads();
  void find_times();
  std::int64_t cost_of(std::uint32_t function) const;

  static constexpr std::int64_t unlimited = std::numeric_limits<std::int64_t>::max();

  std::size_t metric_;
  std::vector<std::int64_t> time_;                        // per function: of its imports
  std::vector<bool> known_;                               // per import
  std::vector<std::pair<std::size_t, Loaded>> in_order_;  // of the walk: statement, module
  std::vector<Statement> loaded_by_;                      // per file
  std::vector<Loaded> loaded_;                            // grouped by statement
  std::vector<std::size_t> begins_;                       // per import: into `loaded_`
  // Modules that are not in the profile: the first import may have loaded them.
  std::set<std::string, std::less<>> seen_;
};

}  // namespace profconv
