// Reports for people (text, markdown) and for programs (csv, tsv, json).

#include <algorithm>
#include <array>
#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include <doctest/doctest.h>
#include <profconv/builder.hpp>
#include <profconv/text.hpp>
#include <profconv/transforms.hpp>

#include "codecs/json_text.hpp"
#include "support/convert.hpp"
#include "support/marshal_writer.hpp"
#include "writers/text_names.hpp"
#include "writers/text_units.hpp"

using namespace profconv;
using namespace profconv::test;
namespace m = profconv::marshal;
using View = TextOptions::View;

namespace {

std::string fib() {
  const std::string main = m::key("/srv/app/t.py", 9, "main"), fib = m::key("/srv/app/t.py", 1, "fib"),
                    len = m::key("~", 0, "<built-in method builtins.len>");
  return m::dict(
      {main, m::entry(1, 1, 0.25, 1.5000005), fib,
       m::entry(2, 14, 1.125, 1.25, m::dict({fib, m::caller(12, 1, 1, 1), main, m::caller(2, 2, 0.125, 1.25)})), len,
       m::entry(3, 3, 0.0000005, 0.0000005, m::dict({main, m::caller(3, 3, 0.0000005, 0.0000005)}))});
}

std::string sampled() {
  return m::dict({m::key("a.py", 3, "C.f"), m::entry(2, 5, 0.002, 0.005), m::key("a.py", 9, "main"),
                  m::entry(0, 5, 0, 0.005, m::dict({})), m::tuple({m::text("__sampled__")}), m::code('T')});
}

std::string report(const std::string& dump, const TextOptions& options = {}, std::string_view format = "text") {
  return written(read_text(dump), format, {.text = options});
}

std::string fails(const std::string& dump, const TextOptions& options) {
  return message_of([&] { report(dump, options); });
}

/// Functions of these names, files and lines, each with a cost.
Profile named(const std::vector<FunctionKey>& keys) {
  ProfileBuilder builder(std::array{time_metric});
  for (const FunctionKey& key : keys) {
    const FunctionId f = builder.function(key);
    constexpr std::int64_t cost = 1000;
    builder.mark_entry(f);
    builder.add_self(f, {&cost, 1});
    builder.add_total(f, {&cost, 1});
  }
  return std::move(builder).finish();
}

}  // namespace

TEST_CASE("text report: what was measured, the functions that cost most, and how much is not shown") {
  CHECK(report(fib(), {.limit = 2}) == R"(t.prof: 3 functions, 18 calls (6 primitive), 1.38 s

 total      %    self     %  calls  per call  function
1.50 s  100.0  250 ms  18.2      1    1.50 s  main  t.py:9
1.25 s   83.3  1.12 s  81.8   14/2    625 ms  fib   t.py:1
1 more function, 500 ns (0.0 %) of their own
)");
}

TEST_CASE("text report: every sort key, the largest number first") {
  const auto order = [&](std::vector<std::string> keys, bool reverse = false) {
    std::string text, csv = report(fib(), {.sort_keys = std::move(keys), .reverse = reverse}, "csv");
    for (const char* name : {"main", "fib", "len"}) {
      const std::size_t at = csv.find(name);
      text.insert(text.end(), static_cast<char>(
                                  '0' + std::count(csv.begin(), csv.begin() + static_cast<std::ptrdiff_t>(at), '\n')));
    }
    return text;  // the rows of main, fib and len
  };
  CHECK(order({}) == "123");
  CHECK(order({"total"}) == "123");
  CHECK(order({"cum"}) == "123");
  CHECK(order({"self"}) == "213");
  CHECK(order({"tottime"}) == "213");
  CHECK(order({"calls"}) == "312");
  CHECK(order({"pcalls"}) == "321");
  CHECK(order({"percall"}) == "123");
  CHECK(order({"selfpercall"}) == "123");
  CHECK(order({"name"}) == "321");
  CHECK(order({"file", "line"}) == "213");
  CHECK(order({"nfl"}) == "321");
  CHECK(order({"stdname"}) == "213");
  CHECK(order({"total"}, true) == "321");
  CHECK(fails(fib(), {.sort_keys = {"speed"}}).starts_with("unknown sort key 'speed', known are total, "));
  CHECK(fails(fib(), {.sort_keys = {"cumtine"}}).ends_with(" (hint: did you mean cumtime?)"));
  CHECK(fails(fib(), {.sort_keys = {"s"}}) == "the sort key 's' could be any of self, selfpercall, samples, stdname");
  CHECK(fails(fib(), {.sort_keys = {"samples"}}) == "cannot sort by 'samples', the profile has no samples");
}

