#pragma once

#include <string>

namespace profconv::cli {

/// Why a value is refused, and a hint.
struct Refusal {
  std::string reason, hint;
};

/// Of what CLI11 says: where a value is none of those that there are ("--names: shrt not in {short,qualified,full}"),
/// in the words of all other refusals. `hint` stands where none of them is near.
Refusal why_refused(std::string message, std::string hint = {});

}  // namespace profconv::cli
