#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <profconv/profile.hpp>
#include <profconv/source.hpp>

#include "base/hash_tables.hpp"
#include "source/python_index.hpp"

namespace profconv {

/// Whether a name is that of code which makes the type parameters of `class C[T]`, `def f[T]()` or `type A[T] = …`
/// (Python 3.12 and later). It is called where these stand, and has no scope of its own in the source.
bool makes_type_parameters(std::string_view name);

/// The scanned sources of a profiled program, and which piece of them each function is.
class Program {
 public:
  static constexpr std::uint32_t none = PythonScan::none;

  struct File {
    StringId name{};
    /// A module inside the interpreter, `<frozen abc>`: it can be imported, whether its source was found or not.
    bool is_frozen = false;
    std::string path = {};               ///< Of a frozen module: where its source is looked for; "" is nowhere.
    const SourceFile* source = nullptr;  ///< Null: not found, or of another version.
    const PythonIndex* code = &empty();  ///< What stands in it.
    std::uint32_t recorded = 0;          ///< Functions of the profile in this file ...
    std::uint32_t standing = 0;          ///< ... and those of them whose name stands at their line.

    static const PythonIndex& empty();
    /// Another version of the file has few functions in place; code made at run time may claim to be from it.
    bool fits() const noexcept { return standing * 10 >= recorded * 9; }
  };

  /// A scope of a file.
  struct Place {
    std::uint32_t file = none, scope = none;
    explicit operator bool() const noexcept { return file != none; }
    friend bool operator==(const Place&, const Place&) = default;
  };

  /// Reads and scans the files that functions of the profile are in, several at a time.
  Program(const Profile& profile, const SourceFiles& sources);
  Program(const Program&) = delete;  // tables hold views of others
  Program& operator=(const Program&) = delete;

  const Profile& profile() const noexcept { return profile_; }
  const std::vector<File>& files() const noexcept { return files_; }
  const PythonScan& scan(std::uint32_t file) const noexcept { return files_[file].code->scan; }
  const PythonScan::Scope& scope(Place place) const noexcept { return scan(place.file).scopes[place.scope]; }
  /// The scope of a function; nothing when its source is unknown or does not fit, but for frozen modules.
  Place place(FunctionId function) const noexcept { return places_[index(function)]; }
  bool has_source(FunctionId function) const noexcept {
    return place(function) && files_[place(function).file].source != nullptr;
  }
  /// The function recorded for a scope, `none` when it never ran.
  std::uint32_t function_at(Place place) const noexcept { return place ? function_at_[place.file][place.scope] : none; }

  /// Values that a function returns.
  std::span<const PythonScan::Owned> returns(Place function) const {
    return PythonScan::of_scope(scan(function.file).returns, function.scope);
  }

  /// Bindings of a name in a scope.
  template <class Visit>
  void each_binding(Place scope, std::string_view name, Visit visit) const {
    files_[scope.file].code->each_binding(scope.scope, name, visit);
  }
  /// Bindings of an attribute of this name anywhere in the file.
  template <class Visit>
  void each_attribute(std::uint32_t file, std::string_view name, Visit visit) const {
    files_[file].code->each_attribute(name, visit);
  }

  /// The file of an imported module, `none` when it is not in the profile. `name`, when not empty, is a module in the
  /// package that `module` names.
  std::uint32_t module_file(std::uint32_t importer, std::string_view module, std::uint32_t level,
                            std::string_view name = {}) const;
  bool is_package(std::uint32_t file) const;
  /// The file of the module that an import names, `none` when it is not in the profile. Of `import a.b` that of a.b, or
  /// of a where this is not there.
  std::uint32_t imported(std::uint32_t file, std::uint32_t import) const noexcept { return imported_[file][import]; }
  /// Whether a block is run by the Python that made the profile: what stands under `if TYPE_CHECKING` is run by none.
  bool may_run(const PythonScan::Block& block) const noexcept { return !block.never && block.needs.may_hold(runtime_); }
  /// Whether comprehensions of lists, sets and dicts run as part of the function around them (Python 3.12 and later).
  bool inlined_comprehensions() const noexcept { return inlined_; }
  /// Whether each context manager of a `with` is entered and left on its own line (Python 3.13 and later), not on that
  /// of the statement.
  bool own_lines_of_managers() const noexcept { return runtime_.version >= 313; }

 private:
  std::vector<std::string_view> paths_of(const std::vector<StringId>& files) const;
  void list_files(const SourceFiles& sources);
  void find_runtime();
  struct Frozen {
    StringId name;
    std::string path;  // of the source
  };
  void find_frozen(const std::vector<StringId>& files, const std::vector<std::string_view>& paths,
                   const SourceFiles& sources);
  std::span<const std::uint32_t> functions_in(std::uint32_t file) const {
    return std::span(in_files_).subspan(first_in_file_[file], first_in_file_[file + 1] - first_in_file_[file]);
  }
  std::vector<std::uint32_t> recorded_lines(std::uint32_t file) const;
  void read_files(const SourceFiles& sources);
  bool read_file(std::uint32_t slot, const SourceFiles& sources);
  void find_places();
  void find_place(std::uint32_t function);
  void try_others(const SourceFiles& sources);
  void find_packages(const SourceFiles& sources);
  void find_imported();
  std::uint32_t scope_of(const File& file, const Function& function) const;
  bool is_part_of_types(const SourceFile& source, const Function& function) const;
  std::string path_of(const File& file) const;
  bool is_package_folder(std::string_view folder) const;
  std::uint32_t file_below(std::string_view folder, std::string_view module, std::string_view name) const;

  const Profile& profile_;
  std::vector<File> files_;
  std::vector<Place> places_;                 // per function
  std::vector<std::uint32_t> file_of_;        // per string: slot in files_
  std::vector<Frozen> frozen_;                // modules inside the interpreter whose sources may be found
  std::vector<std::uint32_t> in_files_;       // the functions that are in one of these, those of a file together
  std::vector<std::uint32_t> first_in_file_;  // per file: into in_files_
  std::vector<std::vector<std::uint32_t>> function_at_;  // per file and scope
  std::vector<std::string> module_paths_;  // per file: "a/b" for a/b.py and a/b/__init__.py; "" for unknown sources
  TextViewMap<std::uint32_t> paths_;       // these, and whose they are
  TextSet packages_;                       // folders of these that are packages, but for those that are in `paths_`
  TextViewMap<std::vector<std::uint32_t>> named_files_;  // by the last part of these paths
  std::vector<std::vector<std::uint32_t>> imported_;     // per file and import
  Runtime runtime_;
  bool inlined_ = true;
};

}  // namespace profconv
