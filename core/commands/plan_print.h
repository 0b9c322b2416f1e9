/* Prints what a pass would do, one change a line. */
#ifndef SYNCD_COMMANDS_PLAN_PRINT_H
#define SYNCD_COMMANDS_PLAN_PRINT_H

#include "pipeline/pass.h"

/* Runs a dry pass on the scratch state and prints its plan; returns the exit status. SAME: what is
 * typed behind the commands that are suggested. */
int plan_print (struct pipeline *, const struct pass_options *, struct report *, bool json,
                const char *same);

#endif
