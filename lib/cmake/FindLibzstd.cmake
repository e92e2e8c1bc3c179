# Finds libzstd (https://facebook.github.io/zstd/) by header and library: not every distribution ships its CMake config.
#
# Defines the target Libzstd::Libzstd; with LIBZSTD_USE_STATIC_LIBS a static library is preferred. Installed beside
# profconvConfig.cmake, for programs that link the static library.

include(FindPackageHandleStandardArgs)

set(Libzstd_static_name)
if(LIBZSTD_USE_STATIC_LIBS)
  set(Libzstd_static_name libzstd.a)
endif()
find_path(Libzstd_INCLUDE_DIR zstd.h)
find_library(Libzstd_LIBRARY NAMES ${Libzstd_static_name} zstd)
mark_as_advanced(Libzstd_INCLUDE_DIR Libzstd_LIBRARY)
find_package_handle_standard_args(Libzstd REQUIRED_VARS Libzstd_LIBRARY Libzstd_INCLUDE_DIR)

if(Libzstd_FOUND AND NOT TARGET Libzstd::Libzstd)
  add_library(Libzstd::Libzstd UNKNOWN IMPORTED)
  set_target_properties(Libzstd::Libzstd PROPERTIES IMPORTED_LOCATION "${Libzstd_LIBRARY}" INTERFACE_INCLUDE_DIRECTORIES
                                                                                           "${Libzstd_INCLUDE_DIR}")
endif()
