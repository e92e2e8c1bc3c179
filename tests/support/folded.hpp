#pragma once

#include <string>
#include <string_view>

#include <profconv/diagnostics.hpp>
#include <profconv/transforms.hpp>

#include "support/convert.hpp"

namespace profconv::test {

/// A dump with functions folded, as a dump.
inline std::string folded(std::string_view dump, const FoldOptions& options, Diagnostics& diagnostics) {
  return dump_of(fold(read_text(dump), options, diagnostics));
}

inline std::string folded(std::string_view dump, const FoldOptions& options) {
  Diagnostics diagnostics;
  return folded(dump, options, diagnostics);
}

}  // namespace profconv::test
