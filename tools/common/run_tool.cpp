#include "common/run_tool.hpp"

#include <cerrno>
#include <exception>
#include <filesystem>
#include <new>

#include <fcntl.h>
#include <unistd.h>

#include <profconv/error.hpp>
#include <profconv/workers.hpp>

#include "common/heap.hpp"
#include "common/large_blocks.hpp"
#include "common/signals.hpp"

namespace profconv::cli {
namespace {

// A standard stream that the caller closed must not become the number of some file we open. Opened the wrong way round,
// so that using it fails as it would have.
void open_standard_streams() {
  for (const int fd : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
    if (::fcntl(fd, F_GETFD) != -1 || errno != EBADF) continue;
    static_cast<void>(::open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY));
  }
}

int run_caught(const std::vector<std::string>& arguments, Messages& messages, Tool tool) {
  try {
    return tool(arguments, messages);
  } catch (const UsageError& error) {
    messages.error(error);
    return exit_usage;
  } catch (const IoError& error) {
    if (error.code() != EPIPE) messages.error(error);
  } catch (const Error& error) {
    messages.error(error);
  } catch (const std::bad_alloc&) {
    messages.error("out of memory");
  } catch (const std::filesystem::filesystem_error& error) {
    messages.error(IoError(error.path1().string(), "cannot use", error.code().value()).what());
  } catch (const std::exception& error) {
    messages.error(error.what());
  }
  return exit_failed;
}

}  // namespace

int run_tool(const char* name, int argc, char** argv, Tool tool) {
  open_standard_streams();
  save_memory();
  reuse_large_blocks();
  const Workers workers(prepare_heap_of_thread);
  install_signal_handlers();
  Messages messages{name};
  const std::vector<std::string> arguments(argv + (argc > 0 ? 1 : 0), argv + argc);
  return run_caught(arguments, messages, tool);
}

}  // namespace profconv::cli
