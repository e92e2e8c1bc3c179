#include "common/names.hpp"

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <iterator>
#include <string_view>
#include <system_error>
#include <utility>

#include <sys/stat.h>
#include <unistd.h>

#include <profconv/error.hpp>

namespace profconv::cli {
namespace {

std::string folder_of(const std::string& path) {
  const std::size_t slash = path.find_last_of('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

bool stat_stream_or_file(const std::string& name, int stream, struct stat& status) {
  return (name == "-" ? ::fstat(stream, &status) : ::stat(name.c_str(), &status)) == 0;
}

/// The tool that writes files with this ending; empty where none does, and of .txt, which says nothing.
std::string_view writer_of(std::string_view ending) {
  if (std::ranges::find(picture_endings, ending) != picture_endings.end()) return "prof2dot";
  for (const Format& format : formats()) {
    if (format.write == nullptr || format.name == "text" || !has_ending(format, ending)) continue;
    if (format.options == Format::Options::callgrind) return "prof2calltree";
    return format.options == Format::Options::dot ? "prof2dot" : "prof2text";
  }
  return {};
}

/// What to say of an output's name; empty as a rule.
std::string doubt_about_ending(const std::string& output, std::string_view tool) {
  const std::string ending = ending_of(output);
  if (ending.empty()) return {};
  constexpr std::string_view pictures[] = {".webp", ".eps", ".bmp", ".tif", ".tiff"};  // not by their ending
  if (std::ranges::find(pictures, ending) != std::end(pictures))
    return output + " ends in " + ending + ", which prof2dot -T " + ending.substr(1) + " draws";
  if (ending == ".html") return output + " ends in .html, which no tool here writes";
  constexpr std::string_view packings[] = {".zst", ".bz2", ".xz", ".lz4", ".zip"};
  if (std::ranges::find(packings, ending) != std::end(packings))
    return output + " ends in " + ending + " and will not be packed: .gz says so";
  const std::string_view writer = writer_of(ending);
  if (writer.empty() || writer == tool) return {};
  return output + " ends in " + ending + ", which " + std::string(writer) + " writes";
}

}  // namespace

bool is_stdout(const std::string& output) { return output == "-" || output == "/dev/stdout"; }

std::string base_of(const std::string& path) {
  const std::string without_end = path.substr(0, path.find_last_not_of('/') + 1);
  return without_end.substr(without_end.find_last_of('/') + 1);
}

std::string as_argument(const std::string& path) { return path.starts_with('-') ? "./" + path : path; }

std::optional<std::string> loaded_with(const std::string& path) {
  const std::string base = base_of(path);
  std::error_code error;
  std::filesystem::directory_iterator entry(folder_of(path), error);
  std::optional<std::string> first;  // in the order of names: a folder's own order is nobody's
  while (!error && entry != std::filesystem::directory_iterator()) {
    std::string name = entry->path().filename().string();
    if (name.size() > base.size() && name.starts_with(base) && name.front() != '.' && (!first || name < *first))
      first = std::move(name);
    entry.increment(error);
  }
  return first;
}

std::string callgrind_name(const std::string& base) {
  std::string name = base + ".callgrind";
  for (int i = 2; loaded_with(name); ++i) name = base + "-" + std::to_string(i) + ".callgrind";
  return name;
}

bool same_file(const std::string& output, const std::string& input) {
  struct stat out = {}, in = {};
  return stat_stream_or_file(output, STDOUT_FILENO, out) && stat_stream_or_file(input, STDIN_FILENO, in) &&
         S_ISREG(out.st_mode) && out.st_dev == in.st_dev && out.st_ino == in.st_ino;
}

bool same_output(const std::string& one, const std::string& other) {
  const bool to_stream = is_stdout(one), other_to_stream = is_stdout(other);
  if (to_stream && other_to_stream) return true;
  struct stat status = {}, other_status = {};
  const bool exists = stat_stream_or_file(to_stream ? "-" : one, STDOUT_FILENO, status);
  const bool other_exists = stat_stream_or_file(other_to_stream ? "-" : other, STDOUT_FILENO, other_status);
  if (exists && other_exists) {
    return S_ISREG(status.st_mode) && status.st_dev == other_status.st_dev && status.st_ino == other_status.st_ino;
  }
  if (exists || other_exists) return false;
  std::error_code error;
  return std::filesystem::weakly_canonical(std::filesystem::absolute(one, error), error) ==
         std::filesystem::weakly_canonical(std::filesystem::absolute(other, error), error);
}

bool is_packed_name(const std::string& output) { return output.ends_with(".gz"); }

std::string without_packing(const std::string& output) {
  return is_packed_name(output) ? output.substr(0, output.size() - std::string_view(".gz").size()) : output;
}

std::string ending_of(const std::string& output) {
  std::string ending = std::filesystem::path(without_packing(output)).extension().string();
  for (char& c : ending) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return ending;
}

bool has_ending(const Format& format, std::string_view ending) {
  return !ending.empty() &&
         (" " + std::string(format.endings) + " ").find(" " + std::string(ending) + " ") != std::string::npos;
}

void warn_of_ending(const std::string& output, const Messages& messages) {
  if (const std::string doubt = doubt_about_ending(output, messages.program()); !doubt.empty()) messages.warning(doubt);
}

Output open_output(const std::string& name) {
  return Output::file(name, is_packed_name(name) ? Output::Packing::gzip : Output::Packing::plain);
}

void refuse_overwriting(const std::string& output, const std::vector<std::string>& inputs) {
  for (const std::string& input : inputs) {
    if (same_file(output, input)) throw UsageError("the output " + output + " is the input " + input);
  }
}

void check_writable(const std::string& path) {
  if (path == "-") return;
  struct stat status = {};
  const bool exists = ::stat(path.c_str(), &status) == 0;
  if (exists && S_ISDIR(status.st_mode)) throw IoError(path, "cannot write", EISDIR);
  if (exists && ::access(path.c_str(), W_OK) != 0) throw IoError(path, "cannot write", errno);
  if (!exists && ::access(folder_of(path).c_str(), W_OK | X_OK) != 0) throw IoError(path, "cannot write", errno);
}

}  // namespace profconv::cli
