# Links the library profconv into the module.
#
# The tools are linked with static libraries when users are to get them (PROFCONV_STATIC_RUNTIME). Debian's static libraries
# are for programs, not position-independent: the module takes the shared ones, which are installed beside it.

set(PROFCONV_MODULE_LIBRARIES "")
if(NOT PROFCONV_STATIC_RUNTIME OR BUILD_SHARED_LIBS)
  target_link_libraries(profconv_core PRIVATE profconv::profconv)
  return()
endif()

# The file of an imported library.
function(location_of library result)
  foreach(property IMPORTED_LOCATION IMPORTED_LOCATION_RELEASE IMPORTED_LOCATION_NONE)
    get_target_property(file ${library} ${property})
    if(file)
      set(${result} "${file}" PARENT_SCOPE)
      return()
    endif()
  endforeach()
  set(${result} "" PARENT_SCOPE)
endfunction()

# The library itself without what it brings along, and before what it needs.
target_include_directories(profconv_core PRIVATE $<TARGET_PROPERTY:profconv,INTERFACE_INCLUDE_DIRECTORIES>)
target_compile_features(profconv_core PRIVATE cxx_std_20)
target_link_libraries(profconv_core PRIVATE $<TARGET_FILE:profconv>)
add_dependencies(profconv_core profconv)

get_target_property(libraries profconv LINK_LIBRARIES)
list(FILTER libraries EXCLUDE REGEX "BUILD_INTERFACE")
foreach(library IN LISTS libraries)
  location_of(${library} file)
  if(NOT file MATCHES "\\${CMAKE_STATIC_LIBRARY_SUFFIX}$")
    target_link_libraries(profconv_core PRIVATE ${library})
    continue()
  endif()
  cmake_path(GET file STEM name)
  find_library(PROFCONV_SHARED_${name} NAMES "${name}${CMAKE_SHARED_LIBRARY_SUFFIX}" REQUIRED)
  mark_as_advanced(PROFCONV_SHARED_${name})
  target_link_libraries(profconv_core PRIVATE "${PROFCONV_SHARED_${name}}")
  list(APPEND PROFCONV_MODULE_LIBRARIES "${PROFCONV_SHARED_${name}}")
endforeach()

# Those that these need in turn, but for the system's own: RE2 may be made with Abseil, which is a dozen libraries.
file(GET_RUNTIME_DEPENDENCIES LIBRARIES ${PROFCONV_MODULE_LIBRARIES} PRE_INCLUDE_REGEXES "^libabsl_" PRE_EXCLUDE_REGEXES "." RESOLVED_DEPENDENCIES_VAR
     needed)
list(APPEND PROFCONV_MODULE_LIBRARIES ${needed})
