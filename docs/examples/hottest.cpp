#include <algorithm>
#include <cstdint>
#include <iostream>
#include <numeric>
#include <vector>

#include <profconv/error.hpp>
#include <profconv/formats.hpp>
#include <profconv/transforms.hpp>

// Adds up profiles and prints the functions with the most time of their own: hottest FILE...
int main(int argc, char** argv) try {
  profconv::Diagnostics diagnostics;
  profconv::ReadOptions options;
  options.limits.max_size = 100 << 20;  // what a service would take from strangers

  profconv::Merger merger;
  for (int i = 1; i < argc; ++i) {
    auto input = profconv::Input::open(argv[i], options.limits);
    merger.add(profconv::read(input, options, diagnostics));
  }
  if (argc < 2) throw profconv::UsageError("expected the names of profiles");
  profconv::Profile profile = std::move(merger).finish();
  profile = profconv::fold(std::move(profile), {.builtins = true}, diagnostics);

  const auto time = profile.metric("time");
  if (!time) throw profconv::UsageError("these profiles have no times");
  std::vector<std::uint32_t> order(profile.functions.size());
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(),
                   [&](auto a, auto b) { return profile.self.at(a, *time) > profile.self.at(b, *time); });
  for (std::size_t i = 0; i < std::min<std::size_t>(order.size(), 3); ++i) {
    const profconv::Function& f = profile.functions[order[i]];
    std::cout << profile.self.at(order[i], *time) << " ns " << profile.text(f.name) << '\n';
  }
  for (const profconv::Diagnostic& d : diagnostics.all()) std::cerr << to_string(d) << '\n';
} catch (const profconv::Error& error) {  // the message is one line, safe to print
  std::cerr << "hottest: " << error.what() << '\n';
  return 1;
}
