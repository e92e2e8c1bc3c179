#include "readers/pstats_functions.hpp"

#include <algorithm>
#include <array>
#include <cstddef>

#include "readers/pstats_key.hpp"

namespace profconv {

FunctionFinder::FunctionFinder(References& references, ProfileBuilder& builder, bool keeps_keys)
    : references_(references), builder_(builder) {
  if (keeps_keys) keys_.emplace();
}

bool FunctionFinder::find(std::span<const PassedKey> keys, std::vector<FunctionId>& unreferenced) {
  for (std::size_t i = 0; i < keys.size(); i += keys_at_a_time)
    if (!find_together(keys.subspan(i, std::min(keys_at_a_time, keys.size() - i)), unreferenced)) return false;
  return true;
}

bool FunctionFinder::find_together(std::span<const PassedKey> keys, std::vector<FunctionId>& unreferenced) {
  struct Hashes {
    std::uint64_t file = 0, name = 0, function = 0;
  };
  std::array<Hashes, keys_at_a_time> hashes;
  std::array<Function, keys_at_a_time> functions;
  std::array<StringId, keys_at_a_time> files;  // as recorded
  bool are_texts = true;
  const auto intern = [&](const PassedKey::Text& text, std::uint64_t hash) {
    if (text.begin == nullptr) {
      const References::Reference known = references_[text.reference];
      are_texts &= known.is(Kind::text);
      return StringId{static_cast<std::uint32_t>(known.value())};
    }
    const StringId id = builder_.intern(text.view(), hash);
    if (text.reference != PassedKey::unflagged)
      references_.set(text.reference, Kind::text, static_cast<std::uint32_t>(id));
    return id;
  };
  for (std::size_t k = 0; k < keys.size(); ++k) {
    if (keys[k].file.begin != nullptr) hashes[k].file = builder_.look_for(keys[k].file.view());
    if (keys[k].name.begin != nullptr) hashes[k].name = builder_.look_for(keys[k].name.view());
  }
  for (std::size_t k = 0; k < keys.size(); ++k) {
    functions[k] = {};
    files[k] = intern(keys[k].file, hashes[k].file);
    functions[k].file = file_of_key(builder_, files[k], keys[k].line);
    functions[k].line = keys[k].line;
    functions[k].name = intern(keys[k].name, hashes[k].name);
    hashes[k].function = builder_.look_for(functions[k]);
  }
  if (!are_texts) return false;
  for (std::size_t k = 0; k < keys.size(); ++k) {
    const FunctionId function = builder_.function(functions[k], hashes[k].function);
    if (keys[k].reference == PassedKey::unflagged) {
      unreferenced.push_back(function);
    } else {
      references_.set(keys[k].reference, Kind::function, static_cast<std::uint32_t>(function));
    }
    if (keys_ && keys_->size() < builder_.function_count())
      keys_->push_back({function, files[k], functions[k].name, functions[k].line});
  }
  return true;
}

}  // namespace profconv
