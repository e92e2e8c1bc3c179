#pragma once

#include <cstdint>
#include <cstring>
#include <initializer_list>
#include <string>
#include <string_view>

/// Writes Python's marshal format piece by piece, so that a test shows the bytes it is about:
///
///     dict({key("a.py", 1, "f"), entry(1, 2, 0.5, 0.75, dict({}))})
///
/// One function per type code; nothing is checked, so broken files can be written as well.

namespace profconv::marshal {

using Pieces = std::initializer_list<std::string>;

template <class T>
std::string little(T value) {
  char bytes[sizeof(T)];
  std::memcpy(bytes, &value, sizeof(T));
  return {bytes, sizeof(T)};
}

inline std::string code(char c) { return std::string(1, c); }
inline std::string size(std::size_t n) { return little(static_cast<std::int32_t>(n)); }
inline std::string byte(std::size_t n) { return std::string(1, static_cast<char>(n)); }
inline std::string all(Pieces pieces) {
  std::string bytes;
  for (const std::string& piece : pieces) bytes += piece;
  return bytes;
}

/// Sets the flag that gives the object an entry in the table of references.
inline std::string flag(std::string object) {
  object[0] = static_cast<char>(static_cast<unsigned char>(object[0]) | 0x80u);
  return object;
}
inline std::string r(std::int32_t number) { return code('r') + little(number); }
inline std::string R(std::int32_t number) { return code('R') + little(number); }

inline std::string null() { return code('0'); }
inline std::string none() { return code('N'); }
inline std::string i(std::int32_t value) { return code('i') + little(value); }
inline std::string I(std::int64_t value) { return code('I') + little(value); }
/// Digits of 15 bits, the least significant first.
inline std::string l(std::int32_t count, std::initializer_list<std::uint16_t> digits) {
  std::string bytes = code('l') + little(count);
  for (const std::uint16_t digit : digits) bytes += little(digit);
  return bytes;
}
inline std::string f(std::string_view digits) { return code('f') + byte(digits.size()) + std::string(digits); }
inline std::string g(double value) { return code('g') + little(value); }
inline std::string y(double real, double imaginary) { return code('y') + little(real) + little(imaginary); }

inline std::string s(std::string_view text) { return code('s') + size(text.size()) + std::string(text); }
inline std::string t(std::string_view text) { return code('t') + size(text.size()) + std::string(text); }
inline std::string u(std::string_view text) { return code('u') + size(text.size()) + std::string(text); }
inline std::string a(std::string_view text) { return code('a') + size(text.size()) + std::string(text); }
inline std::string A(std::string_view text) { return code('A') + size(text.size()) + std::string(text); }
inline std::string z(std::string_view text) { return code('z') + byte(text.size()) + std::string(text); }
inline std::string Z(std::string_view text) { return code('Z') + byte(text.size()) + std::string(text); }

inline std::string tuple(Pieces items) { return code(')') + byte(items.size()) + all(items); }
inline std::string long_tuple(Pieces items) { return code('(') + size(items.size()) + all(items); }
inline std::string list(Pieces items) { return code('[') + size(items.size()) + all(items); }
inline std::string set(Pieces items) { return code('<') + size(items.size()) + all(items); }
inline std::string frozenset(Pieces items) { return code('>') + size(items.size()) + all(items); }
/// Keys and values in turn.
inline std::string dict(Pieces items) { return code('{') + all(items) + null(); }

/// A text in the shortest form.
inline std::string text(std::string_view value) { return value.size() < 256 ? z(value) : u(value); }

// ---- pstats ----

inline std::string key(std::string_view file, std::int32_t line, std::string_view name) {
  return tuple({text(file), i(line), text(name)});
}
/// An entry's value: primitive calls first.
inline std::string entry(std::int32_t primitive, std::int32_t calls, double self_s, double total_s,
                         const std::string& callers = dict({})) {
  return tuple({i(primitive), i(calls), g(self_s), g(total_s), callers});
}
/// A caller's value: calls first.
inline std::string caller(std::int32_t calls, std::int32_t primitive, double self_s, double total_s) {
  return tuple({i(calls), i(primitive), g(self_s), g(total_s)});
}

// ---- code objects in the four layouts; everything but file, name and line is empty ----

inline std::string ints(int n) {
  std::string bytes;
  for (int k = 0; k < n; ++k) bytes += little(std::int32_t{0});
  return bytes;
}

inline std::string code_python_2(std::string_view file, std::string_view name, std::int32_t line) {
  return code('c') + ints(4) +
         all({s(""), long_tuple({none()}), long_tuple({}), long_tuple({}), long_tuple({}), long_tuple({}), s(file),
              t(name)}) +
         little(line) + s("");
}
inline std::string code_python_3_0(std::string_view file, std::string_view name, std::int32_t line) {
  return code('c') + ints(5) +
         all({s(""), tuple({none()}), tuple({}), tuple({}), tuple({}), tuple({}), z(file), Z(name)}) + little(line) +
         s("");
}
inline std::string code_python_3_8(std::string_view file, std::string_view name, std::int32_t line) {
  return code('c') + ints(6) +
         all({s(""), tuple({none()}), tuple({}), tuple({}), tuple({}), tuple({}), z(file), Z(name)}) + little(line) +
         s("");
}
inline std::string code_python_3_11(std::string_view file, std::string_view name, std::int32_t line) {
  return code('c') + ints(5) +
         all({s("ops"), tuple({none()}), tuple({}), tuple({}), s(""), z(file), Z(name), Z(name)}) + little(line) +
         s("table") + s("");
}

}  // namespace profconv::marshal
