#include "common/inputs.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <filesystem>
#include <future>
#include <set>
#include <system_error>
#include <thread>
#include <utility>

#include <sys/stat.h>
#include <unistd.h>

#include <profconv/error.hpp>

#include "common/heap.hpp"
#include "common/options.hpp"
#include "common/progress.hpp"
#include "common/source_options.hpp"

namespace profconv::cli {

void add_input_options(CLI::App& app, InputOptions& options) {
  add_source_options(app, options.sources);
  app.add_flag("!--no-recovered-calls", options.recover_calls,
               "Finds no calls between functions of which only lines were profiled.");
  takes(app.add_option("--path-map", options.path_map, "Shows paths that start with OLD with NEW instead."), "OLD=NEW")
      ->allow_extra_args(false);
}

SourceFiles source_files(const InputOptions& options, const std::vector<std::string>& inputs) {
  SourceOptions sources = options.sources;
  for (const std::string& input : inputs) {
    const std::size_t cut = input.rfind('/');
    if (cut == std::string::npos) continue;  // the current folder
    std::string folder = input.substr(0, std::max<std::size_t>(cut, 1));
    if (std::ranges::find(sources.beside, folder) == sources.beside.end()) sources.beside.push_back(std::move(folder));
  }
  return SourceFiles(std::move(sources));
}

void require_inputs(std::vector<std::string>& inputs, std::string_view call) {
  if (inputs.empty()) {
    if (::isatty(STDIN_FILENO) != 0) throw UsageError("no input", std::string(call) + "; -h lists the options");
    inputs.emplace_back("-");
  }
  if (std::ranges::count(inputs, "-") > 1)
    throw UsageError("- is given more than once, and standard input can be read once");
}

std::vector<PathMapping> path_mappings(const std::vector<std::string>& path_map) {
  std::vector<PathMapping> mappings;
  for (const std::string& text : path_map) mappings.push_back(parse_path_mapping(text));
  return mappings;
}

namespace {

struct Reading {
  Profile profile;
  Diagnostics diagnostics;
  std::vector<bool> fits = {};  // of each mapping: whether a path starts so
};

bool has_path(const Profile& p, const PathMapping& mapping) {
  return std::ranges::any_of(p.functions, [&](const Function& f) { return p.text(f.file).starts_with(mapping.from); });
}

Reading read_one(const std::string& name, const ReadOptions& options, const std::vector<PathMapping>& mappings) {
  Reading reading;
  Input input = Input::open(name, options.limits);
  Profile profile = read(input, options, reading.diagnostics);
  for (const PathMapping& mapping : mappings) reading.fits.push_back(has_path(profile, mapping));
  reading.profile = map_paths(std::move(profile), mappings, reading.diagnostics);
  return reading;
}

/// Reads inputs in their order, small ones ahead on the other cores while those before are worked on. A large one waits
/// for its turn: two of them would take twice the memory.
class InputReader {
 public:
  InputReader(const std::vector<std::string>& names, const ReadOptions& options,
              const std::vector<PathMapping>& mappings)
      : names_(names), options_(options), mappings_(mappings) {}

  Reading next() {
    if (ahead_.empty()) return read_one(names_[begun_++], options_, mappings_);
    Reading reading = ahead_.front().get();
    ahead_.pop_front();
    return reading;
  }

  void read_ahead() {
    while (begun_ < names_.size() && ahead_.size() < most_ahead() && is_small(names_[begun_])) {
      try {
        const std::string& name = names_[begun_];
        ahead_.push_back(std::async(std::launch::async, [this, &name] { return read_one(name, options_, mappings_); }));
      } catch (const std::system_error&) {  // no thread: it is read when its turn comes
        return;
      }
      ++begun_;
    }
  }

 private:
  static std::size_t most_ahead() {
    static const std::size_t most = std::clamp(std::thread::hardware_concurrency(), 1u, 4u);
    return most;
  }
  static bool is_small(const std::string& name) {
    constexpr std::uintmax_t most = std::uintmax_t{4} << 20;
    std::error_code error;
    return std::filesystem::is_regular_file(name, error) && std::filesystem::file_size(name, error) <= most && !error;
  }

