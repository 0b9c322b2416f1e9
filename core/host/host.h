/* The host's table of services (struct syncd_host) and the objects behind its opaque types.
 *
 * A ctx belongs to one session (one thread at a time); cancellation and budget are shared. */
#ifndef SYNCD_HOST_HOST_H
#define SYNCD_HOST_HOST_H

#include <stdatomic.h>
#include <stdbool.h>

#include "config/options.h"
#include "record/entry.h"
#include "syncd/plugin.h"
#include "util/buffer.h"
#include "util/error.h"

struct budget; /* pipeline/budget.h; reached through the hooks below */

/* How permit() and observed() reach the budget, without this floor knowing it. */
struct host_budget {
  void *data;
  int32_t (*permit) (void *data, struct syncd_ctx *, uint32_t kind);
  void (*observed) (void *data, const struct syncd_observation *);
};

/* What a plugin wants to know again the next time (recall, remember). */
struct host_memory {
  struct buffer bytes;
  bool changed;                    /* since it was taken from the state */
};

struct syncd_ctx {
  const char *who;                 /* instance name, for log lines */
  const atomic_int *cancelled;     /* shared; may be NULL */
  const struct host_budget *budget; /* NULL: always permitted */
  struct host_memory *memory;      /* NULL: nothing is kept */
  int32_t failure_code;            /* of the last fail(), 0: none */
  char failure[2048];
};
void host_ctx_init (struct syncd_ctx *, const char *who, const atomic_int *cancelled,
                    const struct host_budget *);
/* What a call that returned CODE said, or a text for the code; clears it. */
const char *host_failure (struct syncd_ctx *, int32_t code);

/* struct syncd_entry and struct syncd_buffer are struct entry and struct buffer: cast with these. */
static inline struct syncd_entry *
host_entry (struct entry *entry)
{
  return (struct syncd_entry *) entry;
}
static inline struct syncd_buffer *
host_buffer (struct buffer *buffer)
{
  return (struct syncd_buffer *) buffer;
}

struct syncd_change {
  uint32_t kind;                   /* SYNCD_CHANGE_* */
  const char *type, *entry, *account, *version;
  const char *document;            /* JSON or NULL */
  size_t document_len;
  const struct syncd_operation *operations;
  size_t operation_count;
};

struct syncd_result {
  int32_t result, status;          /* SYNCD_RESULT_*, HTTP status */
  char *message, *account, *version, *conflict, *correlation;
  uint32_t account_flags;
  int64_t retry_after_ms;          /* -1: not told */
  char **not_taken;
  size_t not_taken_count;
};
void host_result_init (struct syncd_result *);
void host_result_fini (struct syncd_result *);

/* The one table; static. */
const struct syncd_host *host_table (void);

#endif
