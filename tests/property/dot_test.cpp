// What is drawn of any profile is a graph: for a reader of the documented grammar, and for Graphviz itself, without a
// warning.

#include <cstdlib>
#include <string>

#include <doctest/doctest.h>

#include "support/convert.hpp"
#include "support/dot_reader.hpp"
#include "support/random_profile.hpp"
#include "support/temporary_folder.hpp"

using namespace profconv;
using namespace profconv::test;

namespace {

WriteOptions everything(Random& random) {
  WriteOptions options;
  options.dot.node_percent = options.dot.edge_percent = 0;
  options.dot.max_nodes = 0;
  options.dot.cluster = static_cast<DotOptions::Cluster>(random.below(3));
  options.dot.wrap = random.one_in(2);
  options.dot.editor_url = random.one_in(2) ? "my://{file}:{line}" : "";
  return options;
}

Profile any_profile(Random& random) {
  return random.one_in(2) ? random_run(random) : random_tables(random, random.one_in(3));
}

}  // namespace

TEST_CASE("property: any profile makes a graph that the documented grammar allows") {
  Random random(seed());
  for (int i = 0; i < 2000; ++i) {
    CAPTURE(i);
    const WriteOptions options = everything(random);
    const Profile p = any_profile(random);
    CAPTURE(dump_of(p));
    const DotGraph graph(written(p, "dot", options));
    REQUIRE(graph.nodes.size() <= p.functions.size());
  }
}

TEST_CASE("property: Graphviz takes the graph of any profile without a word") {
  if (std::system("dot -V 2>/dev/null") != 0) {  // NOLINT(cert-env33-c): nothing of it is anybody's
    MESSAGE("no Graphviz");
    return;
  }
  const TemporaryFolder folder;
  Random random(seed());
  for (int i = 0; i < 100; ++i) {  // one by one: Graphviz 2.43 dies of several graphs
    const WriteOptions options = everything(random);
    const std::string graph = folder.write("t.dot", written(any_profile(random), "dot", options));
    const std::string log = folder / "log";
    // NOLINTNEXTLINE(cert-env33-c): both paths are ours
    const int status = std::system(("dot -Tsvg -o /dev/null '" + graph + "' 2>'" + log + "'").c_str());
    CAPTURE(folder.read("t.dot"));
    REQUIRE(status == 0);
    REQUIRE(folder.read("log") == "");
  }
}
