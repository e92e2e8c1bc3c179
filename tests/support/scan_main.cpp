// Prints what the scanner finds in Python files: a line per scope, for comparison with CPython's own compiler.
// Usage: profconv_scan FILE...
//     FILE<tab>kind<tab>qualified name<tab>first line<tab>def line<tab>last line

#include <cstdio>

#include <profconv/source.hpp>

#include "source/python_scan.hpp"

int main(int argc, char** argv) {
  const profconv::SourceFiles files;
  for (int i = 1; i < argc; ++i) {
    const profconv::SourceFile* file = files.find(argv[i]);
    if (file == nullptr) {
      std::printf("%s\tunreadable\n", argv[i]);
      continue;
    }
    const profconv::PythonScan scan = profconv::scan_python(file->text());
    for (std::uint32_t s = 0; s < scan.scopes.size(); ++s) {
      const auto& scope = scan.scopes[s];
      std::printf("%s\t%d\t%s\t%u\t%u\t%u\t%d\n", argv[i], static_cast<int>(scope.kind),
                  qualified_name(scan, s).c_str(), scope.first_line, scope.def_line, scope.last_line,
                  scope.is_generator ? 1 : 0);
    }
  }
  return 0;
}
