#pragma once

#include <string>
#include <string_view>

#include <boost/python/object.hpp>

namespace profconv::python {

/// A profile's text as a str. Python's own encoding of lone surrogates (`surrogatepass`, as in marshal) is read back;
/// other bytes that are not UTF-8 become lone surrogates themselves (`surrogateescape`, as in file names).
boost::python::object to_str(std::string_view text);

/// The bytes of a str, lone surrogates included as marshal writes them, or of a bytes object. Throws a TypeError that
/// starts with `what`.
std::string bytes_of(const boost::python::object& text, const char* what);

/// The same words for people who write Python: options of the tools become arguments, "--time-unit says which" becomes
/// "time_unit= says which".
std::string with_arguments(std::string_view text);

/// "int", "profiler_entry": what a message calls the type of an object.
std::string type_name(const boost::python::object& value);

/// Raises TypeError.
[[noreturn]] void type_error(const std::string& message);

}  // namespace profconv::python
