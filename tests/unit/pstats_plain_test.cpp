// The fast reader of plain dumps against the general one.

#include <string>

#include <doctest/doctest.h>

#include "support/marshal_writer.hpp"
#include "support/plain_pstats.hpp"
#include "support/random_profile.hpp"
#include "support/samples.hpp"

using namespace profconv;
using namespace profconv::test;
namespace m = profconv::marshal;

namespace {

ReadOptions recording() {
  ReadOptions options;
  options.as_recorded = true;
  options.want = Want::call_self;
  return options;
}

// Whether the dump is plain; both readers agree on it.
bool is_plain(const std::string& dump) {
  const PlainPstats read = read_plainly(dump, {});
  CHECK(read.difference == "");
  const PlainPstats recorded = read_plainly(dump, recording());
  CHECK(recorded.difference == "");
  CHECK(recorded.is_plain == read.is_plain);
  ReadOptions options;
  options.want = Want::none;
  options.time_unit_s = 1e-6;
  CHECK(read_plainly(dump, options).difference == "");
  return read.is_plain;
}

const std::string f = m::key("a.py", 1, "f");
const std::string g = m::key("b.py", 2, "g");

}  // namespace

TEST_CASE(
    "plain pstats: every sample is read as the general reader reads it; those of cProfile in Python 3 are plain") {
  int plain = 0;
  for (const fs::path& path : samples()) {
    if (path.extension() != ".prof" && path.extension() != ".pstats") continue;
    CAPTURE(path.string());
    const bool found = is_plain(content_of(path));
    plain += found ? 1 : 0;
    const std::string name = path.filename().string();
    for (const char* program : {"wordcount.prof", "packages.prof", "recursion.prof", "collisions.prof"}) {
      if (name.starts_with("py3.") && name.ends_with(std::string("-cProfile-") + program)) CHECK(found);
    }
  }
  CHECK(plain > 10);
}

TEST_CASE("plain pstats: references to everything that can be referred to") {
  // 0 the dict; 1 to 4 the key and its parts; 5 and 6 an int and a float of the entry.
  const std::string key = m::flag(m::tuple({m::flag(m::z("a.py")), m::flag(m::i(1)), m::flag(m::Z("f"))}));
  const std::string entry = m::tuple({m::flag(m::i(7)), m::r(5), m::flag(m::g(0.5)), m::r(6), m::dict({})});
  const std::string other = m::tuple({m::r(2), m::r(3), m::u("g")});
  const std::string call = m::tuple({m::r(5), m::r(3), m::r(6), m::flag(m::g(0.25))});
  const std::string dump =
      m::flag(m::dict({key, entry, other, m::entry(1, 1, 0.5, 0.75, m::flag(m::dict({m::r(1), call})))}));
  REQUIRE(is_plain(dump));
  const Profile p = read_text(dump);
  CHECK(p.counts[0] == Counts{7, 7});
  CHECK(p.call_counts[0] == Counts{7, 1});
  CHECK(p.call_self.at(0, 0) == 500'000'000);
  CHECK(p.call_total.at(0, 0) == 250'000'000);
  CHECK(p.functions[1].line == 1);
}

TEST_CASE("plain pstats: functions that nobody called, one and several") {
  CHECK(is_plain(m::dict({f, m::entry(1, 1, 0.5, 0.75)})));
  CHECK(is_plain(m::dict({f, m::entry(1, 1, 0.5, 0.75), g, m::entry(2, 2, 0.25, 0.5)})));
}

