# Writes what `TOOL --generate WHAT` prints to OUTPUT.
execute_process(COMMAND "${TOOL}" --generate "${WHAT}" OUTPUT_FILE "${OUTPUT}" COMMAND_ERROR_IS_FATAL ANY)
