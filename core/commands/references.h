/* Whom does a reference wait for? */
#ifndef SYNCD_COMMANDS_REFERENCES_H
#define SYNCD_COMMANDS_REFERENCES_H

#include "commands/command.h"
#include "commands/tell.h"

/* Which of the entry's references have no account yet, and why. The state keeps no values, so the source
 * is asked; where it cannot be reached, that is told. */
void references_tell (const struct cli *, const struct link *, struct telling *);

#endif
