/* Parking: an entry that cannot be mapped, or whose change the sink refuses, stops nobody else; it
 * is tried again after a delay that grows (G7). Main thread only. */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "pipeline/names.h"
#include "util/clock.h"
#include "util/log.h"
#include "util/mem.h"

#define FIRST_DELAY_MS ((int64_t) 60 * 1000)
#define LONGEST_DELAY_MS STORE_PARKED_MOST_MS

static int64_t
growing_delay (int64_t attempts)
{
  int64_t delay = FIRST_DELAY_MS;
  for (int64_t i = 1; i < attempts && delay < LONGEST_DELAY_MS; i++)
    delay *= 2;
  return delay < LONGEST_DELAY_MS ? delay : LONGEST_DELAY_MS;
}

int
intake_park (struct pass *pass, struct link *link, const unsigned char *fingerprint,
             const char *reason, struct error *error)
{
  bool said = protect_was_said (link, reason)
              && (!fingerprint || memcmp (link->parked_fingerprint, fingerprint, FINGERPRINT_LEN) == 0);
  mem_set_text (&link->parked, reason);
  if (fingerprint)
    memcpy (link->parked_fingerprint, fingerprint, FINGERPRINT_LEN);
  link->attempts++;
  link->next_try_ms = clock_now_ms () + growing_delay (link->attempts);
  if (!said && !repeats_told (pass, reason))
    log_warning ("parked %s: %s", link->wanted_name ? link->wanted_name : link->id, reason);
  log_debug ("parked %s is %s", link->id, link->name ? link->name : "(no name)");
  return store_link_put (pass->store, link, error);
}

/* It cannot be mapped, but that it should be inactive is told: that much is done. */
static int
disable_unmapped (struct pass *pass, struct link *link, struct error *error)
{
  struct queued row;
  queued_init (&row);
  row.row = link->row;
  row.intent = QUEUE_DISABLE;
  int rc = store_queue_put (pass->store, &row, error);
  queued_fini (&row);
  return rc;
}

int
intake_park_unmapped (struct pass *pass, struct link *link, const unsigned char *fingerprint,
               enum active_state active, const char *reason, struct error *error)
{
  int leaf = mapping_active_leaf (pass->p->mapping);
  bool active_now = link->account && link->status == LINK_SYNCED
                    && (leaf < 0 || pass->last[leaf] != hasher_leaf (pass->p->hasher, "false", 5));
  MEM_AUTO char *why = mem_format ("%s; correct it in the source or the mapping", reason);
  if (intake_park (pass, link, fingerprint, why, error) < 0)
    return -1;
  if (active_now && active == ACTIVE_FALSE)
    return disable_unmapped (pass, link, error);
  return store_queue_withdraw (pass->store, link->row, error);
}
