#pragma once

#include <string>

namespace profconv {

/// A Python source as UTF-8, if it says by PEP 263 (`# -*- coding: latin-1 -*-` in one of its first two lines) that it
/// is in ISO 8859-1, ISO 8859-15 or Windows-1252; as it is otherwise, and if it holds bytes that mean nothing there.
std::string decoded_source(std::string text);

}  // namespace profconv
