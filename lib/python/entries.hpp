#pragma once

namespace profconv::python {

/// The function that reads what `cProfile.Profile.getstats()` returns.
void export_entries();

}  // namespace profconv::python
