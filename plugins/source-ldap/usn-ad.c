/* usn-ad.c: the usn grade on Active Directory, by uSNChanged.
 *
 * How far the numbers got is asked before anything is read, and is where the next read goes on:
 * what changes meanwhile has a higher one. It is never what entries showed: of two changes the
 * one with the lower number may become visible later. They are local to one domain controller;
 * one that was set back, or a checkpoint older than what it remembers of deleted entries, is a
 * doubt. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "ad.h"
#include "grade.h"
#include "lookup.h"
#include "scan.h"

/* Deleted entries are forgotten after 60 days at the least. */
#define REMEMBERED_SECONDS (INT64_C (50) * 24 * 3600)

static bool
usn_possible (const struct session *session, struct text *why)
{
  if (session->vendor != VENDOR_AD)
    return false;
  if (!session->token_attribute || strcasecmp (session->token_attribute, "uSNChanged") != 0)
    text_print (why, "the entries show no uSNChanged: let the bind identity read it");
  else if (!session->server_id)
    text_print (why, "the bind identity cannot read the invocationId of the domain controller "
                "(%s), to which the numbers belong", session->ds_service ? session->ds_service
                                                                        : "no dsServiceName");
  else
    return true;
  return false;
}

static int32_t
usn_probe (struct syncd_ctx *ctx, struct session *session, struct text *why)
{
  (void) why;
  return ad_probe_deleted (ctx, session);
}

static void
usn_because (const struct session *session, struct text *text)
{
  text_print (text, "entries show uSNChanged; deleted ones are %s",
              session->deletes_seen ? "shown" : "not shown, or there are none yet: the inventory "
                                                "finds who is gone");
}

static const char *
usn_server (const struct session *session)
{
  return session->server_id;
}

static int32_t
read_now (struct syncd_ctx *ctx, struct session *session, int64_t *ret_number,
        char ret_time[TIME_SIZE])
{
  const char *const names[] = { "highestCommittedUSN", "currentTime", NULL };
  struct berval values[2] = { { 0, NULL }, { 0, NULL } };
  char *end = NULL;
  int32_t rc = lookup_values (ctx, session, "", names, values);

  if (rc == SYNCD_OK) {
    *ret_number = values[0].bv_val ? strtoll (values[0].bv_val, &end, 10) : -1;
    if (!end || *end || *ret_number <= 0 || !values[1].bv_val || !time_read (&values[1], ret_time))
      rc = HOST->fail (ctx, SYNCD_E_PROTOCOL, "%s: the root DSE shows no highestCommittedUSN or "
                       "currentTime; changes: timestamp does without", session->endpoint->uri);
  }
  lookup_fini (values, 2);
  return rc;
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
  struct delta *delta = &scan->delta;
  char term[128];

  snprintf (term, sizeof term, "(uSNChanged>=%lld)", (long long) since + 1);
  delta->forgiving = !scan->session->deletes_seen;
  if (scan->session->deletes_seen) {
    delta->control = ad_show_deleted (scan->session);
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
  int32_t rc = read_now (ctx, scan->session, &scan->usn, scan->usn_time);

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
  .probes_deletes = true,
  .server = usn_server,
  .begin = usn_begin,
  .next = delta_next,
  .mark = usn_mark,
};
