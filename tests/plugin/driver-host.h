/* driver-host: a stand-in for the host, for tests that call a plugin directly. It keeps what the
 * plugin tells it and gives it back as JSON. Log, fail and budget may be called by any thread. */
#ifndef TESTS_DRIVER_HOST_H
#define TESTS_DRIVER_HOST_H

#include <jansson.h>
#include <pthread.h>
#include <stdint.h>
#include <syncd/plugin.h>

struct syncd_config {
  char **pairs; /* "key=value" of the command line */
  int count;
  const struct syncd_plugin *plugin; /* for defaults and environment variables */
};

struct syncd_buffer {
  char *data;
  size_t len;
};

struct syncd_change {
  json_t *json; /* {"kind","entry","account","version","document","operations"} */
  char *document;
  struct syncd_operation *operations;
  char **values;
  size_t count;
};

struct syncd_result {
  json_t *json;
};

struct syncd_ctx {
  pthread_mutex_t lock;
  json_t *logs;
  json_t *observed;
  json_t *permits;    /* kinds */
  char message[4096]; /* of the last failure */
  int failures;
  int64_t cancel_at; /* CLOCK_MONOTONIC ms; 0: never */
};

extern const struct syncd_host driver_host;

void driver_ctx_init (struct syncd_ctx *);
void driver_ctx_fini (struct syncd_ctx *);
int64_t driver_now (void);

/* Takes a change out of its JSON; false where it is not one. */
int driver_change_init (struct syncd_change *, json_t *json);
void driver_change_fini (struct syncd_change *);

/* The host's change_… services. */
uint32_t driver_change_kind (const struct syncd_change *);
const char *driver_change_type (const struct syncd_change *);
const char *driver_change_entry (const struct syncd_change *);
const char *driver_change_account (const struct syncd_change *);
const char *driver_change_version (const struct syncd_change *);
const char *driver_change_document (const struct syncd_change *, size_t *ret_len);
size_t driver_change_operation_count (const struct syncd_change *);
const struct syncd_operation *driver_change_operation (const struct syncd_change *, size_t);

#endif
