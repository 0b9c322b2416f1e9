/* usn-389.c: the usn grade on 389 Directory Server, by the entryusn of its USN plug-in.
 *
 * The two-query delta asks for entries whose number is not below the checkpoint's. These numbers
 * are weaker than Active Directory's, each of the following seen on 2.3.1:
 *   - a refused add, or a modification of nobody, takes one from the counter, and a restart sets
 *     it back to the greatest number that an entry shows: numbers are given twice. So some
 *     numbers before the checkpoint are asked for again, and a restart is a doubt (ds389.c).
 *   - beyond 32 bits, where the counter gets by starting below zero, an entry that is added shows
 *     only the low 32 bits: these are asked for as well.
 *   - deleted entries (tombstones) are shown to the Directory Manager and to nobody else.
 *   - the root DSE tells a number for each database, but not which is whose: where there are
 *     several, one counter for all is needed. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "containers.h"
#include "ds389.h"
#include "grade.h"
#include "scan.h"

#define AGAIN    100 /* numbers before the checkpoint that are asked for again */
#define LOW_BITS UINT64_C (0xffffffff)
#define TOMBSTONE "(objectClass=nsTombstone)"

struct usn_389 {
  uint64_t bound; /* of the next checkpoint */
  bool buried;    /* the tombstones were all told */
  struct text filter;
  const char *attributes[2];
  struct search search;
};

/* ---- the choice ---- */

static bool
usn_possible (const struct session *session, struct text *why)
{
  (void) why;
  return session->vendor == VENDOR_389;
}

/* Nobody else is shown any; and to the Directory Manager there may be none yet. */
static int32_t
probe_tombstones (struct syncd_ctx *ctx, struct session *session)
{
  const char *attributes[] = { session->id_attribute, NULL };
  struct search search = { .session = session, .base = session->context, .filter = TOMBSTONE,
                           .scope = LDAP_SCOPE_SUBTREE, .attributes = attributes,
                           .size_limit = 1, .limit_ok = true, .missing_ok = true };
  LDAPMessage *message = NULL;
  char id[MAX_ID + 1];
  int32_t rc;

  session->deletes_seen = false;
  while ((rc = search_next (ctx, &search, UINT32_MAX, &message)) == SEARCH_ENTRY) {
    session->deletes_seen = identity_of (session, message, id);
    ldap_msgfree (message);
  }
  search_fini (&search);
  return rc < 0 ? rc : SYNCD_OK;
}

static int32_t
usn_probe (struct syncd_ctx *ctx, struct session *session, struct text *why)
{
  struct ds389_root root;
  struct ds389_usn usn;
  int32_t rc = ds389_read (ctx, session, &root);

  if (rc != SYNCD_OK)
    return rc;
  ds389_fini (&root);
  if ((rc = ds389_usn_read (ctx, session, &usn)) != SYNCD_OK)
    return rc;
  if (!usn.count)
    text_print (why, "the USN plug-in is not enabled");
  else if (usn.odd)
    text_print (why, "the server's numbers have run below zero");
  else if (usn.count > 1)
    text_print (why, "the server has several databases, each with numbers of its own: set "
                "nsslapd-entryusn-global: on in cn=config");
  else
    rc = probe_tombstones (ctx, session);
  return rc;
}

static void
usn_because (const struct session *session, struct text *text)
{
  text_print (text, "entries show entryusn; deleted ones are %s",
              session->deletes_seen ? "shown" : "shown to the Directory Manager alone: the "
                                                    "inventory finds who is gone");
}

/* ---- a scan ---- */

/* TO: how far the numbers may have been, before refused writes took some back. */
static void
make_term (uint64_t from, uint64_t to, char *term, size_t size)
{
  uint64_t low = from > LOW_BITS ? from & LOW_BITS : 0, high = to & LOW_BITS;

  if (to <= LOW_BITS)
    snprintf (term, size, "(entryusn>=%llu)", (unsigned long long) from);
  else if (from > LOW_BITS && low > high)
    snprintf (term, size, "(|(entryusn>=%llu)(entryusn<=%llu))", (unsigned long long) low,
              (unsigned long long) high);
  else
    snprintf (term, size, "(|(entryusn>=%llu)(&(entryusn>=%llu)(entryusn<=%llu)))",
              (unsigned long long) from, (unsigned long long) low, (unsigned long long) high);
}

static void
begin_tombstones (struct scan *scan, const char *term)
{
  struct session *session = scan->session;
  struct usn_389 *usn = scan->usn_389;

  usn->buried = !session->deletes_seen;
  text_print (&usn->filter, "(&" TOMBSTONE "%s)", term);
  usn->attributes[0] = session->id_attribute;
  usn->search = (struct search){
    .session = session,
    .base = session->context,
    .scope = LDAP_SCOPE_SUBTREE,
    .filter = usn->filter.data,
    .attributes = usn->attributes,
    .page_size = session->instance->page_size,
  };
}

