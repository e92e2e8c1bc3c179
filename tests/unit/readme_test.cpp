#include <cstdlib>
#include <fstream>
#include <iterator>
#include <string>

#include <doctest/doctest.h>
#include <profconv/formats.hpp>

using namespace profconv;

TEST_CASE("README: its table has a row for every format, with what the format's own row says") {
  const char* source = std::getenv("PROFCONV_SOURCE");
  REQUIRE(source != nullptr);
  std::ifstream file(std::string(source) + "/README.md");
  const std::string readme{std::istreambuf_iterator<char>(file), {}};
  for (const Format& format : formats()) {
    const auto yes = [](bool holds) { return std::string(holds ? "yes" : "no"); };
    const std::string name = "| [" + std::string(format.name) + "](";
    const std::string rest = ") | " + std::string(format.summary) + " | " + yes(format.read != nullptr) + " | " +
                             yes(format.write != nullptr) + " | " + to_string(format.keeps) + " | " +
                             std::string(format.endings) + " |\n";
    const std::size_t row = readme.find(name);
    REQUIRE_MESSAGE(row != std::string::npos, name);
    const std::size_t link_end = readme.find(')', row);
    CHECK(readme.compare(link_end, rest.size(), rest) == 0);
  }
}
