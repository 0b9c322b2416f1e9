/* Commands: what the words on the command line do. Each returns the exit status. */
#ifndef SYNCD_COMMANDS_COMMAND_H
#define SYNCD_COMMANDS_COMMAND_H

#include <stdbool.h>

#include "config/settings.h"
#include "pipeline/pass.h"
#include "util/error.h"

struct cli {
  const char *command;     /* "run" where none was given */
  char **arguments;        /* behind the command */
  int argument_count;
  struct settings_request files;
  const char *plugin_dir, *report, *only, *retry, *forget, *approve, *audit;
  const char *interval;    /* --watch: instead of schedule.every */
  bool watch, full, verify, rebind, dry_run, json, retry_all, no_progress;
  int verbosity;           /* -q: -1 each, -v: +1 each */
  const char *colour, *log_format, *log_level;
  bool help, version;
};

struct command {
  const char *name;
  int (*run) (const struct cli *);
  const char *arguments;   /* for the usage line */
  const char *help;        /* one line */
};

/* All commands, ended by one without a name. */
extern const struct command commands[];

/* Reads the arguments; -1 with a message (exit status 2). */
int cli_parse (int argc, char **argv, struct cli *ret_cli, struct error *);
/* Help and version, to standard output. */
void help_print (void);
void version_print (void);

int command_run (const struct cli *);
int command_watch (const struct cli *);
int command_plan (const struct cli *);
int command_check (const struct cli *);
int command_status (const struct cli *);
int command_explain (const struct cli *);
int command_parked (const struct cli *);
int command_plugins (const struct cli *);
int command_map (const struct cli *);
int command_link (const struct cli *);
int command_unlink (const struct cli *);

/* -- what commands share (common.c) -- */

/* Reports an error on standard error and returns its exit status. */
int command_fail (const struct error *);
/* Settings, plugins and the state of the configured pipeline, opened as far as asked. */
struct opened {
  struct settings settings;
  struct pipeline pipeline;
  bool has_settings, has_pipeline;
};
enum open_depth {
  OPEN_STATE_ALONE, /* settings and state: neither end is opened, and no secret is needed */
  OPEN_NO_PLUGIN,   /* the same, but a plugin may be loaded later */
  OPEN_STATE        /* settings, plugins and state */
};
int command_open (const struct cli *, enum open_depth, enum store_mode, struct opened *ret_opened,
                  struct error *);
/* Only the state: no plugin, no network. STORE_READ: it must exist. */
int command_open_state (const struct cli *, enum store_mode, struct opened *ret_opened, struct error *);
void command_close (struct opened *);
/* Carries a decision out and says DONE, or leaves it for the syncd that holds the lock (orders.c). */
struct order;
int command_order (const struct cli *, const struct order *, const char *done);
/* Writes the report; - is standard output, a file is replaced at once. */
int command_write_report (const char *path, struct report *);
/* SIGINT and SIGTERM set PIPELINE's `cancelled`; a second one ends at once. */
void command_catch_signals (struct pipeline *);
/* The words that make another command mean the same pipeline as this one: " -c FILE"; mostly "". A text
 * of its own. */
char *command_same (const struct cli *);
/* Age of a moment, in words: "3 min ago". A text of its own. */
char *command_age (long long ms);

#endif
