#pragma once

#include <array>
#include <cstdint>
#include <cstring>
#include <string_view>
#include <vector>

#include <profconv/profile.hpp>

#include "writers/callgrind_names.hpp"

namespace profconv {

/// Which names a mention of a function defines: those that were not met before it.
struct CallgrindNews {
  bool object = false, file = false, function = false;
  bool any() const noexcept { return object || file || function; }
};

/// How a callee is mentioned once all its names are known, and its first line, ready to be copied: most of a big file
/// is this.
///
///     cob=(2)\ncfl=(3)\ncfn=(4)\ncalls=
class alignas(64) CallgrindMention {
 public:
  CallgrindMention() = default;
  CallgrindMention(std::uint32_t file_slot, std::uint32_t object_slot, std::uint32_t object, std::uint32_t file,
                   std::uint32_t function, std::uint32_t first_line);

  /// Numbers of more than five (objects), six (files) and seven digits (functions, lines) do not, nor those that have
  /// as many all together.
  bool fits() const noexcept { return size_ != 0; }
  /// Copies the first line, and the end of that line, to where there is room for eight characters; returns its end.
  char* append_first_line(char* out) const noexcept {
    std::memcpy(out, first_line_.data(), first_line_.size());
    return out + first_line_size_;
  }
  /// As much of it as has to be said in a file and object; more than eight characters.
  std::string_view text(std::uint32_t file_slot, std::uint32_t object_slot) const noexcept {
    const std::uint8_t begin = object_slot != object_slot_ ? 0 : file_slot != file_slot_ ? file_at_ : function_at_;
    return {text_.data() + begin, static_cast<std::size_t>(size_ - begin)};
  }
  /// How the function itself is named in that file and object ("fn=(4)\n"), to where there is room for 64 characters;
  /// returns its end.
  char* append_function(std::uint32_t file_slot, std::uint32_t object_slot, char* out) const noexcept;

  /// Known even of what does not fit.
  std::uint32_t file_slot() const noexcept { return file_slot_; }
  std::uint32_t object_slot() const noexcept { return object_slot_; }

 private:
  static constexpr std::size_t copied = 16;  // no number's line is longer, and it is one register

  // All in one line of the processor's cache: callees come in no order that it could foresee.
  std::array<char, 8> first_line_{};
  std::uint32_t file_slot_ = 0, object_slot_ = 0;
  std::uint8_t first_line_size_ = 0, file_at_ = 0, function_at_ = 0, size_ = 0;
  std::array<char, 44> text_{};
};

/// The numbers that stand for names in a callgrind file, in the order in which they are met.
class CallgrindIds {
 public:
  CallgrindIds(const Profile& profile, const CallgrindNames& names)
      : names_(names),
        functions_(profile.functions.size(), 0),
        files_(names.file_count(), 0),
        objects_(names.object_count(), 0) {}

  bool is_known(FunctionId function) const noexcept { return functions_[index(function)] != 0; }
  /// Numbers the function and its file and object, if they have none.
  CallgrindNews meet(FunctionId function);
  std::uint32_t meet_file(std::uint32_t slot) { return files_[slot] = new_file(); }  ///< REQUIRES: was not met.
  /// Numbers for a file and a function that are not in the profile.
  std::uint32_t new_file() noexcept { return ++last_file_; }
  std::uint32_t new_function() noexcept { return ++last_function_; }

  std::uint32_t function(FunctionId function) const noexcept { return functions_[index(function)]; }
  std::uint32_t file(std::uint32_t slot) const noexcept { return files_[slot]; }
  std::uint32_t object(std::uint32_t slot) const noexcept { return objects_[slot]; }

  /// Has fetched what `function` and `file` will look at soon.
  void prefetch(FunctionId function) const noexcept {
    profconv::prefetch(&functions_[index(function)]);
    profconv::prefetch(&files_[names_.file_slot(function)]);
  }
  /// The same of `is_known` and, with that, of `meet`.
  void prefetch_known(FunctionId function) const noexcept {
    profconv::prefetch(&functions_[index(function)]);
    names_.prefetch_slots(function);
  }
  void prefetch_meeting(FunctionId function) const noexcept {
    if (is_known(function)) return;
    profconv::prefetch(&files_[names_.file_slot(function)]);
    profconv::prefetch(&objects_[names_.object_slot(function)]);
  }

  /// One per function, for its first line. REQUIRES: all were met.
  std::vector<CallgrindMention> mentions(const std::vector<std::uint32_t>& first_lines) const;

 private:
  const CallgrindNames& names_;
  std::vector<std::uint32_t> functions_, files_, objects_;  // 0: not yet met
  std::uint32_t last_function_ = 0, last_file_ = 0, last_object_ = 0;
};

}  // namespace profconv
