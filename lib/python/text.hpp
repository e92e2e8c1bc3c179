#pragma once

#include <string>
#include <string_view>

#include <boost/python/object.hpp>
#include <profconv/profile.hpp>

namespace profconv::python {

/// A profile's text as a str. Python's own encoding of lone surrogates (`surrogatepass`, as in marshal) is read back;
/// other bytes that are not UTF-8 become lone surrogates themselves (`surrogateescape`, as in file names).
boost::python::object to_str(std::string_view text);

/// The bytes of a str or of a bytes object; lone surrogates as marshal writes them, or as they stand for bytes: see
/// TextsOf. Throws a TypeError that starts with `what`.
std::string bytes_of(const boost::python::object& text, const char* what);

/// While it lives, `bytes_of` in this thread gives the bytes for which `to_str` made the text of one that is in the
/// profile. A lone surrogate may stand for a byte or for itself: for a byte where the profile has texts with such
/// bytes.
class TextsOf {
 public:
  explicit TextsOf(const Profile& profile) noexcept;
  TextsOf(const TextsOf&) = delete;
  TextsOf& operator=(const TextsOf&) = delete;
  ~TextsOf();

 private:
  const Profile* before_;
};

/// The same words for people who write Python: options of the tools become arguments, "--time-unit says which" becomes
/// "time_unit= says which".
std::string with_arguments(std::string_view text);

/// "int", "profiler_entry": what a message calls the type of an object.
std::string type_name(const boost::python::object& value);

/// Raises TypeError.
[[noreturn]] void type_error(const std::string& message);

}  // namespace profconv::python
