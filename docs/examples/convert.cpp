#include <iostream>
#include <profconv/error.hpp>
#include <profconv/formats.hpp>

int main(int argc, char** argv) try {
  profconv::Diagnostics diagnostics;
  auto input = profconv::Input::open(argc > 1 ? argv[1] : "-");
  const profconv::Profile profile = profconv::read(input, {}, diagnostics);
  auto output = profconv::Output::file(argc > 2 ? argv[2] : "-");
  profconv::write(profile, "callgrind", {}, output, diagnostics);
  output.finish();
} catch (const profconv::Error& error) {
  std::cerr << error.what() << '\n';
  return 1;
}
