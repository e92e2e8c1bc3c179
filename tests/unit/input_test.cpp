// Input and Gunzip: files, pipes, memory, gzip and its limits.

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <span>
#include <string>
#include <thread>
#include <vector>

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <profconv/input.hpp>
#include <profconv/output.hpp>

#include "io/byte_cursor.hpp"
#include "support/convert.hpp"
#include "support/temporary_folder.hpp"
#include "unit/windows_text.hpp"

using namespace profconv;
using namespace profconv::test;
using namespace std::string_literals;

namespace {

std::string text_of(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

std::string unpacked(std::string_view bytes, const Limits& limits = {}) {
  Input input = Input::view(bytes_of(bytes), "t.gz", limits);
  return text_of(input.bytes());
}

// "abcdefgh..." without much repetition for gzip to find
std::string noise(std::size_t size) {
  std::string text;
  std::uint32_t state = 1;
  while (text.size() < size) {
    state = state * 1664525 + 1013904223;
    text += static_cast<char>(state >> 24);
  }
  return text;
}

// Runs `read` on an Input over a named pipe into which `content` is written bit by bit.
template <class Read>
void through_pipe(std::string_view content, std::size_t piece, const Limits& limits, Read read) {
  const TemporaryFolder folder;
  const std::string path = folder / "pipe";
  REQUIRE(::mkfifo(path.c_str(), 0600) == 0);
  std::thread writer([&] {
    const int fd = ::open(path.c_str(), O_WRONLY);
    for (std::size_t at = 0; at < content.size(); at += piece) {
      const std::string_view part = content.substr(at, piece);
      if (::write(fd, part.data(), part.size()) < 0) break;
    }
    ::close(fd);
  });
  {
    Input input = Input::open(path, limits);
    read(input);
  }
  writer.join();
}

}  // namespace

TEST_CASE("a file is read whole and has a name and a time") {
  const TemporaryFolder folder;
  const std::string path = folder.write("t.prof", "hello");
  Input input = Input::open(path);
  CHECK(input.name() == path);
  CHECK_FALSE(input.packed());
  CHECK(text_of(input.head()) == "hello");
  CHECK(text_of(input.bytes()) == "hello");
  CHECK(input.mtime_ns() > 1'600'000'000'000'000'000);
  Input moved = std::move(input);
  CHECK(text_of(moved.bytes()) == "hello");
}

TEST_CASE("an empty file has no bytes") {
  const TemporaryFolder folder;
  Input input = Input::open(folder.write("empty", ""));
  CHECK(input.head().empty());
  CHECK(input.bytes().empty());
}

TEST_CASE("files that cannot be read say why") {
  const TemporaryFolder folder;
  CHECK(message_of([&] { Input::open("/no/such/file"); }) == "/no/such/file: cannot open: No such file or directory");
  CHECK(message_of([&] { Input::open(folder.path()); }) == folder.path() + ": cannot read: Is a directory");
  CHECK_THROWS_AS(Input::open(""), IoError);
  CHECK_THROWS_AS(Input::open(folder.write("a", "x") + std::string("\0b", 2)), IoError);
}

TEST_CASE("a file that says 0 bytes is read to its end") {
  Input input = Input::open("/proc/self/status");
  CHECK(text_of(input.bytes()).starts_with("Name:"));
}

TEST_CASE("a file that is cut short while it is read is an error and no crash") {
  const TemporaryFolder folder;
  const std::string text(1 << 20, 'x');
  for (const std::size_t left : {std::size_t{0}, std::size_t{1}, std::size_t{5000}, text.size() - 1}) {
    CAPTURE(left);
    const std::string path = folder.write("t.prof", text);
    Input input = Input::open(path);
    std::filesystem::resize_file(path, left);
    const std::string read = text_of(input.bytes());
    CHECK(read.size() == text.size());
    CHECK(read.substr(0, left) == text.substr(0, left));
    CHECK(message_of([&] { input.require_unchanged(); }) ==
          path + ": the file changed while it was read (hint: wait until the program that writes it is done)");
  }
}

TEST_CASE("a file that is written to while it is read is no input, whatever its bytes look like") {
  const TemporaryFolder folder;
  const auto changed = [](const std::string& path) {
    return path + ": the file changed while it was read (hint: wait until the program that writes it is done)";
  };
  Diagnostics diagnostics;
  for (const std::string_view text : {"profconv dump 1\nmetric time ns sum\n", "no profile at all"}) {
    const std::string path = folder.write("t.dump", text);
    Input input = Input::open(path);
    std::ofstream(path, std::ios::app) << "#";
    CHECK(message_of([&] { read(input, {}, diagnostics); }) == changed(path));
  }
  const std::string path = folder.write("t.dump", "profconv dump 1\nmetric time ns sum\n");
  Input input = Input::open(path);
  CHECK(message_of([&] { read(input, {}, diagnostics); }) == "");
}

TEST_CASE("what a cursor lets go of can be read again") {
  constexpr std::size_t size = std::size_t{9} << 20;
  std::string text(size, ' ');
  for (std::size_t i = 0; i < size; ++i) text[i] = static_cast<char>('a' + i % 23);
  const auto walk = [&](std::span<const std::byte> bytes) {
    ByteCursor cursor(bytes, "x");
    while (cursor.left() != 0) {
      cursor.take(std::min<std::size_t>(cursor.left(), 999'983), "text");
      cursor.let_go();
    }
    CHECK(cursor.from(0) == text);
  };
  const TemporaryFolder folder;
  Input file = Input::open(folder.write("a", text));
  walk(file.bytes());
  CHECK_NOTHROW(file.require_unchanged());
  walk(std::as_bytes(std::span(text)));  // memory that is no file's is left alone
}

TEST_CASE("many files are open at a time") {
  const TemporaryFolder folder;
  std::vector<Input> inputs;
  for (int i = 0; i < 100; ++i) inputs.push_back(Input::open(folder.write(std::to_string(i), std::to_string(i))));
  for (int i = 0; i < 100; ++i) CHECK(text_of(inputs[static_cast<std::size_t>(i)].bytes()) == std::to_string(i));
}

TEST_CASE("memory is viewed without a copy") {
  const std::string content = "abc";
  Input input = Input::view(bytes_of(content), "m");
  CHECK(static_cast<const void*>(input.bytes().data()) == content.data());
  CHECK(input.mtime_ns() == 0);
}

TEST_CASE("the head is at most 64 KiB and the rest still comes") {
  const std::string content = noise(200'000);
  for (const std::string& bytes : {content, packed(content)}) {
    Input input = Input::view(bytes_of(bytes), "m");
    CHECK(text_of(input.head()) == content.substr(0, Input::head_size));
    CHECK(text_of(input.bytes()) == content);
    CHECK(text_of(input.head()) == content.substr(0, Input::head_size));
  }
}

TEST_CASE("a pipe is read in pieces, plain or gzip, head first") {
  const std::string content = noise(700'000);
  for (const std::string& bytes : {content, packed(content)}) {
    for (const std::size_t piece : {std::size_t{1000}, std::size_t{1} << 20}) {
      through_pipe(bytes, piece, {}, [&](Input& input) {
        CHECK(input.packed() == (bytes != content));
        CHECK(text_of(input.head()) == content.substr(0, Input::head_size));
        CHECK(text_of(input.bytes()) == content);
      });
    }
  }
  through_pipe(packed("ab"), 1, {}, [&](Input& input) { CHECK(text_of(input.bytes()) == "ab"); });
  through_pipe("", 1, {}, [&](Input& input) { CHECK(input.bytes().empty()); });
  through_pipe("x", 1, {}, [&](Input& input) { CHECK(text_of(input.bytes()) == "x"); });
}

TEST_CASE("text of Windows becomes UTF-8 without a mark, from wherever it comes") {
  std::string content;
  for (int i = 0; content.size() < 700'000; ++i)
    content += "main (gr\u00f6\u00dfe.py:" + std::to_string(i) + ");\u20ac\U0001f40d 3\r\n";
  const TemporaryFolder folder;
  for (const std::string& bytes : {with_utf8_mark(content), *utf16(content, false), *utf16(content, true)}) {
    const auto check = [&](Input& input) {
      CHECK(text_of(input.head()) == content.substr(0, Input::head_size));
      CHECK((text_of(input.bytes()) == content));
      CHECK((text_of(input.head()) == content.substr(0, Input::head_size)));
      CHECK(input.converted() == (bytes[0] != '\xef'));
    };
    for (const std::string& data : {bytes, packed(bytes)}) {
      Input memory = Input::view(bytes_of(data), "m");
      check(memory);
      Input file = Input::open(folder.write("t.txt", data));
      check(file);
      for (const std::size_t piece : {std::size_t{1001}, std::size_t{1} << 20}) through_pipe(data, piece, {}, check);
    }
  }
}

TEST_CASE("text of Windows: what is short, cut or no text at all") {
  CHECK(unpacked("\xef\xbb\xbf") == "");
  CHECK(unpacked("\xef\xbb\xbfx") == "x");
  CHECK(unpacked("\xef\xbb") == "\xef\xbb");
  CHECK(unpacked("\xff\xfe") == "");
  CHECK(unpacked("\xff") == "\xff");
  CHECK(unpacked("\xff\xfe"
                 "a") == "\ufffd");
  CHECK(unpacked("\xff\xfe"
                 "a\0b"s) == "a\ufffd");
  CHECK(unpacked("\xfe\xff\0a"s) == "a");
  CHECK(unpacked("\xff\xfe\0\0a\0"s) == "\0a"s);  // UTF-32, which nobody writes
  const std::string high = "\x3d\xd8", low = "\x0d\xdc", mark = "\xff\xfe";
  CHECK(unpacked(mark + high + low) == "\U0001f40d");
  CHECK(unpacked(mark + high) == "\ufffd");
  CHECK(unpacked(mark + low + high + "a\0"s) ==
        "\ufffd\ufffd"
        "a");
  CHECK(unpacked(mark + high + high + low + low) == "\ufffd\U0001f40d\ufffd");
  CHECK(unpacked(mark + high + "\x0d") == "\ufffd\ufffd");
  for (const std::size_t piece : {1u, 2u, 3u})
    through_pipe(mark + high + low + high + "x", piece, {},
                 [&](Input& input) { CHECK(text_of(input.bytes()) == "\U0001f40d\ufffd\ufffd"); });
}

TEST_CASE("text of Windows: the limit holds for what it becomes, too") {
  Limits limits;
  limits.max_size = 1000;
  const std::string message = "t.gz: is larger than 1000 bytes (hint: --max-size raises the limit)";
  std::string wide;
  for (int i = 0; i < 400; ++i) wide += "\u20ac";  // 800 bytes of UTF-16, 1200 of UTF-8
  CHECK(message_of([&] { unpacked(*utf16(wide, false), limits); }) == message);
  CHECK(message_of([&] { unpacked(packed(*utf16(wide, true)), limits); }) == message);
  CHECK(unpacked(*utf16(wide.substr(0, 999), false), limits).size() == 999);
}

TEST_CASE("gzip: members follow each other") {
  const std::string content = noise(3000);
  CHECK(unpacked(packed("abc")) == "abc");
  CHECK(unpacked(packed("")) == "");
  CHECK(unpacked(packed("abc") + packed("") + packed(content)) == "abc" + content);
  CHECK(unpacked(packed("abc") + std::string(600, '\0')) == "abc");
  CHECK(unpacked(packed("abc") + std::string(5, '\0') + packed("def")) == "abcdef");
}

TEST_CASE("gzip: broken data are refused with their position") {
  std::string wrong_crc = packed("abcabcabc");
  wrong_crc[wrong_crc.size() - 8] = static_cast<char>(wrong_crc[wrong_crc.size() - 8] ^ 1);
  CHECK(message_of([&] { unpacked(wrong_crc); }) == "t.gz: byte " + std::to_string(wrong_crc.size() - 4) +
                                                        " of the gzip data: broken gzip data: incorrect data check");

  std::string wrong_length = packed("abcabcabc");
  wrong_length[wrong_length.size() - 1] = 1;
  CHECK(message_of([&] { unpacked(wrong_length); }).ends_with("broken gzip data: incorrect length check"));

  CHECK(message_of([&] { unpacked(packed("abc") + "xyz"); }) ==
        "t.gz: byte 23 of the gzip data: expected another gzip member or the end, found something else");
  CHECK(message_of([&] { unpacked(packed("abc") + "\x1fxyz"); }).ends_with("incorrect header check"));
}

TEST_CASE("gzip: data cut short are refused at every length") {
  const std::string whole = packed(noise(300));
  for (std::size_t size = 2; size < whole.size(); ++size) {
    const std::string message = message_of([&] { unpacked(whole.substr(0, size)); });
    CHECK(message.starts_with("t.gz: byte " + std::to_string(size) +
                              " of the gzip data: the gzip data end too early (hint: the file looks cut off"));
    // Before the first byte is unpacked there is nothing to salvage.
    if (size <= 10) CHECK(message.ends_with("cut off)"));
    if (size >= 20) CHECK(message.ends_with("cut off; --salvage converts what is there)"));
  }
}

TEST_CASE("gzip: data cut short are salvaged up to where they end, once anything was unpacked") {
  const std::string content = noise(300), whole = packed("abc") + packed(content);
  std::size_t most = 0;
  for (std::size_t size = 2; size < whole.size(); ++size) {
    Input input = Input::view(bytes_of(whole).first(size), "t.gz");
    input.salvage();
    std::string text;
    const std::string message = message_of([&] { text = text_of(input.bytes()); });
    if (text.empty()) {
      CHECK(most == 0);
      CHECK(message.ends_with("the gzip data end too early (hint: the file looks cut off)"));
      continue;
    }
    CHECK(message == "");
    CHECK(("abc" + content).starts_with(text));
    CHECK(text.size() >= most);
    most = text.size();
    if (size != packed("abc").size()) {
      CHECK(input.cut_off_at() == size);
    } else {
      CHECK_FALSE(input.cut_off_at());  // where a member ends, nothing shows that there was another one
    }
  }
  CHECK(most == 3 + content.size());  // without the checksum

  Input complete = Input::view(bytes_of(whole), "t.gz");
  complete.salvage();
  CHECK(text_of(complete.bytes()) == "abc" + content);
  CHECK_FALSE(complete.cut_off_at());

  const std::string followed = packed("abc") + "xyz";
  Input broken = Input::view(bytes_of(followed), "t.gz");
  broken.salvage();
  CHECK(message_of([&] { broken.bytes(); }).ends_with("expected another gzip member or the end, found something else"));
}

TEST_CASE("an input larger than the limit is refused") {
  Limits limits;
  limits.max_size = 1000;
  const std::string content = noise(1001);
  const std::string message = "is larger than 1000 bytes (hint: --max-size raises the limit)";
  CHECK(message_of([&] { unpacked(content, limits); }) == "t.gz: " + message);
  CHECK(message_of([&] {
          unpacked(packed(content), limits);
        }).ends_with("unpacks to more than 1000 bytes (hint: --max-size raises the limit)"));
  CHECK(unpacked(content.substr(1), limits).size() == 1000);
  CHECK(unpacked(packed(content.substr(1)), limits).size() == 1000);
  through_pipe(content, 100, limits,
               [&](Input& input) { CHECK(message_of([&] { input.bytes(); }).ends_with(message)); });
}

TEST_CASE("gzip: what unpacks to a hundred times its size is refused beyond a free size") {
  Limits limits;
  limits.ratio_free_size = 1 << 20;
  const std::string zeros = packed(std::string(3 << 20, '\0'));
  CHECK(message_of([&] { unpacked(zeros, limits); })
            .ends_with(
                "unpacks to more than 100 times its size, which no profile does (hint: --max-ratio raises the limit)"));
  limits.ratio_free_size = 4 << 20;
  CHECK(unpacked(zeros, limits).size() == 3 << 20);
}
