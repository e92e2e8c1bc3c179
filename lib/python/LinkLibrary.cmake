# Links the library profconv into the module.
#
# The tools are linked with static libraries when users are to get them (PROFCONV_STATIC_RUNTIME). Debian's static RE2 is for
# programs only, not position-independent: the module takes the shared one, which is installed beside it.

set(shared_re2)
if(PROFCONV_STATIC_RUNTIME AND NOT BUILD_SHARED_LIBS)
  find_library(PROFCONV_SHARED_RE2 NAMES ${CMAKE_SHARED_LIBRARY_PREFIX}re2${CMAKE_SHARED_LIBRARY_SUFFIX})
  mark_as_advanced(PROFCONV_SHARED_RE2)
  set(shared_re2 ${PROFCONV_SHARED_RE2})
endif()
if(NOT shared_re2)
  target_link_libraries(profconv_core PRIVATE profconv::profconv)
  return()
endif()

# All that the library itself is linked with, but for RE2.
get_target_property(libraries profconv LINK_LIBRARIES)
list(FILTER libraries EXCLUDE REGEX "BUILD_INTERFACE")
list(TRANSFORM libraries REPLACE "^re2::re2$" "${shared_re2}")
target_include_directories(profconv_core PRIVATE $<TARGET_PROPERTY:profconv,INTERFACE_INCLUDE_DIRECTORIES>)
target_compile_features(profconv_core PRIVATE cxx_std_20)
target_link_libraries(profconv_core PRIVATE $<TARGET_FILE:profconv> ${libraries})
add_dependencies(profconv_core profconv)

# Under the name that the loader asks for: libre2.so.9.0.0 is asked for as libre2.so.9.
file(REAL_PATH "${shared_re2}" re2_file)
cmake_path(GET re2_file FILENAME re2_name)
string(REGEX MATCH "^libre2\\.so\\.[0-9]+" re2_soname "${re2_name}")
if(re2_soname)
  set(PROFCONV_MODULE_LIBRARY "${re2_file}")
  set(PROFCONV_MODULE_LIBRARY_NAME "${re2_soname}")
endif()
