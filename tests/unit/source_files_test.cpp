#include <doctest/doctest.h>

#include <filesystem>
#include <string>
#include <thread>
#include <vector>

#include <sys/stat.h>
#include <unistd.h>

#include <profconv/source.hpp>

#include "support/temporary_folder.hpp"

using namespace profconv;
using profconv::test::TemporaryFolder;

namespace {

std::string only_text(const SourceFiles& files) {
  Diagnostics diagnostics;
  files.report(diagnostics);
  REQUIRE(diagnostics.all().size() == 1);
  return diagnostics.all().front().text;
}

}  // namespace

TEST_CASE("source files: lines end at \\n, \\r\\n and \\r") {
  const SourceFile file("a.py", "one\ntwo\r\nthree\rfour", 0);
  REQUIRE(file.line_count() == 4);
  CHECK(file.line(1) == "one");
  CHECK(file.line(2) == "two");
  CHECK(file.line(3) == "three");
  CHECK(file.line(4) == "four");
  CHECK(file.line(0).empty());
  CHECK(file.line(5).empty());
  CHECK(SourceFile("a.py", "", 0).line_count() == 0);
  CHECK(SourceFile("a.py", "x\n", 0).line_count() == 1);
}

TEST_CASE("source files: single-byte codings that PEP 263 declares are decoded, others stay as they are") {
  const TemporaryFolder folder;
  const auto text_of = [&](const std::string& text) {
    const SourceFiles files;
    const SourceFile* file = files.find(folder.write("a.py", text));
    REQUIRE(file != nullptr);
    return std::string(file->text());
  };
  const std::string latin_1 = "# -*- coding: latin-1 -*-\ns = '\xe9\xff'\n";
  CHECK(text_of(latin_1) == "# -*- coding: latin-1 -*-\ns = 'éÿ'\n");
  for (const char* name :
       {"Latin_1", "iso-8859-1", "ISO8859-1", "latin1", "l1", "latin-1-unix", "iso-8859-15", "cp1252"}) {
    CAPTURE(name);
    const std::string cookie = std::string("#!/usr/bin/python\r\n\f# vim: set fileencoding=") + name + " :\r\n";
    CHECK(text_of(cookie + "# \xe9") == cookie + "# é");
  }
  CHECK(text_of("# coding: iso-8859-15\n'\xa4\xa6'") == "# coding: iso-8859-15\n'€Š'");
  CHECK(text_of("# coding: cp1252\n'\x80\x85\xa4'") == "# coding: cp1252\n'€…¤'");
  CHECK(text_of("# coding: latin-1\n'\x80'") == "# coding: latin-1\n'\xc2\x80'");

  const std::vector<std::string> as_they_are = {
      "# coding: cp1252\n'\x81'",  // means nothing
      "# coding: utf-8\n'é'",
      "# coding: shift_jis\n'\x82\xa0'",
      "s = '\xe9'  # coding: latin-1\n",            // no comment of its own
      "import x\n# coding: latin-1\n'\xe9'",        // below code
      "#\n#\n# coding: latin-1\n'\xe9'",            // in the third line
      "\xef\xbb\xbf# coding: latin-1\n'\xc3\xa9'",  // with a mark of UTF-8, Python refuses it
      "# encoding latin-1\n'\xe9'",
  };
  for (const std::string& text : as_they_are) CHECK(text_of(text) == text);
}

TEST_CASE("source files: a file is read once and found again") {
  const TemporaryFolder folder;
  const std::string path = folder.write("a.py", "x = 1\n");
  const SourceFiles files;
  const SourceFile* file = files.find(path);
  REQUIRE(file != nullptr);
  CHECK(file->text() == "x = 1\n");
  CHECK(file->mtime_ns() > 0);
  folder.write("a.py", "changed");
  CHECK(files.find(path) == file);
  CHECK(file->text() == "x = 1\n");
}

