#include "transforms/splitting/call_lists.hpp"

#include <algorithm>
#include <cstdint>
#include <random>
#include <vector>

#include <doctest/doctest.h>

using namespace profconv;

// Calls that go anywhere, new ones and functions more: as if the lists were made of what is then.
TEST_CASE("CallLists: what is moved stands where it would had the lists been made anew") {
  std::mt19937 random(3);  // NOLINT(cert-msc51-cpp): the same lists in every run
  for (int round = 0; round < 300; ++round) {
    std::uint32_t functions = 1 + static_cast<std::uint32_t>(random() % 20);
    std::vector<std::uint32_t> function_of(random() % 60);
    for (std::uint32_t& function : function_of) function = static_cast<std::uint32_t>(random() % functions);
    const auto make = [&] {
      CallLists lists;
      lists.make(function_of.size(), functions, [&](std::uint32_t call) { return function_of[call]; });
      return lists;
    };
    CallLists lists = make();
    for (int again = 0; again < 3; ++again) {
      functions += static_cast<std::uint32_t>(random() % 4);
      std::vector<CallLists::Move> moves;
      const auto anybody = [&] { return static_cast<std::uint32_t>(random() % functions); };
      for (std::uint32_t call = 0; call < function_of.size(); ++call) {
        if (random() % 5 != 0) continue;
        moves.push_back({call, function_of[call], anybody()});
        function_of[call] = moves.back().to;
      }
      for (std::size_t added = random() % 5; added-- > 0;) {
        moves.push_back({static_cast<std::uint32_t>(function_of.size()), CallLists::nobody, anybody()});
        function_of.push_back(moves.back().to);
      }
      std::ranges::shuffle(moves, random);
      lists.move(moves, functions);
      const CallLists anew = make();
      CHECK(lists.first() == anew.first());
      CHECK(lists.all() == anew.all());
    }
  }
}
