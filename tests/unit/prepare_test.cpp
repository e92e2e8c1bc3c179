// The order of the steps, in which each one finds what it needs; what each does: its own test.

#include <cstdint>
#include <string>
#include <string_view>

#include <doctest/doctest.h>
#include <profconv/prepare.hpp>

#include "support/recorded_run.hpp"
#include "support/temporary_folder.hpp"

using namespace profconv;
using namespace profconv::test;

namespace {

class TwoSorts {
 public:
  Profile prepared(const PrepareOptions& options = {}) {
    return prepare(two_sorts(file_), sources_, options, diagnostics_, &report_);
  }
  const Diagnostics& diagnostics() const { return diagnostics_; }
  const PrepareReport& report() const { return report_; }

 private:
  TemporaryFolder folder_;
  std::string file_ = folder_.write("sorts.py", two_sorts_source);
  SourceFiles sources_;
  Diagnostics diagnostics_;
  PrepareReport report_;
};

std::string_view qualified(const Profile& p, std::string_view name) {
  const std::int64_t f = find(p, name);
  return f < 0 ? "absent" : p.text(p.functions[static_cast<std::size_t>(f)].qualified);
}

std::uint32_t line_of_call(const Profile& p, std::string_view caller, std::string_view callee) {
  for (const Call& c : p.calls) {
    if (find(p, caller) == static_cast<std::int64_t>(index(c.caller)) &&
        find(p, callee) == static_cast<std::int64_t>(index(c.callee)))
      return c.line;
  }
  return 0;
}

}  // namespace

TEST_CASE("prepare: functions have their names, callers and the lines of their calls") {
  TwoSorts sorts;
  const Profile p = sorts.prepared({.keep_call_self = true});
  CHECK(qualified(p, "by_total") == "Row.by_total");
  CHECK(call_of(p, "report", "sorted'report") != "");
  CHECK(call_of(p, "sorted'report", "by_name") == "");
  CHECK(line_of_call(p, "report", "sorted'report") == 7);
  CHECK(line_of_call(p, "parse", "sorted") == 9);
  REQUIRE(sorts.report().split.size() == 1);
  CHECK(sorts.report().split[0] == "split 1 function by caller");
  CHECK(sorts.report().sources.files_used == 1);
}

TEST_CASE("prepare: what only the ignored lead to is known once functions are split") {
  TwoSorts sorts;
  const FocusOptions ignored{.ignore = {"Row\\.by_total"}};
  CHECK(find(sorts.prepared({.focus = ignored}), "by_name") < 0);
  CHECK(find(sorts.prepared({.split = false, .focus = ignored}), "by_name") >= 0);
}

TEST_CASE("prepare: calls stand on the lines that they had when their functions are folded") {
  TwoSorts sorts;
  const Profile p = sorts.prepared({.fold = {.builtins = true}});
  CHECK(call_of(p, "report", "by_total") != "");
  CHECK(line_of_call(p, "report", "by_total") == 7);
  CHECK(line_of_call(p, "parse", "by_name") == 9);
  CHECK(call_of(p, "parse", "by_total") == "");
}

TEST_CASE("prepare: each step can be left out") {
  TwoSorts sorts;
  const Profile p = sorts.prepared({.use = {.calls = false, .names = false}, .split = false});
  CHECK(qualified(p, "by_total") == "");
  CHECK(find(p, "sorted'report") < 0);
  CHECK(line_of_call(p, "parse", "sorted") == 0);
  CHECK(sorts.report().split.empty());
  CHECK(sorts.diagnostics().all().empty());
}

TEST_CASE("prepare: a word that stands in the name of no function is told, with the nearest name") {
  TwoSorts sorts;
  CHECK(find(sorts.prepared({.focus = {.focus = {"repot", "pa.*rse"}}}), "by_name") >= 0);
  REQUIRE(sorts.diagnostics().all().size() > 1);
  CHECK(sorts.diagnostics().all()[1].text == "no function matches 'repot': did you mean report?");
}