TEST_CASE("text report: callers and callees with their own order and limit") {
  CHECK(report(fib(), {.view = View::callers, .pattern = "fib|len"}) ==
        R"(t.prof: 3 functions, 18 calls (6 primitive), 1.38 s

 total    self  calls  function
1.25 s  1.12 s   14/2  fib                t.py:1
1.25 s  125 ms      2    <- main          t.py:9
1.00 s  1.00 s   12/1    <- fib (itself)  t.py:1

500 ns  500 ns      3  builtins.len       built-in
500 ns  500 ns      3    <- main          t.py:9
)");
  CHECK(
      report(
          fib(),
          {.view = View::callees, .pattern = "main", .call_sort_keys = {"calls"}, .call_limit = 1, .percent = true}) ==
      R"(t.prof: 3 functions, 18 calls (6 primitive), 1.38 s

 total      %    self     %  calls  function
1.50 s  100.0  250 ms  18.2      1  main               t.py:9
500 ns    0.0  500 ns   0.0      3    -> builtins.len  built-in
                                      -> 1 more callee
)");
  CHECK(report(fib(), {.view = View::peek, .pattern = "fib"}) == R"(t.prof: 3 functions, 18 calls (6 primitive), 1.38 s

 total    self  calls  function
1.25 s  125 ms      2    <- main          t.py:9
1.00 s  1.00 s   12/1    <- fib (itself)  t.py:1
1.25 s  1.12 s   14/2  fib                t.py:1
1.00 s  1.00 s   12/1    -> fib (itself)  t.py:1
)");
  CHECK(fails(fib(), {.pattern = "(?=x)"}).starts_with("bad regular expression '(?=x)'"));
}

TEST_CASE("text report: groups that call each other have estimates") {
  const std::string dump =
      "profconv dump 1\n"
      "metric time ns sum\n"
      "function 0 \"a.py\" file \"a.py\" line 0 calls 2 primitive 2 self 50 total 200\n"
      "function 1 \"b.py\" file \"b.py\" line 0 calls 1 primitive 1 self 50 total 160\n"
      "function 2 \"c.py\" file \"c.py\" line 0 calls 1 primitive 1 self 100 total 100\n"
      "call 0 1 line 0 calls 1 primitive 1 total 160\n"
      "call 1 0 line 0 calls 1 primitive 1 total 110\n"
      "call 0 2 line 0 calls 1 primitive 1 total 100\n";
  CHECK(report(dump, {.noun = "file"}).find("~160 ns") != std::string::npos);
  CHECK(report(dump, {.noun = "file"}).find("~100 ns") == std::string::npos);
  CHECK(report(dump).find('~') == std::string::npos);
  CHECK(report(dump, {.noun = "file"}, "csv") ==
        "name,qualified,file,line,context,calls,primitive_calls,time_self,time_total,estimated\r\n"
        "a.py,,a.py,0,,2,2,50,200,1\r\nb.py,,b.py,0,,1,1,50,160,1\r\nc.py,,c.py,0,,1,1,100,100,0\r\n");
  CHECK(report(dump, {.noun = "file"}, "json").find("\"estimated\"") != std::string::npos);
}

