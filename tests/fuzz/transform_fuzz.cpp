// The transforms: the bytes choose profiles, anything that the model can hold, and what is done to them. What comes out
// is a profile that holds every invariant; costs that no 64 bits hold are an error.

#include <cstdint>
#include <iterator>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <profconv/builder.hpp>
#include <profconv/error.hpp>
#include <profconv/fuse.hpp>
#include <profconv/transforms.hpp>

#include "support/convert.hpp"
#include "support/random_profile.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace {

using namespace profconv;
using namespace profconv::test;

Profile any_profile(Random& random) {
  const bool sampled = random.one_in(3);
  return random.one_in(4) ? random_run(random) : random_tables(random, sampled);
}

std::string glob(Random& random) {
  constexpr const char* globs[] = {"*", "f", "[fg]*", "?", "<*", "t.py"};
  return globs[random.below(std::size(globs))];
}

Profile change(Profile profile, Random& random, Diagnostics& diagnostics) {
  switch (random.below(10)) {
    case 0: {
      FoldOptions options{.builtins = random.one_in(2), .stdlib = random.one_in(2), .site = random.one_in(2)};
      options.imports = random.one_in(2);
      if (random.one_in(2)) options.globs.push_back(glob(random));
      return fold(std::move(profile), options, diagnostics);
    }
    case 1: return split(std::move(profile), {.estimate_importers = random.one_in(2)}, diagnostics);
    case 2: {
      FocusOptions options;
      (random.one_in(2) ? options.focus : options.ignore).emplace_back(random.one_in(2) ? "f" : "g|x");
      return focus(std::move(profile), options, diagnostics);
    }
    case 3:
      return prune(std::move(profile), {static_cast<double>(random.below(20)), static_cast<double>(random.below(20))},
                   diagnostics);
    case 4: return strip_paths(std::move(profile));
    case 5: {
      const std::vector<PathMapping> mappings{{"/srv/", ""}, {"f", "g"}};
      return map_paths(std::move(profile), mappings, diagnostics);
    }
    case 6: return group(std::move(profile), static_cast<GroupBy>(random.below(4)), diagnostics);
    case 7: {
      SampleOptions options{.threads = {}, .only = {}, .separate_threads = random.one_in(2)};
      if (random.one_in(2)) options.threads.push_back(glob(random));
      if (random.one_in(3)) options.only.push_back(SampleOptions::State::cpu);
      return select_samples(std::move(profile), options, diagnostics);
    }
    case 8: {
      std::vector<Profile> both;
      both.push_back(std::move(profile));
      both.push_back(any_profile(random));
      return merge(std::move(both));
    }
    default: {
      std::vector<Profile> both;
      both.push_back(any_profile(random));
      both.push_back(std::move(profile));
      return fuse(std::move(both), {}, diagnostics);
    }
  }
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Random random(std::span(data, size));
  Profile profile = any_profile(random);
  Diagnostics diagnostics;
  for (std::size_t steps = 1 + random.below(3); steps > 0; --steps) {
    try {
      profile = change(std::move(profile), random, diagnostics);
    } catch (const Error& error) {  // anything else is a fault of ours, and so is a result that check() refuses
      if (error.reason().starts_with("broken profile")) throw;
      return 0;
    }
    check(profile);
  }
  static_cast<void>(written(profile, "callgrind"));
  static_cast<void>(written(profile, "dot"));
  return 0;
}
