#include "writers/callgrind_self_costs.hpp"

namespace profconv {

CallgrindSelfCosts::CallgrindSelfCosts(const Profile& profile, const CallgrindColumns& columns, const LineCosts& lines)
    : p_(profile), columns_(columns), lines_(lines), first_line_(profile.functions.size()) {
  for (std::uint32_t f = 0; f < p_.functions.size(); ++f) {
    first_line_[f] = p_.functions[f].line;
    const LineCosts::Range rows = lines_.rows(FunctionId{f});
    for (std::size_t i = rows.begin; first_line_[f] == 0 && i < rows.end; ++i) first_line_[f] = p_.lines[i].line;
    each_line(FunctionId{f}, [&](std::uint32_t, const CallgrindCosts& costs) {
      for (std::size_t i = 0; i < costs.size(); ++i) {
        if (!add_checked(total_[i], costs[i]))
          throw Error("the self costs of all functions together do not fit 64 bits");
      }
    });
  }
}

}  // namespace profconv
