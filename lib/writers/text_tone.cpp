#include "writers/text_tone.hpp"

namespace profconv {

std::string toned(std::string text, Tone tone, bool color) {
  if (!color || text.empty()) return text;
  switch (tone) {
    case Tone::plain: return text;
    case Tone::head: return "\033[1m" + text + "\033[0m";
    case Tone::hot: return "\033[31m" + text + "\033[0m";
    case Tone::warm: return "\033[33m" + text + "\033[0m";
    case Tone::dim: return "\033[2m" + text + "\033[0m";
  }
  return text;
}

}  // namespace profconv
