#include <iostream>
#include <utility>

#include <profconv/error.hpp>
#include <profconv/formats.hpp>
#include <profconv/prepare.hpp>

// What prof2calltree does: convert [INPUT [OUTPUT]]
int main(int argc, char** argv) try {
  profconv::Diagnostics diagnostics;
  auto input = profconv::Input::open(argc > 1 ? argv[1] : "-");
  profconv::Profile profile = profconv::read(input, {}, diagnostics);
  profile = profconv::prepare(std::move(profile), profconv::SourceFiles(), {}, diagnostics);
  auto output = profconv::Output::file(argc > 2 ? argv[2] : "-");
  constexpr auto names = profconv::CallgrindOptions::Names::qualified;
  profconv::write(profile, "callgrind", {.callgrind = {.names = names}}, output, diagnostics);
  output.finish();
} catch (const profconv::Error& error) {
  std::cerr << error.what() << '\n';
  return 1;
}
