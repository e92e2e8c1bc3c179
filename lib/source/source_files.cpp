#include <profconv/source.hpp>

#include <algorithm>
#include <array>
#include <deque>
#include <iterator>
#include <mutex>
#include <optional>
#include <utility>

#include "base/first_equal.hpp"
#include "base/hash_tables.hpp"
#include "base/parallel.hpp"
#include "base/path.hpp"
#include "base/visible.hpp"
#include "io/folder.hpp"
#include "io/regular_file.hpp"
#include "source/python_index.hpp"
#include "source/source_coding.hpp"

namespace profconv {
namespace {

using Outcome = RegularFile::Outcome;
constexpr std::size_t outcomes = 5;

struct Opened {
  Outcome outcome = Outcome::missing;
  std::optional<SourceFile> file;
};

Opened read_source(const std::string& path, std::uint64_t max_size) {
  RegularFile read = read_regular_file(path, max_size);
  if (read.outcome != Outcome::found) return {read.outcome, {}};
  return {Outcome::found, SourceFile(path, decoded_source(std::move(read.text)), read.mtime_ns)};
}

bool is_relative(std::string_view path) {
  const bool has_drive = path.size() > 1 && path[1] == ':';
  return !path.empty() && !is_separator(path.front()) && !has_drive;
}

/// Where a recorded path, which may be one of Windows, is below a folder.
std::string in_folder(const std::string& folder, std::string_view recorded) {
  std::string path = folder + "/";
  std::ranges::replace_copy(recorded, std::back_inserter(path), '\\', '/');
  return path;
}

/// Whether the parts of a path stay below the folder that it is appended to.
bool stays_below(std::string_view path) {
  while (!path.empty()) {
    const std::size_t cut = std::min(path.find('/'), path.size());
    if (path.substr(0, cut) == "..") return false;
    path.remove_prefix(std::min(cut + 1, path.size()));
  }
  return true;
}

}  // namespace

bool has_source_ending(std::string_view path) noexcept {
  constexpr std::array<std::string_view, 5> endings = {".py", ".pyw", ".pyx", ".pxd", ".pxi"};
  return std::ranges::any_of(endings, [&](std::string_view ending) {
    return path.size() > ending.size() && path.ends_with(ending) &&
           !is_separator(path[path.size() - ending.size() - 1]);
  });
}

struct SourceFile::Code {
  std::mutex mutex;
  // Not more than two: for the functions that were asked for first, and for all of them.
  std::vector<std::unique_ptr<const PythonIndex>> versions;
};

SourceFile::SourceFile(SourceFile&&) noexcept = default;
SourceFile& SourceFile::operator=(SourceFile&&) noexcept = default;
SourceFile::~SourceFile() = default;

const PythonIndex& SourceFile::code(std::span<const std::uint32_t> lines) const {
  const std::scoped_lock lock(code_->mutex);
  auto& versions = code_->versions;
  const auto is_missing = [&](const PythonScan::Skipped& skipped) {
    const auto line = std::ranges::lower_bound(lines, skipped.first);
    return line != lines.end() && *line <= skipped.last;
  };
  if (versions.empty()) {
    versions.push_back(std::make_unique<PythonIndex>(scan_python(text_, lines)));
  } else if (std::ranges::any_of(versions.back()->scan.skipped, is_missing)) {
    versions.push_back(std::make_unique<PythonIndex>(scan_python(text_)));
  }
  return *versions.back();
}

SourceFile::SourceFile(std::string path, std::string text, std::int64_t mtime_ns, Extent extent)
    : path_(std::move(path)),
      text_(std::move(text)),
      mtime_ns_(mtime_ns),
      extent_(extent),
      code_(std::make_unique<Code>()) {
  // Nearly every file has one kind of newline.
  const bool only_newlines = text_.find('\r') == std::string::npos;
  const auto next = [&](std::size_t from) {
    return only_newlines ? text_.find('\n', from) : text_.find_first_of("\r\n", from);
  };
  for (std::size_t i = next(0); i != std::string::npos; i = next(i + 1)) {
    if (text_[i] == '\r' && i + 1 < text_.size() && text_[i + 1] == '\n') ++i;
    ends_.push_back(static_cast<std::uint32_t>(i + 1));
  }
  if (!text_.empty() && (ends_.empty() || ends_.back() != text_.size()))
    ends_.push_back(static_cast<std::uint32_t>(text_.size()));
}

std::string_view SourceFile::line(std::size_t number) const noexcept {
  if (number == 0 || number > ends_.size()) return {};
  const std::size_t begin = number == 1 ? 0 : ends_[number - 2];
  std::string_view text(text_.data() + begin, ends_[number - 1] - begin);
  if (text.ends_with('\n')) text.remove_suffix(1);
  if (text.ends_with('\r')) text.remove_suffix(1);
  return text;
}

namespace {

// A name as all spellings of it are that a file system may take for one: some do not tell capital letters from small
// ones. Nothing, if others than ASCII's are in it, or it may be the name of a file in another folder.
std::optional<std::string> without_case(std::string_view name) {
  std::string text(name);
  for (char& c : text) {
    if (static_cast<unsigned char>(c) >= 0x80 || is_separator(c)) return std::nullopt;
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return text;
}

// A folder in which profiles name files.
class SourceFolder {
 public:
  explicit SourceFolder(std::string path) : path_(path.empty() ? "." : std::move(path)), exists_(is_folder(path_)) {}

  bool exists() const noexcept { return exists_; }
  // False for a name that is not in the folder. Where many are asked for, one look at the folder tells.
  bool may_have(std::string_view name) {
    constexpr std::size_t many = 16, most_listed = 1000;
    if (!exists_) return false;
    if (++asked_ == many) list(most_listed);
    if (!names_) return true;
    const std::optional<std::string> wanted = without_case(name);
    return !wanted || names_->contains(*wanted);
  }

 private:
  void list(std::size_t most) {
    const std::optional<std::vector<std::string>> names = names_in_folder(path_, most);
    if (!names) return;
    names_.emplace();
    for (const std::string& name : *names) {
      if (std::optional<std::string> text = without_case(name)) names_->insert(std::move(*text));
    }
  }

  std::string path_;
  bool exists_;
  std::size_t asked_ = 0;
  std::optional<TextSet> names_;
};

}  // namespace

struct SourceFiles::Impl {
  // What an input showed of a file, and how many lines of it.
  struct Excerpt {
    std::size_t known;
    SourceFile file;
  };
  // Entries are made under the lock and filled outside it, so that several threads read several files.
  struct Entry {
    std::once_flag once;
    Opened opened;
    std::optional<std::deque<SourceFile>> others;  // that the name may mean; once they were asked for
    const SourceFile* excerpt = nullptr;           // likewise
    std::size_t chosen = 0;                        // 0: the one that was opened
    const SourceFile* file() const {
      if (!opened.file) return nullptr;
      if (chosen == 0) return &*opened.file;
      return chosen <= others->size() ? &(*others)[chosen - 1] : excerpt;
    }
    std::size_t choices() const { return 1 + others->size() + (excerpt != nullptr ? 1 : 0); }
  };

