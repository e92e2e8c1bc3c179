# Read by cpack once for each kind of package. An archive unpacks into a folder of its own; a Debian package is for /usr.
if(CPACK_GENERATOR STREQUAL "TGZ")
  set(CPACK_COMPONENT_INCLUDE_TOPLEVEL_DIRECTORY ON)
endif()