TEST_CASE("text report: a copy says whose it is, also where it stands alone") {
  const std::string text = report(
      "profconv dump 1\n"
      "metric time ns sum\n"
      "function 0 \"f\" file \"t.py\" line 1 context \"g\" calls 1 primitive 1 self 20 total 20\n"
      "function 1 \"f\" file \"t.py\" line 1 calls 1 primitive 1 self 10 total 10\n",
      {.limit = 1});
  CHECK(text.find("f'g") != std::string::npos);
}

TEST_CASE("text report: negative times are no part of the whole") {
  const std::string text = report(
      "profconv dump 1\n"
      "metric time ns sum\n"
      "function 0 \"f\" file \"t.py\" line 1 calls 1 primitive 1 self 500 total 500\n"
      "function 1 \"g\" file \"t.py\" line 2 calls 1 primitive 1 self -1000 total -1000\n",
      {.limit = 1, .percent = true}, "csv");
  CHECK(text.find(",500,500,100.0,100.0\r\n") != std::string::npos);
}

TEST_CASE("text report: restrictions apply one after the other") {
  const std::string text = report(fib(), {.restrictions = {"t\\.py", "0.5"}}, "csv");
  CHECK(std::count(text.begin(), text.end(), '\n') == 2);
  CHECK(text.find("main") != std::string::npos);
}

TEST_CASE("text report: sampled dumps have samples, no calls and nothing per call") {
  CHECK(report(sampled()) == R"(t.prof: 2 functions, 2.00 ms, 2 samples every 1.00 ms

  total      %     self      %  samples  self samples  function
5.00 ms  100.0  2.00 ms  100.0        5             2  f     a.py
5.00 ms  100.0     0 ns    0.0        5             0  main  a.py
)");
  CHECK(report(sampled(), {.names = TextOptions::Names::qualified}).find("  C.f ") != std::string::npos);
  CHECK(fails(sampled(), {.sort_keys = {"calls"}}) ==
        "cannot sort by 'calls', the profile has no call counts: samples are no calls");
  CHECK(report(sampled(), {}, "csv")
            .starts_with("name,qualified,file,line,context,time_self,time_total,samples_self,samples_total\r\n"));
}

TEST_CASE("text report: the heading says how often was sampled where all inputs say the same") {
  const auto heading = [](std::int64_t first, std::int64_t second) {
    std::vector<Profile> profiles;
    for (const std::int64_t interval : {first, second}) {
      ReadOptions options;
      options.format = "collapsed";
      options.interval_ns = interval;
      profiles.push_back(read_text("a;b 2\n", options));
    }
    const std::string text = report(dump_of(merge(std::move(profiles))));
    return text.substr(0, text.find('\n'));
  };
  CHECK(heading(1000, 1000) == "t.prof and 1 more: 2 functions, 4.00 µs, 4 samples every 1.00 µs");
  CHECK(heading(1000, 2000) == "t.prof and 1 more: 2 functions, 6.00 µs, 4 samples");
  CHECK(heading(1000, 0) == "t.prof and 1 more: 2 functions, 2.00 µs, 4 samples");
}

TEST_CASE("text report: bare counts of profile are shares, and marked") {
  const std::string f = m::key("t.py", 1, "f"), g = m::key("t.py", 2, "g"), h = m::key("t.py", 3, "h");
  const std::string dump = m::dict({g, m::entry(1, 1, 0.25, 0.5), h, m::entry(1, 1, 0.25, 1), f,
                                    m::entry(4, 4, 1, 1, m::dict({g, m::i(1), h, m::i(3)}))});
  const std::string text = report(dump, {.view = View::callers, .pattern = "\\(f"});
  CHECK(text.find("~750 ms       -      3    <- h  t.py:3\n~250 ms       -      1    <- g  t.py:2\n") !=
        std::string::npos);
  CHECK(report(dump, {.view = View::callers, .pattern = "\\(f"}, "json").find("\"estimated\": true") !=
        std::string::npos);
}

