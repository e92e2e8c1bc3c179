#include <exception>
#include <iostream>
#include <string>

#include <profconv/error.hpp>
#include <profconv/formats.hpp>
#include <profconv/version.hpp>

// Prints the version and the formats, and sees to it that an exception crosses the border of the library.
int main() {
  std::cout << "profconv " << PROFCONV_VERSION << "\n";
  for (const profconv::Format& format : profconv::formats()) std::cout << format.name << ": " << format.summary << "\n";
  try {
    profconv::format_named("no such format");
  } catch (const profconv::UsageError& error) {
    std::cout << error.what() << "\n";
    return 0;
  } catch (const std::exception& error) {
    std::cout << "expected a UsageError: " << error.what() << "\n";
  }
  return 1;
}
