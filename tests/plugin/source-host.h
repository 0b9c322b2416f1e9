/* source-host.h: a host for one source plugin, as source-driver needs it: options from a list of
 * keys and values, entries kept as JSON. One thread. */
#ifndef SYNCD_TEST_SOURCE_HOST_H
#define SYNCD_TEST_SOURCE_HOST_H

#include <signal.h>
#include <stdbool.h>
#include <stdio.h>

#include <syncd/plugin.h>

#define MAX_ITEMS 256

struct syncd_ctx {
  int64_t cancel_at; /* ms of now_ms(); 0: never */
  int32_t code;      /* of the last failure, with its message */
  char message[4096];
};

struct syncd_config {
  const struct syncd_plugin *plugin;
  const char *keys[MAX_ITEMS], *values[MAX_ITEMS];
  size_t count;
};

struct syncd_buffer {
  char *data;
  size_t len;
};

struct syncd_entry {
  struct syncd_buffer id, token, name, keys, values; /* keys and values: JSON, without brackets */
  int64_t reevaluate_at;
  int32_t answer;
  size_t value_count;
};

extern const struct syncd_host source_host;
extern bool source_host_quiet;        /* count values only */
extern volatile sig_atomic_t source_host_stopped; /* cancelled from outside */
extern size_t source_host_attributes; /* how many attributes the request has */

int64_t now_ms (void);
/* source-memory.c */
const void *source_host_recall (struct syncd_ctx *ctx, size_t *ret_len);
int32_t source_host_remember (struct syncd_ctx *ctx, const void *bytes, size_t len);
/* A string, or {"hex":"…"} for what is no text. */
void print_json (FILE *out, const char *data, size_t len);
void buffer_reset (struct syncd_buffer *buffer);
void entry_reset (struct syncd_entry *entry);
const struct syncd_option *option_find (const struct syncd_plugin *plugin, const char *key);

#endif