  SourceOptions options;
  SeededHash hash;
  std::mutex mutex;                       // guards the rest
  TextMap<Entry> entries;                 // by recorded path
  TextMap<std::deque<Excerpt>> excerpts;  // by recorded path; the last one counts
  std::size_t excerpt_lines = 0;
  NumberMap<SourceFolder> folders;  // by a hash of the path up to the last slash: nobody finds two of one
  std::array<std::pair<std::uint64_t, SourceFolder*>, 256> recent_folders{};  // some of these, sooner found
  // Files that were not asked for, as their folders are missing or do not have them: a hash of each, for their number.
  std::vector<std::uint64_t> elsewhere;
  std::string first_elsewhere;

  static std::string_view folder_of(std::string_view path) { return path.substr(0, last_slash(path) + 1); }
  SourceFolder& folder(std::string_view path, std::uint64_t hash_of_it) {
    auto& [hash_of_recent, recent] = recent_folders[hash_of_it % recent_folders.size()];
    if (recent != nullptr && hash_of_recent == hash_of_it) return *recent;
    auto known = folders.find(hash_of_it);
    if (known == folders.end()) known = folders.try_emplace(hash_of_it, std::string(path)).first;
    hash_of_recent = hash_of_it;
    recent = &known->second;
    return *recent;
  }

  // What has to be known of a path to ask its folder for it.
  struct Name {
    std::string_view path;  // empty where there is nothing to ask for
    std::size_t folder_size = 0;
    std::uint64_t hash_of_folder = 0, hash_of_path = 0;
  };

  Name name_of(std::string_view path) const {
    if (!options.enabled || !has_source_ending(path) || path.find('\0') != std::string_view::npos) return {};
    if (!options.folders.empty()) return {path};
    const std::string_view folder = folder_of(path);
    const std::uint64_t hash_of_folder = hash(folder);
    return {path, folder.size(), hash_of_folder, hash_mix(hash_of_folder, hash(path.substr(folder.size())))};
  }

  const SourceFile* excerpt(std::string_view recorded) const {
    if (excerpts.empty()) return nullptr;
    const auto found = excerpts.find(recorded);
    return found == excerpts.end() ? nullptr : &found->second.back().file;
  }

