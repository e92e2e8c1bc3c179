#include "python/report.hpp"

#include <boost/python/tuple.hpp>

#include "python/text.hpp"

namespace profconv::python {

void append(boost::python::list& report, const Diagnostics& diagnostics) {
  for (Diagnostic diagnostic : diagnostics.all()) {
    diagnostic.text = with_arguments(diagnostic.text);
    report.append(boost::python::make_tuple(diagnostic.severity == Diagnostic::Severity::warning,
                                            to_str(to_string(diagnostic)), to_str(diagnostic.source),
                                            to_str(diagnostic.where), to_str(diagnostic.text)));
  }
}

}  // namespace profconv::python
