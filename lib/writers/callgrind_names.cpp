#include "writers/callgrind_names.hpp"

#include <algorithm>
#include <numeric>
#include <tuple>
#include <unordered_map>

#include "base/visible.hpp"
#include "model/hash.hpp"

namespace profconv {
namespace {

// KCachegrind cuts at the last slash, QCacheGrind on Windows may cut at backslashes too. What is different after the
// stronger cut is different after the weaker one.
std::string_view base_name(std::string_view path) {
  const std::size_t cut = path.find_last_of("/\\");
  return cut == std::string_view::npos ? path : path.substr(cut + 1);
}

// KCachegrind takes ??? for "unknown", callgrind_annotate passes over blanks before a name.
std::string written_form(std::string_view text) {
  if (text == "???") return "<\?\?\?>";
  return text.starts_with(' ') ? "\\x20" + visible(text.substr(1)) : visible(text);
}

constexpr std::uint64_t fixed_seed = 0;  // the same input gives the same bytes

}  // namespace

CallgrindNames::CallgrindNames(const Profile& profile) : profile_(profile) {
  find_files(Modules(profile));
  sort();
  make_unique();
}

void CallgrindNames::find_files(const Modules& modules) {
  constexpr std::uint32_t none = 0xffffffff;
  slot_of_file_.assign(profile_.strings.size(), none);
  std::unordered_map<std::string, std::uint32_t> objects, texts;
  for (const Function& f : profile_.functions) {
    std::uint32_t& slot = slot_of_file_[index(f.file)];
    if (slot != none) continue;
    const std::string_view recorded = profile_.text(f.file);
    std::string text = recorded.empty() ? "~" : written_form(recorded);
    const auto [known, is_new] = texts.try_emplace(text, static_cast<std::uint32_t>(files_.size()));
    slot = known->second;
    if (!is_new) continue;  // another file of this spelling: "" and "~"

    std::string object = written_form(modules.package(f.file));
    const auto [entry, is_new_object] = objects.try_emplace(object, static_cast<std::uint32_t>(objects_.size()));
    if (is_new_object) objects_.push_back({object});
    const std::uint64_t key = hash_bytes(base_name(object), hash_bytes(base_name(text), fixed_seed));
    files_.push_back({std::move(text), entry->second, key, 0});
  }
}

void CallgrindNames::sort() {
  std::vector<std::uint32_t> by_text(files_.size());
  std::iota(by_text.begin(), by_text.end(), 0u);
  std::ranges::sort(by_text, {}, [&](std::uint32_t slot) -> std::string_view { return files_[slot].text; });
  for (std::uint32_t rank = 0; rank < by_text.size(); ++rank) files_[by_text[rank]].rank = rank;

  struct Key {
    std::uint64_t file_and_line;
    FunctionId function;
  };
  std::vector<Key> keys;
  keys.reserve(profile_.functions.size());
  for (std::uint32_t i = 0; i < profile_.functions.size(); ++i) {
    keys.push_back(
        {(std::uint64_t{files_[file_slot(FunctionId{i})].rank} << 32) | profile_.functions[i].line, FunctionId{i}});
  }
  std::sort(keys.begin(), keys.end(), [&](const Key& a, const Key& b) {
    if (a.file_and_line != b.file_and_line) return a.file_and_line < b.file_and_line;
    const auto rest = [&](const Key& k) {
      const Function& f = profile_.function(k.function);
      return std::tuple(profile_.text(f.name), profile_.text(f.qualified), profile_.text(f.context),
                        profile_.text(f.file));
    };
    return rest(a) < rest(b);
  });
  sorted_.reserve(keys.size());
  for (const Key& key : keys) sorted_.push_back(key.function);
}

void CallgrindNames::make_unique() {
  forms_.assign(profile_.functions.size(), Form::plain);
  struct Key {
    std::uint64_t hash;
    std::uint32_t position;  // in sorted_
  };
  std::vector<Key> keys(sorted_.size());
  std::string text;
  const auto rehash = [&](std::uint32_t position) {
    const FunctionId f = sorted_[position];
    text.clear();
    append_name(text, f);
    return hash_bytes(text, files_[file_slot(f)].key);
  };
  for (std::uint32_t i = 0; i < keys.size(); ++i) keys[i] = {rehash(i), i};
  for (std::uint64_t round = 0;; ++round) {
    const Form form = round == 0 ? Form::with_line : round == 1 ? Form::with_path : Form::numbered;
    // A function may be called "f:1 [a.py] #1": then there are more rounds, each with numbers of its own.
    const std::uint64_t taken = round <= 2 ? 0 : (round - 2) * keys.size();
    std::sort(keys.begin(), keys.end(),
              [](const Key& a, const Key& b) { return std::tie(a.hash, a.position) < std::tie(b.hash, b.position); });
    bool unique = true;
    for (std::size_t i = 0; i < keys.size();) {
      std::size_t end = i + 1;
      while (end < keys.size() && keys[end].hash == keys[i].hash) ++end;
      if (end - i > 1) {
        unique = false;
        if (form == Form::numbered) numbers_.resize(profile_.functions.size(), 0);
        for (std::size_t k = i; k < end; ++k) {
          const std::size_t f = index(sorted_[keys[k].position]);
          forms_[f] = form;
          if (form == Form::numbered) numbers_[f] = taken + (round <= 2 ? k - i : keys[k].position) + 1;
        }
        for (std::size_t k = i; k < end; ++k) keys[k].hash = rehash(keys[k].position);
      }
      i = end;
    }
    if (unique) break;
  }
}

void CallgrindNames::append_form(std::string& out, FunctionId function, Form form, std::uint64_t number) const {
  const Function& f = profile_.function(function);
  const std::string_view name = profile_.text(index(f.qualified) != 0 ? f.qualified : f.name);
  if (name.empty()) {
    out += "<unnamed>";  // an empty name is "unknown" too
  } else {
    out += written_form(name);
  }
  if (const std::string_view context = profile_.text(f.context); !context.empty()) {
    out += '\'';
    append_visible(out, context);
  }
  if (form >= Form::with_line && f.line != 0) {
    out += ':';
    out += std::to_string(f.line);
  }
  if (form >= Form::with_path) {
    out += " [";
    out += files_[file_slot(function)].text;
    out += ']';
  }
  if (form == Form::numbered) {
    out += " #";
    out += std::to_string(number);
  }
}

void CallgrindNames::append_name(std::string& out, FunctionId function) const {
  const std::size_t f = index(function);
  append_form(out, function, forms_[f], forms_[f] == Form::numbered ? numbers_[f] : 0);
}

}  // namespace profconv