TEST_CASE("text report: the tree tells what is proved from what is estimated") {
  const std::string text = report(fib(), {.view = View::tree});
  CHECK(text.find("\n1.50 s  250 ms  main   t.py:9\n1.25 s  1.12 s    fib  t.py:1\n") != std::string::npos);
  CHECK(text.find('~') == std::string::npos);
}

TEST_CASE(
    "text report: of a tree of several metrics hits and peaks are each function's own, and each estimate is marked") {
  // `f` is called by two functions: a third of its time is in the calls from `a`. Nobody measured memory per call.
  const Profile p = read_text(
      "profconv dump 1\nmetric time ns sum\nmetric hits count sum\nmetric mem_grow bytes sum\n"
      "metric mem_peak bytes max\n"
      "function 0 \"main\" file \"t.py\" line 1 calls 1 primitive 1 self 10 2 0 50 total 100 2 0 50\n"
      "function 1 \"a\" file \"t.py\" line 5 calls 1 primitive 1 self 0 1 0 0 total 30 1 0 0\n"
      "function 2 \"b\" file \"t.py\" line 9 calls 1 primitive 1 self 0 1 0 0 total 60 1 0 0\n"
      "function 3 \"f\" file \"t.py\" line 13 calls 3 primitive 3 self 90 600 0 70 total 90 600 0 70\n"
      "call 0 1 line 0 calls 1 primitive 1 total 30 - - -\n"
      "call 0 2 line 0 calls 1 primitive 1 total 60 - - -\n"
      "call 1 3 line 0 calls 1 primitive 1 total 30 - - -\n"
      "call 2 3 line 0 calls 2 primitive 2 total 60 - - -\n");
  WriteOptions options;
  options.text.view = View::tree;
  options.text.width = 0;
  options.text.tree_threshold_percent = 0;
  const std::string text = written(p, "text", options);
  CHECK(text.find(
            "\n100 ns  10 ns     2          2       0 B            0 B      50 B           50 B  main   t.py:1\n") !=
        std::string::npos);
  CHECK(text.find(
            "\n 60 ns   0 ns    ~1          1      ~0 B            0 B         -              -    b    t.py:9\n") !=
        std::string::npos);
  CHECK(text.find(
            "\n 60 ns  60 ns  ~400        400      ~0 B            0 B     ~70 B           70 B      f  t.py:13\n") !=
        std::string::npos);
  CHECK(text.find("\n 30 ns  30 ns  ~200        200 ") != std::string::npos);
}

TEST_CASE("text report: what is hidden of a tree is said, on lines no wider than the others") {
  const std::string f = m::key("t.py", 1, "f"), g = m::key("t.py", 2, "g"), h = m::key("t.py", 3, "h");
  const std::string dump = m::dict({g, m::entry(2, 2, 0.25, 0.5), h, m::entry(2, 2, 0.25, 1), f,
                                    m::entry(4, 4, 1, 1, m::dict({g, m::i(1), h, m::i(3)}))});
  CHECK(report(dump, {.view = View::tree, .tree_depth = 1, .width = 60}) == R"(t.prof: 3 functions, 8 calls, 1.50 s

 total    self  function
1.00 s  250 ms  h  t.py:3
500 ms  250 ms  g  t.py:2

Not shown: 1 function; 1.00 s (66.7 %) in calls that are
cheaper or deeper
)");
  CHECK(report(dump, {.view = View::tree, .width = 60})
            .find("\n\n~ is an estimate: a function is taken to do the same whoever\ncalls it.\n") !=
        std::string::npos);
}

TEST_CASE("text report: what a function took and no call of it is said below a tree") {
  const std::string f = m::key("t.py", 1, "f"), g = m::key("t.py", 2, "g");
  const std::string dump =
      m::dict({f, m::entry(1, 1, 0.5, 2), g, m::entry(1, 1, 0.25, 0.25, m::dict({f, m::caller(1, 1, 0.25, 0.25)}))});
  CHECK(report(dump, {.view = View::tree, .width = 0})
            .find("\nNot shown: 1.25 s (62.5 %) that no recorded call accounts for\n") != std::string::npos);
  CHECK(report(dump, {.view = View::tree, .calls_left_out = true, .width = 0})
            .find("\nNot shown: 1.25 s (62.5 %) in calls that are left out\n") != std::string::npos);
}

