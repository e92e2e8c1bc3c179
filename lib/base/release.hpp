#pragma once

namespace profconv {

/// Gives back a container's memory. Assigning `{}` empties it and keeps what it had.
template <class Container>
void release(Container& container) noexcept {
  Container().swap(container);
}

}  // namespace profconv
