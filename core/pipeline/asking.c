/* Intake, the source's side: entries that it is asked for by id, many at once, and one person
 * alone. An answer that does not come is no answer: nobody is gone by it (G3). Main thread only. */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "pipeline/pass.h"
#include "util/log.h"
#include "util/mem.h"
#include "util/notify.h"

#define GET_BATCH 100 /* ids a question */

static int
take_answer (struct pass *pass, struct entry *answer, const char *asked,
             int (*absent) (struct pass *, const char *, struct error *), struct error *error)
{
  if (answer->answer == SYNCD_GET_FAILED || answer->answer == 0) {
    pass->unconfirmed++;
    return 0;
  }
  if (answer->answer != SYNCD_GET_ENTRY)
    return absent ? absent (pass, asked, error) : 0;
  struct entry saved = pass->entry;
  pass->entry = *answer;
  if (pass->look_again_ms
      && (!answer->reevaluate_at || answer->reevaluate_at > pass->look_again_ms))
    pass->entry.reevaluate_at = pass->look_again_ms;
  int rc = intake_entry (pass, error);
  *answer = pass->entry;
  pass->entry = saved;
  return rc;
}

/* The source's own session is opened when it is asked for something, in watch mode. One that is away
 * is not tried again and again in one pass. */
static int
open_to_ask (struct pass *pass, struct error *error)
{
  struct pipeline *p = pass->p;
  if (p->source_session)
    return 0;
  if (pass->away)
    return error_set (error, "%s", pass->away);
  if (pipeline_open_source (p, error) == 0)
    return pipeline_check_identity (p, error);
  if (error->exit_status != 2)
    pass->away = mem_copy_text (error->text);
  return -1;
}

static int
ask_batch (struct pass *pass, char *const *ids, size_t count, struct entry *entries, struct error *error)
{
  struct pipeline *p = pass->p;
  struct syncd_entry *opaque[GET_BATCH];
  struct syncd_scan_request request = pipeline_scan_request (p, SYNCD_MODE_EVERYTHING);
  notify_alive ();
  if (open_to_ask (pass, error) < 0)
    return -1;
  for (size_t i = 0; i < count; i++) {
    entry_reset (&entries[i]);
    opaque[i] = host_entry (&entries[i]);
  }
  int32_t code = p->source->source->get (&p->source_ctx, p->source_session, &request,
                                         (const char *const *) ids, opaque, count);
  return code < 0 ? intake_source_failed (pass, code, "asking for single entries failed", error) : 0;
}

static int
get_batch (struct pass *pass, char *const *ids, size_t count, struct entry *entries,
           int (*absent) (struct pass *, const char *, struct error *), struct error *error)
{
  if (ask_batch (pass, ids, count, entries, error) < 0 || store_begin (pass->store, error) < 0)
    return -1;
  for (size_t i = 0; i < count; i++)
    if (take_answer (pass, &entries[i], ids[i], absent, error) < 0) {
      store_rollback (pass->store);
      return -1;
    }
  return store_commit (pass->store, error);
}

/* 1: more may follow, 0: the end. */
static int
get_next (struct pass *pass, struct ids *ids, struct entry *entries,
          int (*absent) (struct pass *, const char *, struct error *), struct error *error)
{
  char *batch[GET_BATCH];
  int count = ids_read (ids, batch, GET_BATCH, error);
  if (count < 0)
    return -1;
  if (count > 0 && get_batch (pass, batch, (size_t) count, entries, absent, error) < 0)
    return -1;
  return count > 0;
}

int
intake_get (struct pass *pass, struct ids *ids,
            int (*absent) (struct pass *, const char *, struct error *), struct error *error)
{
  size_t width = ids->count < GET_BATCH ? ids->count : GET_BATCH;
  struct entry *entries = mem_new (width, sizeof *entries);
  int rc;
  for (size_t i = 0; i < width; i++)
    entry_init (&entries[i], mapping_attribute_count (pass->p->mapping));
  ids_rewind (ids);
  while ((rc = get_next (pass, ids, entries, absent, error)) > 0)
    ;
  for (size_t i = 0; i < width; i++)
    entry_fini (&entries[i]);
  free (entries);
  return rc;
}

/* Was it never delivered, and not shown after its mark either? */
static int
add_unshown (struct pass *pass, const char *id, struct ids *asked, struct error *error)
{
  struct glance glance;
  int rc = store_glance (pass->store, id, strlen (id), &glance, error);
  if (rc == 0 || (rc > 0 && !intake_was_seen (pass, glance.row)))
    ids_add (asked, id);
  return rc < 0 ? -1 : 0;
}

/* Who is there by a mark alone and was never delivered: not those who were shown after it. */
int
intake_unshown (struct pass *pass, struct error *error)
{
  struct ids asked = { 0 };
  char *id;
  int rc;
  ids_rewind (&pass->changed);
  while ((rc = ids_read (&pass->changed, &id, 1, error)) > 0)
    if ((rc = add_unshown (pass, id, &asked, error)) < 0)
      break;
  if (rc == 0)
    rc = intake_get (pass, &asked, NULL, error);
  ids_fini (&asked);
  ids_fini (&pass->changed);
  return rc;
}

static int
not_there (struct pass *pass, const char *id, struct error *error)
{
  struct glance glance;
  int rc = store_glance (pass->store, id, strlen (id), &glance, error);
  pass->report->read = 0;
  if (rc > 0)
    log_warning ("the source shows no entry %s within filter and base: a pass over everybody finds out "
                 "whether it left; nothing is done here", id);
  return rc < 0 ? -1 : 0;
}

/* One person: who is known by that text, else what the source knows by it. */
int
intake_only (struct pass *pass, struct error *error)
{
  struct link link;
  link_init (&link);
  int rc = store_link_search (pass->store, pass->options->only, &link, error);
  struct ids ids = { 0 };
  ids_add (&ids, rc == 1 ? link.id : pass->options->only);
  pass->report->mode = "only";
  pass->end = SCAN_CHANGES;
  pass->force = true;
  pass->report->read = 1;
  if (rc >= 0)
    rc = intake_get (pass, &ids, not_there, error);
  ids_fini (&ids);
  link_fini (&link);
  return rc;
}
