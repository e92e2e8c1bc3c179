// The ends of paths that tell files apart.

#include <set>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <profconv/builder.hpp>
#include <profconv/profile.hpp>

#include "model/short_paths.hpp"
#include "support/convert.hpp"
#include "support/random_profile.hpp"

using namespace profconv;
using namespace profconv::test;

namespace {

std::vector<std::string> short_paths(const std::vector<std::string>& files) {
  ProfileBuilder builder = time_builder();
  for (const std::string& file : files) builder.function({.name = "f", .file = file});
  const Profile p = std::move(builder).finish();
  const ShortPaths paths(p);
  std::vector<std::string> found;
  for (const Function& f : p.functions) found.emplace_back(paths.path(f.file));
  return found;
}

using Paths = std::vector<std::string>;

}  // namespace

TEST_CASE("short paths: as few folders as tell files apart") {
  CHECK(short_paths({"/srv/shop/cart/utils.py", "/srv/shop/stock/utils.py", "/srv/shop/main.py"}) ==
        Paths{"cart/utils.py", "stock/utils.py", "main.py"});
  CHECK(short_paths({"/a/x/m.py", "/b/x/m.py", "/b/y/m.py"}) == Paths{"/a/x/m.py", "/b/x/m.py", "y/m.py"});
}

TEST_CASE("short paths: a whole path may be the end of another one") {
  CHECK(short_paths({"x/m.py", "/p/x/m.py", "/q/n.py"}) == Paths{"x/m.py", "/p/x/m.py", "n.py"});
  CHECK(short_paths({"m.py", "/m.py", "/a/m.py"}) == Paths{"m.py", "/m.py", "/a/m.py"});
  CHECK(short_paths({"<string>", "/a/<string>", ""}) == Paths{"<string>", "/a/<string>", ""});
}

TEST_CASE("short paths: all are different, and none could have a folder less") {
  Random random(seed());
  for (int round = 0; round < 300; ++round) {
    std::set<std::string> files;
    for (std::size_t n = 1 + random.below(12); n > 0; --n) {
      std::string path;
      for (std::size_t depth = 1 + random.below(4); depth > 0; --depth)
        path +=
            (random.one_in(2) || !path.empty() ? "/" : "") + std::string(1, static_cast<char>('a' + random.below(2)));
      files.insert(path);
    }
    const Paths all(files.begin(), files.end());
    const Paths found = short_paths(all);
    CHECK(std::set(found.begin(), found.end()).size() == all.size());
    for (std::size_t i = 0; i < all.size(); ++i) {
      CAPTURE(all[i]);
      REQUIRE(all[i].ends_with(found[i]));
      const std::size_t cut = found[i].find('/', 1);
      if (cut == std::string::npos) continue;
      const std::string less = found[i].substr(cut);  // with its separator, as every path below it has that
      std::size_t alike = 0;
      for (const std::string& file : all) alike += ("/" + file).ends_with(less) ? 1u : 0u;
      CHECK(alike > 1);
    }
  }
}
