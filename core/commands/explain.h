/* Who is explained: what the files of `syncd explain` share. */
#ifndef SYNCD_COMMANDS_EXPLAIN_H
#define SYNCD_COMMANDS_EXPLAIN_H

#include "commands/command.h"
#include "commands/tell.h"

/* What is to be explained. */
struct subject {
  const struct opened *opened;
  struct store *store;
  struct link link;
  struct queued row;
  bool queued;              /* there is a row: waiting, under way or held */
  char *same;               /* behind a command that is suggested */
  struct telling tell;
};

/* explain_next.c: what happens next, and when. */
void explain_next (struct subject *);

#endif
