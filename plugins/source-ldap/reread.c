/* reread.c: reads entries again that are known by their ids alone.
 *
 * What a list of changes tells is only which entries to look at: their state is asked for with
 * our own base and filter, in batches. An id that a complete answer does not show has left the
 * scope, or is gone: the host asks once more before it believes so. */
#include "reread.h"

#include <stdlib.h>
#include <string.h>

static struct reread_id *
find (struct reread *reread, const char *id)
{
  for (size_t i = 0; i < reread->count; i++)
    if (strcmp (reread->ids[i].id, id) == 0)
      return &reread->ids[i];
  return NULL;
}

static bool
has_room (struct reread *reread)
{
  size_t size = reread->size ? 2 * reread->size : 64;
  struct reread_id *ids;

  if (reread->count < reread->size)
    return true;
  ids = realloc (reread->ids, size * sizeof *ids);
  if (!ids)
    return false;
  reread->ids = ids;
  reread->size = size;
  return true;
}

int32_t
reread_add (struct syncd_ctx *ctx, struct reread *reread, const char *id, bool gone)
{
  struct reread_id *known = find (reread, id);

  if (known) {
    known->gone = gone;
    return SYNCD_OK;
  }
  if (!has_room (reread))
    return error_memory (ctx);
  known = &reread->ids[reread->count];
  *known = (struct reread_id){ .id = strdup (id), .gone = gone };
  if (!known->id)
    return error_memory (ctx);
  reread->count++;
  return SYNCD_OK;
}

static void
clear (struct reread *reread)
{
  for (size_t i = 0; i < reread->count; i++)
    free (reread->ids[i].id);
  reread->count = reread->from = reread->to = reread->told = 0;
}

void
reread_fini (struct reread *reread)
{
  clear (reread);
  free (reread->ids);
  *reread = (struct reread){ 0 };
}

/* The next id up to TO that is gone and was not told; false: there is none. */
static bool
tell_gone (struct reread *reread, size_t to, bool missing, struct syncd_entry *entry)
{
  for (; reread->told < to; reread->told++) {
    struct reread_id *id = &reread->ids[reread->told];

    if (!id->found && (id->gone || missing)) {
      id->found = true;
      HOST->entry_set_id (entry, id->id, strlen (id->id));
      return true;
    }
  }
  return false;
}

/* (&(our filter)(|(id=…)…)) of the next batch; the number of ids in it. */
static size_t
next_batch (struct scan *scan, struct reread *reread)
{
  const struct session *session = scan->session;
  size_t n = 0;

  reread->from = reread->told = reread->to;
  scan->filter.len = 0;
  text_print (&scan->filter, "(&%s(|", session->instance->filter);
  for (; reread->to < reread->count && n < MAX_GET; reread->to++)
    if (!reread->ids[reread->to].found)
      n += identity_filter (session, reread->ids[reread->to].id, &scan->filter);
  text_print (&scan->filter, "))");
  return n;
}

static int32_t
take (struct syncd_ctx *ctx, struct scan *scan, void *data, LDAPMessage *message,
      struct syncd_entry *entry)
{
  struct reread *reread = data;
  char id[MAX_ID + 1];
  struct reread_id *known = NULL;
  int32_t rc;

  if (identity_of (scan->session, message, id))
    known = find (reread, id);
  if (!known || known->found)
    return 0;
  rc = scan_take_entry (ctx, scan, message, entry);
  known->found = rc != SYNCD_E_NOT_FOUND; /* it went away meanwhile */
  return rc;
}

int32_t
reread_next (struct syncd_ctx *ctx, struct scan *scan, struct reread *reread, uint32_t max_wait_ms,
             struct syncd_entry *entry, struct syncd_buffer *buffer)
{
  size_t n;
  int32_t rc;

  if (reread->to == 0 && tell_gone (reread, reread->count, false, entry))
    return SYNCD_SCAN_DELETE;
  for (;;) {
    if (reread->to > reread->from) {
      if ((rc = scan_read (ctx, scan, max_wait_ms, take, reread, entry, buffer)))
        return rc;
      if (tell_gone (reread, reread->to, true, entry))
        return SYNCD_SCAN_DELETE;
    }
    n = next_batch (scan, reread);
    if (scan->filter.failed)
      return error_memory (ctx);
    if (reread->to == reread->from)
      break;
    scan_ask (scan, 0);
    scan->search.ended = n == 0; /* no entry can have one of the ids: the empty answer is known */
  }
  clear (reread);
  return 0;
}