TEST_CASE("plain pstats: counts in their usual form refer to ints that there are, or are left to the general reader") {
  // 0 a key; 1 an int of its entry; 2 its time.
  const std::string first = m::tuple({m::flag(m::i(9)), m::i(8), m::flag(m::g(0.5)), m::g(0.75), m::dict({})});
  const auto dump_with = [&](const std::string& calls, const std::string& primitive) {
    const std::string call = m::tuple({calls, primitive, m::g(0.25), m::g(0.5)});
    const std::string rest = m::entry(1, 1, 0.5, 0.75);
    return m::dict({m::flag(f), first, g, m::entry(1, 1, 0.5, 0.75, m::dict({m::r(0), call})), m::key("c.py", 3, "h"),
                    rest, m::key("d.py", 4, "k"), rest});
  };
  for (const std::string& calls : {m::i(9), m::r(1)}) {
    for (const std::string& primitive : {m::i(8), m::r(1)}) {
      CHECK(is_plain(dump_with(calls, primitive)));
      CHECK(read_text(dump_with(calls, primitive)).call_counts[0].calls == 9);
    }
  }
  for (const std::string& odd : {m::r(0), m::r(2), m::r(3), m::r(0xffff), m::i(-1)}) {
    CHECK_FALSE(is_plain(dump_with(odd, m::i(1))));
    CHECK_FALSE(is_plain(dump_with(m::i(1), odd)));
  }
}

TEST_CASE("plain pstats: C functions without a file are in ~") {
  const std::string exec = m::key("", 0, "exec");
  const std::string dump = m::dict(
      {exec, m::entry(1, 1, 0.5, 0.75), f, m::entry(1, 1, 0.5, 0.75, m::dict({exec, m::caller(1, 1, 0.5, 0.75)}))});
  REQUIRE(is_plain(dump));
  const Profile p = read_text(dump);
  CHECK(p.text(p.functions[0].file) == "~");
  CHECK(p.functions.size() == 2);
}

TEST_CASE("plain pstats: callers may be named where they stand, and need no entry") {
  CHECK(is_plain(m::dict({f, m::entry(1, 1, 0.5, 0.75, m::dict({g, m::caller(1, 1, 0.5, 0.75)}))})));
  CHECK(is_plain(m::dict({f, m::entry(3, 1, 0.5, 0.75, m::dict({f, m::caller(2, 1, 0.5, 0.75)}))})));
  CHECK(is_plain(m::dict({f, m::entry(1, 3, -0.5, 0.75, m::dict({f, m::caller(1, 2, 0.5, -0.75)}))})));
}

TEST_CASE("plain pstats: counts of more than 32 bits, and references to them") {
  // 0 the dict; 1 and 2 the counts of the entry.
  const std::string calls = m::flag(m::l(3, {0, 0, 2})), primitive = m::flag(m::l(4, {1, 0, 0, 7}));
  const std::string call = m::tuple({m::r(1), m::r(2), m::g(0.25), m::g(0.5)});
  const std::string dump =
      m::flag(m::dict({f, m::tuple({calls, primitive, m::g(0.5), m::g(0.75), m::dict({g, call})})}));
  REQUIRE(is_plain(dump));
  const Profile p = read_text(dump);
  CHECK(p.counts[0] == Counts{(std::int64_t{7} << 45) + 1, std::int64_t{1} << 31});
  CHECK(p.call_counts[0] == p.counts[0]);
  for (std::size_t size = 0; size < dump.size(); ++size)
    CHECK_FALSE(read_plain_pstats({bytes_of(dump.substr(0, size)), "t.prof"}, {}));

  const auto is_plain_with = [](const std::string& count) {
    return is_plain(m::dict({f, m::tuple({count, m::i(1), m::g(0.5), m::g(0.75), m::dict({})})}));
  };
  CHECK(is_plain_with(m::l(1, {1})));
  CHECK(is_plain_with(m::l(4, {0x7fff, 0x7fff, 0x7fff, 7})));
  CHECK_FALSE(is_plain_with(m::l(4, {0, 0, 0, 8})));
  CHECK_FALSE(is_plain_with(m::l(0, {})));
  CHECK_FALSE(is_plain_with(m::l(-3, {0, 0, 2})));
  CHECK_FALSE(is_plain_with(m::l(5, {0, 0, 0, 0, 1})));
  CHECK_FALSE(is_plain_with(m::l(3, {0, 1, 0})));
  CHECK_FALSE(is_plain_with(m::l(3, {0, 0x8000, 1})));
  CHECK_FALSE(is_plain(m::dict({f, m::tuple({m::i(1), m::i(1), m::l(3, {0, 0, 2}), m::g(0.75), m::dict({})})})));
  const std::string large = m::tuple({m::l(4, {0, 0, 0, 8}), m::i(1), m::g(0.25), m::g(0.5)});
  CHECK_FALSE(is_plain(m::dict({f, m::entry(1, 1, 0.5, 0.75, m::dict({g, large}))})));
}

