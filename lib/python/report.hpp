#pragma once

#include <boost/python/list.hpp>
#include <profconv/diagnostics.hpp>

namespace profconv::python {

/// Appends what was odd: (whether it is a warning, the one-line text, and its parts: source, where, reason).
void append(boost::python::list& report, const Diagnostics& diagnostics);

}  // namespace profconv::python
