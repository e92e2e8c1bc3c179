#pragma once

namespace profconv::cli {

/// The commit that the tools were built from, abbreviated, with "+changes" when the tree had others; "" when unknown.
/// The definition is written at build time.
const char* commit() noexcept;

}  // namespace profconv::cli
