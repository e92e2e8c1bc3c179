#pragma once

#include <string>
#include <string_view>

namespace profconv {

/// "1 function", "2 functions".
template <class Count>
std::string counted(Count count, std::string_view noun) {
  std::string text = std::to_string(count);
  (text += ' ') += noun;
  if (count != 1) text += 's';
  return text;
}

}  // namespace profconv
