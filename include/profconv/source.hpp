#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <profconv/diagnostics.hpp>

/// The source files that a profile names.

namespace profconv {

struct SourceOptions {
  bool enabled = true;                    ///< False: no file is opened.
  std::vector<std::string> folders = {};  ///< Where files are looked for that do not stand where the profile says.
  /// Where relative names are looked for before the current folder: as a rule, the folders of the profiles.
  std::vector<std::string> beside = {};
  std::uint64_t max_size = std::uint64_t{16} << 20;  ///< Bytes; larger files are not read.
};

struct Profile;
struct PythonIndex;

/// The text of one source file, split into lines as Python does: at \n, \r\n and \r.
class SourceFile {
 public:
  enum class Extent : std::uint8_t {
    whole,
    excerpt,  ///< Lines that an input showed; what is not known of the file are empty lines.
  };

  SourceFile(std::string path, std::string text, std::int64_t mtime_ns, Extent extent = Extent::whole);
  SourceFile(SourceFile&&) noexcept;
  SourceFile& operator=(SourceFile&&) noexcept;
  ~SourceFile();

  const std::string& path() const noexcept { return path_; }  ///< As it was opened.
  std::string_view text() const noexcept { return text_; }
  /// Line `number`, from 1, without its newline; "" when there is none.
  std::string_view line(std::size_t number) const noexcept;
  std::size_t line_count() const noexcept { return ends_.size(); }
  std::int64_t mtime_ns() const noexcept { return mtime_ns_; }  ///< Nanoseconds since 1970 (UTC); 0 of an excerpt.
  bool is_whole() const noexcept { return extent_ == Extent::whole; }
  /// Whether it may be known what stands on a line, from 1.
  bool knows(std::size_t number) const noexcept { return is_whole() || !line(number).empty(); }
  /// What stands in it, in full for functions on these lines (ascending); scanned when it is asked for first, and once
  /// more for other lines; by any thread. Moving the file invalidates it.
  const PythonIndex& code(std::span<const std::uint32_t> lines) const;

 private:
  struct Code;
  std::string path_, text_;
  std::vector<std::uint32_t> ends_;  // behind each line's newline
  std::int64_t mtime_ns_;
  Extent extent_;
  std::unique_ptr<Code> code_;
};

/// Finds source files by their recorded names and reads each once.
///
/// A profile may come from anywhere and may name anything. So a file is opened only if its name has an ending of Python
/// source (.py .pyw .pyx .pxd .pxi), without blocking; read only if it is regular and at most `max_size` bytes long;
/// and its text is shown to nobody before its user has compared it with the profile. A relative name is tried below
/// each of `folders`, then of `beside`, then in the current folder; an absolute one as it stands. Then below each of
/// `folders` the longest end of the path first: of "/srv/app/cart/views.py" below "src" first
/// src/srv/app/cart/views.py, last src/views.py. Folders that do not exist are asked for once. Where no file is found,
/// or none that fits, lines that an input showed stand for it. May be used from several threads at once.
class SourceFiles {
 public:
  explicit SourceFiles(SourceOptions options = {});
  SourceFiles(SourceFiles&&) noexcept;
  SourceFiles& operator=(SourceFiles&&) noexcept;
  ~SourceFiles();

  struct ShownLine {
    std::string_view file;     ///< As recorded.
    std::uint32_t number = 0;  ///< From 1.
    std::string_view text;     ///< Without its newline.
  };
  /// Takes the lines of files that inputs showed, those of a file together and in order, for where these are not found.
  /// Of one file those count that were most.
  void show(std::span<const ShownLine> lines) const;

  /// The file, null when it was not found or may not be opened. Good as long as this object lives. Throws nothing but
  /// std::bad_alloc.
  const SourceFile* find(std::string_view recorded_path) const;

  /// The next one that the name may mean, where the one that `find` gave is of another program or version: below
  /// another of `folders`, beside another profile. From then on `find` gives it, too. Null when all were tried: then
  /// `find` gives the first one again. Those given before stay good. Not from several threads at once.
  const SourceFile* find_another(std::string_view recorded_path) const;

  /// False when `find` would give nothing and that needs no look at the file: no ending of a source, no such folder,
  /// or one that was found not to have it. Then the file counts as not found. Cheaper than `find`, for profiles of
  /// many files that are elsewhere.
  bool may_find(std::string_view recorded_path) const;
  /// The same of many paths, in their order; on several cores.
  std::vector<bool> may_find(std::span<const std::string_view> recorded_paths) const;

  /// Whether a file with this name is there, as it stands, which need not be one of the profile's; it is not opened,
  /// and is in no report.
  bool is_there(const std::string& path) const;

  /// What could not be used so far, once per kind with a count: a note for files that were not found, a warning for
  /// those that are there and were refused.
  void report(Diagnostics& diagnostics) const;

  bool enabled() const noexcept;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// Has `sources` show what the profile's inputs showed (`Profile::source_lines`). For who is about to ask for files of
/// the profile.
void show_source_lines(const Profile& profile, const SourceFiles& sources);

/// Whether a file name has an ending that Python source has.
bool has_source_ending(std::string_view path) noexcept;

}  // namespace profconv
