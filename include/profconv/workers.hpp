#pragma once

#include <functional>
#include <memory>

namespace profconv {

class Team;

/// Threads that help the thread in which this is made with whatever the library does in it, one per further core. They
/// are started when there is something for them, and stay until this ends. Without, every step of a conversion starts
/// threads of its own, which takes a tenth of a millisecond each, and more where the last ones are still ending.
///
///     const profconv::Workers workers;
///     Profile profile = profconv::read(…);
///     …
///     profconv::write(profile, …);
///
/// Where some are there already, these go on. To be ended in the thread that made it, in which it must outlive what is
/// under way.
class Workers {
 public:
  /// Each thread runs `begin` first, where it is given; it must not throw.
  explicit Workers(std::function<void()> begin = {});
  ~Workers();
  Workers(const Workers&) = delete;
  Workers& operator=(const Workers&) = delete;

 private:
  std::unique_ptr<Team> own_;  // none where others were there
};

}  // namespace profconv
