#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "support/marshal_writer.hpp"
#include "support/random_profile.hpp"

/// Marshalled objects that choices make: well-formed in most places, so that they get far into a reader, and wrong in
/// some. A fuzzer that changes bytes of a file hardly ever gets past the first length.

namespace profconv::fuzz {

class MarshalMaker {
 public:
  explicit MarshalMaker(test::Random& random) : random_(random) {}

  /// Any object.
  std::string object(int depth = 0) {
    if (budget_ == 0 || depth > 12) return marshal::none();
    --budget_;
    switch (random_.below(16)) {
      case 0: return number();
      case 1:
      case 2: return text();
      case 3: return reference();
      case 4: return code();
      case 5: return flagged(marshal::list({object(depth + 1)}));
      case 6: return flagged(marshal::dict({object(depth + 1), object(depth + 1)}));
      case 7: return flagged(marshal::set({object(depth + 1)}));
      case 8: return flagged(marshal::code(':') + object(depth + 1) + object(depth + 1) + object(depth + 1));
      case 9: return random_.one_in(4) ? marshal::null() : marshal::none();
      case 10: return marshal::y(1, 2);
      case 11: return marshal::l(random_.one_in(2) ? 2 : -2, {static_cast<std::uint16_t>(random_.below(0x9000)), 1});
      default: {
        std::string items;
        const std::size_t count = random_.below(6);
        for (std::size_t i = 0; i < count; ++i) items += object(depth + 1);
        return flagged(random_.one_in(2) ? marshal::code(')') + marshal::byte(count) + items
                                         : marshal::code('(') + marshal::size(count) + items);
      }
    }
  }

  /// What cProfile and its kin write, and what they never would.
  std::string stats() {
    std::string entries;
    for (std::size_t n = random_.below(10); n > 0; --n) entries += key() + entry();
    if (random_.one_in(8)) entries += marshal::tuple({marshal::text("__sampled__")}) + marshal::code('T');
    return flagged(marshal::code('{') + entries + marshal::null());
  }

 private:
  std::string flagged(std::string bytes) { return random_.one_in(3) ? bytes : marshal::flag(std::move(bytes)); }

  std::string reference() {
    const auto to = static_cast<std::int32_t>(random_.below(24));
    return random_.one_in(6) ? marshal::R(to) : marshal::r(to);
  }

  std::string number() {
    switch (random_.below(10)) {
      case 0: return reference();
      case 1: return marshal::g(static_cast<double>(random_.bits()) * 1e-12);
      case 2: return marshal::g(static_cast<double>(random_.below(256)) / 8);
      case 3: return marshal::f(random_.one_in(2) ? "0.5" : "1e400");
      case 4: return marshal::I(static_cast<std::int64_t>(random_.bits()));
      case 5: return flagged(marshal::i(static_cast<std::int32_t>(random_.bits())));
      case 6: return marshal::code(random_.one_in(2) ? 'T' : 'F');
      case 7:
        return random_.one_in(4) ? marshal::l(-1, {1})
                                 : flagged(marshal::l(3, {static_cast<std::uint16_t>(random_.below(0x8000)), 0, 2}));
      default: return flagged(marshal::i(static_cast<std::int32_t>(random_.below(8))));
    }
  }

  std::string text() {
    std::string chars;
    for (std::size_t n = random_.below(4); n > 0; --n)
      chars += static_cast<char>(random_.one_in(4) ? random_.below(256) : 'a' + random_.below(3));
    switch (random_.below(6)) {
      case 0: return flagged(marshal::s(chars));
      case 1: return marshal::t(chars);
      case 2: return flagged(marshal::u(chars));
      case 3: return flagged(marshal::A(chars));
      case 4: return flagged(marshal::Z(chars));
      default: return flagged(marshal::z(chars));
    }
  }

  std::string code() {
    switch (random_.below(4)) {
      case 0: return flagged(marshal::code_python_2("a.py", "f", 1));
      case 1: return flagged(marshal::code_python_3_0("a.py", "g", 2));
      case 2: return flagged(marshal::code_python_3_8("a.py", "h", 3));
      default: return flagged(marshal::code_python_3_11("a.py", "f", 4));
    }
  }

  std::string key() {
    if (random_.one_in(4)) return reference();
    if (random_.one_in(16)) return object();
    const std::string name = random_.one_in(8) ? code() : text();
    return flagged(marshal::tuple({text(), number(), name}));
  }

  std::string caller() {
    if (random_.one_in(3)) return number();
    return flagged(marshal::tuple({number(), number(), number(), number()}));
  }

  std::string entry() {
    if (random_.one_in(16)) return random_.one_in(2) ? object() : reference();
    std::string callers;
    for (std::size_t n = random_.below(4); n > 0; --n) callers += key() + caller();
    return flagged(
        marshal::tuple({number(), number(), number(), number(),
                        random_.one_in(12) ? reference() : flagged(marshal::code('{') + callers + marshal::null())}));
  }

  test::Random& random_;
  std::size_t budget_ = 200;  // objects
};

}  // namespace profconv::fuzz
