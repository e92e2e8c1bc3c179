#include "transforms/splitting/context_calls.hpp"

#include <utility>

#include "transforms/splitting/call_lists.hpp"

namespace profconv {

ContextCalls::Other& ContextCalls::add_other(std::uint32_t i, const Call& call) {
  place_[i] = static_cast<std::uint32_t>(others_.size());
  is_other_[i] = true;
  others_.push_back({call, i, false});
  return others_.back();
}

ContextCalls::Call& ContextCalls::change(std::uint32_t i) {
  Other& changed = is_as_recorded(i) ? add_other(i, (*this)[i]) : other(i);
  if (!changed.is_news) news_.push_back({i, changed.call.caller, changed.call.callee});
  changed.is_news = true;
  return changed.call;
}

void ContextCalls::push_back(const Call& call) {
  const std::uint32_t number = size();
  is_other_.push_back(false);
  add_other(number, call).is_news = true;
  news_.push_back({number, CallLists::nobody, CallLists::nobody});
}

std::vector<ContextCalls::News> ContextCalls::take_news() {
  for (const News& news : news_) other(news.call).is_news = false;
  return std::exchange(news_, {});
}

}  // namespace profconv
