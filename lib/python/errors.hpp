#pragma once

namespace profconv::python {

/// Makes `Error` in the module that is being initialised and translates the library's exceptions: IoError becomes
/// OSError (or its subclass for the errno), every other Error becomes `profconv.Error`.
void export_errors();

}  // namespace profconv::python
