/* A plugin's options: what it declared, matched with the file and the environment.
 *
 * This is what the plugin sees as struct syncd_config. Host-owned options (plugin, timeout,
 * sessions, proxy, requests_per_minute, allow_plaintext, KEY_file) are added for every plugin.
 * A plugin that declares one of these itself gives it its own default (timeout: 20s). Where a
 * number may also be "auto" (sessions, requests_per_minute), auto reads as 0.
 * Secrets are read from KEY or KEY_file, never printed, wiped by options_free(). */
#ifndef SYNCD_CONFIG_OPTIONS_H
#define SYNCD_CONFIG_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "config/settings.h"
#include "syncd/plugin.h"

struct syncd_config;

/* Matches ENDPOINT's keys with PLUGIN's declared options. Errors have file:line:column and the
 * nearest known key; a missing required option names the key, the variable and KEY_file. */
int options_load (const struct endpoint *, const struct syncd_plugin *,
                  struct syncd_config **ret_config, struct error *);
void options_free (struct syncd_config *);

/* Typed access, as in struct syncd_host; unknown keys are a bug of the plugin: NULL or 0. */
const char *options_text (const struct syncd_config *, const char *key);
int64_t options_number (const struct syncd_config *, const char *key);
bool options_is_set (const struct syncd_config *, const char *key); /* by file or environment */
size_t options_count (const struct syncd_config *, const char *key);
const char *options_item (const struct syncd_config *, const char *key, size_t i);
const char *options_item_key (const struct syncd_config *, const char *key, size_t i);
const char *options_name (const struct syncd_config *);

/* Checks one text by the option's type. WHY gets what is wrong with it, without the text itself
 * where that may be secret: a text of its own. Pure. */
int option_parse (const struct syncd_option *, const char *text, int64_t *ret_number,
                  char **ret_why);

/* The host-owned options, for documents and `syncd plugins`. */
const struct syncd_option *options_host_owned (size_t *ret_count);
/* "string", "list of uri", "enum (a b)", …: for people. A text of its own. */
char *options_type_name (const struct syncd_option *);

#endif
