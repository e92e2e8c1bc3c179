// The writers: the bytes choose a profile, anything that the model can hold, and what is written of it is read by
// readers that share no code with the writers. A file that cannot be read ends the run.

#include <cstdint>
#include <cstdlib>
#include <iostream>
#include <span>
#include <stdexcept>
#include <string>

#include <nlohmann/json.hpp>

#include "support/callgrind_reader.hpp"
#include "support/convert.hpp"
#include "support/dot_reader.hpp"
#include "support/random_profile.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace {

using namespace profconv;
using namespace profconv::test;

void require(bool holds, const char* what) {
  if (!holds) throw std::runtime_error(what);
}

WriteOptions options_from(Random& random) {
  WriteOptions options;
  options.callgrind.names = static_cast<CallgrindOptions::Names>(random.below(4));
  options.callgrind.root = !random.one_in(4);
  options.dot.node_percent = options.dot.edge_percent = random.one_in(3) ? 0.5 : 0;
  options.dot.max_nodes = random.below(4);  // 0: all
  options.dot.cluster = static_cast<DotOptions::Cluster>(random.below(3));
  options.dot.color_by_self = random.one_in(2);
  options.dot.strip = random.one_in(2);
  options.dot.wrap = random.one_in(2);
  options.dot.show_samples = random.one_in(2);
  options.dot.editor_url = random.one_in(2) ? "my://{file}:{line}" : "";
  return options;
}

// Bytes that are no UTF-8 stand in JSON as Python's own halves of surrogates, which this parser would refuse.
std::string without_halves(std::string json) {
  for (std::size_t at = json.find("\\udc"); at != std::string::npos; at = json.find("\\udc", at + 6))
    json.replace(at, 6, "\\ufffd");
  return json;
}

void check_writers(const Profile& profile, const WriteOptions& options) {
  const Callgrind callgrind(written(profile, "callgrind", options));
  require(callgrind.distinct(), "two functions are one in KCachegrind");

  const DotGraph graph(written(profile, "dot", options));
  require(graph.nodes.size() <= profile.functions.size(), "more nodes than functions");

  const std::string dump = dump_of(profile);
  require(dump_of(read_text(dump)) == dump, "a dump is not read back as it was written");

  require(nlohmann::json::accept(without_halves(written(profile, "json", options))), "no JSON");
  for (const Format& format : formats()) {
    if (format.write == nullptr) continue;
    try {
      static_cast<void>(written(profile, format.name, options));
    } catch (const Error&) {  // collapsed: a profile without stacks
    }
  }
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Random random(std::span(data, size));
  const WriteOptions options = options_from(random);
  const bool sampled = random.one_in(3);
  const Profile profile = random.one_in(4) ? random_run(random) : random_tables(random, sampled);
  try {
    check_writers(profile, options);
  } catch (const std::exception& error) {
    std::cerr << error.what() << "\n" << dump_of(profile);
    std::abort();
  }
  return 0;
}