TEST_CASE("text report: a profile without costs divides by nothing") {
  CHECK(report(m::dict({m::key("t.py", 1, "f"), m::entry(0, 0, 0, 0)})) == R"(t.prof: 1 function, 0 calls, 0 ns

total  %  self  %  calls  per call  function
 0 ns  -  0 ns  -      0         -  f  t.py:1
)");
  CHECK(report(m::dict({})) == "t.prof: 0 functions, 0 ns\n\n");
  for (const char* format : {"text", "markdown", "csv", "tsv", "json"}) {
    for (const View view : {View::functions, View::callers, View::callees, View::peek, View::tree, View::lines}) {
      CHECK(report(m::dict({}), {.view = view, .percent = true}, format) != "");
    }
  }
}

TEST_CASE("text report: a tree needs inclusive costs") {
  WriteOptions options;
  options.text.view = View::tree;
  const Profile p = read_text("profconv dump 1\nmetric time ns sum\nfunction 0 \"f\" file \"t.py\" line 1 self 5\n");
  CHECK(message_of([&] {
          written(p, "text", options);
        }).find("a call tree needs inclusive costs, and the profile has none") != std::string::npos);
}

TEST_CASE("text report: names that would look alike are told apart") {
  const std::vector<FunctionKey> keys = {
      {.name = "f", .file = "/a/x/t.py", .line = 1},
      {.name = "f", .file = "/b/x/t.py", .line = 1},
      {.name = "f", .file = "/a/x/t.py", .line = 2},
      {.name = "f", .file = "/a/x/t.py", .context = "g", .line = 1},
      {.name = "f", .file = "/a/x/t.py", .context = "h", .line = 1},
      {.name = "f\n", .file = "/a/x/t.py", .line = 1},
      {.name = "f\\n", .file = "/a/x/t.py", .line = 1},
      {.name = "<len>", .file = "~"},
      {.name = "<built-in method len>", .file = "~"},
      {.name = "len", .file = ""},
  };
  const Profile p = named(keys);
  for (const TextOptions::Names style :
       {TextOptions::Names::shortest, TextOptions::Names::qualified, TextOptions::Names::full}) {
    std::vector<FunctionId> all;
    for (std::uint32_t i = 0; i < keys.size(); ++i) all.push_back(FunctionId{i});
    TextNames names(p, {.names = style}, all);
    for (const std::size_t width : {0u, 30u, 12u, 8u}) {
      if (width != 0) names.fit(width, width);
      std::set<std::pair<std::string, std::string>> different;
      for (const FunctionId f : all) different.insert({names.label(f).name, names.label(f).place});
      CHECK(different.size() == keys.size());
    }
  }
  const Profile others = named({{.name = "lock.acquire", .file = "<built-in>"}, {.name = "app.main"}});
  const TextNames of_others(others, {}, {FunctionId{0}, FunctionId{1}});
  CHECK(of_others.label(FunctionId{0}).place == "built-in");
  CHECK(of_others.label(FunctionId{1}).place == "");
  const TextNames names(p, {}, {FunctionId{0}, FunctionId{1}});
  CHECK(names.label(FunctionId{0}).place == "/a/x/t.py:1");
  CHECK(names.label(FunctionId{1}).place == "/b/x/t.py:1");
  const TextNames copies(p, {}, {FunctionId{0}, FunctionId{3}, FunctionId{4}});
  CHECK(copies.label(FunctionId{0}).name == "f");
  CHECK(copies.label(FunctionId{3}).name == "f'g");
  CHECK(copies.label(FunctionId{4}).name == "f'h");
  CHECK(copies.label(FunctionId{4}).place == copies.label(FunctionId{0}).place);
}

