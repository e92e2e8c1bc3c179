#pragma once

#include <cstdint>
#include <string_view>

namespace profconv {

/// Whose code a function is, guessed from its path alone.
///
///     ~, "" without a line                          builtin   C functions
///     .../lib/python3.11/json/decoder.py            stdlib    also <frozen importlib._bootstrap>,
///     ...\Python311\Lib\..., python311.zip
///     .../site-packages/numpy/__init__.py           site      also dist-packages
///     anything else                                 own
enum class Origin : std::uint8_t { own, builtin, stdlib, site };

Origin origin_of(std::string_view file, std::uint32_t line);

}  // namespace profconv
