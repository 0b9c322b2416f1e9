/* usn.c: the grade that finds changes by the numbers that a server gives them.
 *
 * How far the numbers got is asked before anything is read, and is where the next read goes on:
 * what changes meanwhile has a higher one. They are local to one server. A server that was set
 * back, or a checkpoint older than what servers remember of deleted entries, is a doubt. */
#include "usn.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "scan.h"

/* Active Directory forgets deleted entries after 60 days at the least, others are told when. */
#define REMEMBERED_SECONDS (INT64_C (50) * 24 * 3600)

static const struct usn_kind *const kinds[] = { &usn_ad };

static const struct usn_kind *
kind_of (const struct session *session)
{
  for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
    if (kinds[i]->vendor == session->vendor)
      return kinds[i];
  return NULL;
}

static bool
usn_possible (const struct session *session, struct text *why)
{
  const struct usn_kind *kind = kind_of (session);

  return kind && kind->possible (session, why);
}

static int32_t
usn_probe (struct syncd_ctx *ctx, struct session *session, struct text *why)
{
  const struct usn_kind *kind = kind_of (session);

  return kind->probe ? kind->probe (ctx, session, why) : SYNCD_OK;
}

static void
usn_because (const struct session *session, struct text *text)
{
  text_print (text, "entries show %s; deleted ones are %s", kind_of (session)->attribute,
              session->deletes_seen ? "shown" : "not shown, or there are none yet: the inventory "
                                                "finds who is gone");
}

static bool
usn_sees_deletes (const struct session *session)
{
  return session->deletes_seen;
}

static const char *
usn_server (const struct session *session)
{
  return session->server_id;
}

/* "NUMBER TIME" */
static bool
read_datum (const struct berval *data, int64_t *ret_number, char ret_time[TIME_SIZE])
{
  char text[64], *end;
  struct berval time = { TIME_SIZE - 1, NULL };

  if (data->bv_len < TIME_SIZE + 1 || data->bv_len >= sizeof text)
    return false;
  memcpy (text, data->bv_val, data->bv_len);
  text[data->bv_len] = '\0';
  *ret_number = strtoll (text, &end, 10);
  time.bv_val = end + 1;
  return end > text && *ret_number >= 0 && *end == ' ' && strlen (end) == TIME_SIZE &&
         time_read (&time, ret_time);
}

static int32_t
begin_changes (struct syncd_ctx *ctx, struct scan *scan, int64_t since)
{
  const struct usn_kind *kind = kind_of (scan->session);
  struct delta *delta = &scan->delta;
  char term[128];

  snprintf (term, sizeof term, "(%s>=%lld)", kind->attribute, (long long) since + 1);
  delta->forgiving = !scan->session->deletes_seen;
  if (kind->deleted && scan->session->deletes_seen) {
    delta->control = kind->deleted (scan->session);
    if (!delta->control)
      return error_memory (ctx);
  }
  return delta_begin (ctx, scan, term);
}

static int32_t
usn_begin (struct syncd_ctx *ctx, struct scan *scan, const struct berval *data)
{
  char time[TIME_SIZE];
  int64_t since;
  int32_t rc = kind_of (scan->session)->now (ctx, scan->session, &scan->usn, scan->usn_time);

  if (rc != SYNCD_OK || !data)
    return rc;
  if (!read_datum (data, &since, time))
    return checkpoint_fail (ctx, scan, "it is damaged");
  if (since > scan->usn)
    return checkpoint_fail (ctx, scan, "the server's numbers are behind it: the server was set "
                            "back to an earlier state");
  if (time_seconds (scan->usn_time) - time_seconds (time) > REMEMBERED_SECONDS)
    return checkpoint_fail (ctx, scan, "it is so old that the server may have forgotten who was "
                            "deleted since");
  return begin_changes (ctx, scan, since);
}

static bool
usn_mark (struct scan *scan, struct text *data)
{
  text_print (data, "%lld %s", (long long) scan->usn, scan->usn_time);
  return true;
}

const struct grade grade_usn = {
  .is = CHANGES_USN,
  .name = "usn",
  .vendors = VENDOR_BIT (VENDOR_AD), /* usn-389.c has another row for 389 Directory Server */
  .blind = "\"memberOf\",\"changed access rights\"",
  .changes = true,
  .data = "bound",
  .possible = usn_possible,
  .probe = usn_probe,
  .because = usn_because,
  .sees_deletes = usn_sees_deletes,
  .server = usn_server,
  .begin = usn_begin,
  .next = delta_next,
  .mark = usn_mark,
};