TEST_CASE("source files: names without an ending of Python source are not opened") {
  const TemporaryFolder folder;
  for (const char* name : {"shadow", "a.txt", "a.py.bak", ".py", "a.pyc", "a.so", "a.ipynb"}) {
    CAPTURE(name);
    CHECK(SourceFiles().find(folder.write(name, "secret")) == nullptr);
  }
  for (const char* name : {"a.py", "a.pyw", "a.pyx"}) {
    CAPTURE(name);
    CHECK(SourceFiles().find(folder.write(name, "x")) != nullptr);
  }
  CHECK(SourceFiles().find("/etc/shadow") == nullptr);
  CHECK(SourceFiles().find("/dev/zero") == nullptr);
  CHECK(SourceFiles().find("") == nullptr);
  CHECK(SourceFiles().find(std::string_view("a\0b.py", 6)) == nullptr);
}

TEST_CASE("source files: what is no regular file is refused without blocking") {
  const TemporaryFolder folder;
  const std::string fifo = folder / "fifo.py", zero = folder / "zero.py", inner = folder / "folder.py";
  REQUIRE(::mkfifo(fifo.c_str(), 0600) == 0);
  REQUIRE(::symlink("/dev/zero", zero.c_str()) == 0);
  REQUIRE(::mkdir(inner.c_str(), 0700) == 0);
  const SourceFiles files;
  CHECK(files.find(fifo) == nullptr);
  CHECK(files.find(zero) == nullptr);
  CHECK(files.find(inner) == nullptr);
  CHECK(only_text(files) == "3 source files left out, not a regular file: " + fifo + " is the first");
}

TEST_CASE("source files: a file of 10 GB is refused, one of just the limit is read") {
  const TemporaryFolder folder;
  const std::string huge = folder.write("huge.py", "");
  std::filesystem::resize_file(huge, std::uintmax_t{10} << 30);
  const SourceFiles files;
  CHECK(files.find(huge) == nullptr);
  CHECK(only_text(files) == "1 source file left out, larger than 16777216 bytes: " + huge);
  SourceOptions options;
  options.max_size = 4;
  CHECK(SourceFiles(options).find(folder.write("four.py", "abcd")) != nullptr);
  CHECK(SourceFiles(options).find(folder.write("five.py", "abcde")) == nullptr);
}

TEST_CASE("source files: a symbolic link to a regular file is followed, a loop is reported") {
  const TemporaryFolder folder;
  folder.write("real.py", "x");
  const std::string link = folder / "link.py", loop = folder / "loop.py";
  REQUIRE(::symlink("real.py", link.c_str()) == 0);
  REQUIRE(::symlink("loop.py", loop.c_str()) == 0);
  const SourceFiles files;
  CHECK(files.find(link) != nullptr);
  CHECK(files.find(loop) == nullptr);
  CHECK(only_text(files) == "1 source file cannot be read: " + loop);
}

TEST_CASE("source files: files that are not where the profile says are looked for below the folders") {
  const TemporaryFolder folder;
  std::filesystem::create_directories(folder / "src/cart");
  folder.write("src/views.py", "top");
  folder.write("src/cart/views.py", "cart");
  folder.write("outside.py", "secret");
  SourceOptions options;
  options.folders = {folder / "absent", folder / "src"};
  const SourceFiles files(options);
  const auto text = [&](std::string_view recorded) {
    const SourceFile* file = files.find(recorded);
    return file == nullptr ? std::string("none") : std::string(file->text());
  };
  CHECK(text("/no/where/cart/views.py") == "cart");
  CHECK(text("/no/where/stock/views.py") == "top");
  CHECK(text("C:\\no\\where\\cart\\views.py") == "cart");
  CHECK(text("/no/where/../outside.py") == "none");
  CHECK(text("/no/where/else.py") == "none");
  Diagnostics diagnostics;
  files.report(diagnostics);
  REQUIRE(diagnostics.all().size() == 2);
  CHECK(diagnostics.all().front().severity == Diagnostic::Severity::note);
  CHECK(diagnostics.all().front().text == "2 source files not found: /no/where/../outside.py is the first");
  CHECK(to_string(diagnostics.all().back()) == (folder / "absent") + ": no such folder; no source file is found in it");
}

