#include <cstdlib>
#include <string_view>

#include "source/python_scan.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

// Whatever the bytes: the tables are connected by indexes that exist, and parents form no circles.
int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using profconv::PythonScan;
  const PythonScan scan = profconv::scan_python({reinterpret_cast<const char*>(data), size});
  const auto hold = [](bool truth) {
    if (!truth) std::abort();
  };
  const auto is_value = [&](std::uint32_t value) { return value == PythonScan::none || value < scan.values.size(); };
  for (std::uint32_t s = 0; s < scan.scopes.size(); ++s) {
    hold(scan.scopes[s].block < scan.blocks.size());
    std::size_t depth = 0;
    for (std::uint32_t p = s; p != PythonScan::none; p = scan.scopes[p].parent) hold(++depth <= scan.scopes.size());
    if (s < 100) hold(!profconv::qualified_name(scan, s).empty());
  }
  std::size_t steps = 0;  // deep chains of `and` are long, not wrong
  for (std::uint32_t b = 0; b < scan.blocks.size() && steps < 100'000; ++b) {
    std::size_t depth = 0;
    for (std::uint32_t p = b; p != PythonScan::none; p = scan.blocks[p].parent, ++steps)
      hold(++depth <= scan.blocks.size());
  }
  for (const PythonScan::Value& value : scan.values) {
    hold(value.scope < scan.scopes.size() && value.block < scan.blocks.size() && is_value(value.argument));
    using Kind = PythonScan::Value::Kind;
    const bool scoped =
        value.kind == Kind::lambda || value.kind == Kind::comprehension || value.kind == Kind::definition;
    hold(scoped                       ? value.base < scan.scopes.size()
         : value.kind == Kind::import ? value.base < scan.imports.size()
                                      : is_value(value.base));
  }
  return 0;
}
