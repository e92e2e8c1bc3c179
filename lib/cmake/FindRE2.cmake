# Finds RE2 (https://github.com/google/re2): by its own CMake config where there is one, else by header and library.
#
# Defines the target re2::re2; with RE2_USE_STATIC_LIBS a static library is preferred. Installed beside
# profconvConfig.cmake, for programs that link the static library.

include(FindPackageHandleStandardArgs)

if(NOT RE2_USE_STATIC_LIBS)
  find_package(re2 CONFIG QUIET)
endif()
if(TARGET re2::re2)
  set(RE2_LIBRARY re2::re2)
  find_package_handle_standard_args(RE2 REQUIRED_VARS RE2_LIBRARY)
  return()
endif()

set(RE2_static_name)
if(RE2_USE_STATIC_LIBS)
  set(RE2_static_name libre2.a)
endif()
find_path(RE2_INCLUDE_DIR re2/re2.h)
find_library(RE2_LIBRARY NAMES ${RE2_static_name} re2)
mark_as_advanced(RE2_INCLUDE_DIR RE2_LIBRARY)
find_package_handle_standard_args(RE2 REQUIRED_VARS RE2_LIBRARY RE2_INCLUDE_DIR)

if(RE2_FOUND)
  find_package(Threads REQUIRED)
  add_library(re2::re2 UNKNOWN IMPORTED)
  set_target_properties(re2::re2 PROPERTIES IMPORTED_LOCATION "${RE2_LIBRARY}" INTERFACE_INCLUDE_DIRECTORIES "${RE2_INCLUDE_DIR}"
                                            INTERFACE_LINK_LIBRARIES Threads::Threads)
endif()