TEST_CASE("source files: relative names are looked for beside the profiles, too, absolute ones are not") {
  const TemporaryFolder folder;
  std::filesystem::create_directories(folder / "runs/app");
  folder.write("runs/job.py", "job");
  folder.write("runs/app/views.py", "views");
  SourceOptions options;
  options.beside = {folder / "absent", folder / "runs"};
  const SourceFiles files(options);
  const auto text = [&](std::string_view recorded) {
    CHECK((files.may_find(recorded) || files.find(recorded) == nullptr));
    const SourceFile* file = files.find(recorded);
    return file == nullptr ? std::string("none") : std::string(file->text());
  };
  CHECK(text("job.py") == "job");
  CHECK(text("app/views.py") == "views");
  CHECK(text("app\\views.py") == "views");
  CHECK(text("views.py") == "none");
  CHECK(text("/job.py") == "none");
  CHECK(text("C:\\job.py") == "none");
}

TEST_CASE("source files: nothing is opened when sources are switched off") {
  const TemporaryFolder folder;
  SourceOptions options;
  options.enabled = false;
  const SourceFiles files(options);
  CHECK(files.find(folder.write("a.py", "x")) == nullptr);
  Diagnostics diagnostics;
  files.report(diagnostics);
  CHECK(diagnostics.all().empty());
}

TEST_CASE("source files: of many files in one folder just those that are there are found") {
  const TemporaryFolder folder;
  std::vector<std::string> there, absent;
  for (int i = 0; i < 40; ++i) {
    there.push_back(folder.write("Here" + std::to_string(i) + ".py", "x"));
    absent.push_back(folder / "absent" + std::to_string(i) + ".py");
  }
  there.push_back(folder.write("\xc3\x84nderung.py", "x"));
  const SourceFiles files;
  for (std::size_t i = 0; i < absent.size(); ++i) {
    CHECK(files.find(there[i]) != nullptr);
    CHECK(files.find(absent[i]) == nullptr);
  }
  CHECK_FALSE(files.may_find(folder / "not.py"));  // by now that is known without a look at the file
  CHECK(files.find(there.back()) != nullptr);
  CHECK(only_text(files) == "41 source files not found: " + folder.path() + "/absent0.py is the first");
}

TEST_CASE("source files: nothing is said of the files in a folder that has too many, or may not be listed") {
  const TemporaryFolder folder;
  std::filesystem::create_directory(folder / "large");
  std::filesystem::create_directory(folder / "closed");
  for (int i = 0; i <= 1000; ++i) folder.write("large/" + std::to_string(i) + ".py", "");
  folder.write("closed/0.py", "");
  std::filesystem::permissions(folder / "closed", std::filesystem::perms::owner_exec);
  const bool may_list = ::access((folder / "closed").c_str(), R_OK) == 0;  // the superuser
  const SourceFiles files;
  for (int i = 0; i < 40; ++i) {
    CHECK(files.may_find(folder / "large/absent" + std::to_string(i) + ".py"));
    if (!may_list) CHECK(files.may_find(folder / "closed/absent" + std::to_string(i) + ".py"));
  }
  CHECK(files.find(folder / "large/7.py") != nullptr);
  CHECK(files.find(folder / "closed/0.py") != nullptr);
  std::filesystem::permissions(folder / "closed", std::filesystem::perms::owner_all);
}

