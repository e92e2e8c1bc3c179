#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include <doctest/doctest.h>
#include <profconv/builder.hpp>
#include <profconv/transforms.hpp>

#include "support/temporary_folder.hpp"

using namespace profconv;

namespace {

/// Modules that import each other through one machinery: nothing but the statements tells who imported whom, for every
/// importer had the time.
class Imports {
 public:
  explicit Imports(const std::map<std::string, std::string>& files) : builder_(std::array{time_metric}) {
    find_ = function("_find_and_load", "<frozen importlib._bootstrap>");
    exec_ = function("<built-in method builtins.exec>", "~");
    entry(exec_, static_cast<std::int64_t>(files.size()), 100'000'000);
    for (const auto& [name, text] : files) {
      const FunctionId body = function("<module>", folder_.write(name + ".py", text));
      entry(body, 1, name == "main" ? 90'000'000 : 5'000);
      bodies_[name] = body;
      call(exec_, body, 1, name == "main" ? 90'000'000 : 5'000);
    }
    call(find_, exec_, static_cast<std::int64_t>(files.size()) - 1, 10'000'000);
  }

  void imports(FunctionId importer, std::int64_t calls) {
    call(importer, find_, calls, 10'000'000);
    calls_ += calls;
  }
  void imports(const std::string& module, std::int64_t calls) { imports(bodies_[module], calls); }
  FunctionId function(std::string_view name, std::string_view file, std::uint32_t line = 1) {
    return builder_.function({.name = name, .file = file, .line = file == "~" ? 0u : line});
  }
  FunctionId function_of(const std::string& module, std::string_view name, std::uint32_t line) {
    const FunctionId f = function(name, folder_.path() + "/" + module + ".py", line);
    entry(f, 1, 20'000'000);
    return f;
  }

  /// A file that the profile does not have.
  void write(const std::string& name, std::string_view text) { folder_.write(name, text); }

  /// Who called exec for the module: "main", "a"; "" when that is open.
  std::string importer_of(const std::string& module) {
    if (!done_) {
      entry(find_, calls_, 30'000'000);
      Diagnostics diagnostics;
      const SourceFiles sources;
      profile_ = split(std::move(builder_).finish(), {.sources = &sources}, diagnostics);
      done_ = true;
    }
    const Profile& p = profile_;
    for (const Call& c : p.calls) {
      if (!p.text(p.function(c.callee).file).ends_with("/" + module + ".py")) continue;
      const std::string_view context = p.text(p.function(c.caller).context);
      if (p.text(p.function(c.callee).name) == "<module>")
        return std::string(context == "_find_and_load" ? "" : context);  // everybody's
    }
    return "no such module";
  }

 private:
  void entry(FunctionId f, std::int64_t calls, std::int64_t total) {
    const std::int64_t self = 1'000;
    builder_.mark_entry(f);
    builder_.add_counts(f, {calls, calls});
    builder_.add_self(f, {&self, 1});
    builder_.add_total(f, {&total, 1});
  }
  void call(FunctionId caller, FunctionId callee, std::int64_t calls, std::int64_t total) {
    const std::int64_t self = 1'000;
    builder_.add_call({caller, callee, 0}, {calls, calls}, {&self, 1}, {&total, 1});
  }

  test::TemporaryFolder folder_;
  ProfileBuilder builder_;
  FunctionId find_{}, exec_{};
  std::map<std::string, FunctionId> bodies_;
  std::int64_t calls_ = 0;
  Profile profile_;
  bool done_ = false;
};

}  // namespace

TEST_CASE("import statements: the only one that names a module, and had the time, loaded it") {
  Imports run({{"main", "import a\nimport b\n"}, {"a", "import c\n"}, {"b", "x = 1\n"}, {"c", "x = 1\n"}});
  run.imports("main", 2);
  run.imports("a", 1);
  CHECK(run.importer_of("a") == "main");
  CHECK(run.importer_of("b") == "main");
  CHECK(run.importer_of("c") == "a");
}

TEST_CASE("import statements: of several the one that runs first loaded it") {
  Imports run({{"main", "import a\nimport b\n"}, {"a", "x = 1\n"}, {"b", "import c\n"}, {"c", "import a\n"}});
  run.imports("main", 2);
  run.imports("b", 1);
  run.imports("c", 1);
  CHECK(run.importer_of("a") == "main");
  CHECK(run.importer_of("c") == "b");
}

TEST_CASE(
    "import statements: what a package holds is imported by its whole name, though the package was loaded before") {
  Imports run({{"main", "import b\nimport pk.a\n"}, {"b", "import a\n"}, {"pk/a", "x = 1\n"}});
  SUBCASE("a package") {
    run.write("pk/__init__.py", "");
    run.imports("main", 2);
    run.imports("b", 1);
    CHECK(run.importer_of("pk/a") == "main");
  }
  SUBCASE("a folder that may be one to look for modules in") {
    run.imports("main", 2);
    run.imports("b", 1);
    CHECK(run.importer_of("pk/a") != "main");
  }
}

TEST_CASE("import statements: where it is open whether the first one runs, nothing is decided") {
  SUBCASE("in a branch") {
    Imports run({{"main", "if x:\n    import a\nimport b\n"}, {"a", "x = 1\n"}, {"b", "import a\n"}});
    run.imports("main", 2);
    run.imports("b", 1);
    CHECK(run.importer_of("a") == "");
    CHECK(run.importer_of("b") == "main");
  }
  SUBCASE("in a function, of a module that was there before") {
    Imports run({{"main", "def f():\n    import a\n\nimport b\n"}, {"a", "x = 1\n"}, {"b", "import a\n"}});
    run.imports("main", 2);
    run.imports("b", 1);
    run.imports(run.function_of("main", "f", 1), 1);
    CHECK(run.importer_of("a") == "");
  }
  SUBCASE("code without a source may import anything") {
    Imports run({{"main", "import a\n"}, {"a", "x = 1\n"}});
    run.imports("main", 1);
    run.imports(run.function("<built-in method create_dynamic>", "~"), 1);
    CHECK(run.importer_of("a") == "");
  }
}

TEST_CASE("import statements: a function runs when its module was loaded, not before") {
  Imports run({{"main", "import a\nimport b\n"}, {"a", "x = 1\n"}, {"b", "def f():\n    import a\n"}});
  run.imports("main", 2);
  run.imports(run.function_of("b", "f", 1), 1);
  CHECK(run.importer_of("b") == "main");
  CHECK(run.importer_of("a") == "main");
}
