// Every sample against every sniffer: exactly one format takes it for its own.

#include <algorithm>
#include <string>

#include <doctest/doctest.h>

#include "support/convert.hpp"
#include "support/samples.hpp"

using namespace profconv;
using namespace profconv::test;

TEST_CASE("detection: every good sample is taken for what it is, and for nothing else") {
  std::size_t seen = 0;
  for (const fs::path& path : samples()) {
    const std::string own = format_of(path);
    if (own.empty()) continue;
    CAPTURE(path.string());
    const std::string content = content_of(path);
    const std::span<const std::byte> head = bytes_of(content).first(std::min(content.size(), Input::head_size));
    for (const Format& format : formats()) {
      if (format.sniff == nullptr) continue;
      CAPTURE(format.name);
      const Match match = format.sniff(head);
      if (format.name != own) {
        CHECK(match == Match::no);
      } else if (own == "collapsed") {
        CHECK(match != Match::no);  // it has no mark of its own
      } else {
        CHECK(match == Match::yes);
      }
    }
    ++seen;
  }
  CHECK(seen > 100);
}
