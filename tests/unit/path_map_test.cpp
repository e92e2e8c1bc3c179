#include <string>
#include <utility>
#include <vector>

#include <doctest/doctest.h>
#include <profconv/transforms.hpp>

#include "support/convert.hpp"

using namespace profconv;
using namespace profconv::test;

namespace {

constexpr std::string_view dump =
    "profconv dump 1\n"
    "metric time ns sum\n"
    "function 0 \"main\" file \"/build/app.py\" line 1 calls 1 primitive 1 self 1 total 9\n"
    "function 1 \"f\" file \"/build/lib/u.py\" line 2 calls 1 primitive 1 self 2 total 5\n"
    "function 2 \"f\" file \"/src/u.py\" line 2 calls 2 primitive 2 self 3 total 3\n"
    "call 0 1 line 0 calls 1 primitive 1 self 2 total 5\n"
    "call 0 2 line 0 calls 2 primitive 2 self 3 total 3\n";

Profile mapped(std::vector<PathMapping> mappings, Diagnostics& diagnostics) {
  return map_paths(read_text(dump), mappings, diagnostics);
}

std::string files(const Profile& p) {
  std::string text;
  for (const Function& f : p.functions) text += std::string(p.text(f.file)) + " ";
  return text;
}

}  // namespace

TEST_CASE("path map: the first prefix that fits is replaced, once") {
  Diagnostics diagnostics;
  CHECK(files(mapped({{"/build", "/home"}}, diagnostics)) == "/home/app.py /home/lib/u.py /src/u.py ");
  CHECK(files(mapped({{"/build/lib", "/lib"}, {"/build", "/x"}, {"/x", "/y"}}, diagnostics)) ==
        "/x/app.py /lib/u.py /src/u.py ");
  CHECK(files(mapped({{"/build/app.py", ""}}, diagnostics)) == " /build/lib/u.py /src/u.py ");
  CHECK(files(mapped({{"build", "/home"}}, diagnostics)) == files(read_text(dump)));
  CHECK(diagnostics.all().empty());
}

TEST_CASE("path map: functions that become equal are added up, with a warning") {
  Diagnostics diagnostics;
  const Profile p = mapped({{"/build/lib", "/src"}}, diagnostics);
  CHECK(text_of(diagnostics) == "warning: path mapping made 1 function equal to others; their costs are added up\n");
  REQUIRE(p.functions.size() == 2);
  CHECK(p.self.at(1, 0) == 5);
  CHECK(p.total.at(1, 0) == 8);
  CHECK(p.counts[1].calls == 3);
  REQUIRE(p.calls.size() == 1);
  CHECK(p.call_total.at(0, 0) == 8);
  CHECK(total_cost(p) == total_cost(read_text(dump)));
}

TEST_CASE("path map: lines still add up when only one of two equal functions has some") {
  constexpr std::string_view lines =
      "profconv dump 1\n"
      "metric time ns sum\n"
      "function 0 \"f\" file \"/a/u.py\" line 2 self 3 total 3\n"
      "function 1 \"f\" file \"/b/u.py\" line 2 self 4 total 4\n"
      "line 0 2 self 3\n";
  Diagnostics diagnostics;
  const std::vector<PathMapping> mappings{{"/b", "/a"}};
  const Profile p = map_paths(read_text(lines), mappings, diagnostics);
  CHECK(p.self.at(0, 0) == 7);
  CHECK(p.lines.size() == 2);
}

TEST_CASE("path map: OLD=NEW on the command line") {
  const PathMapping mapping = parse_path_mapping("/a=/b=c");
  CHECK(mapping.from == "/a");
  CHECK(mapping.to == "/b=c");
  CHECK(parse_path_mapping("/a=").to.empty());
  CHECK(message_of([] { parse_path_mapping("/a"); }) ==
        "bad path mapping '/a': expected OLD=NEW (hint: e.g. /build/src=/home/me/src)");
  CHECK_THROWS_AS(parse_path_mapping("=/b"), UsageError);
}

TEST_CASE("strip paths: as few folders as tell files apart") {
  Diagnostics diagnostics;
  CHECK(files(strip_paths(read_text(dump))) == "app.py lib/u.py /src/u.py ");
  const auto stripped = [&](std::vector<std::string> names) {
    std::string text = "profconv dump 1\n";
    for (std::size_t i = 0; i < names.size(); ++i)
      text += "function " + std::to_string(i) + " \"f\" file \"" + names[i] + "\" line 1\n";
    return files(strip_paths(read_text(text)));
  };
  CHECK(stripped({"/srv/shop/cart/utils.py", "/srv/shop/stock/utils.py", "/srv/shop/main.py", "~", ""}) ==
        "cart/utils.py stock/utils.py main.py ~  ");
  CHECK(stripped({"/a/x/u.py", "/b/x/u.py", "x/u.py", "u.py"}) == "/a/x/u.py /b/x/u.py x/u.py u.py ");
  CHECK(stripped({"/u.py", "u.py"}) == "/u.py u.py ");
  CHECK(stripped({"C:\\\\app\\\\u.py", "D:\\\\app\\\\u.py"}) == "C:\\app\\u.py D:\\app\\u.py ");
  CHECK(stripped({"<frozen a/b>", "b>"}) == "<frozen a/b> b> ");
}
