#include "model/searched_text.hpp"

namespace profconv {

std::string searched_text(const Profile& profile, const Function& function) {
  std::string text(profile.text(function.file));
  text += ':';
  text += std::to_string(function.line);
  text += '(';
  text += profile.text(index(function.qualified) == 0 ? function.name : function.qualified);
  text += ')';
  return text;
}

}  // namespace profconv
