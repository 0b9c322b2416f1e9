/* The settings of one pipeline: all keys of the configuration file but the plugins' own, typed
 * and checked, with their defaults (contract: sections 2 to 4). Read-only after loading. */
#ifndef SYNCD_CONFIG_SETTINGS_H
#define SYNCD_CONFIG_SETTINGS_H

#include <stdbool.h>
#include <stdint.h>

#include "config/node.h"

enum collision_policy { COLLISION_SUFFIX, COLLISION_SKIP, COLLISION_FAIL };
enum left_policy { LEFT_PARK, LEFT_ADOPT, LEFT_SUFFIX };
enum leaver_policy { LEAVER_DISABLE, LEAVER_DELETE, LEAVER_IGNORE };

struct brake {
  int percent;
  int64_t min;
};

struct endpoint {          /* a source or a sink */
  char *name;              /* key under sources: or sinks:, or the plugin's name */
  char *plugin;            /* its `plugin:`, else the name */
  const struct node *node; /* its keys; NULL: defaults and environment alone */
};

struct settings {
  struct node *root;       /* owns all nodes; an empty object where there is no file */
  struct node *defaults;   /* owns the default mapping, where there is no other */
  char *file;              /* the configuration file, or NULL */
  struct endpoint source, sink;

  const struct node *schemas; /* list of URNs or NULL */
  const struct node *mapping; /* the tree under mapping:, or the contract's default */
  bool default_mapping;       /* no file said one: userName may become mail (said at start) */

  char **match;            /* "externalId", "userName", … */
  size_t match_count;
  bool adopt_foreign;

  enum collision_policy collision;
  char *collision_format;  /* "{base}_{n}" */
  int64_t collision_attempts;
  enum left_policy collision_left;

  enum leaver_policy leavers;
  int64_t delete_after_ms; /* -1: never */

  struct brake brake_leavers, brake_updates, brake_creates;

  char **protect;
  size_t protect_count;

  char *audit;             /* path or NULL */
  char *state_path;        /* always set */
  int64_t every_ms, inventory_ms, full_ms, verify_ms; /* -1: never, 0: auto */
};

struct settings_request {  /* from the command line; NULL where not given */
  const char *config_file;
  const char *source, *sink;
  const char *state;
  bool without_ends;       /* neither is opened: their ${NAME} need not be set */
};

/* Finds the file ($SYNCD_CONFIG, /etc/syncd/syncd.yaml), reads it, chooses source and sink, and
 * checks every key of the core. -1 with exit status 2 and a message with the place and, for
 * misspelt keys and words, the nearest known one. */
int settings_load (const struct settings_request *, struct settings *ret_settings, struct error *);
void settings_fini (struct settings *);

/* "500ms", "30s", "5m", "12h", "7d", "2w", "never" (-1), "auto" (0), or bare seconds. 0, or -1
 * with the output untouched. */
int settings_parse_duration (const char *text, int64_t *ret_ms);

#endif
