#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <profconv/formats.hpp>
#include <profconv/output.hpp>

#include "common/messages.hpp"

/// Names of files: what an output is called, and whether two names mean one file.

namespace profconv::cli {

/// What the names of pictures end in that prof2dot draws by their name.
inline constexpr std::array<std::string_view, 8> picture_endings = {".svg", ".svgz", ".png",  ".pdf",
                                                                    ".ps",  ".jpg",  ".jpeg", ".gif"};

/// Whether an output of this name goes to standard output.
bool is_stdout(const std::string& output);

/// The last part of a path: "a/run.prof" -> "run.prof", "a/folder/" -> "folder".
std::string base_of(const std::string& path);

/// The path as a program is to be given it: "-x" -> "./-x", which is no option.
std::string as_argument(const std::string& path);

/// Another entry of the file's folder whose name starts with the file's name, if there is one: KCachegrind would load
/// it with the file. Entries that start with a dot do not count, KCachegrind does not see them.
std::optional<std::string> loaded_with(const std::string& path);

/// BASE.callgrind, or the first of BASE-2.callgrind, BASE-3.callgrind, ... for which `loaded_with` finds nothing.
std::string callgrind_name(const std::string& base);

/// Whether an output of this name would overwrite the input: the same regular file. "-" is standard output or input.
bool same_file(const std::string& output, const std::string& input);

/// Whether two outputs would go to one place: the same stream, or the same file, which need not be there yet.
bool same_output(const std::string& one, const std::string& other);

/// Whether a file of this name is to be packed by gzip: NAME.gz.
bool is_packed_name(const std::string& output);

/// What the name says besides: "a/run.csv.gz" -> "a/run.csv".
std::string without_packing(const std::string& output);

/// What the name ends in, in small letters: "a/run.SVG.gz" -> ".svg"; empty where there is nothing.
std::string ending_of(const std::string& output);

/// Whether files of the format usually end so: ".csv".
bool has_ending(const Format& format, std::string_view ending);

/// Warns where the ending of an output's name is that of another tool's output: "NAME ends in .svg, which prof2dot
/// writes".
void warn_of_ending(const std::string& output, const Messages& messages);

/// The output of this name, packed if the name says so.
Output open_output(const std::string& name);

/// Throws UsageError when an output of this name would overwrite one of the inputs.
void refuse_overwriting(const std::string& output, const std::vector<std::string>& inputs);

/// Throws IoError when a file of this name certainly cannot be written, so that nothing long is done in vain.
void check_writable(const std::string& path);

}  // namespace profconv::cli