  void add_excerpt(std::span<const ShownLine> lines) {
    const std::string_view path = lines.front().file;
    const auto known = excerpts.find(path);
    if (known != excerpts.end() && known->second.back().known >= lines.size()) return;
    // Lines that nobody knows are in memory, too; a few bytes could ask for billions.
    constexpr std::size_t most_lines = 4'000'000;
    if (lines.back().number > most_lines - excerpt_lines) return;
    excerpt_lines += lines.back().number;
    std::string text;
    for (std::uint32_t next = 1; const ShownLine& line : lines) {
      text.append(line.number - next, '\n');
      for (const char c : line.text) text += c == '\n' || c == '\r' ? ' ' : c;
      text += '\n';
      next = line.number + 1;
    }
    excerpts[std::string(path)].push_back(
        {lines.size(), SourceFile(std::string(path), std::move(text), 0, SourceFile::Extent::excerpt)});
  }

  bool may_find(std::string_view recorded, const Name& name) { return excerpt(recorded) != nullptr || may_find(name); }
  bool may_find(const Name& name) {
    if (name.path.empty() || !options.folders.empty()) return !name.path.empty();
    SourceFolder& asked = folder(name.path.substr(0, name.folder_size), name.hash_of_folder);
    if (asked.may_have(name.path.substr(name.folder_size)) || may_be_beside(name.path)) return true;
    elsewhere.push_back(name.hash_of_path);
    if (first_elsewhere.empty() || name.path < first_elsewhere) first_elsewhere = name.path;
    return false;
  }

  bool may_be_beside(std::string_view recorded) {
    return is_relative(recorded) && std::ranges::any_of(options.beside, [&](const std::string& place) {
             const std::string path = in_folder(place, recorded);
             const std::string_view parent = folder_of(path);
             return folder(parent, hash(parent)).may_have(std::string_view(path).substr(parent.size()));
           });
  }

  Opened open(const std::string& path) {
    {
      const std::string_view path_of_folder = folder_of(path);
      const std::scoped_lock lock(mutex);
      if (!folder(path_of_folder, hash(path_of_folder)).exists()) return {};
    }
    return read_source(path, options.max_size);
  }

  // Where the file may be, the likeliest first. A relative name is that of some file in most folders: `app.py`. Who
  // names a folder means the file there, and a profile lies with its program more often than somebody stands in another
  // one's folder.
  std::vector<std::string> places(const std::string& recorded) const {
    std::vector<std::string> paths;
    if (is_relative(recorded)) {
      for (const std::string& folder : options.folders) {
        if (stays_below(recorded)) paths.push_back(in_folder(folder, recorded));
      }
      for (const std::string& folder : options.beside) paths.push_back(in_folder(folder, recorded));
    }
    paths.push_back(recorded);
    std::string_view rest = recorded;
    while (!rest.empty() && is_separator(rest.front())) rest.remove_prefix(1);
    for (const std::string& folder : options.folders) {
      for (std::string_view end = rest; !end.empty();) {
        if (stays_below(end)) paths.push_back(in_folder(folder, end));
        const std::size_t cut = end.find_first_of("/\\");
        end = cut == std::string_view::npos ? std::string_view{} : end.substr(cut + 1);
      }
    }
    return paths;
  }

  Opened look_for(const std::string& recorded) {
    Opened at_its_name;
    if (name_of(recorded).path.empty()) return at_its_name;  // an input showed lines of something else
    for (const std::string& path : places(recorded)) {
      Opened opened = open(path);
      if (opened.outcome == Outcome::found) return opened;
      if (path == recorded) at_its_name = std::move(opened);
    }
    return at_its_name;
  }

