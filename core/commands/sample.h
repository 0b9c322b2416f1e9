/* One mapped sample entry, as `map` and `check` show it. */
#ifndef SYNCD_COMMANDS_SAMPLE_H
#define SYNCD_COMMANDS_SAMPLE_H

#include "pipeline/pipeline.h"

/* Prints the document that an entry maps to. */
int sample_print (struct pipeline *, const struct entry *, struct error *);
#endif
