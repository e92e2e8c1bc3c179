#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "base/hash_tables.hpp"
#include "transforms/splitting/context_graph.hpp"
#include "transforms/splitting/split_hub.hpp"

namespace profconv {

/// One function at a time that may be a hub: its callers and callees, and what is done when they can be told apart.
class Hub {
 public:
  enum class Result : std::uint8_t { divided, whole, too_many_calls };

  explicit Hub(ContextGraph& graph) : g_(graph) {}

  /// How the function can be split so that it takes a false way out of a circle. The graph is only looked at.
  std::optional<HubSplit> find(std::uint32_t function);
  /// Splits the function that way if there still is one: others may have been split since it was found. Callees that
  /// several parts share make calls of their own in each, which are taken off `new_calls_left`.
  Result split(std::uint32_t function, const HubSplit& found, std::uint64_t& new_calls_left);
  /// Those of which some calls have other times and counts since the last one was divided.
  const std::vector<std::uint32_t>& shared_callees() const noexcept { return shared_callees_; }

 private:
  using Call = ContextGraph::Call;
  static constexpr std::uint32_t root = 0xffffffff;  // the caller of what has no recorded caller
  struct Caller {
    std::uint32_t function;
    std::size_t first;  // in in_; the last is before the next one's first
    std::int64_t self = 0, total = 0;
  };
  struct Callee {
    std::uint32_t function;
    std::size_t first;  // in out_
  };

  bool leads_back() const;
  template <class Other>
  void gather(std::span<const std::uint32_t> calls, Other other, std::vector<std::uint32_t>& found,
              std::vector<Call>& rows) const;
  bool find_calls();
  bool collect();
  bool add_root();
  std::int64_t lost_time() const;
  std::int64_t whole();
  std::span<const std::uint32_t> calls_of(std::size_t caller) const {
    const std::size_t end = caller + 1 < callers_.size() ? callers_[caller + 1].first : in_.size();
    return std::span(in_).subspan(callers_[caller].first, end - callers_[caller].first);
  }
  std::span<const std::uint32_t> calls_to(std::size_t callee) const {
    const std::size_t end = callee + 1 < callees_.size() ? callees_[callee + 1].first : out_.size();
    return std::span(out_).subspan(callees_[callee].first, end - callees_[callee].first);
  }
  bool is_as_found(std::uint32_t function) const;
  bool look_at(std::uint32_t function);
  std::uint64_t new_calls(const HubSplit& split) const;
  void find_leads(const HubSplit& split);
  bool in_same_cycle(std::uint32_t other) const { return g_.component(other) == g_.component(f_); }
  bool takes_false_way_out(const HubSplit& split) const;
  void apply(const HubSplit& split);
  using GroupsOfFiles = NumberMap<std::set<std::uint32_t>>;  // by the file's text

  GroupsOfFiles groups_of_files(const HubSplit& split) const;
  std::vector<std::int64_t> left_in_file(const Call& call, const HubSplit& split, const GroupsOfFiles& groups) const;
  void share_all(const HubSplit& split, const std::vector<std::uint32_t>& copy_of);
  std::vector<std::int64_t> share(std::uint32_t call, std::vector<std::int64_t> left,
                                  const std::vector<std::uint32_t>& copy_of, bool is_estimate);
  std::string label(std::vector<std::uint32_t> members) const;
  std::int64_t step() const;

  ContextGraph& g_;
  std::uint32_t f_ = 0;
  std::vector<std::uint32_t> in_, out_;   // calls, those of one caller or to one callee together
  std::vector<Call> in_rows_, out_rows_;  // the same as they are while nothing is split
  std::vector<Caller> callers_;
  std::vector<Callee> callees_;
  std::vector<HubCaller> caller_facts_;
  std::vector<HubCallee> callee_facts_;
  std::vector<std::uint32_t> shared_callees_;
  HubWorkspace workspace_;
  bool all_measured_ = true;
  std::optional<std::int64_t> whole_;
  bool has_lost_ = false;            // functions of this name that were not recorded made some of the calls
  std::vector<std::int64_t> below_;  // per function: 0, but while `apply` runs what the callees of a copy cost
  std::vector<bool> leads_, stays_;  // per group: back into the circle; with the plain function
};

}  // namespace profconv
