#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include <profconv/builder.hpp>
#include <profconv/transforms.hpp>

#include "support/temporary_folder.hpp"

namespace profconv::test {

/// A program of one file, and a profile of it that is made by name and line.
class SourcedProgram {
 public:
  explicit SourcedProgram(std::string_view text) : file_(folder_.write("p.py", text)) {}

  FunctionId function(std::string_view name, std::uint32_t line, std::int64_t calls = 1, std::int64_t total = 1000) {
    const bool c = line == 0;
    const FunctionId f = builder_.function({.name = name, .file = c ? "~" : std::string_view(file_), .line = line});
    return add(f, calls, total);
  }
  /// A method that was made at run time.
  FunctionId generated(std::string_view name) {
    return add(builder_.function({.name = name, .file = "<string>", .line = 1}), 1, 1000);
  }
  /// A function of a module inside the interpreter, <frozen NAME>.
  FunctionId frozen(const std::string& module, std::string_view name, std::uint32_t line) {
    return add(builder_.function({.name = name, .file = "<frozen " + module + ">", .line = line}), 1, 1000);
  }
  /// A file in the library of the Python that runs the program.
  std::string library(const std::string& file, std::string_view text) {
    std::filesystem::create_directories(folder_ / "lib/python3.11");
    return folder_.write("lib/python3.11/" + file, text);
  }
  /// The code of another module.
  FunctionId module(const std::string& name, std::string_view text, std::int64_t total) {
    return add(builder_.function({.name = "<module>", .file = folder_.write(name + ".py", text), .line = 1}), 1, total);
  }
  /// A function of a file that is not there.
  FunctionId elsewhere(std::string_view file) {
    return add(builder_.function({.name = "elsewhere", .file = file, .line = 1}), 1, 1000);
  }
  /// A function of a module that was made before.
  FunctionId function_of(const std::string& module, std::string_view name, std::uint32_t line) {
    const std::string file = folder_.path() + "/" + module + ".py";
    return add(builder_.function({.name = name, .file = file, .line = line}), 1, 1000);
  }
  FunctionId import_system(std::string_view name = "_find_and_load") {
    return add(builder_.function({.name = name, .file = "<frozen importlib._bootstrap>", .line = 1}), 1, 1000);
  }
  void call(FunctionId caller, FunctionId callee, std::int64_t calls, std::int64_t total) {
    builder_.add_call({caller, callee, 0}, {calls, calls}, cost(1), cost(total));
  }
  void finish() { profile_ = apply_sources(std::move(builder_).finish(), SourceFiles(), {}, report_, diagnostics_); }

  std::string file_of(std::string_view name) const {
    for (const Function& f : profile_.functions) {
      if (profile_.text(f.name) == name) return std::string(profile_.text(f.file));
    }
    return "absent";
  }
  /// "LINE*CALLS=COST" of the calls of a callee, in the order of the lines.
  std::string lines_of(std::string_view callee) const {
    std::string text;
    for (std::size_t i = 0; i < profile_.calls.size(); ++i) {
      if (profile_.text(profile_.function(profile_.calls[i].callee).name) != callee) continue;
      text += (text.empty() ? "" : " ") + std::to_string(profile_.calls[i].line) + "*" +
              std::to_string(profile_.call_counts[i].calls) + "=" + std::to_string(profile_.call_total.at(i, 0));
    }
    return text;
  }
  std::string qualified(std::string_view name) const {
    for (const Function& f : profile_.functions) {
      if (profile_.text(f.name) == name) return std::string(profile_.text(f.qualified));
    }
    return "absent";
  }
  const Profile& profile() const { return profile_; }
  const SourceReport& report() const { return report_; }
  const Diagnostics& diagnostics() const { return diagnostics_; }

 private:
  FunctionId add(FunctionId f, std::int64_t calls, std::int64_t total) {
    builder_.mark_entry(f);
    builder_.add_counts(f, {calls, calls});
    builder_.add_self(f, cost(1));
    builder_.add_total(f, cost(total));
    return f;
  }
  static std::vector<std::int64_t> cost(std::int64_t value) { return {value}; }

  TemporaryFolder folder_;
  std::string file_;
  ProfileBuilder builder_{std::vector<MetricKey>{time_metric}};
  Profile profile_;
  SourceReport report_;
  Diagnostics diagnostics_;
};

}  // namespace profconv::test
