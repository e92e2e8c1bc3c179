#pragma once

#include <profconv/diagnostics.hpp>
#include <profconv/formats.hpp>

namespace profconv {

/// Turns a sampled dump (Python 3.15 `profiling.sampling --pstats`) that was read like any other into what it means.
///
/// There, one function has an entry for every line that was seen executing, counts are samples, and callers are counted
/// per line. `entries` has a Function per such entry: `line` is the executing line, `calls` the samples with it on the
/// stack, `primitive` those with it on top. The result has one Function per (file, qualified name), its lines with
/// their true costs, the metrics time and samples, and no call counts.
///
/// A function's inclusive samples are exact unless it takes part in a circle of several functions; then they are an
/// upper bound, and a note says for how many functions: no more than the samples of the circle, which are those that
/// begin in it or enter it from outside.
Profile fold_sampled(const Profile& entries, const Bytes& bytes, const Limits& limits, Diagnostics& diagnostics);

}  // namespace profconv
