#pragma once

#include <string>

namespace profconv::cli {

/// Has the heap take less memory than the system's settings would. For the start of a tool.
void save_memory();

/// Puts what the heap will hold next on huge pages: this input is about to be read. For large ones it does nothing, as
/// their tables have such pages of their own (large_blocks.cpp) and memory is dear, nor for tiny ones. No more than a
/// wish.
void prepare_heap(const std::string& input);

}  // namespace profconv::cli
