// The table of formats: names, detection, and what files of other kinds are told.

#include <cmath>
#include <limits>
#include <set>
#include <span>
#include <string>

#include <doctest/doctest.h>

#include "support/convert.hpp"
#include "support/marshal_writer.hpp"
#include "support/samples.hpp"
#include "unit/windows_text.hpp"

using namespace profconv;
using namespace profconv::test;
namespace m = profconv::marshal;
using namespace std::string_literals;

namespace {

std::string detected(const std::string& content) {
  Input input = Input::view(bytes_of(content), "x");
  return std::string(detect(input).name);
}

std::string refusal(const std::string& content) {
  return message_of([&] { detected(content); });
}

}  // namespace

TEST_CASE("formats: names are unique, each format reads or writes, readers can be detected") {
  std::set<std::string_view> names;
  for (const Format& format : formats()) {
    CHECK(names.insert(format.name).second);
    CHECK_FALSE(format.summary.empty());
    CHECK((format.read != nullptr || format.write != nullptr));
    CHECK((format.read == nullptr) == (format.sniff == nullptr));
    CHECK(&format_named(format.name) == &format);
  }
}

TEST_CASE(
    "formats: what a format keeps is what its samples hold at most, and what written ones have when they are read") {
  std::set<std::string> read_again;
  for (const fs::path& path : samples()) {
    const std::string name = format_of(path);
    if (name.empty() || path.parent_path().filename() != name) continue;  // a bad one, or a golden
    CAPTURE(path.string());
    const Profile profile = read_text(content_of(path));
    const Detail held = details_of(profile);
    if (format_named(name).write == nullptr) CHECK(to_string(held - format_named(name).keeps) == "nothing else");
    for (const Format& format : formats()) {
      const bool estimates = format.name == "collapsed" && profile.samples.empty();
      if (format.read == nullptr || format.write == nullptr || estimates) continue;
      Diagnostics diagnostics;
      const std::string text = written(profile, format.name, {}, diagnostics);
      const Detail lost = held - format.keeps;
      const std::string said = std::string(format.name) + " does not hold all of the profile: " + to_string(lost);
      CHECK((text_of(diagnostics).find(said) != std::string::npos) == (lost != Detail::none));
      const Detail left = details_of(read_text(text, {.format = std::string(format.name)}));
      // Calls in stacks that cost nothing are no more there.
      CHECK(to_string(held - lost - left - Detail::calls) == "nothing else");
      if (lost != Detail::none) read_again.insert(std::string(format.name));
    }
  }
  CHECK(read_again == std::set<std::string>{"collapsed"});  // or the test has not seen a loss
}

TEST_CASE("formats: an unknown name lists the known ones and suggests a near one") {
  std::string known;
  for (const Format& format : formats()) known += (known.empty() ? "" : ", ") + std::string(format.name);
  CHECK(message_of([] { format_named("pstat"); }) ==
        "unknown format 'pstat', known are " + known + " (hint: did you mean pstats?)");
  CHECK(message_of([] { format_named("callgrindd"); }).ends_with("(hint: did you mean callgrind?)"));
  CHECK(message_of([] { format_named("xyzxyz"); }) == "unknown format 'xyzxyz', known are " + known);
  CHECK_THROWS_AS(format_named(std::string(1 << 20, 'p')), UsageError);
  const std::string readable = message_of([] { readable_format("dott"); });
  CHECK(readable.find("pstats") != std::string::npos);
  CHECK(readable.find("dot,") == std::string::npos);
  CHECK(readable.find("hint") == std::string::npos);
  CHECK(message_of([] { writable_format("dott"); }).ends_with("(hint: did you mean dot?)"));
}

TEST_CASE("formats: content alone says what a file is, packed or not") {
  const std::string pstats = m::dict({m::key("a.py", 1, "f"), m::entry(1, 1, 0, 0)});
  for (const auto& [content, name] :
       {std::pair(pstats, "pstats"), std::pair(m::flag(pstats), "pstats"), std::pair(m::dict({}), "pstats"),
        std::pair("{"s, "pstats"), std::pair("profconv dump 1\n"s, "dump")}) {
    CHECK(detected(content) == name);
    CHECK(detected(packed(content)) == name);
  }
}

TEST_CASE("formats: text is read the same in every form that Windows gives it, what is binary stays as it is") {
  const auto all_of = [](const std::string& content) {  // dump or message, and what was said
    Diagnostics diagnostics;
    std::string text;
    const std::string message = message_of([&] { text = dump_of(read_text(content, {}, diagnostics)); });
    return text + message + "\n" + text_of(diagnostics);
  };
  const auto is_text = [](std::string_view name) {
    return name != "pstats" && name != "line_profiler" && name != "hotshot" && name != "sampling-binary";
  };
  std::set<std::string> read;
  for (const fs::path& path : samples()) {
    CAPTURE(path.string());
    const std::string content = content_of(path), name = format_of(path);
    Input input = Input::view(bytes_of(content), "x");
    if (path.extension() == ".gz") continue;
    CHECK(input.head().data() == bytes_of(content).data());
    CHECK_FALSE(input.converted());
    if (!is_text(name) || content.size() > Input::head_size) continue;
    const std::string expected = all_of(content);
    CHECK(all_of(with_utf8_mark(content)) == expected);
    for (const bool big_endian : {false, true}) {
      const std::optional<std::string> converted = utf16(content, big_endian);
      if (!converted) continue;
      CHECK(all_of(*converted) == expected);
      read.insert(name);
    }
  }
  for (const Format& format : formats())
    CHECK(read.contains(std::string(format.name)) == (format.read && is_text(format.name)));
}

