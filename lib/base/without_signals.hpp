#pragma once

#include <functional>

namespace profconv {

/// Runs `start`; threads that it starts get no signals but those of what they do themselves. Who handles signals
/// expects them in threads of its own, where they may be blocked for a while.
void without_signals(const std::function<void()>& start);

}  // namespace profconv
