#pragma once

namespace profconv {

/// From now on pages of large blocks that are given back are kept for later blocks, as long as the process has less in
/// memory than it had before. For programs all of whose code takes and gives memory by the operators here, and that end
/// when they are done.
void reuse_large_blocks() noexcept;

}  // namespace profconv
