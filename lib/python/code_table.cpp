#include "python/code_table.hpp"

#include <utility>

namespace profconv::python {

void CodeTable::add(PyObject* code, FunctionId function) {
  if (2 * ++used_ > slots_.size()) {  // at most half full
    const std::vector<Slot> old = std::exchange(slots_, std::vector<Slot>(2 * slots_.size()));
    for (const Slot& slot : old) {
      if (slot.code != nullptr) slots_[place(slot.code)] = slot;
    }
  }
  Py_INCREF(code);
  slots_[place(code)] = {code, function};
}

}  // namespace profconv::python