/* "NUMBER,TIME": the bound, and up to when renamed containers were looked for. */
static bool
read_datum (struct scan *scan, const struct berval *data, uint64_t *ret_bound)
{
  struct berval number = *data, time = { TIME_SIZE - 1, NULL };

  if (data->bv_len < TIME_SIZE + 1 || data->bv_val[data->bv_len - TIME_SIZE] != ',')
    return false;
  number.bv_len -= TIME_SIZE;
  time.bv_val = data->bv_val + number.bv_len + 1;
  return ds389_number (&number, ret_bound) && time_read (&time, scan->delta.since);
}

static int32_t
go_on (struct syncd_ctx *ctx, struct scan *scan, const struct berval *data)
{
  struct usn_389 *usn = scan->usn_389;
  uint64_t since;
  char term[160];

  if (!read_datum (scan, data, &since))
    return checkpoint_fail (ctx, scan, "it is damaged");
  if (since > usn->bound + AGAIN)
    return checkpoint_fail (ctx, scan, "the server's numbers are behind it: its database was set "
                            "up anew, or many writes were refused");
  if (since > usn->bound)
    since = usn->bound;
  since = since > AGAIN ? since - AGAIN : 0;
  make_term (since, usn->bound + AGAIN, term, sizeof term);
  begin_tombstones (scan, term);
  if (usn->filter.failed)
    return error_memory (ctx);
  return delta_begin (ctx, scan, term);
}

static int32_t
usn_begin (struct syncd_ctx *ctx, struct scan *scan, const struct berval *data)
{
  struct ds389_usn usn;
  int32_t rc;

  scan->usn_389 = calloc (1, sizeof *scan->usn_389);
  if (!scan->usn_389)
    return error_memory (ctx);
  rc = ds389_usn_read (ctx, scan->session, &usn);
  scan->usn_389->bound = rc == SYNCD_OK && usn.count == 1 ? usn.number : 0;
  if (rc == SYNCD_OK)
    rc = data ? go_on (ctx, scan, data)
              : containers_newest (ctx, scan->session, scan->delta.newest);
  return rc;
}

/* The next tombstone; 0: all were told. */
static int32_t
next_tombstone (struct syncd_ctx *ctx, struct scan *scan, uint32_t max_wait_ms,
                struct syncd_entry *entry)
{
  struct usn_389 *usn = scan->usn_389;
  LDAPMessage *message = NULL;
  char id[MAX_ID + 1];
  int32_t rc;

  while ((rc = search_next (ctx, &usn->search, max_wait_ms, &message)) == SEARCH_ENTRY) {
    bool known = identity_of (scan->session, message, id);

    ldap_msgfree (message);
    if (known) {
      HOST->entry_set_id (entry, id, strlen (id));
      return SYNCD_SCAN_DELETE;
    }
  }
  if (rc == SEARCH_IDLE)
    return SYNCD_SCAN_IDLE;
  if (rc != SEARCH_DONE && rc >= 0)
    HOST->log (ctx, SYNCD_LOG_WARNING, "%s: not all deleted entries were shown (%s): the inventory "
               "finds who is gone", scan->session->endpoint->uri,
               usn->search.why.data ? usn->search.why.data : "refused");
  usn->buried = true;
  return rc < 0 ? rc : 0;
}

static int32_t
usn_next (struct syncd_ctx *ctx, struct scan *scan, uint32_t max_wait_ms,
          struct syncd_entry *entry, struct syncd_buffer *buffer)
{
  int32_t rc = 0;

  if (!scan->usn_389->buried)
    rc = next_tombstone (ctx, scan, max_wait_ms, entry);
  return rc ? rc : delta_next (ctx, scan, max_wait_ms, entry, buffer);
}

static bool
usn_mark (struct scan *scan, struct text *data)
{
  const char *containers = scan->delta.newest;

  if (strcmp (containers, scan->delta.since) < 0)
    containers = scan->delta.since;
  text_print (data, "%llu,%s", (unsigned long long) scan->usn_389->bound,
              containers[0] ? containers : "19700101000000Z");
  return true;
}

void
usn_389_fini (struct scan *scan)
{
  if (!scan->usn_389)
    return;
  search_fini (&scan->usn_389->search);
  text_fini (&scan->usn_389->filter);
  free (scan->usn_389);
  scan->usn_389 = NULL;
}

const struct grade grade_usn_389 = {
  .is = CHANGES_USN,
  .name = "usn",
  .vendors = VENDOR_BIT (VENDOR_389),
  .blind = "\"numbers given twice after refused writes\",\"changed access rights\"",
  .changes = true,
  .data = "bound",
  .possible = usn_possible,
  .probe = usn_probe,
  .because = usn_because,
  .probes_deletes = true,
  .server = ds389_server,
  .begin = usn_begin,
  .next = usn_next,
  .mark = usn_mark,
};
