#pragma once

#include <cstdint>
#include <string_view>

namespace profconv {

/// Whether this stands where the file of a C function would: "~" (cProfile) or `<built-in>` (pyinstrument). No file at
/// all says nothing of the kind: mprof and many collapsed stacks know the file of no function.
constexpr bool is_c_file(std::string_view file) { return file == "~" || file == "<built-in>"; }

/// Whose code a function is, guessed from its path alone.
///
///     ~, <built-in>                                 builtin   C functions
///     .../lib/python3.11/json/decoder.py            stdlib    also <frozen importlib._bootstrap>,
///     ...\Python311\Lib\..., python311.zip
///     .../site-packages/numpy/__init__.py           site      also dist-packages
///     anything else                                 own
enum class Origin : std::uint8_t { own, builtin, stdlib, site };

Origin origin_of(std::string_view file);

}  // namespace profconv
