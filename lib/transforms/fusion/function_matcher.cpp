#include "transforms/fusion/function_matcher.hpp"

#include <algorithm>
#include <filesystem>
#include <map>
#include <system_error>

#include "model/origin.hpp"

namespace profconv {
namespace {

using How = FuseReport::Match;

// Functions that share a base name, a line and a name (`<module>` of every __init__.py) are too many to choose from.
constexpr std::size_t most_candidates = 64;
// How far apart the first lines of one function may be: its decorators, counted by one profiler and not by the other.
constexpr std::uint32_t most_decorator_lines = 20;

std::string_view base_of_path(std::string_view path) { return path.substr(path.find_last_of("/\\") + 1); }

std::string_view without_dot(std::string_view path) {
  while (path.starts_with("./") || path.starts_with(".\\")) path.remove_prefix(2);
  return path;
}

bool is_path_end(std::string_view path, std::string_view end) {
  const auto same = [](char a, char b) { return a == b || ((a == '/' || a == '\\') && (b == '/' || b == '\\')); };
  if (end.size() >= path.size()) return std::ranges::equal(path, end, same);
  const std::size_t start = path.size() - end.size();
  return (path[start - 1] == '/' || path[start - 1] == '\\') && std::ranges::equal(path.substr(start), end, same);
}

// Readers make such names up where a source has none.
bool is_unnamed(std::string_view name) {
  return name.empty() || name.starts_with("<function at line ") || name.starts_with("<unknown function at line ");
}

std::string place_key(std::string_view base, std::uint32_t line, std::string_view name) {
  return std::string("p").append(base).append(1, '\0').append(std::to_string(line)).append(1, '\0').append(name);
}
std::string line_key(std::string_view file, std::uint32_t line) {
  return std::string("l").append(file).append(1, '\0').append(std::to_string(line));
}
std::string name_key(std::string_view file, std::string_view name) {
  return std::string("n").append(file).append(1, '\0').append(name);
}
std::string module_key(std::string_view name) { return std::string("m").append(name); }

/// The name by which a module is imported, the last part: "cart" of /srv/shop/cart.py and of
/// /srv/shop/cart/__init__.py.
std::string_view module_of(std::string_view file) {
  std::string_view base = base_of_path(file);
  if (base.starts_with("__init__.")) {
    file.remove_suffix(std::min(base.size() + 1, file.size()));
    return base_of_path(file);
  }
  return base.substr(0, base.find('.'));
}

}  // namespace

std::string_view bare_name(std::string_view name) {
  if (name.starts_with('<') && name.find(' ') != std::string_view::npos) return name;  // of a C function
  return name.substr(name.rfind('.') + 1);
}

FunctionMatcher::FunctionMatcher(const ProfileBuilder& builder, const SourceFiles* sources)
    : builder_(builder), sources_(sources) {}

void FunctionMatcher::add(FunctionId function) {
  const Function& f = builder_.key(function);
  const std::string_view file = builder_.text(f.file), name = bare_name(builder_.text(f.name));
  if (is_c_file(file) || (file.empty() && f.line == 0)) return;  // there are no lines of it
  const auto put = [&](std::string key) {
    std::vector<FunctionId>& list = index_[std::move(key)];
    if (list.size() <= most_candidates) list.push_back(function);
  };
  put(place_key(base_of_path(file), f.line, name));
  put(line_key(file, f.line));
  put(name_key(file, name));
  put(module_key(name));
}

const std::vector<FunctionId>& FunctionMatcher::candidates(const std::string& key) const {
  static const std::vector<FunctionId> none;
  const auto found = index_.find(key);
  return found == index_.end() || found->second.size() > most_candidates ? none : found->second;
}

// "" when the file is not on this machine.
const std::string& FunctionMatcher::real_path(std::string_view file) {
  const auto found = real_paths_.find(file);
  if (found != real_paths_.end()) return found->second;
  std::string real;
  if (const SourceFile* const source = sources_->find(file)) {
    std::error_code error;
    real = std::filesystem::canonical(source->path(), error).string();
    if (error) real.clear();
  }
  return real_paths_.emplace(file, std::move(real)).first->second;
}

How FunctionMatcher::same_file(std::string_view file, std::string_view other) {
  if (file == other) return How::exact;
  if (sources_ != nullptr && sources_->enabled()) {
    const std::string& a = real_path(file);
    if (!a.empty() && a == real_path(other)) return How::real_path;
  }
  const std::string_view a = without_dot(file), b = without_dot(other);
  return is_path_end(a, b) || is_path_end(b, a) ? How::path_end : How::none;
}

// Each file of `other` is the one whose functions agree with most of its own; none when two agree alike.
std::vector<FunctionMatcher::SameFile> FunctionMatcher::same_files(const Profile& other,
                                                                   const std::vector<std::uint32_t>& file_slot,
                                                                   const std::vector<std::string_view>& files) {
  struct Votes {
    std::size_t agreeing = 0;
    How how = How::none;
  };
  std::vector<std::map<StringId, Votes>> votes(files.size());  // per file: files of the builder
  for (std::size_t i = 0; i < other.functions.size(); ++i) {
    const Function& f = other.functions[i];
    const std::string_view file = files[file_slot[i]];
    if (file.empty()) continue;
    const std::string key = place_key(base_of_path(file), f.line, bare_name(other.text(f.name)));
    for (const FunctionId candidate : candidates(key)) {
      const StringId candidate_file = builder_.key(candidate).file;
      Votes& v = votes[file_slot[i]][candidate_file];
      if (v.agreeing++ == 0) v.how = same_file(builder_.text(candidate_file), file);
    }
  }
  std::vector<SameFile> same(files.size());
  for (std::size_t slot = 0; slot < files.size(); ++slot) {
    std::size_t best = 0, rivals = 0;
    for (const auto& [file, v] : votes[slot]) {
      if (v.how == How::none) continue;
      // The same path or file needs no vote.
      const std::size_t agreeing = v.how == How::exact ? SIZE_MAX : v.how == How::real_path ? SIZE_MAX - 1 : v.agreeing;
      if (agreeing == best) ++rivals;
      if (agreeing <= best) continue;
      best = agreeing;
      rivals = 0;
      same[slot] = {std::string(builder_.text(file)), v.how};
    }
    if (rivals != 0) same[slot] = {};
    if (same[slot].how == How::none) same[slot] = {std::string(files[slot]), How::exact};  // may be there, lines moved
  }
  return same;
}

FunctionMatcher::Found FunctionMatcher::match(const Profile& other, const Function& function,
                                              const SameFile& file) const {
  const std::string_view name = bare_name(other.text(function.name));
  const std::vector<FunctionId>& on_line = candidates(line_key(file.file, function.line));
  FunctionId unnamed{};
  std::size_t unnamed_count = 0;
  for (const FunctionId f : on_line) {
    const std::string_view its_name = bare_name(builder_.text(builder_.key(f).name));
    if (its_name == name) return {f, file.how, {}};
    if (is_unnamed(its_name) || is_unnamed(name)) {
      unnamed = f;
      ++unnamed_count;
    }
  }
  if (unnamed_count == 1 && on_line.size() == 1) return {unnamed, How::line, {}};
  // Lines of one function that moved by its decorators.
  const std::vector<FunctionId>& named = candidates(name_key(file.file, name));
  if (named.size() != 1 || name.starts_with('<')) return {};
  const std::uint32_t line = builder_.key(named.front()).line;
  const std::uint32_t apart = line > function.line ? line - function.line : function.line - line;
  return apart <= most_decorator_lines ? Found{named.front(), How::name, {}} : Found{};
}

// mprof names functions `module.function` and knows no files.
FunctionMatcher::Found FunctionMatcher::match_module(const Profile& other, const Function& function) const {
  const std::string_view qualified =
      other.text(function.qualified).empty() ? other.text(function.name) : other.text(function.qualified);
  const std::string_view name = bare_name(qualified);
  std::string_view module = qualified.substr(0, qualified.size() - name.size());
  if (!module.empty()) module.remove_suffix(1);
  module = module.substr(module.rfind('.') + 1);
  std::vector<FunctionId> found;
  for (const FunctionId f : candidates(module_key(name))) {
    if (module.empty() || module == "__main__" || module_of(builder_.text(builder_.key(f).file)) == module)
      found.push_back(f);
  }
  if (found.size() == 1) return {found.front(), How::module, {}};
  return {{}, How::none, std::move(found)};
}

std::vector<FunctionMatcher::Found> FunctionMatcher::match(const Profile& other) {
  std::vector<std::string_view> files;
  std::vector<std::uint32_t> file_slot;  // per function
  std::map<StringId, std::uint32_t> slots;
  for (const Function& f : other.functions) {
    const auto [slot, is_new] = slots.emplace(f.file, static_cast<std::uint32_t>(files.size()));
    if (is_new) files.push_back(other.text(f.file));
    file_slot.push_back(slot->second);
  }
  const std::vector<SameFile> same = same_files(other, file_slot, files);
  std::vector<Found> found;
  found.reserve(other.functions.size());
  for (std::size_t i = 0; i < other.functions.size(); ++i) {
    const Function& f = other.functions[i];
    found.push_back(files[file_slot[i]].empty() ? match_module(other, f) : match(other, f, same[file_slot[i]]));
  }
  // Two functions never become one here: both keep what they are when both would.
  std::map<FunctionId, std::size_t> claims;
  for (const Found& f : found) {
    if (f.how != How::none) ++claims[f.function];
  }
  for (Found& f : found) {
    if (f.how != How::none && claims[f.function] > 1 && f.how >= How::line) f = {};
  }
  return found;
}

}  // namespace profconv
