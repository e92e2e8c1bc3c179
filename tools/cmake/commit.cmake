# Writes OUTPUT, a C++ file that knows the commit it was built from, if it would differ from what is there.
# The commit: what git says of SOURCE; in a tree exported by `git archive` what that wrote into commit.txt; else "".
file(READ "${CMAKE_CURRENT_LIST_DIR}/commit.txt" commit)
string(STRIP "${commit}" commit)
if(NOT commit MATCHES "^[0-9a-f]+$")
  set(commit "")
  find_program(GIT git)
  if(GIT AND EXISTS "${SOURCE}/.git")
    execute_process(
      COMMAND "${GIT}" -C "${SOURCE}" rev-parse --short=10 HEAD
      OUTPUT_VARIABLE commit
      OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
    execute_process(
      COMMAND "${GIT}" -C "${SOURCE}" status --porcelain --untracked-files=no
      OUTPUT_VARIABLE changes
      ERROR_QUIET)
    if(NOT changes STREQUAL "")
      string(APPEND commit "+changes")
    endif()
  endif()
endif()
file(CONFIGURE OUTPUT "${OUTPUT}" CONTENT "#include \"common/commit.hpp\"\n\nnamespace profconv::cli {\n\nconst char* commit() noexcept { return \"${commit}\"; }\n\n}  // namespace profconv::cli\n")
