#include "codecs/markdown_text.hpp"

namespace profconv {

std::string markdown_text(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (std::string_view("\\`*_{}[]<>()#|~&!$@").find(c) != std::string_view::npos) out += '\\';
    out += c;
  }
  return out;
}

}  // namespace profconv
