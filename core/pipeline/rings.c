/* Rings of user names: everybody waits for somebody else who waits. One goes by a temporary name
 * for a moment, which is in the state before it is sent (guarantees: Collisions, G8). */
#include "config.h"

#include <stdlib.h>

#include "pipeline/delivery.h"
#include "util/crash.h"
#include "util/log.h"
#include "util/mem.h"

#define LONGEST 4096

static const char *
target_of (const struct queued *row)
{
  return row->temporary_name ? row->temporary_name : row->name ? row->name : row->wanted_name;
}

/* Who holds the name that ROW waits for: 1 and that entry's change, or 0 where nobody gives it
 * up. */
static int
next_in_line (struct delivery *delivery, struct queued *row)
{
  struct pass *pass = delivery->pass;
  enum holder_kind kind = HOLDER_NOBODY;
  struct link holder;
  int64_t next = 0;
  if (row->intent != QUEUE_SYNC || !target_of (row))
    return 0;
  link_init (&holder);
  int rc = names_holder (pass, target_of (row), row->row, &holder, &kind, delivery->error);
  if (rc == 0 && kind == HOLDER_OTHER_LEAVING)
    next = holder.row;
  link_fini (&holder);
  return rc < 0 || !next ? rc : store_queue_of (pass->store, next, row, delivery->error);
}

/* Does the line behind ROW lead back to it? */
static int
in_ring (struct delivery *delivery, const struct queued *row)
{
  struct queued at;
  queued_init (&at);
  int rc = store_queue_of (delivery->pass->store, row->row, &at, delivery->error);
  for (int steps = 0; rc == 1 && steps < LONGEST; steps++) {
    rc = next_in_line (delivery, &at);
    if (rc == 1 && at.row == row->row)
      break;
    if (steps + 1 == LONGEST && rc == 1)
      rc = 0;
  }
  queued_fini (&at);
  return rc;
}

static int
break_ring (void *data, struct queued *row)
{
  struct delivery *delivery = data;
  unsigned char seed[4];
  if (row->intent != QUEUE_SYNC || !row->wanted_name || row->temporary_name)
    return 0;
  int rc = in_ring (delivery, row);
  if (rc <= 0)
    return rc;
  hash_random (seed, sizeof seed);
  unsigned number = (unsigned) seed[0] << 24 | (unsigned) seed[1] << 16 | (unsigned) seed[2] << 8
                    | seed[3];
  row->temporary_name = collide_temporary (row->wanted_name, number);
  log_info ("several entries exchange their user names; one goes by %s for a moment",
            row->temporary_name);
  return store_queue_update (delivery->pass->store, row, delivery->error) < 0 ? -1 : 1;
}

int
rings_break (struct delivery *delivery)
{
  struct store *store = delivery->pass->store;
  if (store_begin (store, delivery->error) < 0)
    return -1;
  int rc = store_queue_each (store, QUEUE_WAITING, break_ring, delivery, delivery->error);
  if (rc < 0)
    store_rollback (store);
  if (rc < 0 || store_commit (store, delivery->error) < 0)
    return -1;
  CRASH_POINT ("ring-broken");
  return rc;
}
