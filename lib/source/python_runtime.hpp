#pragma once

#include <algorithm>
#include <cstdint>
#include <string_view>

namespace profconv {

/// The Python that ran a program, as far as its profile tells.
struct Runtime {
  enum class System : std::uint8_t { unknown, windows, other };

  std::uint16_t version = 0;  ///< 311 for Python 3.11; 0: unknown.
  System system = System::unknown;
};

/// What has to be true of a Python for a block to run: `if sys.version_info >= (3, 12)`, `if os.name == "nt"`.
struct RuntimeNeeds {
  std::uint16_t least = 0, below = 0xffff;  ///< Versions, half-open.
  Runtime::System system = Runtime::System::unknown;

  RuntimeNeeds& operator&=(const RuntimeNeeds& other) noexcept {
    least = std::max(least, other.least);
    below = std::min(below, other.below);
    if (other.system != Runtime::System::unknown) system = other.system;
    return *this;
  }
  bool may_hold(const Runtime& runtime) const noexcept {
    const bool other_system =
        system != Runtime::System::unknown && runtime.system != Runtime::System::unknown && system != runtime.system;
    return !other_system && (runtime.version == 0 || (runtime.version >= least && runtime.version < below));
  }
};

/// What is needed for a condition to hold, and for it not to hold.
struct RuntimeCondition {
  RuntimeNeeds holds, fails;
};

/// Whether the standard library of some Python 3 has the module as a Python source: when it is loaded, code of its
/// runs. `dotted`: "collections.abc" is, as `collections` is.
bool is_python_of_library(std::string_view dotted) noexcept;

/// Of the text of a condition; nothing is needed where it asks for something else, or in another way than most do.
RuntimeCondition runtime_condition(std::string_view text);

}  // namespace profconv
