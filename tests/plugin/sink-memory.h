/* A sink for tests: accounts in memory and in a file (memory-store.h), failures as configured.
 *
 * Options
 *   file          the accounts
 *   journal       a file: one JSON line for each request, in their order
 *                 {"request": "create", "account": "7", "userName": "…", "result": "ok"}
 *   results       user name -> CLASS[:N]: what becomes of changes of that account (the name in
 *                 the document, or the account's own); N: of the first N only. CLASS is a word
 *                 of SYNCD_RESULT_* ("entry", "not-taken", …), or
 *                   unknown-applied   done, but no answer comes
 *                   kill-before, kill-after   SIGKILL before or after it is done
 *   errors        operation (open, list, find, read, apply, schema) -> SYNCD_E_* word[:N]
 *   ignore        attributes that are not kept (NOT_TAKEN)
 *   soft_delete   a deleted account can come back: a create with its user name revives it
 *   page_size, latency (of each request), user_name (text | email), schema (a file)
 *
 * Never installed. Threads: sessions share the instance, whose lock is `lock`. */
#ifndef SYNCD_TESTS_SINK_MEMORY_H
#define SYNCD_TESTS_SINK_MEMORY_H

#include <pthread.h>
#include <stdio.h>

#include "memory-store.h"
#include "syncd/plugin.h"

struct limit { /* of the first N */
  char *key;
  long left;   /* -1: no limit */
  char word[64];
};

struct memory {
  const struct syncd_config *config;
  pthread_mutex_t lock; /* guards all below */
  struct memory_store store;
  FILE *journal;
  struct limit *results, *errors;
  size_t result_count, error_count;
};

extern const struct syncd_host *memory_host;

/* memory-apply.c */
int32_t memory_apply (struct syncd_ctx *, void *session, const struct syncd_change *const *,
                      struct syncd_result *const *, size_t n);
/* sink-memory.c: takes the word configured for KEY once; "" for none. Under the lock. */
const char *memory_take (struct limit *, size_t count, const char *key);
/* One line of the journal. Under the lock. */
void memory_note (struct memory *, const char *request, const char *account, const char *user_name,
                  const char *result);
/* Asks the budget, waits as long as a request takes. */
int32_t memory_request (struct syncd_ctx *, struct memory *, uint32_t kind);
void memory_observed (struct syncd_ctx *, uint32_t kind, int32_t status, int64_t retry_after_ms);
int memory_ignores (struct memory *, const char *attribute);

#endif
