#pragma once

#include <algorithm>
#include <cstdint>
#include <map>
#include <string>
#include <tuple>
#include <vector>

#include <profconv/profile.hpp>

#include "support/callgrind_reader.hpp"
#include "support/convert.hpp"
#include "writers/callgrind_names.hpp"

namespace profconv::test {

/// What is wrong with the callgrind file of a profile, one sentence a fault: functions must be distinct in KCachegrind,
/// the summary is the sum of the self costs, and with `consistent` the inclusive cost that KCachegrind computes is the
/// profile's for every function that is in no circle.
///
/// Not looked at: functions that were never called and have no cost, though they call others. They are callers without
/// an entry, and the root of the pure-Python profiler.
inline std::vector<std::string> callgrind_faults(const Profile& profile, bool consistent) {
  std::vector<std::string> faults;
  const Callgrind c(written(profile, "callgrind"));
  if (!c.distinct()) faults.emplace_back("two functions are one in KCachegrind");

  std::vector<std::uint64_t> sum(c.events.size(), 0);
  std::map<std::tuple<std::string, std::string, std::string>, std::size_t> by_name;
  for (std::size_t i = 0; i < c.functions.size(); ++i) {
    const CallgrindFunction& f = c.functions[i];
    by_name[{f.object, f.file, f.name}] = i;
    for (std::size_t e = 0; e < sum.size(); ++e) sum[e] += f.self[e];
  }
  if (sum != c.summary) faults.emplace_back("the summary is not the sum of the self costs");

  std::vector<bool> called(profile.functions.size(), false);
  for (const Call& call : profile.calls) called[index(call.callee)] = true;
  CallgrindNames names(profile);
  names.make_unique();
  const auto positive = [](std::int64_t value) { return static_cast<std::uint64_t>(std::max<std::int64_t>(value, 0)); };
  for (std::size_t i = 0; i < profile.functions.size(); ++i) {
    const FunctionId id{static_cast<std::uint32_t>(i)};
    std::string made;
    const std::string name(names.name(id, made));
    const auto found = by_name.find({std::string(names.object(id)), std::string(names.file(id)), name});
    if (found == by_name.end()) {
      faults.push_back("function " + name + " is missing");
      continue;
    }
    const std::size_t f = found->second;
    if (!profile.self.empty() && profile.lines.empty() && c.functions[f].self[0] != positive(profile.self.at(i, 0))) {
      faults.push_back("function " + name + " has another self cost");
    }
    if (!consistent || profile.total.empty() || c.in_cycle(f)) continue;
    const std::int64_t total = profile.total.at(i, 0);
    const bool uncalled = !called[i] && (profile.counts.empty() || profile.counts[i].calls <= 0);
    if (uncalled && total == 0) continue;
    if (c.inclusive(f) != positive(total)) {
      faults.push_back("function " + name + ": KCachegrind shows " + std::to_string(c.inclusive(f)) +
                       ", the profile has " + std::to_string(total));
    }
  }
  return faults;
}

}  // namespace profconv::test
