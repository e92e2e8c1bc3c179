#include "common/limit_options.hpp"

#include <charconv>
#include <cstdint>
#include <limits>
#include <optional>
#include <system_error>

#include <profconv/error.hpp>

#include "common/options.hpp"

namespace profconv::cli {
namespace {

struct LimitOption {
  const char* name;
  const char* value;
  bool bytes;  // K, M and G are powers of 1024, else of 1000
  std::uint64_t most;
  void (*set)(Limits& limits, std::uint64_t value);
  const char* text;
};

constexpr std::uint64_t any = std::numeric_limits<std::uint64_t>::max();
constexpr std::uint64_t rows = 0xfffffffe;  // tables are numbered with 32 bits

constexpr LimitOption limit_options[] = {
    {"--max-size", "BYTES", true, any, [](Limits& l, std::uint64_t v) { l.max_size = v; },
     "Refuses inputs of more than BYTES after unpacking; K, M and G are\nallowed (default 4G)."},
    {"--max-ratio", "N", false, any, [](Limits& l, std::uint64_t v) { l.max_ratio = v; },
     "Refuses gzip data of more than 16M that unpack to more than N times their\nsize (default 100)."},
    {"--max-depth", "N", false, 10'000, [](Limits& l, std::uint64_t v) { l.max_depth = static_cast<std::uint32_t>(v); },
     "Refuses values that are nested more than N deep (default 200, at most\n10000)."},
    {"--max-string", "BYTES", true, any - 1, [](Limits& l, std::uint64_t v) { l.max_string = v; },
     "Refuses names of more than BYTES (default 256M)."},
    {"--max-functions", "N", false, rows,
     [](Limits& l, std::uint64_t v) { l.max_functions = static_cast<std::uint32_t>(v); },
     "Refuses inputs of more than N functions; K, M and G are thousands,\nmillions and billions (default 100M)."},
    {"--max-calls", "N", false, rows, [](Limits& l, std::uint64_t v) { l.max_calls = static_cast<std::uint32_t>(v); },
     "Refuses inputs of more than N pairs of caller and callee, or different\nstacks (default 1G)."},
    {"--max-lines", "N", false, rows, [](Limits& l, std::uint64_t v) { l.max_lines = static_cast<std::uint32_t>(v); },
     "Refuses inputs of more than N lines with a cost (default 1G)."},
};
static_assert(std::size(limit_options) == LimitOptions::count);

std::optional<std::uint64_t> number_in(const std::string& text, std::uint64_t step) {
  std::uint64_t value = 0;
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value);
  if (error != std::errc() || value == 0) return std::nullopt;
  const std::string_view suffix(stop, static_cast<std::size_t>(end - stop));
  if (suffix.empty()) return value;
  constexpr std::string_view suffixes = "KMG";
  const std::size_t power = suffixes.find(static_cast<char>(suffix[0] & ~0x20));
  if (suffix.size() != 1 || power == std::string_view::npos) return std::nullopt;
  for (std::size_t i = 0; i <= power; ++i) {
    if (__builtin_mul_overflow(value, step, &value)) return std::nullopt;
  }
  return value;
}

}  // namespace

void add_limit_options(CLI::App& app, LimitOptions& options) {
  for (std::size_t i = 0; i < LimitOptions::count; ++i) {
    const LimitOption& o = limit_options[i];
    takes(app.add_option(o.name, options.values[i], o.text), o.value)->take_last();
  }
}

Limits limits_of(const LimitOptions& options) {
  Limits limits;
  for (std::size_t i = 0; i < LimitOptions::count; ++i) {
    const LimitOption& o = limit_options[i];
    if (options.values[i].empty()) continue;
    const auto value = number_in(options.values[i], o.bytes ? 1024 : 1000);
    if (!value || *value > o.most) {
      const std::string most = o.most == any || o.bytes ? "" : " of at most " + std::to_string(o.most);
      throw UsageError(std::string(o.name) + ": expected a positive number" + (o.bytes ? " of bytes" : "") + most +
                       " such as " + (o.bytes ? "500M or 8G" : "500 or 5K") + ", found '" + options.values[i] + "'");
    }
    o.set(limits, *value);
  }
  return limits;
}

}  // namespace profconv::cli
