/* timestamp.c: times of servers, and the grade that finds changes by them.
 *
 * Entries whose modification time is not older than the newest one seen, less an overlap, are
 * read again. Only times of the server are used, and never its clock against ours: what was
 * modified while a scan ran has a time not before the scan's start, so the newest time seen
 * less the scan's length is a bound that misses nothing. */
#include "containers.h"
#include "grade.h"
#include "scan.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

bool
time_read (const struct berval *value, char ret_time[TIME_SIZE])
{
  size_t len = value->bv_len;

  if (len < 15 || len > 32 || value->bv_val[len - 1] != 'Z')
    return false;
  for (size_t i = 0; i < 14; i++)
    if (value->bv_val[i] < '0' || value->bv_val[i] > '9')
      return false;
  if (len > 15 && value->bv_val[14] != '.' && value->bv_val[14] != ',')
    return false;
  memcpy (ret_time, value->bv_val, 14);
  memcpy (ret_time + 14, "Z", 2);
  return true;
}

int64_t
time_seconds (const char *time)
{
  struct tm tm = { 0 };

  if (sscanf (time, "%4d%2d%2d%2d%2d%2d", &tm.tm_year, &tm.tm_mon, &tm.tm_mday, &tm.tm_hour,
              &tm.tm_min, &tm.tm_sec) != 6)
    return 0;
  tm.tm_year -= 1900;
  tm.tm_mon -= 1;
  return (int64_t) timegm (&tm);
}

void
time_move (char time[TIME_SIZE], int64_t seconds)
{
  time_t moved = (time_t) (time_seconds (time) + seconds);
  struct tm tm;

  if (moved < 0)
    moved = 0;
  if (gmtime_r (&moved, &tm))
    strftime (time, TIME_SIZE, "%Y%m%d%H%M%SZ", &tm);
}

void
time_of (const struct session *session, LDAPMessage *message, char ret_time[TIME_SIZE])
{
  struct berval **values = NULL;

  ret_time[0] = '\0';
  if (session->time_attribute)
    values = ldap_get_values_len (session->ld, message, session->time_attribute);
  if (!values || !values[0] || !time_read (values[0], ret_time))
    ret_time[0] = '\0';
  ldap_value_free_len (values);
}

/* ---- the grade ---- */

static bool
timestamp_possible (const struct session *session, struct text *why)
{
  if (session->time_attribute)
    return true;
  text_print (why, "the entries show no %s: let the bind identity read it",
              session->vendor == VENDOR_AD ? "whenChanged" : "modifyTimestamp");
  return false;
}

static void
timestamp_because (const struct session *session, struct text *text)
{
  text_print (text, "entries show %s", session->time_attribute);
}

/* Where the time is that of this server alone. */
static const char *
timestamp_server (const struct session *session)
{
  return session->server_id ? session->server_id : session->ds_service;
}

/* "TIME,TIME": the bound, and up to when renamed containers were looked for. */
static bool
read_datum (struct scan *scan, const struct berval *data)
{
  struct berval part = { TIME_SIZE - 1, data->bv_val };

  if (data->bv_len != 2 * TIME_SIZE - 1 || data->bv_val[TIME_SIZE - 1] != ',' ||
      !time_read (&part, scan->newest))
    return false;
  part.bv_val += TIME_SIZE;
  return time_read (&part, scan->delta.since);
}

/* What has (modifyTimestamp>=newest less the overlap). */
static int32_t
timestamp_begin (struct syncd_ctx *ctx, struct scan *scan, const struct berval *data)
{
  const struct session *session = scan->session;
  char since[TIME_SIZE], term[128];

  if (!data)
    return containers_newest (ctx, scan->session, scan->delta.newest);
  if (!read_datum (scan, data))
    return checkpoint_fail (ctx, scan, "it is damaged");
  memcpy (since, scan->newest, TIME_SIZE);
  time_move (since, -OVERLAP_SECONDS);
  snprintf (term, sizeof term, "(%s>=%.14s%s)", session->time_attribute, since,
            session->vendor == VENDOR_AD ? ".0Z" : "Z");
  scan->delta.forgiving = true;
  return delta_begin (ctx, scan, term);
}

/* What changed while we read has a time from the scan's start on: the bound goes back by the
 * scan's length, rounded up. */
static bool
timestamp_mark (struct scan *scan, struct text *data)
{
  const char *containers = scan->delta.newest;
  char bound[TIME_SIZE] = "19700101000000Z";

  if (scan->timeless)
    return false;
  if (strcmp (containers, scan->delta.since) < 0)
    containers = scan->delta.since;
  if (scan->newest[0]) {
    memcpy (bound, scan->newest, TIME_SIZE);
    time_move (bound, -((now_ms () - scan->started_ms) / 1000 + 1));
  }
  text_print (data, "%s,%s", bound, containers[0] ? containers : bound);
  return true;
}

const struct grade grade_timestamp = {
  .is = CHANGES_TIMESTAMP,
  .name = "timestamp",
  .vendors = VENDORS_ALL,
  .blind = "\"deletes\",\"memberOf\",\"changed access rights\",\"late replication\"",
  .changes = true,
  .data = "hi",
  .possible = timestamp_possible,
  .because = timestamp_because,
  .server = timestamp_server,
  .begin = timestamp_begin,
  .next = delta_next,
  .mark = timestamp_mark,
};
