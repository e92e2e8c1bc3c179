#include <profconv/profile.hpp>

#include <string>

#include <profconv/error.hpp>

#include "base/visible.hpp"
#include "model/checked.hpp"

namespace profconv {

StringId StringTable::append(std::string_view text) {
  if (ends_.size() >= 0xfffffffe) throw Error("too many different strings");
  bytes_ += text;
  ends_.push_back(bytes_.size());
  return StringId{static_cast<std::uint32_t>(ends_.size() - 1)};
}

std::optional<std::size_t> Profile::metric(std::string_view key) const noexcept {
  for (std::size_t i = 0; i < metrics.size(); ++i) {
    if (text(metrics[i].name) == key) return i;
  }
  return std::nullopt;
}

std::vector<std::int64_t> total_cost(const Profile& profile) {
  std::vector<std::int64_t> sums(profile.metrics.size(), 0);
  for (std::size_t row = 0; row < profile.self.rows(); ++row) {
    for (std::size_t m = 0; m < sums.size(); ++m) {
      if (!combine_checked(sums[m], profile.self.at(row, m), profile.metrics[m].combine)) {
        const Function& f = profile.functions[row];
        throw Error("the self costs (" + std::string(profile.text(profile.metrics[m].name)) +
                    ") of all functions together do not fit 64 bits; the sum breaks at function " +
                    quoted(profile.text(f.name)) + " (" + std::string(profile.text(f.file)) + ":" +
                    std::to_string(f.line) + ")");
      }
    }
  }
  return sums;
}

}  // namespace profconv
