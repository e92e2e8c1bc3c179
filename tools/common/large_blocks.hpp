#pragma once

namespace profconv {

/// From now on a large block may be made of the one that was given back last, which is kept until then. For programs
/// all of whose code takes and gives memory by the operators here, and that end when they are done.
void reuse_large_blocks() noexcept;

}  // namespace profconv
