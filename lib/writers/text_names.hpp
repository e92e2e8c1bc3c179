#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <profconv/profile.hpp>
#include <profconv/text.hpp>

#include "model/short_paths.hpp"

namespace profconv {

/// How the functions of a report are called: a name and a place, as short as keeps all of them apart. Visible text.
class TextNames {
 public:
  struct Label {
    std::string name;
    std::string place;  ///< "file:line"; "" when the name says it all.
  };

  /// Labels for these functions (any may stand more than once).
  TextNames(const Profile& profile, const TextOptions& options, std::vector<FunctionId> functions);

  /// REQUIRES: the function is one of them.
  const Label& label(FunctionId function) const { return labels_[place_[index(function)]]; }
  std::size_t name_columns() const noexcept { return name_columns_; }  ///< Of the widest.
  std::size_t place_columns() const noexcept { return place_columns_; }

  /// Shortens the labels to so many columns; they stay different.
  void fit(std::size_t name_columns, std::size_t place_columns);

 private:
  Label shortest(const Function& f) const;
  std::string copy_mark(const Function& f) const;
  Label whole(const Function& f) const;
  std::vector<std::uint32_t> first_equal_labels() const;
  void tell_equal_ones_apart();
  void number_equal_ones(std::size_t name_columns);
  void measure();

  const Profile& p_;
  ShortPaths paths_;
  TextOptions::Names style_;
  bool grouped_;
  std::vector<FunctionId> functions_;  // in the profile's order
  std::vector<Label> labels_;          // theirs
  std::vector<std::uint32_t> place_;   // of each function of the profile, if it is one of them: where its label is
  std::size_t name_columns_ = 0, place_columns_ = 0;
};

}  // namespace profconv
