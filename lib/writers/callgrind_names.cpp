#include "writers/callgrind_names.hpp"

#include <algorithm>
#include <bit>
#include <numeric>
#include <optional>
#include <tuple>
#include <utility>

#include "base/hash_tables.hpp"
#include "base/parallel.hpp"
#include "base/path.hpp"
#include "base/text_order.hpp"
#include "base/visible.hpp"
#include "model/c_function.hpp"
#include "model/files_of.hpp"
#include "model/origin.hpp"

namespace profconv {
namespace {

// KCachegrind cuts at the last slash, QCacheGrind on Windows may cut at backslashes too. What is different after the
// stronger cut is different after the weaker one.
std::string_view base_name(std::string_view path) {
  const std::size_t cut = last_separator(path);
  return cut == std::string_view::npos ? path : path.substr(cut + 1);
}

// KCachegrind takes ??? for "unknown", callgrind_annotate passes over blanks before a name.
void append_written(std::string& out, std::string_view text) {
  if (text == "???") {
    out += "<\?\?\?>";
  } else if (text.starts_with(' ')) {
    out += "\\x20";
    append_visible(out, text.substr(1));
  } else {
    append_visible(out, text);
  }
}

bool is_written_as_it_is(std::string_view text) {
  return is_plain_text(text) && !text.starts_with(' ') && text != "???";
}

// What is in no Python file has no class and no module.
bool has_place(const Profile& p, const Function& f) {
  const std::string_view file = p.text(f.file);
  return f.line != 0 || !(file.empty() || is_c_file(file));
}

constexpr std::uint64_t fixed_seed = 0;  // the same input gives the same bytes

struct HashedPosition {
  std::uint64_t hash;
  std::uint32_t position;
};

// The keys whose hash another one has, too, by hash and then position; and some that only seem so. Nearly all names are
// unique: a bit for each of the hashes' topmost bits tells that.
std::vector<std::size_t> places_of_alike(std::span<const HashedPosition> keys) {
  const int bits = std::clamp(static_cast<int>(std::bit_width(keys.size())) + 4, 6, 36);
  const std::size_t words = (std::size_t{1} << bits) / 64;
  std::vector<std::uint64_t> once(words, 0), again(words, 0);
  const auto bit = [&](const HashedPosition& key) { return static_cast<std::size_t>(key.hash >> (64 - bits)); };
  for (const HashedPosition& key : keys) {
    const std::uint64_t mask = std::uint64_t{1} << bit(key) % 64;
    again[bit(key) / 64] |= once[bit(key) / 64] & mask;
    once[bit(key) / 64] |= mask;
  }
  std::vector<std::size_t> places;
  for (std::size_t i = 0; i < keys.size(); ++i) {
    if ((again[bit(keys[i]) / 64] >> bit(keys[i]) % 64 & 1) != 0) places.push_back(i);
  }
  std::ranges::sort(places, {}, [&](std::size_t i) { return std::pair(keys[i].hash, keys[i].position); });
  return places;
}

}  // namespace

CallgrindNames::CallgrindNames(const Profile& profile, CallgrindOptions::Names names)
    : profile_(profile), style_(names) {
  find_files();
  std::optional<Modules> modules;
  run_both(
      profile.functions.size(),
      [&] {
        modules.emplace(profile);
        find_objects(*modules);
      },
      [&] { rank_files(); });
  find_places();
  if (names == CallgrindOptions::Names::full) {
    module_names_.resize(files_.size());
    for (const Function& f : profile.functions) module_names_[slot_of_file_[index(f.file)]] = modules->module(f.file);
  }
  package_texts_ = std::move(*modules).take_texts();
  modules.reset();
  sort();
}

// The form in which a file or object is written.
std::string_view CallgrindNames::spelled(std::string_view text) {
  if (is_written_as_it_is(text)) return text;
  std::string written;
  append_written(written, text);
  return spelled_.emplace_back(std::move(written));
}

std::string_view CallgrindNames::object_name(std::string_view package) {
  return package == Modules::unknown ? unknown : spelled(package);
}

void CallgrindNames::find_files() {
  slot_of_file_.resize(profile_.strings.size());
  const std::vector<StringId> files = files_of(profile_);
  files_.reserve(files.size());
  for (const StringId file : files) {
    slot_of_file_[index(file)] = static_cast<std::uint32_t>(files_.size());
    const std::string_view recorded = profile_.text(file);
    const std::string_view text = recorded.empty() ? unknown : spelled(recorded);
    files_.push_back({text, file, text.data() != recorded.data()});
  }
}

std::optional<std::uint32_t> CallgrindNames::find_file(std::string_view text) const {
  const auto found = std::ranges::find(files_, text, &File::text);
  if (found == files_.end()) return std::nullopt;
  return slot_of_file_[index(found->recorded)];
}

// Files of one spelling become one: the one that a function names first. Recorded texts differ.
void CallgrindNames::rank_files() {
  constexpr std::uint32_t none = 0xffffffff;
  std::vector<std::string_view> texts;
  texts.reserve(files_.size());
  for (const File& file : files_) texts.push_back(file.text);
  std::uint32_t rank = 0, last = none;
  for (const std::uint32_t slot : order_of_texts(texts)) {
    const bool may_be_same = last != none && (files_[slot].respelled || files_[last].respelled);
    if (!may_be_same || texts[slot] != texts[last]) ++rank;
    files_[slot].rank = rank;
    last = slot;
  }
  if (rank == files_.size()) return;
  std::vector<std::uint32_t> first(rank + 1, none);
  for (const Function& f : profile_.functions) {
    const std::uint32_t slot = slot_of_file_[index(f.file)];
    std::uint32_t& first_slot = first[files_[slot].rank];
    if (first_slot == none) first_slot = slot;
  }
  for (const File& file : files_) slot_of_file_[index(file.recorded)] = first[file.rank];
}

// Packages of one spelling are one object; nearly always each is its own.
void CallgrindNames::find_objects(const Modules& modules) {
  const std::vector<std::string_view>& packages = modules.packages();
  std::vector<std::uint32_t> object_of;  // per package
  if (!std::ranges::all_of(packages, is_written_as_it_is)) {
    TextViewMap<std::uint32_t> spellings;
    object_of.reserve(packages.size());
    for (const std::string_view package : packages) {
      const auto [object, is_new] =
          spellings.try_emplace(object_name(package), static_cast<std::uint32_t>(spellings.size()));
      if (is_new) objects_.push_back({object->first});
      object_of.push_back(object->second);
    }
  } else {
    objects_.reserve(packages.size());
    for (const std::string_view package : packages) objects_.push_back({object_name(package)});
  }
  for (Object& object : objects_) object.key = hash_bytes(base_name(object.text), fixed_seed);
  run_on_stretches(files_.size(), [&](std::size_t begin, std::size_t end) {
    for (File& file : std::span(files_).subspan(begin, end - begin)) {
      const std::uint32_t package = modules.package_number(file.recorded);
      file.object = object_of.empty() ? package : object_of[package];
      file.key = hash_bytes(base_name(file.text), objects_[file.object].key);
    }
  });
}

void CallgrindNames::find_places() {
  places_.resize(profile_.functions.size());
  run_on_stretches(places_.size(), [&](std::size_t begin, std::size_t end) {
    const auto slot = [&](std::size_t f) { return slot_of_file_[index(profile_.functions[f].file)]; };
    constexpr std::size_t ahead = 12;
    for (std::size_t f = begin; f < end; ++f) {
      profconv::prefetch(&slot_of_file_[index(profile_.functions[std::min(f + 2 * ahead, end - 1)].file)]);
      profconv::prefetch(&files_[slot(std::min(f + ahead, end - 1))]);
      places_[f] = {slot(f), files_[slot(f)].object};
    }
  });
}

// By file, line, name and context: groups of one file by counting, the rest within these.
void CallgrindNames::sort() {
  const std::size_t functions = profile_.functions.size();
  std::vector<std::uint32_t> rank(functions);
  std::vector<std::uint32_t> next(files_.size() + 2, 0);
  for (std::uint32_t f = 0; f < functions; ++f) {
    rank[f] = files_[file_slot(FunctionId{f})].rank;
    ++next[rank[f] + 1];
  }
  std::partial_sum(next.begin(), next.end(), next.begin());
  sorted_.resize(functions);
  for (std::uint32_t f = 0; f < functions; ++f) sorted_[next[rank[f]]++] = FunctionId{f};

  // Each moved on to where the next file begins.
  run_on_stretches(next.size(), [&](std::size_t first, std::size_t last) {
    for (std::size_t file = first; file < last; ++file) {
      const std::size_t begin = file == 0 ? 0 : next[file - 1], end = next[file];
      if (end - begin > 1) sort_file(std::span(sorted_).subspan(begin, end - begin));
    }
  });
  positions_.resize(functions);
  for (std::uint32_t i = 0; i < functions; ++i) positions_[index(sorted_[i])] = i;
}

void CallgrindNames::sort_file(std::span<FunctionId> file) const {
  const auto line = [&](FunctionId f) { return profile_.function(f).line; };
  std::ranges::sort(file, [&](FunctionId a, FunctionId b) { return line(a) != line(b) ? line(a) < line(b) : a < b; });
  for (auto first = file.begin(); first != file.end();) {
    const auto last = std::find_if(first, file.end(), [&](FunctionId f) { return line(f) != line(*first); });
    if (last - first > 1) sort_same_line({first, last});
    first = last;
  }
}

void CallgrindNames::sort_same_line(std::span<FunctionId> functions) const {
  std::vector<std::string_view> names;
  names.reserve(functions.size());
  for (const FunctionId f : functions) names.push_back(profile_.text(profile_.function(f).name));
  std::vector<FunctionId> sorted;
  sorted.reserve(functions.size());
  for (const std::uint32_t i : order_of_texts(names)) sorted.push_back(functions[i]);
  const auto name = [&](FunctionId f) { return profile_.function(f).name; };
  for (auto first = sorted.begin(); first != sorted.end();) {
    const auto last = std::find_if(first, sorted.end(), [&](FunctionId f) { return name(f) != name(*first); });
    std::sort(first, last, [&](FunctionId a, FunctionId b) {
      const auto rest = [&](FunctionId function) {
        const Function& f = profile_.function(function);
        return std::tuple(profile_.text(f.qualified), profile_.text(f.context), profile_.text(f.file));
      };
      return rest(a) < rest(b);
    });
    first = last;
  }
  std::ranges::copy(sorted, functions.begin());
}

void CallgrindNames::make_unique() {
  forms_.assign(profile_.functions.size(), Form::plain);
  std::vector<HashedPosition> keys(sorted_.size());
  const auto hash_of = [&](FunctionId f, std::string& made) {
    return hash_bytes(name(f, made), files_[file_slot(f)].key);
  };
  const auto hash = [&](std::uint32_t position, std::string& made) { return hash_of(sorted_[position], made); };
  // In the order of the tables; the texts are in that of their first mention.
  run_on_stretches(keys.size(), [&](std::size_t begin, std::size_t end) {
    std::string made;
    for (std::size_t f = begin; f < end; ++f) {
      const auto ahead = [&](std::size_t places) {
        return FunctionId{static_cast<std::uint32_t>(std::min(f + places, keys.size() - 1))};
      };
      prefetch_places(ahead(12));
      prefetch_texts(ahead(6));
      const Function& function = profile_.functions[f];
      if (is_as_recorded(function, chosen_name(function))) forms_[f] = Form::as_recorded;
      keys[f] = {hash_of(ahead(0), made), positions_[f]};
    }
  });
  std::string made;
  // Has `change` make another name for each of those that look alike. False when there are none.
  const auto tell_apart = [&](const auto& change) {
    const std::vector<std::size_t> places = places_of_alike(keys);
    bool any = false;
    for (std::size_t i = 0; i < places.size();) {
      const std::uint64_t hash_of_these = keys[places[i]].hash;
      std::size_t end = i + 1;
      while (end < places.size() && keys[places[end]].hash == hash_of_these) ++end;
      if (end - i > 1) {
        any = true;
        for (const std::size_t place : std::span(places).subspan(i, end - i)) change(keys[place]);
      }
      i = end;
    }
    return any;
  };
  for (const Form form : {Form::with_line, Form::with_path}) {
    const bool any = tell_apart([&](HashedPosition& key) {
      forms_[index(sorted_[key.position])] = form;
      key.hash = hash(key.position, made);
    });
    if (!any) return;
  }
  // A function may be called "f:1 [a.py] #1": no number makes a name that another function has. Each name is tried
  // once, as what looks alike but for the number goes on where the last one was found.
  NumberSet taken;
  NumberMap<std::uint64_t> last;  // per hash of the name without a number
  tell_apart([&](HashedPosition& key) {
    if (taken.empty()) {
      numbers_.resize(profile_.functions.size(), 0);
      taken.reserve(keys.size());
      for (const HashedPosition& each : keys) taken.insert(each.hash);
    }
    const std::size_t f = index(sorted_[key.position]);
    forms_[f] = Form::with_path;
    std::uint64_t& number = last[hash(key.position, made)];
    forms_[f] = Form::numbered;
    do {
      numbers_[f] = ++number;
      key.hash = hash(key.position, made);
    } while (!taken.insert(key.hash).second);
  });
}

std::string_view CallgrindNames::chosen_name(const Function& f) const {
  const bool bare = style_ == CallgrindOptions::Names::shortest;
  return profile_.text(index(f.qualified) != 0 && !bare ? f.qualified : f.name);
}

// Whether the plain form is `name`, byte by byte. Nearly always.
bool CallgrindNames::is_as_recorded(const Function& f, std::string_view name) const {
  using Names = CallgrindOptions::Names;
  if (index(f.context) != 0 || name.empty() || style_ == Names::full) return false;
  if (style_ != Names::recorded) {
    if (!has_place(profile_, f)) return false;
    if (style_ != Names::shortest && name.find('.') != std::string_view::npos) return false;
  }
  return is_written_as_it_is(name);
}

void CallgrindNames::append_styled(std::string& out, const Function& f) const {
  using Names = CallgrindOptions::Names;
  const bool bare = style_ == Names::shortest;
  const std::string_view name = chosen_name(f);
  if (name.empty()) {
    out += "<unnamed>";  // an empty name is "unknown" too
    return;
  }
  if (style_ == Names::recorded) return append_written(out, name);
  if (!has_place(profile_, f)) {
    const std::string readable = bare ? std::string(c_function(name).name) : readable_c_name(name, "::");
    return append_written(out, readable.empty() ? name : std::string_view(readable));
  }
  std::string styled;
  if (style_ == Names::full && index(f.file) != 0) styled.append(module_names_[slot_of_file_[index(f.file)]]) += '.';
  styled.append(name);
  // The part before the last :: is the class for KCachegrind; a function in a function has none.
  const std::size_t dot = name.rfind('.');
  if (!bare && dot != std::string_view::npos && dot > 0 && name[dot - 1] != '>' &&
      name.find('<', dot) == std::string_view::npos && name.find(' ') == std::string_view::npos)
    styled.replace(styled.size() - name.size() + dot, 1, "::");
  append_written(out, styled);
}

void CallgrindNames::append_form(std::string& out, FunctionId function, Form form, std::uint64_t number) const {
  const Function& f = profile_.function(function);
  append_styled(out, f);
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

std::string_view CallgrindNames::name(FunctionId function, std::string& made) const {
  const std::size_t f = index(function);
  if (forms_[f] == Form::as_recorded) return chosen_name(profile_.functions[f]);
  made.clear();
  append_form(made, function, forms_[f], forms_[f] == Form::numbered ? numbers_[f] : 0);
  return made;
}

}  // namespace profconv
