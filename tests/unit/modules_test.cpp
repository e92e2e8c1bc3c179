// Module and package of a file, by its path.

#include <array>
#include <string>
#include <string_view>
#include <vector>

#include <doctest/doctest.h>

#include <profconv/builder.hpp>
#include <profconv/profile.hpp>

#include "model/modules.hpp"

using namespace profconv;

namespace {

ProfileBuilder time_builder() { return ProfileBuilder(std::array{time_metric}); }

}  // namespace

namespace {

// The module and package of a path, among other files of the profile.
std::string names(std::string_view path, const std::vector<std::string>& others = {}) {
  ProfileBuilder builder = time_builder();
  builder.function({.name = "f", .file = path});
  for (const std::string& other : others) builder.function({.name = "f", .file = other});
  const Profile p = std::move(builder).finish();
  const Modules modules(p);
  const StringId file = p.functions[0].file;
  return std::string(modules.module(file)) + " in " + std::string(modules.package(file));
}

}  // namespace

TEST_CASE("modules: below a folder of modules every folder is a package") {
  CHECK(names("/usr/lib/python3.11/json/decoder.py") == "json.decoder in json");
  CHECK(names("/usr/lib/python3.11/json/__init__.py") == "json in json");
  CHECK(names("/usr/lib/python3.11/argparse.py") == "argparse in argparse");
  CHECK(names("/usr/lib64/python2.7/json/decoder.pyc") == "json.decoder in json");
  CHECK(names("/v/lib/python3.11/site-packages/numpy/core/numeric.py") == "numpy.core.numeric in numpy.core");
  CHECK(names("/usr/lib/python3/dist-packages/apt/cache.py") == "apt.cache in apt");
  CHECK(names("/opt/pypy3.9/lib/pypy3.9/json/decoder.py") == "json.decoder in json");
  CHECK(names("/opt/pypy/lib-python/2.7/json/decoder.py") == "json.decoder in json");
  CHECK(names("/app/bundle.zip/shop/cart.py") == "shop.cart in shop");
  CHECK(names("/usr/lib/python3.11/lib-dynload/x.py") == "x in x");
}

TEST_CASE("modules: Windows paths") {
  CHECK(names("C:\\Python311\\Lib\\json\\decoder.py") == "json.decoder in json");
  CHECK(names("C:\\Python311\\Lib\\site-packages\\numpy\\__init__.py") == "numpy in numpy");
  CHECK(names("C:\\Python311\\lib\\json\\decoder.py") == "json.decoder in json");
  CHECK(names("C:\\work\\t.py") == "t in t");
}

TEST_CASE("modules: elsewhere a folder is a package if the profile has its __init__.py") {
  CHECK(names("/srv/app/shop/cart/utils.py") == "utils in utils");
  CHECK(names("/srv/app/shop/cart/utils.py", {"/srv/app/shop/cart/__init__.py"}) == "cart.utils in cart");
  CHECK(names("/srv/app/shop/cart/utils.py", {"/srv/app/shop/cart/__init__.py", "/srv/app/shop/__init__.py"}) ==
        "shop.cart.utils in shop.cart");
  CHECK(names("/srv/app/shop/__init__.py") == "shop in shop");
  CHECK(names("C:\\w\\shop\\cart.py", {"C:\\w\\shop\\__init__.py"}) == "shop.cart in shop");
}

TEST_CASE("modules: relative paths begin at the folder the program was started in") {
  CHECK(names("t.py") == "t in t");
  CHECK(names("./t.py") == "t in t");
  CHECK(names("shop/cart.py") == "shop.cart in shop");
  CHECK(names("./shop/__init__.py") == "shop in shop");
  CHECK(names("__init__.py") == "__init__ in __init__");
  CHECK(names("../shop/cart.py") == "cart in cart");
  CHECK(names("a//b.py") == "a.b in a");
}

TEST_CASE("modules: what is no path") {
  CHECK(names("~") == "built-in in built-in");
  CHECK(names("<built-in>") == "built-in in built-in");
  CHECK(names("") == "<unknown> in <unknown>");
  CHECK(names("<frozen importlib._bootstrap>") == "importlib._bootstrap in importlib");
  CHECK(names("<frozen zipimport>") == "zipimport in zipimport");
  CHECK(names("<string>") == "<string> in <string>");
  CHECK(names("<ipython-input-3-0123>") == "<ipython-input-3-0123> in <ipython-input-3-0123>");
  CHECK(names("builtins") == "builtins in builtins");
  CHECK(names("<") == "< in <");
  CHECK(names(">") == "> in >");
}

TEST_CASE("modules: odd paths have a name all the same") {
  for (const char* path :
       {"/", "//", ".", "..", "/.py", ".py", "/x/", "\\", "C:", "C:\\", "/a/__init__.py/", "~/x.py", "/\n.py"}) {
    const std::string text = names(path);
    CAPTURE(std::string(path));
    CHECK(text.find(" in ") != 0);
    CHECK_FALSE(text.ends_with(" in "));
  }
}
