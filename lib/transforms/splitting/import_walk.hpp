#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "transforms/program.hpp"

namespace profconv {

/// Goes through the import statements of a program in the order in which Python runs them, as far as its sources tell:
/// beginning with the main program, packages before what is in them, and the imports of a module when it is loaded.
/// Imports in functions come last, then modules that nothing led to, the costliest first.
class ImportWalk {
 public:
  explicit ImportWalk(const Program& program);
  virtual ~ImportWalk() = default;
  ImportWalk(const ImportWalk&) = delete;
  ImportWalk& operator=(const ImportWalk&) = delete;

  std::uint32_t main() const noexcept { return main_; }  ///< The main program's file; `none` without any source.

 protected:
  struct Load {
    std::uint32_t file, import;  ///< The statement: of this file, the first import of its module.
    std::uint32_t module;        ///< File of a module that it names.
    bool by_name;                ///< `from package import module`.
  };

  void walk();
  /// Called for each statement that is reached, before its modules.
  virtual void reach(std::uint32_t file, std::uint32_t import);
  /// Whether this is the import that loads the module: then its own imports come next.
  virtual bool loads(const Load& load) = 0;

  /// The modules that a statement names, in the order in which they would be loaded. REQUIRES: `first` is the first
  /// import of its module.
  std::span<const Load> modules_of(std::uint32_t file, std::uint32_t first) const {
    const std::size_t import = number_of(file, first);
    return std::span(loads_).subspan(first_load_[import], first_load_[import + 1] - first_load_[import]);
  }
  /// The number of an import among those of all files, and how many there are.
  std::size_t number_of(std::uint32_t file, std::uint32_t import) const { return first_import_[file] + import; }
  std::size_t import_count() const { return first_import_.back(); }
  /// Whether an import runs when its file does, not in a function.
  bool is_run_by_module(std::uint32_t file, const PythonScan::Import& import) const;

  const Program& program_;

 private:
  struct Step {
    std::uint32_t file, next;  // next import
    std::vector<Load> loads;   // of the present one, the next one last
  };

  void find_modules();
  void find_modules_of(std::uint32_t file, std::uint32_t first);
  void run(std::uint32_t file);
  void go_on(std::vector<Step>& stack);
  void run_functions();
  void begin(Step& step, std::uint32_t import);

  std::vector<std::size_t> first_import_;  // per file, and behind the last one
  std::vector<std::size_t> first_load_;    // per import, and behind the last one
  std::vector<Load> loads_;
  std::uint32_t main_ = Program::none;
  std::vector<std::uint32_t> roots_;  // files by cost
  std::vector<bool> run_;             // per file
};

}  // namespace profconv
