#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include <profconv/profile.hpp>

#include "model/call_graph.hpp"
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
  /// A mention that defines names: of a function where its own costs are, or as the callee of a call.
  struct Definition {
    std::uint32_t place = none;  // in the order of the names, or row of Profile::calls
    bool of_function = false;
    CallgrindNews news = {};
  };
  /// What is written in one go: calls of the root, or functions and where their definitions begin.
  struct Part {
    bool of_root;
    std::size_t first, end;  // in the root's calls, or in the order of the names
    std::size_t first_definition = 0;
  };

  /// All of these outlive it, and the calls are balanced. `call_order` comes from `ordered_calls`.
  CallgrindOutline(const Profile& profile, const CallGraph& graph, const CallgrindBalance& balance,
                   const CallgrindNames& names, std::vector<std::uint32_t> call_order);
  /// Numbers the names, before they are known to be unique. To be called once.
  void number();

  const std::vector<Part>& parts() const noexcept { return parts_; }
  const std::optional<Root>& root() const noexcept { return root_; }
  const CallgrindIds& ids() const noexcept { return ids_; }
  /// The names that a call of the root defines.
  CallgrindNews news_of_root_call(std::size_t call) const noexcept { return root_news_[call]; }
  /// In the order of the file. The one behind the last is there, and is no mention's.
  const Definition* definitions_from(std::size_t first) const noexcept { return &definitions_[first]; }
  const Definition* last_definition() const noexcept { return &definitions_[definitions_.size() - 2]; }
  FunctionId function_of(const Definition& definition) const noexcept {
    return definition.of_function ? names_.sorted()[definition.place] : p_.calls[definition.place].callee;
  }
  /// The function so many places behind a position, the last one behind the end.
  FunctionId function_at(std::size_t position, std::size_t places = 0) const noexcept {
    return names_.sorted()[std::min(position + places, names_.sorted().size() - 1)];
  }
  /// The function's calls: rows of Profile::calls.
  std::span<const std::uint32_t> calls_from(FunctionId function) const noexcept {
    const CallGraph::Range calls = graph_.calls_from(function);
    return std::span(call_order_).subspan(calls.begin, calls.end - calls.begin);
  }

  /// Has fetched what the calls of functions some places behind a position consist of.
  void prefetch_calls(std::size_t position) const noexcept { prefetch_calls(position, true); }

 private:
  void number_root();
  void number_functions();
  void look_ahead(std::size_t position) const noexcept;
  void prefetch_calls(std::size_t position, bool with_costs) const noexcept;

  const Profile& p_;
  const CallGraph& graph_;
  const CallgrindBalance& balance_;
  const CallgrindNames& names_;
  CallgrindIds ids_;
  std::vector<std::uint32_t> call_order_;
  std::vector<Part> parts_;
  std::optional<Root> root_;
  std::vector<CallgrindNews> root_news_;  // per call of the root
  std::vector<Definition> definitions_;
};

}  // namespace profconv
