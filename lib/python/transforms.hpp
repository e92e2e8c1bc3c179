#pragma once

namespace profconv::python {

/// Functions from profiles to a new profile.
void export_transforms();

}  // namespace profconv::python
