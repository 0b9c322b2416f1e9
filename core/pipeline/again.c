/* Entries that the source is asked for again in the middle of a pass: who is due, released, named
 * by an order, or pointed at by somebody. Main thread only. */
#include "config.h"

#include <stdlib.h>

#include "pipeline/orders.h"
#include "pipeline/pass.h"
#include "util/mem.h"

static int
add_id (void *data, struct link *link)
{
  ids_add (data, link->id);
  return 0;
}

/* Whoever is parked is tried again when it is due, and has its references then (G7). */
static int
add_unparked (void *data, struct link *link)
{
  return link->parked ? 0 : add_id (data, link);
}

/* Another server may not know yet whom the last one showed: there a complete read has to say so
 * (G3). */
static int
gone (struct pass *pass, const char *id, struct error *error)
{
  (void) error;
  if (!pass->server_changed)
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
  int rc = store_links_each (pass->store, filter, pass->started_ms,
                             filter == LINKS_REFERENCES ? add_unparked : add_id, &ids, error);
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

/* A released row keeps no values, and a row of another mapping cannot be sent: read again. Those that
 * came before the source failed have their names, too. */
int
again_read_bare_rows (struct pass *pass, struct error *error)
{
  struct error later;
  struct bare bare = { .pass = pass, .error = error };
  int rc = store_queue_bare_each (pass->store, pass->p->mapping_number, add_bare, &bare, error);
  if (rc >= 0 && bare.ids.count) {
    rc = ask (pass, &bare.ids, error);
    if (pass_transaction (pass, names_give, rc < 0 ? &later : error) < 0)
      rc = -1;
  }
  ids_fini (&bare.ids);
  return rc < 0 ? -1 : 0;
}

static int
decide (struct pass *pass, struct error *error)
{
  if (brakes_apply (pass, error) < 0 || approve_apply (pass, error) < 0)
    return -1;
  return names_give (pass, error);
}

/* Brakes, approvals and names for what came up in the middle of a pass: by orders, or because a
 * reference can be set now. */
int
again_decide (struct pass *pass, struct error *error)
{
  return pass_transaction (pass, decide, error);
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

#define SHOWN_MAX 1000 /* changes that are read again only to be shown */

struct shown_row {
  int64_t row;
  char *why, *name;
};

struct shown {
  struct bare bare;
  struct shown_row rows[SHOWN_MAX];
  size_t count;
};

static int
add_shown (void *data, struct queued *row)
{
  struct shown *shown = data;
  if (row->intent != QUEUE_SYNC || row->leaves || shown->count == SHOWN_MAX)
    return 0;
  shown->rows[shown->count++] = (struct shown_row){ row->row, mem_copy_text (row->why),
                                                    mem_copy_text (row->name) };
  return add_bare (&shown->bare, row);
}

/* What was read again is held as it was. */
static int
hold_again (struct pass *pass, const struct shown_row *shown, struct error *error)
{
  struct queued row;
  queued_init (&row);
  int rc = store_queue_of (pass->store, shown->row, &row, error);
  if (rc == 1 && row.intent == QUEUE_SYNC && row.state == QUEUE_WAITING) {
    row.state = QUEUE_HELD;
    mem_set_text (&row.why, shown->why);
    mem_set_text (&row.name, shown->name);
    rc = store_queue_update (pass->store, &row, error);
  }
  queued_fini (&row);
  return rc;
}

static int
hold_all_again (struct pass *pass, const struct shown *shown, struct error *error)
{
  int rc = store_begin (pass->store, error);
  if (rc < 0)
    return -1;
  for (size_t i = 0; i < shown->count && rc >= 0; i++)
    rc = hold_again (pass, &shown->rows[i], error);
  if (rc >= 0)
    return store_commit (pass->store, error);
  store_rollback (pass->store);
  return -1;
}

int
again_read_held (struct pass *pass, struct error *error)
{
  struct shown *shown = mem_new (1, sizeof *shown);
  int64_t unchanged = pass->report->unchanged;
  shown->bare = (struct bare){ .pass = pass, .error = error };
  int rc = store_queue_each (pass->store, QUEUE_HELD, add_shown, shown, error);
  pass->showing = true;
  if (rc >= 0 && shown->count && (rc = ask (pass, &shown->bare.ids, error)) >= 0)
    rc = hold_all_again (pass, shown, error);
  pass->showing = false;
  pass->report->unchanged = unchanged;
  for (size_t i = 0; i < shown->count; i++) {
    free (shown->rows[i].why);
    free (shown->rows[i].name);
  }
  ids_fini (&shown->bare.ids);
  free (shown);
  return rc < 0 ? -1 : 0;
}
