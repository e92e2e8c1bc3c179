// Whatever the sources say, and whatever a profile of them holds: putting calls on lines moves them, and nothing else.

#include <cstdint>
#include <map>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include <profconv/builder.hpp>
#include <profconv/transforms.hpp>

#include "support/random_profile.hpp"
#include "support/temporary_folder.hpp"

using namespace profconv;
using namespace profconv::test;

namespace {

constexpr int rounds = 2000;

/// Python source of random functions in random classes, which call each other in every way that the rules know of, and
/// some text that is no Python.
class RandomSource {
 public:
  struct Definition {
    std::string name;
    std::uint32_t line;  // as Python records it
  };

  explicit RandomSource(Random& random) : random_(random) {
    add(0, "import other, m0");
    for (std::size_t n = 1 + random_.below(4); n > 0; --n) {
      if (random_.one_in(2)) {
        function(0);
        continue;
      }
      add(0, "class C" + std::to_string(random_.below(3)) + (random_.one_in(2) ? "(C0):" : ":"));
      for (std::size_t m = 1 + random_.below(3); m > 0; --m) function(1);
    }
    add(0, "f0()");
  }

  const std::string& text() const { return text_; }
  const std::vector<Definition>& definitions() const { return definitions_; }
  std::uint32_t lines() const { return line_; }

 private:
  void add(std::size_t depth, const std::string& text) {
    text_ += std::string(2 * depth, ' ') + text + "\n";
    ++line_;
  }
  std::string any(std::initializer_list<const char*> texts) { return texts.begin()[random_.below(texts.size())]; }
  std::string call() {
    return any({"f0()",
                "f1(x)",
                "self.f2()",
                "C0()",
                "C1(f0())",
                "x[f1]()",
                "len(x)",
                "x.append(f0(1))",
                "x + x",
                "[f1(y) for y in f2()]",
                "map(f0, x)",
                "sorted(x, key=lambda y: f1(y))",
                "super().f2()",
                "x[0]",
                "await f0()",
                "yield from f2()",
                "f'{f1(x)!r:{x}}'",
                "f0() and f1() or f2()",
                "f0() if x else f1()",
                "x.attribute",
                "lambda: 0",
                random_.one_in(20) ? "(f1)(" : "f1(f0())",
                random_.one_in(20) ? "'" : "x()"});
  }
  void function(std::size_t depth) {
    const std::uint32_t first = line_;
    if (random_.one_in(4)) add(depth, any({"@property", "@f0", "@functools.wraps(x)"}));
    const std::string name = any({"f0", "f1", "f2", "__init__", "__call__", "__iter__", "__getitem__", "__add__"});
    definitions_.push_back({name, first});
    add(depth, "def " + name + "(self, x):");
    body(depth + 1);
  }
  void body(std::size_t depth) {
    for (std::size_t n = 1 + random_.below(3); n > 0; --n) {
      if (depth > 4 || random_.one_in(2)) {
        add(depth, any({"", "return ", "y = ", "x.attribute = ", "import m0, "}) + call());
        continue;
      }
      const std::string header =
          any({"if x:", "for y in f1(x):", "while f0():", "with C0() as x:", "try:", "def f1():"});
      add(depth, header);
      body(depth + 1);
      if (header == "try:") {
        add(depth, "except f2():");
        body(depth + 1);
      } else if (header == "if x:" && random_.one_in(2)) {
        add(depth, "else:");
        body(depth + 1);
      }
    }
  }