TEST_CASE("source files: several threads get the same files") {
  const TemporaryFolder folder;
  std::vector<std::string> paths;
  for (int i = 0; i < 50; ++i) paths.push_back(folder.write("m" + std::to_string(i) + ".py", std::to_string(i)));
  const SourceFiles files;
  std::vector<std::vector<const SourceFile*>> found(4);
  std::vector<std::thread> threads;
  for (auto& own : found) {
    threads.emplace_back([&files, &own, &paths] {
      for (const std::string& path : paths) own.push_back(files.find(path));
    });
  }
  for (std::thread& thread : threads) thread.join();
  for (std::size_t i = 0; i < paths.size(); ++i) {
    REQUIRE(found[0][i] != nullptr);
    CHECK(found[0][i]->text() == std::to_string(i));
    for (const auto& own : found) CHECK(own[i] == found[0][i]);
  }
}

TEST_CASE("source files: lines that an input showed stand for a file that is not found") {
  const SourceFiles files;
  const std::vector<SourceFiles::ShownLine> lines = {
      {"/nowhere/a.py", 3, "def f():"}, {"/nowhere/a.py", 4, "    return\r1"}, {"<ipython-input-1>", 1, "x = 1"}};
  CHECK(files.find("/nowhere/a.py") == nullptr);
  files.show(lines);
  CHECK(files.may_find("/nowhere/a.py"));
  CHECK(files.may_find(std::vector<std::string_view>{"/nowhere/a.py", "/nowhere/b.py"}) ==
        std::vector<bool>{true, false});
  const SourceFile* const found = files.find("/nowhere/a.py");
  REQUIRE(found != nullptr);
  CHECK(found->line_count() == 4);
  CHECK(found->line(3) == "def f():");
  CHECK(found->line(4) == "    return 1");  // what is one line there is one here
  CHECK(found->knows(3));
  CHECK_FALSE(found->knows(2));
  CHECK_FALSE(found->knows(5));
  CHECK(files.find_another("/nowhere/a.py") == nullptr);
  REQUIRE(files.find("<ipython-input-1>") != nullptr);
  CHECK(files.find("<ipython-input-1>")->line(1) == "x = 1");
  // More lines of the same file, as of two reports that were added up.
  files.show(std::vector<SourceFiles::ShownLine>{
      {"/nowhere/a.py", 3, "def f():"}, {"/nowhere/a.py", 4, "    return 1"}, {"/nowhere/a.py", 9, "def g():"}});
  CHECK(files.find("/nowhere/a.py")->line(9) == "def g():");
  CHECK(found->line(3) == "def f():");  // stays good
}

TEST_CASE(
    "source files: of lines that an input showed no more are made than there may be, and none if none are opened") {
  const SourceFiles files;
  files.show(std::vector<SourceFiles::ShownLine>{{"/nowhere/a.py", 4'000'000'000, "x"}});
  CHECK(files.find("/nowhere/a.py") == nullptr);
  for (int i = 0; i < 10; ++i) {
    const std::string name = "/nowhere/" + std::to_string(i) + ".py";
    files.show(std::vector<SourceFiles::ShownLine>{{name, 1'000'000, "x"}});
    CHECK((files.find(name) != nullptr) == (i < 4));
  }
  const SourceFiles closed(SourceOptions{.enabled = false});
  closed.show(std::vector<SourceFiles::ShownLine>{{"/nowhere/a.py", 1, "x"}});
  CHECK(closed.find("/nowhere/a.py") == nullptr);
}

TEST_CASE("source files: a file that is there goes before what an input showed of it") {
  const TemporaryFolder folder;
  const SourceFiles files;
  const std::string path = folder.write("a.py", "there\n");
  files.show(std::vector<SourceFiles::ShownLine>{{path, 1, "shown"}});
  CHECK(files.find(path)->line(1) == "there");
  REQUIRE(files.find_another(path) != nullptr);  // where that is another version
  CHECK(files.find(path)->line(1) == "shown");
  CHECK(files.find_another(path) == nullptr);
  CHECK(files.find(path)->line(1) == "there");
}
