#pragma once

#include <array>
#include <span>
#include <string>
#include <string_view>

#include <profconv/builder.hpp>
#include <profconv/error.hpp>
#include <profconv/formats.hpp>

/// Shortcuts of the tests through the public interface.

namespace profconv::test {

inline std::span<const std::byte> bytes_of(std::string_view text) {
  return std::as_bytes(std::span(text.data(), text.size()));
}

inline Profile read_text(std::string_view content, const ReadOptions& options, Diagnostics& diagnostics,
                         std::string name = "t.prof") {
  Input input = Input::view(bytes_of(content), std::move(name), options.limits);
  return read(input, options, diagnostics);
}

inline Profile read_text(std::string_view content, const ReadOptions& options = {}) {
  Diagnostics diagnostics;
  return read_text(content, options, diagnostics);
}

inline std::string written(const Profile& profile, std::string_view format, const WriteOptions& options,
                           Diagnostics& diagnostics) {
  std::string text;
  Output output = Output::string(text);
  write(profile, format, options, output, diagnostics);
  output.finish();
  return text;
}

inline std::string written(const Profile& profile, std::string_view format, const WriteOptions& options = {}) {
  Diagnostics diagnostics;
  return written(profile, format, options, diagnostics);
}

/// Builds a profile whose only metric is time.
inline ProfileBuilder time_builder() { return ProfileBuilder(std::array{time_metric}); }

/// A profile in collapsed stacks.
inline Profile read_stacks(std::string_view content) {
  ReadOptions options;
  options.format = "collapsed";
  return read_text(content, options);
}

inline std::string packed(std::string_view text) {
  std::string out;
  Output output = Output::string(out, Output::Packing::gzip);
  output.write(text);
  output.finish();
  return out;
}

/// "main load | main>load": functions, then calls.
inline std::string functions_and_calls(const Profile& p) {
  std::string text;
  for (const Function& f : p.functions) text += std::string(p.text(f.name)) + " ";
  text += "|";
  for (const Call& c : p.calls)
    text += " " + std::string(p.text(p.function(c.caller).name)) + ">" + std::string(p.text(p.function(c.callee).name));
  return text;
}

inline std::string dump_of(const Profile& profile) { return written(profile, "dump"); }

/// The message of the profconv::Error that `action` throws, "" when it throws none.
template <class Action>
std::string message_of(Action action) {
  try {
    action();
  } catch (const Error& error) {
    return error.what();
  }
  return {};
}

/// Warnings and notes (without "read as ..."), one a line.
inline std::string text_of(const Diagnostics& diagnostics) {
  std::string text;
  for (const Diagnostic& d : diagnostics.all()) {
    if (d.text.starts_with("read as ")) continue;
    text += (d.severity == Diagnostic::Severity::warning ? "warning: " : "note: ") + to_string(d) + "\n";
  }
  return text;
}

}  // namespace profconv::test
