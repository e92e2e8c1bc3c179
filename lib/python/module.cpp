// profconv._core: the library for Python. Thin: the package profconv, written in Python, is what people use.

#include <boost/python/docstring_options.hpp>
#include <boost/python/module.hpp>
#include <boost/python/scope.hpp>
#include <profconv/version.hpp>

#include "python/core_profile.hpp"
#include "python/entries.hpp"
#include "python/errors.hpp"
#include "python/files.hpp"
#include "python/rows.hpp"
#include "python/transforms.hpp"

BOOST_PYTHON_MODULE(_core) {
  const boost::python::docstring_options our_own_only(true, false, false);
  boost::python::scope().attr("version") = PROFCONV_VERSION;
  profconv::python::export_errors();
  profconv::python::export_rows();
  profconv::python::export_profile();
  profconv::python::export_files();
  profconv::python::export_entries();
  profconv::python::export_transforms();
}
