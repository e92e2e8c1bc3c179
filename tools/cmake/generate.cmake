# Writes what `TOOL --generate WHAT` prints to OUTPUT.
get_filename_component(folder "${OUTPUT}" DIRECTORY)
file(MAKE_DIRECTORY "${folder}")  # Make, unlike Ninja, does not
execute_process(COMMAND "${TOOL}" --generate "${WHAT}" OUTPUT_FILE "${OUTPUT}" COMMAND_ERROR_IS_FATAL ANY)