TEST_CASE("text report: long names are shortened to the width and stay different") {
  std::vector<FunctionKey> keys;
  std::vector<std::string> texts;
  for (int i = 0; i < 30; ++i) texts.push_back(std::string(60, 'a') + std::to_string(i) + std::string(60, 'b'));
  for (const std::string& text : texts)
    keys.push_back({.name = text, .file = "/srv/a-folder/another-folder/t.py", .line = 1});
  const Profile p = named(keys);
  for (const std::size_t width : {40u, 60u, 80u, 200u}) {
    const std::string text = written(p, "text", {.text = {.limit = 0, .width = width}});
    std::set<std::string> lines;
    std::size_t begin = 0, rows = 0;
    while (begin < text.size()) {
      const std::string line = text.substr(begin, text.find('\n', begin) - begin);
      begin += line.size() + 1;
      if (line.find("1.00") == std::string::npos) continue;
      ++rows;
      lines.insert(line);
      if (width >= 60) CHECK(display_columns(line) <= width);
    }
    CHECK(rows == 30);
    CHECK(lines.size() == rows);
  }
}

TEST_CASE("text report: where there is little room, columns are left out, the least telling ones first") {
  const std::string dump =
      "profconv dump 1\nmetric time ns sum\nmetric hits count sum\nmetric mem_grow bytes sum\n"
      "metric mem_free bytes sum\nmetric mem_peak bytes max\n"
      "function 0 \"summarize\" file \"/srv/shop.py\" line 1 calls 3 primitive 3 self 1500 7 4096 0 8192 total 2500 7 "
      "4096 "
      "0 8192\n"
      "line 0 2 self 1500 7 - - 8192 total 2500 7 4096 0 -\n";
  const auto head = [&](View view, std::size_t width) {
    const std::string text = report(dump, {.view = view, .width = width});
    for (std::size_t begin = 0; begin < text.size(); begin = text.find('\n', begin) + 1)
      CHECK(display_columns(text.substr(begin, text.find('\n', begin) - begin)) <= width);
    const std::size_t begin = text.find(view == View::lines ? "line  " : "  total");
    const std::string line = text.substr(begin, text.find('\n', begin) - begin);
    std::string words;
    for (const char c : line) {
      if (c != ' ' || (!words.empty() && words.back() != ' ')) words += c;
    }
    return words;
  };
  constexpr std::string_view all =
      "total % self % hits self hits mem_grow self mem_grow mem_free self mem_free mem_peak self mem_peak calls per "
      "call ";
  CHECK(head(View::functions, 200) == std::string(all) + "function");
  CHECK(head(View::functions, 110) == "total % self % hits self hits mem_grow mem_peak calls function");
  CHECK(head(View::functions, 80) == "total self hits mem_grow mem_peak calls function");
  CHECK(head(View::functions, 60) == "total self hits calls function");
  CHECK(head(View::functions, 50) == "total self calls function");
  CHECK(head(View::lines, 120) == "line hits total self % per hit mem_grow mem_free mem_peak source");
  CHECK(head(View::lines, 80) == "line hits total self mem_grow mem_peak source");
  CHECK(head(View::lines, 60) == "line hits total self source");
  CHECK(report(dump, {.width = 60}, "markdown") == report(dump, {}, "markdown"));
}

TEST_CASE("text report: control characters never reach a terminal") {
  const std::string dump = m::dict({m::key("\x1b]0;t\x07.py", 1, "\x1b[2J\n\xff"), m::entry(1, 1, 1, 1)});
  for (const char* format : {"text", "markdown", "csv", "tsv", "json"}) {
    for (const char c : report(dump, {}, format)) {
      CHECK((static_cast<unsigned char>(c) >= 0x20 || c == '\n' || c == '\t' ||
             (c == '\r' && format == std::string("csv"))));
      CHECK(static_cast<unsigned char>(c) != 0xff);
    }
  }
}

