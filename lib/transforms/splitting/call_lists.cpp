#include "transforms/splitting/call_lists.hpp"

#include <algorithm>
#include <compare>
#include <iterator>
#include <utility>

#include "base/release.hpp"

namespace profconv {
namespace {

struct Member {
  std::uint32_t function, call;
  friend auto operator<=>(const Member&, const Member&) = default;  // NOLINT(modernize-use-nullptr): there is none
};

}  // namespace

void CallLists::move(std::span<const Move> moves, std::size_t functions) {
  std::vector<Member> lost, gained;
  for (const Move& move : moves) {
    if (move.from == move.to) continue;
    if (move.from != nobody) lost.push_back({move.from, move.call});
    gained.push_back({move.to, move.call});
  }
  std::ranges::sort(lost);
  std::ranges::sort(gained);

  first_.resize(functions + 1, first_.back());
  std::vector<std::uint32_t> first, calls;
  first.reserve(functions + 1);
  calls.reserve(calls_.size() + gained.size() - lost.size());
  std::uint32_t next = 0;  // function
  const auto keep_up_to = [&](std::uint32_t end) {
    const auto shift =
        static_cast<std::uint32_t>(calls.size()) - first_[next];  // modulo 2^32, as it may be to the left
    std::transform(first_.begin() + next, first_.begin() + end, std::back_inserter(first),
                   [&](std::uint32_t old) { return old + shift; });
    calls.insert(calls.end(), calls_.begin() + first_[next], calls_.begin() + first_[end]);
    next = end;
  };
  auto leaves = lost.cbegin();
  auto comes = gained.cbegin();
  while (leaves != lost.cend() || comes != gained.cend()) {
    std::uint32_t changed = nobody;
    if (leaves != lost.cend()) changed = leaves->function;
    if (comes != gained.cend()) changed = std::min(changed, comes->function);
    keep_up_to(changed);
    first.push_back(static_cast<std::uint32_t>(calls.size()));
    for (const std::uint32_t call : of(changed)) {
      if (leaves != lost.cend() && *leaves == Member{changed, call}) {
        ++leaves;
        continue;
      }
      for (; comes != gained.cend() && *comes < Member{changed, call}; ++comes) calls.push_back(comes->call);
      calls.push_back(call);
    }
    for (; comes != gained.cend() && comes->function == changed; ++comes) calls.push_back(comes->call);
    ++next;
  }
  keep_up_to(static_cast<std::uint32_t>(functions));
  first.push_back(static_cast<std::uint32_t>(calls.size()));
  first_ = std::move(first);
  calls_ = std::move(calls);
}

void CallLists::clear() noexcept {
  release(first_);
  release(calls_);
}

}  // namespace profconv
