# Boost.Python compiled from Boost's own sources for the interpreter that was found, as a static library that goes into the
# module. The headers are the system's; both must be of one version of Boost.

find_package(Boost 1.74 CONFIG REQUIRED COMPONENTS headers)
file(GLOB_RECURSE boost_python_sources "${PROFCONV_BOOST_PYTHON_SOURCE}/*.cpp")
list(FILTER boost_python_sources EXCLUDE REGEX "/(numpy|fabscript)/")
if(NOT boost_python_sources)
  message(FATAL_ERROR "PROFCONV_BOOST_PYTHON_SOURCE: no sources in ${PROFCONV_BOOST_PYTHON_SOURCE}")
endif()

add_library(profconv_boost_python STATIC ${boost_python_sources})
target_compile_definitions(profconv_boost_python PUBLIC BOOST_PYTHON_STATIC_LIB BOOST_ALL_NO_LIB PRIVATE BOOST_PYTHON_SOURCE)
if(Python3_VERSION VERSION_GREATER_EQUAL 3.13)
  # CPython 3.13 has these no more. Boost gives them a format in parentheses, with which the others do the same.
  target_compile_definitions(profconv_boost_python PUBLIC PyEval_CallFunction=PyObject_CallFunction PyEval_CallMethod=PyObject_CallMethod)
endif()
target_link_libraries(profconv_boost_python PUBLIC Boost::headers Python3::Module)
set_target_properties(profconv_boost_python PROPERTIES POSITION_INDEPENDENT_CODE ON CXX_STANDARD 14 CXX_VISIBILITY_PRESET hidden)
# Foreign code, with its own taste in warnings.
target_compile_options(profconv_boost_python PRIVATE -w)
