#include "model/origin.hpp"

#include <doctest/doctest.h>

using namespace profconv;

TEST_CASE("origin: whose code a path is") {
  CHECK(origin_of("~") == Origin::builtin);
  CHECK(origin_of("<built-in>") == Origin::builtin);  // pyinstrument
  CHECK(origin_of("") == Origin::own);
  CHECK(origin_of("<string>") == Origin::own);
  CHECK(origin_of("<frozen importlib._bootstrap>") == Origin::stdlib);
  CHECK(origin_of("/usr/lib/python3.11/json/decoder.py") == Origin::stdlib);
  CHECK(origin_of("/opt/py/lib/python3.13t/re/__init__.py") == Origin::stdlib);
  CHECK(origin_of("/usr/lib64/python2.7/os.py") == Origin::stdlib);
  CHECK(origin_of("C:\\Python311\\Lib\\json\\decoder.py") == Origin::stdlib);
  CHECK(origin_of("C:\\Users\\me\\AppData\\Local\\Programs\\Python\\Python39\\lib\\os.py") == Origin::stdlib);
  CHECK(origin_of("/opt/python311.zip/os.py") == Origin::stdlib);
  CHECK(origin_of("/opt/pypy3.9/lib/pypy3.9/functools.py") == Origin::stdlib);
  CHECK(origin_of("/opt/pypy/lib-python/2.7/os.py") == Origin::stdlib);
  CHECK(origin_of("/home/me/venv/lib/python3.11/site-packages/numpy/__init__.py") == Origin::site);
  CHECK(origin_of("/usr/lib/python3/dist-packages/yaml/__init__.py") == Origin::site);
  CHECK(origin_of("C:\\Python311\\Lib\\site-packages\\six.py") == Origin::site);
  CHECK(origin_of("site-packages/six.py") == Origin::site);
  CHECK(origin_of("/home/me/lib/python/app.py") == Origin::own);
  CHECK(origin_of("lib/python3.py") == Origin::own);
  CHECK(origin_of("/srv/python3.11/app.py") == Origin::own);
}