  // All that there are with different texts, the first one left out.
  std::deque<SourceFile> look_for_others(const std::string& recorded, const SourceFile& first) {
    std::deque<SourceFile> others;
    for (const std::string& path : places(recorded)) {
      Opened opened = open(path);
      if (opened.outcome != Outcome::found || opened.file->text() == first.text()) continue;
      const auto is_same = [&](const SourceFile& other) { return other.text() == opened.file->text(); };
      if (std::ranges::none_of(others, is_same)) others.push_back(std::move(*opened.file));
    }
    return others;
  }
};

SourceFiles::SourceFiles(SourceOptions options) : impl_(std::make_unique<Impl>()) {
  impl_->options = std::move(options);
}
SourceFiles::SourceFiles(SourceFiles&&) noexcept = default;
SourceFiles& SourceFiles::operator=(SourceFiles&&) noexcept = default;
SourceFiles::~SourceFiles() = default;

bool SourceFiles::enabled() const noexcept { return impl_->options.enabled; }

bool SourceFiles::may_find(std::string_view recorded_path) const {
  const std::scoped_lock lock(impl_->mutex);
  return impl_->may_find(recorded_path, impl_->name_of(recorded_path));
}

std::vector<bool> SourceFiles::may_find(std::span<const std::string_view> recorded_paths) const {
  constexpr std::size_t at_a_time = 16'384;
  std::vector<Impl::Name> names(std::min(at_a_time, recorded_paths.size()));
  std::vector<bool> found;
  found.reserve(recorded_paths.size());
  for (std::span<const std::string_view> left = recorded_paths; !left.empty();) {
    const std::span<const std::string_view> paths = left.first(std::min(at_a_time, left.size()));
    left = left.subspan(paths.size());
    run_on_stretches(paths.size(), [&](std::size_t begin, std::size_t end) {
      for (std::size_t i = begin; i < end; ++i) names[i] = impl_->name_of(paths[i]);
    });
    const std::scoped_lock lock(impl_->mutex);
    for (std::size_t i = 0; i < paths.size(); ++i) found.push_back(impl_->may_find(paths[i], names[i]));
  }
  return found;
}

const SourceFile* SourceFiles::find(std::string_view recorded_path) const {
  if (!may_find(recorded_path)) return nullptr;
  const std::string path(recorded_path);
  Impl::Entry* entry = nullptr;
  {
    const std::scoped_lock lock(impl_->mutex);
    entry = &impl_->entries[path];
  }
  std::call_once(entry->once, [&] { entry->opened = impl_->look_for(path); });
  const std::scoped_lock lock(impl_->mutex);
  const SourceFile* const file = entry->file();
  return file != nullptr ? file : impl_->excerpt(recorded_path);
}

void SourceFiles::show(std::span<const ShownLine> lines) const {
  if (!impl_->options.enabled) return;
  const std::scoped_lock lock(impl_->mutex);
  for (std::span<const ShownLine> left = lines; !left.empty();) {
    const auto next = std::ranges::find_if(left, [&](const ShownLine& line) { return line.file != left.front().file; });
    const auto of_file = left.first(static_cast<std::size_t>(next - left.begin()));
    impl_->add_excerpt(of_file);
    left = left.subspan(of_file.size());
  }
}

const SourceFile* SourceFiles::find_another(std::string_view recorded_path) const {
  if (find(recorded_path) == nullptr) return nullptr;
  const std::string path(recorded_path);
  Impl::Entry* entry = nullptr;
  {
    const std::scoped_lock lock(impl_->mutex);
    entry = &impl_->entries[path];
  }
  if (!entry->opened.file) return nullptr;
  if (!entry->others) entry->others = impl_->look_for_others(path, *entry->opened.file);
  const std::scoped_lock lock(impl_->mutex);
  if (entry->excerpt == nullptr) entry->excerpt = impl_->excerpt(path);
  entry->chosen = (entry->chosen + 1) % entry->choices();
  return entry->chosen == 0 ? nullptr : entry->file();
}

bool SourceFiles::is_there(const std::string& path) const { return impl_->options.enabled && is_file(path); }

void SourceFiles::report(Diagnostics& diagnostics) const {
  std::array<std::size_t, outcomes> count{};
  std::array<std::string_view, outcomes> first{};
  const std::scoped_lock lock(impl_->mutex);
  const std::vector<std::uint32_t> asked_before = first_equal(impl_->elsewhere);
  for (std::uint32_t i = 0; i < asked_before.size(); ++i)
    count[static_cast<std::size_t>(Outcome::missing)] += asked_before[i] == i ? 1u : 0u;
  first[static_cast<std::size_t>(Outcome::missing)] = impl_->first_elsewhere;
  for (const auto& [path, entry] : impl_->entries) {
    if (entry.opened.outcome == Outcome::missing && impl_->excerpt(path) != nullptr) continue;
    const auto outcome = static_cast<std::size_t>(entry.opened.outcome);
    ++count[outcome];
    if (first[outcome].empty() || path < first[outcome]) first[outcome] = path;
  }
  const auto text = [&](Outcome outcome, std::string_view what) {
    const auto i = static_cast<std::size_t>(outcome);
    return std::to_string(count[i]) + (count[i] == 1 ? " source file " : " source files ") + std::string(what) + ": " +
           visible(first[i]) + (count[i] == 1 ? "" : " is the first");
  };
  const auto has = [&](Outcome outcome) { return count[static_cast<std::size_t>(outcome)] != 0; };
  if (has(Outcome::missing)) diagnostics.note({}, {}, text(Outcome::missing, "not found"));
  if (has(Outcome::not_regular)) diagnostics.warn({}, {}, text(Outcome::not_regular, "left out, not a regular file"));
  if (has(Outcome::too_large)) {
    diagnostics.warn(
        {}, {},
        text(Outcome::too_large, "left out, larger than " + std::to_string(impl_->options.max_size) + " bytes"));
  }
  if (has(Outcome::unreadable)) diagnostics.warn({}, {}, text(Outcome::unreadable, "cannot be read"));
  for (const std::string& folder : impl_->options.folders) {
    if (impl_->options.enabled && !is_folder(folder))
      diagnostics.warn(folder, {}, "no such folder; no source file is found in it");
  }
}

}  // namespace profconv
