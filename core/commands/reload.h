/* Reading the configuration anew while syncd --watch runs. Main thread only. */
#ifndef SYNCD_COMMANDS_RELOAD_H
#define SYNCD_COMMANDS_RELOAD_H

#include "commands/command.h"

struct watching {
  const struct cli *cli;
  struct opened *opened;
  int64_t interval_ms; /* 0: as configured */
  char *refused;       /* why the newest configuration is not the one in use; NULL: it is */
};

/* A fact of the state, while a syncd is at work: as `refused` above. */
#define RELOAD_REFUSED "reload_refused"

/* The hook of watch_run(): the pipeline that goes on, which is P where the new one is refused. */
struct pipeline *reload_run (void *data, struct pipeline *p);
/* For the service manager and syncd status; NULL: nothing is refused. */
void reload_remember (struct watching *, const char *why);
void reload_set_interval (const struct watching *, struct opened *);

/* watch.c: whom a signal reaches while it is tried out (NULL: nobody), and from now on */
void watch_trying (struct pipeline *);
void watch_taken (struct pipeline *);

#endif
