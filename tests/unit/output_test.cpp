// Output: strings, files that appear whole or not at all, gzip, numbers.

#include <filesystem>
#include <limits>
#include <string>
#include <thread>
#include <utility>

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <profconv/input.hpp>
#include <profconv/output.hpp>

#include "support/convert.hpp"
#include "support/temporary_folder.hpp"

using namespace profconv;
using namespace profconv::test;
namespace fs = std::filesystem;

TEST_CASE("numbers are written in full, at the edges of their range") {
  std::string text;
  Output output = Output::string(text);
  for (const std::int64_t value : {std::int64_t{0}, std::int64_t{-7}, std::numeric_limits<std::int64_t>::min(),
                                   std::numeric_limits<std::int64_t>::max()}) {
    output.write_number(value);
    output.write(' ');
  }
  output.write_number(std::numeric_limits<std::uint64_t>::max());
  output.write(' ');
  output.write_number(std::uint32_t{4294967295u});
  output.finish();
  CHECK(text == "0 -7 -9223372036854775808 9223372036854775807 18446744073709551615 4294967295");
}

TEST_CASE("writes larger than the buffer and around its end arrive whole") {
  const std::string big(700'000, 'x');
  std::string text, expected;
  Output output = Output::string(text);
  for (const std::size_t size : {1ul, 262'143ul, 1ul, 262'144ul, 700'000ul, 0ul, 5ul}) {
    output.write(std::string_view(big).substr(0, size));
    output.write('|');
    expected += big.substr(0, size) + "|";
  }
  for (int i = 0; i < 100'000; ++i) {
    output.write_number(std::int64_t{i});
    expected += std::to_string(i);
  }
  output.finish();
  CHECK(text == expected);
}

TEST_CASE("gzip output unpacks to what was written") {
  std::string packed, expected;
  Output output = Output::string(packed, Output::Packing::gzip);
  for (int i = 0; i < 100'000; ++i) {
    output.write_number(std::int64_t{i});
    expected += std::to_string(i);
  }
  output.finish();
  CHECK(packed.size() < expected.size() / 2);
  Input input = Input::view(bytes_of(packed), "t.gz");
  CHECK(input.packed());
  const auto bytes = input.bytes();
  CHECK(std::string(reinterpret_cast<const char*>(bytes.data()), bytes.size()) == expected);
}

TEST_CASE("gzip output has no clock in it") {
  const auto pack = [] {
    std::string packed;
    Output output = Output::string(packed, Output::Packing::gzip);
    output.write("abc");
    output.finish();
    return packed;
  };
  CHECK(pack().substr(4, 4) == std::string(4, '\0'));  // RFC 1952: MTIME
  CHECK(pack() == pack());
}

TEST_CASE("a file appears whole when it is finished, and not before") {
  const TemporaryFolder folder;
  Output output = Output::file(folder / "out.callgrind");
  output.write("abc");
  CHECK_FALSE(fs::exists(folder / "out.callgrind"));
  CHECK(folder.file_count() == 1);
  for (const auto& entry : fs::directory_iterator(folder.path()))
    CHECK(entry.path().filename().string().starts_with(".out.callgrind."));
  output.finish();
  output.finish();  // harmless
  CHECK(folder.read("out.callgrind") == "abc");
  CHECK(folder.file_count() == 1);
}

TEST_CASE("an output that is given up leaves nothing behind and the old file alone") {
  const TemporaryFolder folder;
  folder.write("old", "old");
  {
    Output output = Output::file(folder / "old");
    output.write("new");
  }
  CHECK(folder.read("old") == "old");
  CHECK(folder.file_count() == 1);
}

TEST_CASE("a replaced file keeps its permissions and a symbolic link stays one") {
  const TemporaryFolder folder;
  folder.write("real", "old");
  fs::permissions(folder / "real", fs::perms::owner_read | fs::perms::owner_write);
  fs::create_directory(folder / "links");
  fs::create_symlink("../real", folder / "links/one");
  fs::create_symlink("one", folder / "links/two");
  Output output = Output::file(folder / "links/two");
  output.write("new");
  output.finish();
  CHECK(folder.read("real") == "new");
  CHECK(fs::is_symlink(folder / "links/two"));
  CHECK(fs::is_symlink(folder / "links/one"));
  CHECK(fs::status(folder / "real").permissions() == (fs::perms::owner_read | fs::perms::owner_write));
}

TEST_CASE("what replaces a file leaves nothing of it behind but its other names") {
  const TemporaryFolder folder;
  folder.write("out", "old");
  fs::create_hard_link(folder / "out", folder / "other name");
  Output output = Output::file(folder / "out");
  output.write("new");
  output.finish();
  CHECK(folder.read("out") == "new");
  CHECK(folder.read("other name") == "old");
  CHECK(folder.file_count() == 2);
}

TEST_CASE("what came into an output's place meanwhile is replaced if it is a file, and stays if it is a folder") {
  const TemporaryFolder folder;
  Output first = Output::file(folder / "file"), second = Output::file(folder / "folder");
  first.write("new");
  second.write("new");
  folder.write("file", "old");
  fs::create_directory(folder / "folder");
  folder.write("folder/kept", "old");
  first.finish();
  CHECK(message_of([&] {
          Output given_up = std::move(second);
          given_up.finish();
        }) == (folder / "folder") + ": cannot write: Is a directory");
  CHECK(folder.read("file") == "new");
  CHECK(folder.read("folder/kept") == "old");
  CHECK(folder.file_count() == 2);
}

TEST_CASE("a link that leads nowhere makes the file it names") {
  const TemporaryFolder folder;
  fs::create_symlink("new", folder / "link");
  Output output = Output::file(folder / "link");
  output.write("x");
  output.finish();
  CHECK(fs::is_symlink(folder / "link"));
  CHECK(folder.read("new") == "x");
}

TEST_CASE("a file name of the longest length is written") {
  const TemporaryFolder folder;
  const std::string name(255, 'n');
  Output output = Output::file(folder / name);
  output.write("x");
  output.finish();
  CHECK(folder.read(name) == "x");
}

TEST_CASE("a pipe is written directly") {
  const TemporaryFolder folder;
  const std::string path = folder / "pipe";
  REQUIRE(::mkfifo(path.c_str(), 0600) == 0);
  std::string received;
  std::thread reader([&] { received = folder.read("pipe"); });
  Output output = Output::file(path);
  output.write("abc");
  output.finish();
  reader.join();
  CHECK(received == "abc");
  CHECK(folder.file_count() == 1);
}

TEST_CASE("outputs that cannot be written say why") {
  const TemporaryFolder folder;
  CHECK(message_of([&] { Output::file(folder.path()); }) == folder.path() + ": cannot write: Is a directory");
  CHECK_THROWS_AS(Output::file((folder / "a") + std::string("\0b", 2)), IoError);
  CHECK_FALSE(std::filesystem::exists(folder / "a"));
  CHECK(message_of([&] { Output::file("/no/such/folder/x"); }) ==
        "/no/such/folder/x: cannot write: No such file or directory");
  CHECK(message_of([&] {
          Output output = Output::file("/dev/full");
          output.write("abc");
          output.finish();
        }) == "/dev/full: cannot write: No space left on device");
}
