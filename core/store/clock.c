/* Times in the state are those of the wall's clock, which may be ahead and be put right. What waits
 * would wait as long as it was ahead then, and what was done would count that much longer: so nothing
 * is dated later than the longest wait that is ever given; see store.h. */
#include "config.h"
#include "store/internal.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "util/buffer.h"
#include "util/mem.h"

#define FACT "clock_ms"
#define NOTED_EVERY_MS 60000

struct bound {
  struct store *store;
  int64_t now_ms;
  struct error *error;
};

/* INT64_MAX: until somebody says so. */
static int
bound_parked (void *data, struct link *link)
{
  struct bound *bound = data;
  if (link->next_try_ms == INT64_MAX || link->next_try_ms <= bound->now_ms + STORE_PARKED_MOST_MS)
    return 0;
  link->next_try_ms = bound->now_ms;
  return store_link_put (bound->store, link, bound->error);
}

/* Since when it is disabled: leavers.delete_after counts from there, and not from what is to come. */
static int
bound_disabled (void *data, struct link *link)
{
  struct bound *bound = data;
  if (link->last_ms <= bound->now_ms)
    return 0;
  link->last_ms = bound->now_ms;
  return store_link_put (bound->store, link, bound->error);
}

static int
bound_queue (struct store *store, int64_t now_ms, struct error *error)
{
  sqlite3_stmt *s = store_statement (store, S_CLOCK_QUEUE, "UPDATE queue SET next_try_ms = ?1"
      " WHERE next_try_ms > 0 AND state = 0 AND next_try_ms > ?2 AND next_try_ms < ?3");
  sqlite3_bind_int64 (s, 1, now_ms);
  sqlite3_bind_int64 (s, 2, now_ms + STORE_QUEUED_MOST_MS);
  sqlite3_bind_int64 (s, 3, INT64_MAX); /* due never: its entry is to be read again */
  return store_run (store, s, error);
}

/* The day that a brake looks back on begins now for what was done then. */
static int
bound_done (struct store *store, int64_t now_ms, struct error *error)
{
  sqlite3_stmt *s = store_statement (store, S_CLOCK_DONE, "INSERT INTO done (kind, at, count)"
      " SELECT kind, ?1, sum (count) FROM done WHERE at > ?1 GROUP BY kind"
      " ON CONFLICT (kind, at) DO UPDATE SET count = count + excluded.count");
  sqlite3_bind_int64 (s, 1, now_ms / 1000);
  if (store_run (store, s, error))
    return -1;
  s = store_statement (store, S_CLOCK_DONE_DROP, "DELETE FROM done WHERE at > ?1");
  sqlite3_bind_int64 (s, 1, now_ms / 1000);
  return store_run (store, s, error);
}

int
store_clock_bound (struct store *store, int64_t now_ms, struct error *error)
{
  struct bound bound = { store, now_ms, error };
  if (store_links_each (store, LINKS_PARKED, 0, bound_parked, &bound, error) < 0
      || store_links_each (store, LINKS_DISABLED, INT64_MAX, bound_disabled, &bound, error) < 0
      || bound_queue (store, now_ms, error) < 0)
    return -1;
  return bound_done (store, now_ms, error);
}

int
store_clock_note (struct store *store, int64_t now_ms, struct error *error)
{
  BUFFER_AUTO struct buffer text;
  MEM_AUTO char *now = mem_format ("%" PRId64, now_ms);
  buffer_init (&text, 64);
  bool known = store_get_fact (store, FACT, &text) == 1;
  int64_t last = known ? strtoll (buffer_text (&text), NULL, 10) : 0;
  bool back = now_ms < last;
  if (back && store_clock_bound (store, now_ms, error) < 0)
    return -1;
  if ((back || now_ms - last > NOTED_EVERY_MS)
      && store_put_fact (store, FACT, now, strlen (now), error) < 0)
    return -1;
  return back;
}
