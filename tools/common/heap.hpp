#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace profconv::cli {

/// Has the heap take less memory than the system's settings would. For the start of a tool.
void save_memory();

/// Puts what the heap will hold next on huge pages: these inputs are about to be read. Large tables have such pages of
/// their own (large_blocks.cpp). Nothing is done for what is tiny or of unknown size. No more than a wish.
void prepare_heap(const std::vector<std::string>& inputs);

/// For a thread that is about to help with them: what it will take has pages of such a size, too.
void prepare_heap_of_thread() noexcept;

/// How many bytes of the heap `prepare_heap` wants on huge pages; 0 for none.
std::size_t heap_on_huge_pages(const std::vector<std::string>& inputs);

}  // namespace profconv::cli
