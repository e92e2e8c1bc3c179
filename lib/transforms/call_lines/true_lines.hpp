#pragma once

#include <cstdint>
#include <vector>

#include <profconv/transforms.hpp>

#include "transforms/call_lines/site_calls.hpp"
#include "transforms/program.hpp"

namespace profconv {

/// The lines of one row of Profile::calls.
struct TrueLines {
  SourceReport::Rule rule = SourceReport::Rule::undecided;
  struct Part {
    std::uint32_t line;
    double calls, cost;  ///< Parts of the whole: each of them adds up to 1.
    SiteHits hits = {};  ///< Where hits of lines are known: of all places on the line that may make the call.
  };
  std::vector<Part> parts;  ///< Ascending lines; empty when nothing is known.
};

/// For every row of Profile::calls whose caller's source is known. Callers are looked at by several threads.
std::vector<TrueLines> find_true_lines(const Program& program);

}  // namespace profconv
