#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdlib>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include <doctest/doctest.h>
#include <profconv/transforms.hpp>

#include "model/call_graph.hpp"
#include "support/convert.hpp"
#include "support/recorded_run.hpp"
#include "transforms/splitting/hub_times.hpp"
#include "transforms/splitting/split_hub.hpp"

using namespace profconv;
using namespace profconv::test;

namespace {

bool in_cycle(const Profile& p, std::string_view name) {
  const std::int64_t f = find(p, name);
  REQUIRE(f >= 0);
  return CallGraph(p).in_cycle(FunctionId{static_cast<std::uint32_t>(f)});
}

}  // namespace

TEST_CASE("split: a hub is divided where the times leave one way") {
  CHECK(in_cycle(two_sorts(), "sorted"));
  const Profile p = split_of(two_sorts());
  CHECK(find(p, "sorted'report") >= 0);
  CHECK(call_of(p, "report", "sorted'report") == "1 5000 85000");
  CHECK(call_of(p, "sorted'report", "by_total") == "1 3000 80000");
  CHECK(call_of(p, "parse", "sorted") == "2 4000 54003");
  CHECK(call_of(p, "sorted", "by_name") == "8 50003 50003");
  for (const std::string_view name : {"sorted", "sorted'report", "by_total", "parse"}) CHECK_FALSE(in_cycle(p, name));
  const auto copy = static_cast<std::size_t>(find(p, "sorted'report"));
  CHECK(p.counts[copy] == Counts{1, 1});
  CHECK(p.self.at(copy, 0) == 5'000);
  CHECK(p.total.at(copy, 0) == 85'000);
}

TEST_CASE("split: a hub's callers may have more time together than 64 bits hold") {
  constexpr int callers = 9'000;
  constexpr std::int64_t time = std::int64_t{1} << 50;
  RecordedRun run;
  const FunctionId hub = run.function("hub"), last = run.function("last");
  run.entry(hub, callers, 0, time);
  run.entry(last, callers, time, time);
  run.call(hub, last, callers, time, time);
  for (int i = 0; i < callers; ++i) {
    const FunctionId caller = run.function("caller" + std::to_string(i));
    run.entry(caller, 1, 0, time);
    run.call(caller, hub, 1, 0, time);
    run.call(last, caller, 1, 0, time);
  }
  const Profile p = split_of(run.finish());
  CHECK(in_cycle(p, "hub"));
}

TEST_CASE("split: what groups share between them was called as often as before, and by none for nothing") {
  // Both callers of `wrap` have time left for `f`, one of them little.
  RecordedRun run;
  const FunctionId x = run.function("x"), y = run.function("y"), wrap = run.function("wrap"), f = run.function("f"),
                   g = run.function("g"), h = run.function("h");
  run.entry(x, 1, 1'000, 401'000);
  run.entry(wrap, 2, 2'000, 400'000, 1);
  run.entry(f, 2, 3'001, 3'001);
  run.entry(g, 1, 96'105, 396'099);
  run.entry(h, 1, 50'900, 50'900);
  run.entry(y, 1, 1'994, 299'994);
  run.call(x, wrap, 1, 1'000, 400'000);
  run.call(y, wrap, 1, 1'000, 52'000);
  run.call(wrap, f, 2, 3'001, 3'001);
  run.call(wrap, g, 1, 96'105, 396'099);
  run.call(g, y, 1, 1'994, 299'994);
  run.call(wrap, h, 1, 50'900, 50'900);
  const Profile recorded = run.finish();
  const Profile p = split_of(Profile(recorded));
  std::int64_t calls = 0;
  for (std::size_t i = 0; i < p.calls.size(); ++i) {
    CHECK((p.call_counts[i].calls > 0 || p.call_total.at(i, 0) == 0));
    const std::string_view callee = p.text(p.function(p.calls[i].callee).name);
    if (callee == "f") calls += p.call_counts[i].calls;
    CHECK(p.is_share(i) == (callee == "f"));
  }
  CHECK(calls == 2);
  Diagnostics diagnostics;
  CHECK(split(Profile(recorded), {.mark_shares = false}, diagnostics).call_estimated.empty());
}

TEST_CASE("split: what is left of a hub takes what it spends itself and in its share of the calls") {
  // hub -> f -> g -> hub; both times the hub calls `work`, which calls itself.
  RecordedRun run;
  const FunctionId hub = run.function("hub"), work = run.function("work"), f = run.function("f"), g = run.function("g");
  run.entry(hub, 2, 90'230, 1'516'636, 1);
  run.entry(work, 26, 1'294'137, 1'294'137, 2);
  run.entry(f, 1, 76'468, 189'863);
  run.entry(g, 1, 55'801, 113'395);
  run.call(hub, work, 2, 131'147, 1'294'137);
  run.call(hub, f, 1, 76'468, 189'863);
  run.call(work, work, 24, 1'162'990, 1'162'990, 2);
  run.call(f, g, 1, 55'801, 113'395);
  run.call(g, hub, 1, 16'353, 57'594);
  const Profile p = split_of(run.finish());
  REQUIRE(p.functions.size() == 5);
  for (std::uint32_t i = 0; i < p.functions.size(); ++i) {
    if (p.text(p.functions[i].name) != "hub") continue;
    std::int64_t spent = p.self.at(i, 0);
    for (std::size_t call = 0; call < p.calls.size(); ++call) {
      if (p.calls[call].caller == FunctionId{i}) spent += p.call_total.at(call, 0);
    }
    CHECK(std::abs(p.total.at(i, 0) - spent) <= 2);
  }
}

TEST_CASE("split: what was called once goes to a caller that has time for it") {
  // main calls f, which calls itself by way of g and h, and `once` for one of them.
  RecordedRun run;
  const FunctionId main = run.function("main"), f = run.function("f"), h = run.function("h"),
                   leaf = run.function("leaf"), g = run.function("g"), once = run.function("once");
  run.entry(main, 1, 1'728, 3'080'199);
  run.entry(f, 5, 232'698, 3'078'471, 3);
  run.entry(h, 5, 2'319'032, 3'008'582, 3);
  run.entry(leaf, 2, 338'128, 338'128);
  run.entry(g, 1, 3'407, 1'238'532);
  run.entry(once, 4, 188'203, 188'203);
  run.call(main, f, 3, 66'482, 3'078'471);
  run.call(f, h, 4, 2'311'925, 2'742'251);
  run.call(f, g, 1, 3'407, 1'238'532);
  run.call(f, once, 1, 93'008, 93'008);
  run.call(h, f, 2, 166'216, 1'228'018);
  run.call(h, leaf, 2, 338'128, 338'128);
  run.call(h, once, 2, 92'198, 92'198);
  run.call(g, h, 1, 7'107, 1'235'125);
  const Profile p = split_of(run.finish());
  REQUIRE(p.functions.size() == 8);
  for (std::size_t i = 0; i < p.functions.size(); ++i) {
    if (p.text(p.functions[i].name) != "f") continue;
    std::int64_t spent = p.self.at(i, 0);
    for (std::size_t call = 0; call < p.calls.size(); ++call)
      spent += index(p.calls[call].caller) == i ? p.call_total.at(call, 0) : 0;
    CHECK(std::abs(p.total.at(i, 0) - spent) <= 4);
  }
}

TEST_CASE("split: the bodies of classes are called for code of their file") {
  // a defines X, which imports b, and Y; b defines Z: there is more time left in a for it.
  RecordedRun run;
  const FunctionId a = run.function("<module>", "a.py"), b = run.function("<module>", "b.py"),
                   x = run.function("X", "a.py"), y = run.function("Y", "a.py"), z = run.function("Z", "b.py"),
                   create = run.function("__new__", "b.py"),
                   build = run.function("<built-in method builtins.__build_class__>", "~");
  run.entry(a, 1, 1'000, 1'061'000);
  run.entry(build, 3, 3'000, 1'060'000, 2);
  run.entry(x, 1, 98'000, 608'000);
  run.entry(y, 1, 200'000, 200'000);
  run.entry(b, 1, 349'000, 510'000);
  run.entry(z, 1, 150'000, 150'000);
  run.entry(create, 3, 260'000, 260'000);
  run.call(a, build, 2, 2'000, 1'060'000);
  run.call(b, build, 1, 1'000, 161'000);
  run.call(build, x, 1, 98'000, 608'000);
  run.call(build, y, 1, 200'000, 200'000);
  run.call(x, b, 1, 349'000, 510'000);
  run.call(build, z, 1, 150'000, 150'000);
  run.call(build, create, 3, 260'000, 260'000);
  const Profile p = split_of(run.finish());
  CHECK(call_of(p, "<built-in method builtins.__build_class__>'a", "Y") == "1 200000 200000");
  CHECK(call_of(p, "<built-in method builtins.__build_class__>", "Z") == "1 150000 150000");
  CHECK(call_of(p, "<built-in method builtins.__build_class__>", "__new__") == "1 10000 10000");
}

TEST_CASE("split: a second time changes nothing") {
  const Profile once = split_of(two_sorts());
  CHECK(dump_of(split_of(split_of(two_sorts()))) == dump_of(once));
}

TEST_CASE("split: what has no circle, no times or no hub stays as it is") {
  RecordedRun tree;
  const FunctionId a = tree.function("a"), b = tree.function("b");
  tree.entry(a, 1, 10, 30);
  tree.entry(b, 2, 20, 20);
  tree.call(a, b, 2, 20, 20);
  Profile p = tree.finish();
  const std::string before = dump_of(p);
  CHECK(dump_of(split_of(std::move(p))) == before);
}

TEST_CASE("split: true recursion stays") {
  RecordedRun run;  // even -> odd -> even -> odd ...
  const FunctionId even = run.function("even"), odd = run.function("odd");
  run.entry(even, 5, 50, 100, 1);
  run.entry(odd, 5, 50, 90, 1);
  run.call(even, odd, 5, 50, 90, 1);
  run.call(odd, even, 4, 40, 80, 1);
  Profile p = run.finish();
  const std::string before = dump_of(p);
  CHECK(dump_of(split_of(std::move(p))) == before);
}

TEST_CASE("split: what fits two ways stays together") {
  // Both callers have time for either callee, and neither sum tells.
  RecordedRun run;
  const FunctionId x = run.function("x"), y = run.function("y"), hub = run.function("map", "~"), f = run.function("f"),
                   g = run.function("g");
  run.entry(x, 1, 1'000, 90'000);
  run.entry(hub, 4, 4'000, 80'000, 2);
  run.entry(f, 3, 30'000, 60'000);
  run.entry(g, 3, 30'000, 70'000);
  run.entry(y, 2, 2'000, 50'000);
  run.call(x, hub, 2, 2'000, 80'000);
  run.call(y, hub, 2, 2'000, 40'000);
  run.call(hub, f, 3, 30'000, 60'000);
  run.call(hub, g, 3, 30'000, 70'000);
  run.call(f, y, 1, 1'000, 25'000);
  run.call(g, y, 1, 1'000, 25'000);
  Profile p = run.finish();
  const std::string before = dump_of(p);
  CHECK(dump_of(split_of(std::move(p))) == before);
}

TEST_CASE("split: a function that would share its callees with too many calls stays whole, with a note") {
  RecordedRun run;
  const FunctionId a = run.function("a"), b = run.function("b"), hub = run.function("map", "~"),
                   to_b = run.function("to_b"), other = run.function("other"), leaf = run.function("len", "~");
  run.entry(a, 1, 1'000, 107'000);
  run.entry(hub, 2, 2'000, 106'000, 1);
  run.entry(to_b, 1, 33'500, 100'000);
  run.entry(b, 1, 500, 66'500);
  run.entry(other, 1, 60'000, 60'000);
  run.entry(leaf, 1'000, 10'000, 10'000);
  run.call(a, hub, 1, 1'000, 106'000);
  run.call(b, hub, 1, 1'000, 66'000);
  run.call(hub, to_b, 1, 33'500, 100'000);
  run.call(hub, other, 1, 60'000, 60'000);
  run.call(hub, leaf, 1'000, 10'000, 10'000);
  run.call(to_b, b, 1, 500, 66'500);
  const Profile whole = run.finish();
  const auto split_with = [&](std::uint64_t most, std::string& notes) {
    Diagnostics diagnostics;
    Profile copy = read_text(dump_of(whole));
    Profile result = split(std::move(copy), {.max_new_calls = most}, diagnostics);
    notes = text_of(diagnostics);
    return result;
  };
  std::string notes;
  CHECK(find(split_with(2, notes), "map'a") >= 0);
  CHECK(notes == "note: split 1 function by caller\n");
  CHECK(find(split_with(1, notes), "map'a") < 0);
  CHECK(notes == "note: 1 function not split by caller: all together would make more than 1 calls\n");
}

TEST_CASE("split: calls of a function that was not recorded under its name stay out of the one that was") {
  // Two functions are called <string>:1(<module>): one ran the program and is lost, one is an eval of 500 ns.
  RecordedRun run;
  const FunctionId string = run.function("<module>", "<string>"), main = run.function("main"),
                   eval = run.function("eval", "~");
  run.entry(string, 1, 500, 500);
  run.entry(main, 1, 90'000, 100'000);
  run.entry(eval, 1, 9'500, 10'000);
  run.call(string, main, 1, 90'000, 100'000);
  run.call(main, eval, 1, 9'500, 10'000);
  run.call(eval, string, 1, 500, 500);
  const Profile p = split_of(run.finish());
  CHECK_FALSE(in_cycle(p, "main"));
  CHECK(call_of(p, "<module>", "main") == "1 90000 100000");
  CHECK(call_of(p, "eval", "<module>'eval") == "1 500 500");
}

TEST_CASE("split: functions of one name that were not recorded, one inside the other, take no more than all") {
  // main calls a wrapper, that calls log, that another wrapper, and so on down to f: all four are called f.
  RecordedRun run;
  const FunctionId main = run.function("main"), f = run.function("f"), log = run.function("log"),
                   timed = run.function("timed"), work = run.function("work");
  run.entry(main, 1, 1'000, 100'000);
  run.entry(f, 1, 3'000, 93'000);
  run.entry(log, 1, 1'000, 98'000);
  run.entry(timed, 1, 1'000, 95'000);
  run.entry(work, 1, 90'000, 90'000);
  run.call(f, log, 1, 1'000, 98'000);
  run.call(f, timed, 1, 1'000, 95'000);
  run.call(f, work, 1, 90'000, 90'000);
  run.call(timed, f, 1, 3'000, 93'000);
  const Profile p = split_of(run.finish());
  CHECK_FALSE(in_cycle(p, "log"));
  for (std::size_t i = 0; i < p.functions.size(); ++i) CHECK(p.total.at(i, 0) <= 100'000);
}

TEST_CASE("split: the parts of a call that was not measured are not measured") {
  RecordedRun run;
  const FunctionId main = run.function("main"), report = run.function("report"), parse = run.function("parse"),
                   by_total = run.function("by_total"), by_name = run.function("by_name"),
                   helper = run.function("helper"), sorted = run.function("sorted", "~");
  run.entry(main, 1, 10'000, 101'003);
  run.entry(report, 1, 5'000, 91'003);
  run.entry(sorted, 3, 9'000, 86'003, 1);
  run.entry(by_total, 1, 3'000, 79'003);
  run.entry(parse, 2, 20'000, 76'003);
  run.entry(by_name, 8, 50'003, 50'003);
  run.entry(helper, 5, 4'000, 4'000);
  run.call(main, report, 1, 5'000, 91'003);
  run.call(report, sorted, 1, 5'000, 86'003);
  run.call(sorted, by_total, 1, 3'000, 79'003);
  run.call(by_total, parse, 2, 20'000, 76'003);
  run.call(parse, sorted, 2, 4'000, 56'003);
  run.call(sorted, by_name, 8, 50'003, 50'003);
  run.call(sorted, helper, 5, not_measured, not_measured);
  const Profile p = split_of(run.finish());
  REQUIRE(find(p, "sorted'report") >= 0);
  std::int64_t calls = 0;
  std::size_t parts = 0;
  for (std::size_t i = 0; i < p.calls.size(); ++i) {
    if (static_cast<std::int64_t>(index(p.calls[i].callee)) != find(p, "helper")) {
      CHECK(p.call_total.at(i, 0) >= 0);
      continue;
    }
    CHECK(p.call_self.at(i, 0) == not_measured);
    CHECK(p.call_total.at(i, 0) == not_measured);
    calls += p.call_counts[i].calls;
    ++parts;
  }
  CHECK(calls == 5);
  CHECK(parts == 2);
}

TEST_CASE("split_hub: equal times, the only caller with time, what remains") {
  const std::array callers{HubCaller{1, 50'000, 60'000, true}, HubCaller{1, 20'001, 30'000, true},
                           HubCaller{9, 900'000, 900'000, false}, HubCaller{4, 1, 4'000, true}};
  const std::array callees{HubCallee{1, 20'000, true, true}, HubCallee{1, 800'000, false, true},
                           HubCallee{3, 50'000, true, true}, HubCallee{7, 90'000, true, true}};
  HubWorkspace workspace;
  const auto split = split_hub(callers, callees, {}, workspace);
  REQUIRE(split);
  CHECK(split->callers[3] == HubSplit::idle);
  CHECK(split->callees[0] == split->callers[1]);
  CHECK(split->callees[1] == split->callers[2]);
  CHECK(split->callees[2] == split->callers[0]);
  CHECK(split->callees[3] == split->callers[2]);
  CHECK(split->groups == 4);
}

TEST_CASE("split_hub: a clock too coarse to tell proves nothing") {
  const std::array callers{HubCaller{1, 2'000, 3'000, true}, HubCaller{1, 4'000, 5'000, true}};
  const std::array callees{HubCallee{2, 2'000, true, true}, HubCallee{2, 4'000, true, true}};
  HubWorkspace workspace;
  CHECK(split_hub(callers, callees, {.step = 1}, workspace));
  CHECK_FALSE(split_hub(callers, callees, {.step = 1000}, workspace));
}

TEST_CASE("split_hub: what is open belongs to all that have time for it") {
  const std::array callers{HubCaller{1, 2'000, 3'000, true}, HubCaller{1, 4'000, 5'000, true},
                           HubCaller{1, 1, 300, true}};
  const std::array callees{HubCallee{2, 2'000, true, true}, HubCallee{2, 4'000, true, true}};
  HubWorkspace workspace;
  const auto split = split_hub(callers, callees, {.step = 1000}, workspace);
  REQUIRE(split);
  CHECK(split->callers[0] == split->callers[1]);
  CHECK(split->callers[2] == HubSplit::idle);
  CHECK(split->groups == 2);
}

TEST_CASE("split_hub: the callees of one caller add up to its time") {
  const std::array callers{HubCaller{2, 300'000, 310'000, true}, HubCaller{3, 700'123, 710'000, true}};
  const std::array callees{HubCallee{2, 100'017, true, true}, HubCallee{2, 199'983, true, true},
                           HubCallee{5, 700'123, true, true}};
  HubWorkspace workspace;
  const auto split = split_hub(callers, callees, {}, workspace);
  REQUIRE(split);
  CHECK(split->callees == std::vector<std::uint32_t>{split->callers[0], split->callers[0], split->callers[1]});
  CHECK(split->groups == 3);
}

TEST_CASE("split_hub: numbers that contradict each other are left alone") {
  const std::array callers{HubCaller{1, 10, 20, true}, HubCaller{1, 1, 20, true}};
  const std::array callees{HubCallee{1, 500'000, true, true}};
  HubWorkspace workspace;
  CHECK_FALSE(split_hub(callers, callees, {}, workspace));
}

TEST_CASE("split_hub: a callee that nobody has time for contradicts the callers") {
  const std::array callers{HubCaller{1, 30'000, 30'100, true}, HubCaller{2, 40'000, 40'100, true}};
  const std::array callees{HubCallee{1, 500'000, true, true}, HubCallee{3, 90'000, true, false}};
  HubWorkspace workspace;
  CHECK_FALSE(split_hub(callers, callees, {}, workspace));
}

// The survey may leave to the solver what that finds nothing in, but not the other way round.
TEST_CASE("HubTimes: of what a first look excludes no callers are told apart") {
  std::mt19937_64 random(20);  // NOLINT(cert-msc51-cpp): the same times in every run
  const auto below = [&](std::int64_t most) {
    return static_cast<std::int64_t>(random() % static_cast<std::uint64_t>(most));
  };
  int excluded = 0, excluded_for_now = 0, kept = 0, large_excluded = 0;
  HubTimes times;
  for (int round = 0; round < 20'000; ++round) {
    const std::int64_t most_callees = below(4) == 0 ? 40 : most_callees_in_sums;
    std::vector<std::int64_t> spent(2 + static_cast<std::size_t>(below(below(8) == 0 ? 60 : 11)));
    std::vector<HubTimes::Callee> called(1 + static_cast<std::size_t>(below(most_callees)));
    const std::int64_t scale = std::int64_t{10} << below(30);
    for (HubTimes::Callee& c : called) c = {2 + below(scale), below(2) == 0, below(2) == 0};
    std::vector<std::int64_t> sums(spent.size());  // every callee is somebody's
    for (const HubTimes::Callee& c : called)
      sums[static_cast<std::size_t>(below(static_cast<std::int64_t>(spent.size())))] += c.total;
    const bool random_times = below(2) == 0;
    for (std::size_t i = 0; i < spent.size(); ++i)
      spent[i] = std::max<std::int64_t>(random_times ? below(scale) : sums[i] + below(5) - 2, hub_rounding + 1);
    const std::int64_t lost = below(4) == 0 ? 2 * hub_rounding + 1 + below(scale) : 0;

    std::vector<HubCaller> callers;
    std::vector<HubCallee> callees;
    for (const std::int64_t time : spent) callers.push_back({1, time, time, true});
    if (lost != 0) callers.push_back({1, lost - hub_rounding, lost - hub_rounding, false, true});
    if (std::ranges::none_of(called, &HubTimes::Callee::leads)) called.front().leads = true;
    for (const HubTimes::Callee& c : called) callees.push_back({c.once ? 1 : 2, c.total, true, c.leads});
    HubWorkspace workspace;
    const std::int64_t step = below(2) == 0 ? 1 : 100;
    const auto is_told = [&] {
      const auto split = split_hub(callers, callees, {.step = step}, workspace);
      return split && std::ranges::adjacent_find(split->callers, std::not_equal_to()) != split->callers.end();
    };
    times.begin(spent, called.size());
    for (const HubTimes::Callee& c : called) times.add(c);
    const HubChance chance = times.chance(lost);
    if (chance == HubChance::some) {
      kept += is_told() ? 1 : 0;
      continue;
    }
    CHECK_FALSE(is_told());
    if (chance == HubChance::none_yet) {
      ++excluded_for_now;
      continue;
    }
    ++excluded;
    large_excluded += called.size() > most_callees_in_sums ? 1 : 0;
    std::vector<std::size_t> leading;
    for (std::size_t j = 0; j < callees.size(); ++j) {
      if (callees[j].leads) leading.push_back(j);
    }
    std::ranges::shuffle(leading, random);
    for (; leading.size() > 1; leading.pop_back()) {
      callees[leading.back()].leads = false;
      CHECK_FALSE(is_told());
    }
  }
  CHECK(excluded > 1'000);
  CHECK(large_excluded > 100);
  CHECK(excluded_for_now > 100);
  CHECK(kept > 1'000);
}
