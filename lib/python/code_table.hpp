#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include <boost/python/detail/prefix.hpp>
#include <profconv/profile.hpp>

namespace profconv::python {

/// The functions of code objects, by the objects' addresses: nothing of an object is looked at. Keeps them alive, since
/// another object could get the address. To be used with the interpreter's lock.
class CodeTable {
 public:
  CodeTable() : slots_(least) {}
  CodeTable(const CodeTable&) = delete;
  CodeTable& operator=(const CodeTable&) = delete;
  ~CodeTable() {
    for (const Slot& slot : slots_) Py_XDECREF(slot.code);
  }

  /// Null if the object is not there.
  const FunctionId* find(PyObject* code) const noexcept {
    const Slot& slot = slots_[place(code)];
    return slot.code != nullptr ? &slot.function : nullptr;
  }
  /// REQUIRES: it is not there.
  void add(PyObject* code, FunctionId function);
  /// Has fetched what `find` will look at soon.
  void prefetch(PyObject* code) const noexcept { __builtin_prefetch(&slots_[first_place(code)]); }

 private:
  static constexpr std::size_t least = 256;
  struct Slot {
    PyObject* code = nullptr;
    FunctionId function{};
  };

  std::size_t first_place(PyObject* code) const noexcept {
    const auto address = static_cast<std::uint64_t>(reinterpret_cast<std::uintptr_t>(code));
    return static_cast<std::size_t>((address * 0x9e3779b97f4a7c15u) >> 32) & (slots_.size() - 1);
  }
  // Where the object is, or would be.
  std::size_t place(PyObject* code) const noexcept {
    std::size_t i = first_place(code);
    while (slots_[i].code != nullptr && slots_[i].code != code) i = (i + 1) & (slots_.size() - 1);
    return i;
  }

  std::vector<Slot> slots_;  // a power of two of them
  std::size_t used_ = 0;
};

}  // namespace profconv::python
