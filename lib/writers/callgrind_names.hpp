#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <profconv/formats.hpp>
#include <profconv/profile.hpp>

#include "base/prefetch.hpp"
#include "model/modules.hpp"

namespace profconv {

/// How functions, files and objects are called in a callgrind file.
///
/// KCachegrind takes two functions for one when their name, the base name of their file and the base name of their
/// object are equal; directories do not count. Python is full of such pairs (`__init__` in `__init__.py`), so a name
/// (the qualified one where the source knows it) is given with as little of the following as makes it unique: nothing,
/// `:LINE`, the whole path, a number.
class CallgrindNames {
 public:
  explicit CallgrindNames(const Profile& profile, CallgrindOptions::Names names = CallgrindOptions::Names::recorded);

  /// Finds out how much makes each name unique. To be called once, before `name`; needs nothing but this object.
  void make_unique();
  /// The function's unique name: the profile's own text where nothing is to be changed, else made in `made`.
  std::string_view name(FunctionId function, std::string& made) const;
  /// The file as it is written; "~" for C functions, "???" where nobody knows it.
  std::string_view file(FunctionId function) const { return files_[file_slot(function)].text; }
  /// The package, so that KCachegrind's grouping by object shows packages.
  std::string_view object(FunctionId function) const { return objects_[object_slot(function)].text; }

  /// Has fetched what `name` and `file` will look at soon: first the function's rows, then, with these, what leads to
  /// the texts, then these.
  void prefetch(FunctionId function) const noexcept {
    profconv::prefetch(&profile_.functions[index(function)]);
    profconv::prefetch(&places_[index(function)]);
    profconv::prefetch(&forms_[index(function)]);
  }
  void prefetch_slots(FunctionId function) const noexcept { profconv::prefetch(&places_[index(function)]); }
  void prefetch_places(FunctionId function) const noexcept {
    profconv::prefetch(profile_.strings.place_of(profile_.functions[index(function)].name));
    profconv::prefetch(&files_[file_slot(function)]);
  }
  void prefetch_texts(FunctionId function) const noexcept {
    profconv::prefetch(profile_.text(profile_.functions[index(function)].name).data());
    profconv::prefetch(file(function).data());
  }

  /// Small numbers for the same things, for tables.
  std::uint32_t file_slot(FunctionId function) const noexcept { return places_[index(function)].file; }
  std::uint32_t object_slot(FunctionId function) const noexcept { return places_[index(function)].object; }
  /// Of the file that is written so.
  std::optional<std::uint32_t> find_file(std::string_view text) const;
  std::size_t file_count() const noexcept { return files_.size(); }
  std::size_t object_count() const noexcept { return objects_.size(); }

  /// All functions by file, first line, name and context: the order of the output.
  const std::vector<FunctionId>& sorted() const noexcept { return sorted_; }
  /// Where each function is in that order.
  const std::vector<std::uint32_t>& positions() const noexcept { return positions_; }

  static constexpr std::string_view root = "(root)";
  static constexpr std::string_view no_file = "~";  ///< What C functions and the root are in.
  /// The format's own word for a file or object that nobody knows; KCachegrind shows "(unknown)".
  static constexpr std::string_view unknown = "?\?\?";

 private:
  enum class Form : std::uint8_t { as_recorded, plain, with_line, with_path, numbered };
  struct File {
    std::string_view text;  // in the profile or in spelled_
    StringId recorded;
    bool respelled;  // the text is not as recorded
    std::uint32_t object = 0;
    std::uint32_t rank = 0;  // in the order of the texts
    std::uint64_t key = 0;   // of the base names of file and object
  };
  struct Object {
    std::string_view text;  // in the profile, package_texts_ or spelled_
    std::uint64_t key = 0;
  };
  struct Place {
    std::uint32_t file, object;  // slots
  };

  std::string_view spelled(std::string_view text);
  std::string_view object_name(std::string_view package);
  void find_files();
  void find_objects(const Modules& modules);
  void find_places();
  void rank_files();
  void sort();
  void sort_file(std::span<FunctionId> file) const;
  void sort_same_line(std::span<FunctionId> functions) const;
  void append_form(std::string& out, FunctionId function, Form form, std::uint64_t number) const;

  bool is_as_recorded(const Function& function, std::string_view name) const;
  std::string_view chosen_name(const Function& function) const;
  void append_styled(std::string& out, const Function& function) const;

  const Profile& profile_;
  const CallgrindOptions::Names style_;
  std::vector<std::string> module_names_;  // per file, for full names
  std::deque<std::string> package_texts_;  // what the profile has of packages only in parts
  std::deque<std::string> spelled_;        // what is not written as it was recorded
  std::vector<File> files_;
  std::vector<Object> objects_;
  std::vector<std::uint32_t> slot_of_file_;  // per string of the profile
  std::vector<Place> places_;                // per function
  std::vector<FunctionId> sorted_;
  std::vector<std::uint32_t> positions_;  // per function
  std::vector<Form> forms_;
  std::vector<std::uint64_t> numbers_;  // for `numbered`
};

}  // namespace profconv