  const std::vector<std::string>& names_;
  const ReadOptions& options_;
  const std::vector<PathMapping>& mappings_;
  std::size_t begun_ = 0;
  std::deque<std::future<Reading>> ahead_;  // the next ones, with what went wrong
};

// A profile that counts twice is what overlapping globs and copied command lines make, as a rule.
void warn_of_repeated(const std::vector<std::string>& names, const Messages& messages) {
  std::set<std::pair<dev_t, ino_t>> known;
  std::size_t repeated = 0;
  const std::string* first = nullptr;
  for (const std::string& name : names) {
    struct stat status = {};
    if (name == "-" || ::stat(name.c_str(), &status) != 0 || !S_ISREG(status.st_mode)) continue;
    if (known.emplace(status.st_dev, status.st_ino).second) continue;
    if (repeated++ == 0) first = &name;
  }
  if (repeated == 0) return;
  Diagnostics diagnostics;
  diagnostics.warn(*first, {},
                   repeated == 1 ? std::string("the same file is another input, too, and counts twice")
                                 : std::to_string(repeated) + " inputs are the same files as others, and count again");
  messages.report(diagnostics);
}

void add_fits(std::vector<bool>& fits, const Reading& reading) {
  for (std::size_t i = 0; i < fits.size(); ++i) fits[i] = fits[i] || reading.fits[i];
}

// Those that the user set for good are for other profiles, too.
void warn_of_unfit(const std::vector<PathMapping>& mappings, const std::vector<bool>& fits, const Messages& messages) {
  Diagnostics diagnostics;
  for (std::size_t i = 0; i < mappings.size(); ++i) {
    const std::string text = mappings[i].from + "=" + mappings[i].to;
    const bool is_default = std::ranges::any_of(
        messages.defaults, [&](const DefaultValue& set) { return set.option == "path-map" && set.value == text; });
    if (!fits[i] && !is_default)
      diagnostics.warn({}, {}, "no path starts with '" + mappings[i].from + "', which --path-map is to replace");
  }
  messages.report(diagnostics);
}

}  // namespace

Profile read_inputs(const std::vector<std::string>& names, const ReadOptions& options,
                    const std::vector<PathMapping>& mappings, const FuseOptions& fuse_options, const Messages& messages,
                    Report& report) {
  if (names.size() > 1) warn_of_repeated(names, messages);
  prepare_heap(names);
  Fuser fuser;
  Progress progress(messages);
  InputReader reader(names, options, mappings);
  std::vector<bool> fits(mappings.size(), false);
  for (std::size_t i = 0; i < names.size(); ++i) {
    progress.show("reading " + names[i] +
                  (names.size() > 1 ? ", " + std::to_string(i + 1) + " of " + std::to_string(names.size()) : ""));
    Reading reading = reader.next();
    reader.read_ahead();
    add_fits(fits, reading);
    fuser.add(std::move(reading.profile));
    progress.hide();
    messages.report(reading.diagnostics);
  }
  warn_of_unfit(mappings, fits, messages);
  Diagnostics diagnostics;
  FuseReport fused;
  Profile profile = std::move(fuser).finish(fuse_options, diagnostics, &fused);
  messages.report(diagnostics);
  report.add("Fusion", to_lines(fused));
  return profile;
}

std::vector<Profile> read_as_recorded(const std::vector<std::string>& names, ReadOptions options,
                                      const std::vector<PathMapping>& mappings, const Messages& messages) {
  options.as_recorded = true;
  prepare_heap(names);
  std::vector<Profile> profiles;
  std::vector<bool> fits(mappings.size(), false);
  for (const std::string& name : names) {
    Reading reading = read_one(name, options, mappings);
    add_fits(fits, reading);
    profiles.push_back(std::move(reading.profile));
    messages.report(reading.diagnostics);
  }
  warn_of_unfit(mappings, fits, messages);
  return profiles;
}

}  // namespace profconv::cli