TEST_CASE("plain pstats: what is rare, odd or damaged is left to the general reader") {
  const std::string entry = m::entry(1, 1, 0.5, 0.75), call = m::caller(1, 1, 0.5, 0.75);
  const auto with_callers = [&](const std::string& callers) {
    return m::dict({f, m::entry(1, 1, 0.5, 0.75, callers)});
  };
  const auto is_left = [](const std::string& dump) {
    CHECK_FALSE(read_plain_pstats({bytes_of(dump), "t.prof"}, {}));
    CHECK_FALSE(read_plain_pstats({bytes_of(dump), "t.prof"}, recording()));
  };
  const std::string whole = with_callers(m::dict({g, call}));
  REQUIRE(is_plain(whole));
  for (std::size_t size = 0; size < whole.size(); ++size) is_left(whole.substr(0, size));
  is_left(whole + "0");
  is_left(m::dict({}));
  is_left(m::list({}));
  is_left(m::dict({f, entry, f, entry}));
  is_left(m::dict({f, m::none()}));
  is_left(m::dict({f, m::tuple({m::i(1), m::i(1), m::g(0.5), m::g(0.5)})}));
  is_left(m::dict({m::tuple({m::Z("__sampled__")}), "T", f, entry}));
  is_left(m::dict({m::key("a.py", -1, "f"), entry}));
  is_left(m::dict({m::tuple({m::t("a.py"), m::i(1), m::t("f")}), entry}));
  is_left(m::dict({f, m::entry(-1, -1, 0.5, 0.75)}));
  is_left(m::dict({f, m::entry(1, 1, NAN, 0.75)}));
  is_left(m::dict({f, m::entry(1, 1, 1e300, 0.75)}));
  is_left(m::dict({f, m::tuple({m::i(1), m::i(1), m::i(1), m::i(1), m::dict({})})}));
  is_left(with_callers(m::none()));
  is_left(with_callers(m::dict({g, m::i(1)})));
  is_left(with_callers(m::dict({g, call, g, call})));
  is_left(with_callers(m::dict({g, m::caller(-1, 1, 0.5, 0.75)})));
  is_left(with_callers(m::dict({g, m::caller(1, 1, INFINITY, 0.75)})));
  is_left(with_callers(m::dict({g, m::tuple({m::i(1), m::i(1), m::i(1), m::i(1)})})));
  is_left(with_callers(m::dict({g, m::tuple({m::g(1), m::i(1), m::g(1), m::g(1)})})));
  is_left(with_callers(m::dict({m::r(0), call})));
  is_left(with_callers(m::dict({g, m::tuple({m::r(0), m::i(1), m::g(1), m::g(1)})})));
  is_left(with_callers(m::dict({g, m::tuple({m::i(1), m::i(1), m::r(9), m::g(1)})})));
  ReadOptions options;
  options.limits.max_functions = 1;
  CHECK_FALSE(read_plain_pstats({bytes_of(whole), "t.prof"}, options));
  options = {};
  options.limits.max_calls = 0;
  CHECK_FALSE(read_plain_pstats({bytes_of(whole), "t.prof"}, options));
  options = {};
  options.as_recorded = true;  // with callers
  CHECK_FALSE(read_plain_pstats({bytes_of(whole), "t.prof"}, options));
}

TEST_CASE("plain pstats: samples with any bytes changed") {
  Random random(seed());
  int plain = 0;
  for (const fs::path& path : samples()) {
    const std::string content = content_of(path);
    if (path.extension() != ".prof" || content.empty() || content.size() > 16'384) continue;
    CAPTURE(path.string());
    for (int round = 0; round < 300; ++round) {
      std::string changed = content;
      for (std::size_t i = 1 + random.below(4); i > 0; --i)
        changed[random.below(changed.size())] =
            random.one_in(2) ? static_cast<char>(random.below(256)) : changed[random.below(changed.size())];
      const PlainPstats read = read_plainly(changed, recording());
      plain += read.is_plain ? 1 : 0;
      REQUIRE(read.difference == "");
    }
  }
  CHECK(plain > 100);
}