TEST_CASE("text report: colours and bars only on request") {
  CHECK(report(fib()).find('\x1b') == std::string::npos);
  const std::string text = report(fib(), {.color = true});
  CHECK(text.find("\x1b[31m") != std::string::npos);
  CHECK(text.find("████████  ") != std::string::npos);
}

TEST_CASE("text report: Markdown escapes what could mean something") {
  const std::string dump = m::dict({m::key("a|b.py", 1, "<f>*_`[x](y)\\"), m::entry(1, 1, 1, 1)});
  CHECK(report(dump, {}, "markdown") == R"(t.prof: 1 function, 1 call, 1.00 s

| total | % | self | % | calls | per call | function | place |
| ---: | ---: | ---: | ---: | ---: | ---: | :--- | :--- |
| 1.00 s | 100.0 | 1.00 s | 100.0 | 1 | 1.00 s | \<f\>\*\_\`\[x\]\(y\)\\ | a\|b.py:1 |
)");
}

TEST_CASE("text report: groups stand at no place, and the file of built-ins is called so") {
  const Profile p = read_text(
      "profconv dump 1\nmetric time ns sum\n"
      "function 0 \"a.py\" file \"a.py\" line 0 calls 1 primitive 1 self 40 total 70\n"
      "function 1 \"~\" file \"~\" line 0 calls 3 primitive 3 self 30 total 30\n");
  WriteOptions options;
  options.text.noun = "file";
  const std::string text = written(p, "markdown", options);
  CHECK(text.find("| file |\n") != std::string::npos);
  CHECK(text.find("place") == std::string::npos);
  CHECK(text.find(" built-in |\n") != std::string::npos);
}

TEST_CASE("text report: csv quotes commas and quotes, tsv needs none") {
  const std::string dump = m::dict({m::key("a,\"b\".py", 1, "f\tg"), m::entry(1, 2, 1, 1.5)});
  CHECK(report(dump, {}, "csv") ==
        "name,qualified,file,line,context,calls,primitive_calls,time_self,time_total\r\nf\\tg,,\"a,\"\"b\"\".py\",1,,2,"
        "1,1000000000,1500000000\r\n");
  CHECK(report(dump, {.percent = true}, "tsv") ==
        "name\tqualified\tfile\tline\tcontext\tcalls\tprimitive_calls\ttime_self\ttime_total\ttime_self_percent\ttime_"
        "total_percent\n"
        "f\\tg\t\ta,\"b\".py\t1\t\t2\t1\t1000000000\t1500000000\t100.0\t100.0\n");
}

TEST_CASE("text report: csv of callers says whose they are") {
  CHECK(report(fib(), {.view = View::callers, .pattern = "len"}, "csv") ==
        "role,of_name,of_qualified,of_file,of_line,of_context,name,qualified,file,line,context,calls,primitive_calls,"
        "time_self,time_total,estimated\r\n"
        "function,,,,,,<built-in method builtins.len>,,~,0,,3,3,500,500,0\r\n"
        "caller,<built-in method builtins.len>,,~,0,,main,,/srv/app/t.py,9,,3,3,500,500,0\r\n");
  CHECK(report(fib(), {.view = View::tree}, "csv") ==
        "node,parent,depth,name,qualified,file,line,context,time_self,time_total,time_hidden,proved,recursion\r\n"
        "0,,0,main,,/srv/app/t.py,9,,250000000,1500000500,500,1,0\r\n"
        "1,0,1,fib,,/srv/app/t.py,1,,1125000000,1250000000,125000000,1,0\r\n");
}

TEST_CASE("text report: csv of callees tells methods of one name and copies of a function apart") {
  std::string text;
  Output out = Output::string(text);
  Diagnostics diagnostics;
  write(read_text("profconv dump 1\nmetric samples count sum\n"
                  "function 0 \"run\" qualified \"A.run\" file \"t.py\" line 0 self 1 total 2\n"
                  "function 1 \"run\" qualified \"B.run\" file \"t.py\" line 0 context \"main\" self 1 total 2\n"
                  "function 2 \"f\" file \"t.py\" line 0 self 2 total 2\n"
                  "call 0 2 line 0 total 1\n"
                  "call 1 2 line 0 total 1\n"),
        "tsv", {.text = {.view = View::callees}}, out, diagnostics);
  out.finish();
  CHECK(text.find("\ncallee\trun\tA.run\tt.py\t0\t\tf\t") != text.npos);
  CHECK(text.find("\ncallee\trun\tB.run\tt.py\t0\tmain\tf\t") != text.npos);
}

TEST_CASE("text report: json is documented, versioned and keeps texts exactly") {
  const std::string text = report(fib(), {.view = View::callees, .pattern = "main", .limit = 1}, "json");
  CHECK(text.starts_with(R"({"schema": "profconv-report", "version": 1, "creator": "profconv )"));
  CHECK(
      text.find(
          R"({"id": 0, "name": "main", "file": "/srv/app/t.py", "line": 9, "calls": 1, "primitive_calls": 1, "self": {"time": 250000000}, "total": {"time": 1500000500}, "callees": [)") !=
      std::string::npos);
  CHECK(text.find(R"("not_shown": {"functions": 0, "self": {"time": 0}}})") != std::string::npos);
  const auto json = [](std::string_view value) {
    std::string out;
    append_json_text(out, value);
    return out;
  };
  CHECK(json("a\"b\\c/d") == R"("a\"b\\c/d")");
  CHECK(json(std::string_view("\0\n\x1f\x7f", 4)) == R"("\u0000\u000a\u001f\u007f")");
  CHECK(json("gr\xc3\xb6\xc3\x9f \xf0\x9f\x90\x8d") == "\"gr\xc3\xb6\xc3\x9f \xf0\x9f\x90\x8d\"");
  CHECK(json("\xe9\xed\xa0\x80") == R"("\udce9\udced\udca0\udc80")");
  CHECK(json("\xe2\x80\xa8\xe2\x80\xae\xc2\x85") == R"("\u2028\u202e\u0085")");
}

TEST_CASE("text report: three digits and a unit that fits") {
  const auto ns = [](std::int64_t value) { return fitting_unit(value, Unit::nanoseconds); };
  CHECK(ns(0) == "0 ns");
  CHECK(ns(999) == "999 ns");
  CHECK(ns(1000) == "1.00 µs");
  CHECK(ns(9994) == "9.99 µs");
  CHECK(ns(9996) == "10.0 µs");
  CHECK(ns(123456) == "123 µs");
  CHECK(ns(999499) == "999 µs");
  CHECK(ns(999500) == "1.00 ms");
  CHECK(ns(-1234567) == "-1.23 ms");
  CHECK(ns(999999999) == "1.00 s");
  CHECK(ns(4611686018427387904) == "4611686018 s");
  CHECK(ns(not_measured) == "-");
  CHECK(fitting_unit(1023, Unit::bytes) == "1023 B");
  CHECK(fitting_unit(1536, Unit::bytes) == "1.50 KiB");
  CHECK(fitting_unit(1040, Unit::count) == "1040");
  CHECK(percent_of(1, 3) == "33.3");
  CHECK(percent_of(1, 0) == "-");
  CHECK(counts_text({14, 2}) == "14/2");
  CHECK(counts_text({3, 3}) == "3");
  CHECK(counts_text({3, not_counted}) == "3");
  CHECK(counts_text({}) == "-");
  CHECK(display_columns("a\xc3\xb6\xe6\xbc\xa2") == 4);
  CHECK(first_columns("a\xe6\xbc\xa2z", 2) == "a");
  CHECK(last_columns("a\xe6\xbc\xa2z", 3) == "\xe6\xbc\xa2z");
}
