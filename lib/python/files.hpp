#pragma once

namespace profconv::python {

/// Functions that read and write files and memory, and the list of formats.
void export_files();

}  // namespace profconv::python