TEST_CASE("formats: files of other kinds are told what they are") {
  const std::string cprofile =
      " (hint: python3 -m cProfile -o run.prof script.py makes a profile; --from FORMAT takes the input for one)";
  CHECK(refusal("") == "x: the file is empty (hint: was the profiled program killed before the profile was written?)");
  CHECK(refusal("import os\n") == "x: no known profile format" + cprofile);
  CHECK(refusal("\xa7\r\r\n\x00"s).starts_with("x: "));
  CHECK(refusal("\x6f\x0d\x0d\x0a\x00\x00"s) ==
        "x: this is a compiled Python module (.pyc), which is not read here (hint: profile it first: python3 -m "
        "cProfile -o run.prof script.py)");
  CHECK(refusal("{\"a\": 1}").starts_with("x: this is JSON, which is not read here"));
  CHECK(refusal("{\"$schema\": \"https://www.speedscope.app/file-format-schema.json\", \"shared\": {}}") ==
        "x: this is a profile of speedscope, which is not read here (hint: record stacks with py-spy record -f raw, or "
        "with austin)");
  for (const auto& [text, what] :
       {std::pair("\x28\xb5\x2f\xfd$", "data packed by zstd, which is not read here (hint: unpack it first: zstd -d)"),
        std::pair("\xfd"
                  "7zXZ",
                  "data packed by xz, which is not read here (hint: unpack it first: unxz)"),
        std::pair("BZh91AY", "data packed by bzip2, which is not read here (hint: unpack it first: bunzip2)"),
        std::pair("PK\x03\x04", "a zip archive, which is not read here (hint: unpack it first: unzip)"),
        std::pair(
            "MOJ\x03",
            "austin's binary output, which is not read here (hint: record without -b, or convert it by mojo2austin)"),
        std::pair(
            "name,qualified,file,line,context\n",
            "a table of prof2text, which is not read here (hint: give it the profile that the table was made of)"),
        std::pair(
            "name\tqualified\tfile\tline\tcontext\n",
            "a table of prof2text, which is not read here (hint: give it the profile that the table was made of)")})
    CHECK(refusal(text) == std::string("x: this is ") + what);
  CHECK(refusal("a;b 5\na;c 6\nProgram finished\n") ==
        "x: this is a file of collapsed stacks and of other lines, without a number at their end, which is not read "
        "here (hint: --from collapsed leaves these lines out)");
  CHECK(refusal("import time: self [us] | cumulative\n").starts_with("x: this is a log of python -X importtime,"));
  CHECK(refusal(m::dict({m::z("a"), m::i(1)})) ==
        "x: no known profile format" + cprofile);  // a dict, but of no functions
  CHECK(refusal("  {\"a\": 1}").starts_with("x: this is JSON"));
  CHECK(refusal("# callgrind format\n").starts_with("x: this is a callgrind file already"));
  CHECK(refusal("version: 1\nevents: ns\n").starts_with("x: this is a callgrind file already"));
  CHECK(refusal("   12 function calls\n\n   ncalls  tottime  percall  cumtime\n")
            .starts_with("x: this is a text report of cProfile, not its dump"));
  CHECK(refusal("Filename: t.py\n\nLine #    Mem usage\n")
            .starts_with("x: this is a part of a text report of line_profiler or memory_profiler"));
  CHECK(refusal(std::string(64, '\0')).starts_with("x: this is a file of zeros, or a recording of Python's sampling"));
  CHECK(refusal(packed(packed("x"))) == "x: this is gzip inside gzip, which is not read here (hint: unpack it once)");
}

TEST_CASE("formats: reading and writing what a format cannot do is wrong usage") {
  ReadOptions options;
  options.format = "callgrind";
  CHECK(message_of([&] { read_text("x", options); }) == "the format callgrind can be written, not read");
  const Profile profile = read_text("profconv dump 1\n");
  CHECK(message_of([&] { written(profile, "pstats"); }) == "the format pstats can be read, not written");
  CHECK_THROWS_AS(written(profile, "nonsense"), UsageError);
}

TEST_CASE("formats: reading notes what the input was taken for") {
  Diagnostics diagnostics;
  const std::string content = packed(m::dict({m::key("a.py", 1, "f"), m::entry(1, 1, 0, 0)}));
  read_text(content, {}, diagnostics);
  REQUIRE(diagnostics.all().size() == 1);
  CHECK(to_string(diagnostics.all()[0]) == "t.prof: read as pstats, unpacked from gzip");
  CHECK_FALSE(diagnostics.has_warnings());
  Diagnostics of_text;
  read_text(*utf16("a;b 1\n", false), {}, of_text);
  CHECK(to_string(of_text.all()[0]) == "t.prof: read as collapsed, converted from UTF-16");
}

TEST_CASE("formats: units and intervals that are none are refused") {
  const std::string text = "main 1\nmain;f 2\n";
  Input input = Input::view(std::as_bytes(std::span(text)), "x");
  Diagnostics diagnostics;
  for (const double unit : {0.0, -1.0, std::numeric_limits<double>::quiet_NaN(), HUGE_VAL}) {
    ReadOptions options;
    options.time_unit_s = unit;
    CHECK_THROWS_WITH_AS(read(input, options, diagnostics), "time_unit_s: expected a positive number of seconds",
                         UsageError);
  }
  ReadOptions options;
  options.interval_ns = -1;
  CHECK_THROWS_WITH_AS(read(input, options, diagnostics), "interval_ns: expected no negative time", UsageError);
}
