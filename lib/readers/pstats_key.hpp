#pragma once

#include <cstdint>

#include <profconv/builder.hpp>

namespace profconv {

/// The file of a key, as the model has it. Python's `profile` knows no file of a C function, ("", 0, "exec"), where
/// cProfile has "~". No other function of a dump is without a file and a line.
inline StringId file_of_key(ProfileBuilder& builder, StringId file, std::int64_t line) {
  return index(file) == 0 && line == 0 ? builder.intern("~") : file;
}

}  // namespace profconv
