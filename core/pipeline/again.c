/* Entries that the source is asked for again in the middle of a pass: who is due, released, named by an
 * order, or pointed at by somebody. Main thread only. */
#include "config.h"

#include "pipeline/orders.h"
#include "pipeline/pass.h"

static int
add_id (void *data, struct link *link)
{
  ids_add (data, link->id);
  return 0;
}

static int
gone (struct pass *pass, const char *id, struct error *error)
{
  (void) error;
  ids_add (&pass->deleted, id);
  return 0;
}

/* Asks the source for these and maps them, though nothing in them may have changed. */
static int
ask (struct pass *pass, struct ids *ids, struct error *error)
{
  bool forced = pass->force;
  pass->force = true;
  int rc = intake_get (pass, ids, gone, error);
  pass->force = forced;
  return rc;
}

int
again_read (struct pass *pass, enum link_filter filter, struct error *error)
{
  struct ids ids = { 0 };
  int rc = store_links_each (pass->store, filter, pass->started_ms, add_id, &ids, error);
  if (rc >= 0)
    rc = ask (pass, &ids, error);
  ids_fini (&ids);
  return rc < 0 ? -1 : 0;
}

struct bare {
  struct pass *pass;
  struct ids ids;
  struct error *error;
};

static int
add_bare (void *data, struct queued *row)
{
  struct bare *bare = data;
  struct link link;
  link_init (&link);
  int rc = store_link_by_row (bare->pass->store, row->row, &link, bare->error);
  if (rc == 1)
    ids_add (&bare->ids, link.id);
  link_fini (&link);
  return rc < 0 ? -1 : 0;
}

/* A released row keeps no values, and a row of another mapping cannot be sent: read again. */
int
again_read_bare_rows (struct pass *pass, struct error *error)
{
  struct bare bare = { .pass = pass, .error = error };
  int rc = store_queue_bare_each (pass->store, pass->p->mapping_number, add_bare, &bare, error);
  if (rc >= 0 && bare.ids.count)
    rc = ask (pass, &bare.ids, error);
  if (rc >= 0 && bare.ids.count) {
    rc = store_begin (pass->store, error);
    if (rc == 0 && (rc = names_give (pass, error)) == 0)
      rc = store_commit (pass->store, error);
  }
  ids_fini (&bare.ids);
  return rc < 0 ? -1 : 0;
}

/* Brakes, approvals and names for what came up in the middle of a pass: by orders, or because a
 * reference can be set now. */
int
again_decide (struct pass *pass, struct error *error)
{
  if (store_begin (pass->store, error) < 0)
    return -1;
  if (brakes_apply (pass, error) == 0 && approve_apply (pass, error) == 0
      && names_give (pass, error) == 0)
    return store_commit (pass->store, error);
  store_rollback (pass->store);
  return -1;
}

int
again_obey (struct pass *pass, struct error *error)
{
  int count = orders_obey (pass->store, pass->p->settings->state_path, error);
  if (count <= 0)
    return count;
  if (again_read (pass, LINKS_DUE, error) < 0 || leavers_ask_again (pass, error) < 0
      || again_decide (pass, error) < 0)
    return -1;
  return again_read_bare_rows (pass, error);
}
