#pragma once

#include <string>

#include <boost/python/object.hpp>

#include "python/handle.hpp"

namespace profconv::python {

/// The extension's own profile object, which the package's class Profile wraps.
struct CoreProfile {
  Handle handle;
};

/// The Python object of a profile. The same one for it and all its rows as long as anybody has it, which a pickler does
/// with what it has written: a profile, rows and tables that are pickled together hold it once.
boost::python::object core_of(const Handle& profile);

/// Whether all tables are equal, row by row, in order, whatever the ids of the texts. Numbers as recorded in the file
/// (Profile::recorded) do not count.
bool equal(const Profile& a, const Profile& b);

/// The class and what is asked of it.
void export_profile();

}  // namespace profconv::python
