#pragma once

namespace profconv {

/// 128 bits: room for sums and products of 64-bit numbers. GCC and Clang have it on every 64-bit platform.
__extension__ typedef __int128 WideInt;

}  // namespace profconv