  Random& random_;
  std::string text_;
  std::uint32_t line_ = 1;  // of what comes next
  std::vector<Definition> definitions_;
};

Profile random_profile_of(Random& random, const RandomSource& source, const std::string& file) {
  ProfileBuilder builder(std::vector<MetricKey>{time_metric, mem_grow_metric});
  const auto value = [&]() -> std::int64_t {
    if (random.one_in(8)) return 0;
    const auto v = static_cast<std::int64_t>(random.below(1'000'000));
    return random.one_in(10) ? v << 36 : random.one_in(10) ? -v : v;
  };
  const auto cell = [&] { return random.one_in(8) ? not_measured : value(); };
  const auto count = [&]() -> std::int64_t {
    return random.one_in(8) ? not_counted : static_cast<std::int64_t>(random.below(random.one_in(4) ? 1'000'000 : 9));
  };
  std::vector<FunctionId> functions;
  const auto add = [&](std::string_view name, std::string_view in, std::uint32_t line) {
    const FunctionId f = builder.function({.name = name, .file = in, .line = line});
    if (std::ranges::find(functions, f) != functions.end()) return;
    functions.push_back(f);
    builder.mark_entry(f);
    builder.add_counts(f, {count(), count()});
    builder.add_self(f, std::vector<std::int64_t>{value(), value()});
    builder.add_total(f, std::vector<std::int64_t>{value(), value()});
  };
  add("<module>", file, 1);
  for (const auto& [name, line] : source.definitions()) add(name, file, line);
  add("<listcomp>", file, 1 + static_cast<std::uint32_t>(random.below(20)));
  for (const char* const name : {"<built-in method builtins.len>", "<method 'append' of 'list' objects>",
                                 "<built-in method builtins.__build_class__>", "<built-in method builtins.sorted>"})
    add(name, "~", 0);
  add("_find_and_load", "<frozen importlib._bootstrap>", 1170);
  for (std::size_t n = random.below(40); n > 0; --n) {
    const auto any = [&] { return functions[random.below(functions.size())]; };
    builder.add_call({any(), any(), 0}, {count(), count()}, std::vector<std::int64_t>{cell(), cell()},
                     std::vector<std::int64_t>{cell(), cell()});
  }
  return std::move(builder).finish();
}

// What each function calls of each other one, all lines together; and everything that is known of the function itself.
using Numbers = std::vector<std::int64_t>;
std::map<std::pair<std::size_t, std::size_t>, Numbers> sums_of(const Profile& p) {
  std::map<std::pair<std::size_t, std::size_t>, Numbers> sums;
  const auto add = [](Numbers& sum, std::size_t at, std::int64_t value, std::int64_t unknown) {
    if (sum.size() <= at) sum.resize(at + 1, 0);
    sum[at] = value == unknown || sum[at] == unknown ? unknown : sum[at] + value;
  };
  for (std::size_t i = 0; i < p.calls.size(); ++i) {
    Numbers& sum = sums[{index(p.calls[i].caller), index(p.calls[i].callee)}];
    add(sum, 0, p.call_counts[i].calls, not_counted);
    add(sum, 1, p.call_counts[i].primitive, not_counted);
    for (std::size_t m = 0; m < p.metrics.size(); ++m) {
      if (!p.call_self.empty()) add(sum, 2 + 2 * m, p.call_self.at(i, m), not_measured);
      if (!p.call_total.empty()) add(sum, 3 + 2 * m, p.call_total.at(i, m), not_measured);
    }
  }
  constexpr std::size_t itself = SIZE_MAX;
  for (std::size_t f = 0; f < p.functions.size(); ++f) {
    Numbers& numbers = sums[{f, itself}];
    numbers = {p.counts[f].calls, p.counts[f].primitive};
    for (std::size_t m = 0; m < p.metrics.size(); ++m) {
      numbers.push_back(p.self.at(f, m));
      numbers.push_back(p.total.at(f, m));
    }
  }
  return sums;
}

}  // namespace

TEST_CASE("property: calls put on lines keep their counts and costs, to the nanosecond") {
  Random random(seed());
  std::size_t placed = 0, several = 0;
  for (int i = 0; i < rounds; ++i) {
    CAPTURE(i);
    const TemporaryFolder folder;
    const RandomSource source(random);
    const std::string file = folder.write("p.py", source.text());
    CAPTURE(source.text());
    Profile p = random_profile_of(random, source, file);
    const auto before = sums_of(p);
    SourceReport report;
    Diagnostics diagnostics;
    const Profile after = apply_sources(std::move(p), SourceFiles(), {}, report, diagnostics);
    check(after);
    REQUIRE(sums_of(after) == before);
    std::map<std::pair<FunctionId, FunctionId>, std::int64_t> lines;
    for (std::size_t c = 0; c < after.calls.size(); ++c) {
      const Call& call = after.calls[c];
      REQUIRE(call.line <= source.lines());
      ++lines[{call.caller, call.callee}];
      const std::int64_t made = after.call_counts[c].calls;
      if (call.line != 0 && made != not_counted && made > 0) ++placed;
      if (lines[{call.caller, call.callee}] > 1) {
        ++several;
        REQUIRE((made == not_counted || made > 0));  // n calls are on n lines at most
      }
    }
  }
  CHECK(placed > rounds / 2);  // or the property says little
  CHECK(several > rounds / 8);
}
