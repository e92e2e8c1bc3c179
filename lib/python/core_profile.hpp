#pragma once

#include <string>

#include <boost/python/object.hpp>

#include "python/handle.hpp"

namespace profconv::python {

/// The extension's own profile object, which the package's class Profile wraps.
struct CoreProfile {
  Handle handle;
};

/// Whether all tables are equal, row by row, in order, whatever the ids of the texts. Numbers as recorded in the file
/// (Profile::recorded) do not count.
bool equal(const Profile& a, const Profile& b);

/// The class and what is asked of it.
void export_profile();

}  // namespace profconv::python
