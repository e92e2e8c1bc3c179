#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include <profconv/profile.hpp>

#include "base/prefetch.hpp"
#include "model/calls_from.hpp"
#include "writers/callgrind_balance.hpp"
#include "writers/callgrind_ids.hpp"
#include "writers/callgrind_names.hpp"

namespace profconv {

/// The calls of each function in the order of their callees' names, as rows of Profile::calls: stable for the reader of
/// two files. Those of one function are where they are in that table.
std::vector<std::uint32_t> ordered_calls(const Profile& profile, const CallgrindNames& names);

/// What stands where in a callgrind file: the root's calls, then functions in the order of the names, each with its
/// calls in the order of their callees. Names are numbered in the order in which they are met. That needs no text, and
/// when it is known, any part of the file can be written without the others.
class CallgrindOutline {
 public:
  static constexpr std::uint32_t none = 0xffffffff;

  /// The function that makes the calls without a recorded caller.
  struct Root {
    std::uint32_t file_slot;       // `none`: no function of the profile is in its file
    std::uint32_t file, function;  // numbers
  };
  /// The first mention of a function behind the root's calls, where its own costs are or as the callee of a call, and
  /// the names that it defines: none if the root calls the function.
  struct FirstMention {
    std::uint32_t place = none;  // in the order of the names, or row of Profile::calls
    FunctionId function{};
    bool is_call = false;
    CallgrindNews news = {};
  };
  /// What is written in one go: calls of the root, or functions and where their first mentions begin.
  struct Part {
    bool of_root;
    std::size_t first, end;  // in the root's calls, or in the order of the names
    std::size_t first_mention = 0;
  };

  /// All of these outlive it. `call_order` comes from `ordered_calls`. Linear: finds the first mentions, if all calls
  /// are written.
  CallgrindOutline(const Profile& profile, const CallsFrom& calls_from, const CallgrindNames& names,
                   std::vector<std::uint32_t> call_order);
  /// Numbers the names, before they are known to be unique. To be called once, when the calls are balanced, before
  /// anything is asked for.
  void number(const CallgrindBalance& balance);

  const std::vector<Part>& parts() const noexcept { return parts_; }
  const std::optional<Root>& root() const noexcept { return root_; }
  const CallgrindIds& ids() const noexcept { return ids_; }
  /// The names that a call of the root defines.
  CallgrindNews news_of_root_call(std::size_t call) const noexcept { return root_news_[call]; }
  /// In the order of the file. The one behind the last is there, and is none.
  const FirstMention* mentions_from(std::size_t first) const noexcept { return &mentions_[first]; }
  const FirstMention* last_mention() const noexcept { return &mentions_[mentions_.size() - 2]; }
  /// The function so many places behind a position, the last one behind the end.
  FunctionId function_at(std::size_t position, std::size_t places = 0) const noexcept {
    return names_.sorted()[std::min(position + places, names_.sorted().size() - 1)];
  }
  /// The function's calls: rows of Profile::calls.
  std::span<const std::uint32_t> calls_from(FunctionId function) const noexcept {
    const CallsFrom::Range calls = calls_from_[function];
    return std::span(call_order_).subspan(calls.begin, calls.end - calls.begin);
  }

  /// Has fetched what the calls of functions some places behind a position consist of, and calls `fetch(first, count)`
  /// for the rows of those whose costs will be asked for soon.
  template <class Fetch>
  void prefetch_calls(std::size_t position, Fetch fetch) const noexcept;

 private:
  template <class IsWritten>
  std::vector<std::uint64_t> first_calls(IsWritten is_written) const;
  template <class IsWritten>
  void find_mentions(IsWritten is_written);
  void number_root(const CallgrindBalance& balance);
  void number_mentions();

  const Profile& p_;
  const CallsFrom& calls_from_;
  const CallgrindNames& names_;
  CallgrindIds ids_;
  std::vector<std::uint32_t> call_order_;
  std::vector<Part> parts_;
  std::optional<Root> root_;
  std::vector<CallgrindNews> root_news_;  // per call of the root
  std::vector<FirstMention> mentions_;
};

// Functions are in another order than the tables have, and each calls others anywhere in them: the processor would wait
// for every row. It is fetched in steps, as each step leads to the next.
template <class Fetch>
void CallgrindOutline::prefetch_calls(std::size_t position, Fetch fetch) const noexcept {
  calls_from_.prefetch(function_at(position, 12));
  constexpr std::size_t most = 24;  // more, and they are in a row long enough for the processor to see where it leads
  const CallsFrom::Range calls = calls_from_[function_at(position, 8)];
  const std::size_t count = std::min(calls.end - calls.begin, most);
  if (count == 0) return;
  prefetch(&p_.calls[calls.begin], count * sizeof(Call));
  prefetch(&call_order_[calls.begin], count * sizeof(std::uint32_t));
  fetch(calls.begin, count);
}

}  // namespace profconv
