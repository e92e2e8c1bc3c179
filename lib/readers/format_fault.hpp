#pragma once

#include <string>
#include <string_view>

#include <profconv/error.hpp>
#include <profconv/profile.hpp>

namespace profconv {

/// Calls `read`; what the model refuses of an input (a sum that does not fit, an invariant) is a fault of that input.
template <class Read>
Profile with_faults_of(std::string_view source, Read read) {
  try {
    return read();
  } catch (const FormatError&) {
    throw;
  } catch (const IoError&) {
    throw;
  } catch (const UsageError&) {
    throw;
  } catch (const Error& error) {
    throw FormatError(Error::Parts{std::string(source), {}, error.reason(), error.hint()});
  }
}

}  // namespace profconv
