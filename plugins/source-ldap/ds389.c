/* ds389.c: what a 389 Directory Server tells of its own numbers, in its root DSE.
 *
 * Change numbers and entryusn are counted by each server for itself. netscapemdsuffix is the
 * host and port of a server as itself knows them, behind whatever name it was reached by, and
 * dataversion changes with every start. A start is a doubt: what the counters were is not kept
 * (a restart may count a number twice), and a database that was imported meanwhile is recorded
 * nowhere. So both are whom a checkpoint belongs to. */
#include "ds389.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "lookup.h"

bool
ds389_number (const struct berval *value, uint64_t *ret_number)
{
  uint64_t number = 0;

  if (!value->bv_len || value->bv_len > 19)
    return false;
  for (size_t i = 0; i < value->bv_len; i++) {
    if (value->bv_val[i] < '0' || value->bv_val[i] > '9')
      return false;
    number = number * 10 + (uint64_t) (value->bv_val[i] - '0');
  }
  *ret_number = number;
  return true;
}

enum { SUFFIX, VERSION, CHANGELOG, FIRST, LAST, COUNT };
static const char *const attributes[] = { "netscapemdsuffix", "dataversion", "changelog",
                                          "firstchangenumber", "lastchangenumber", NULL };

/* Takes what VALUES hold into ROOT, and who counts into the session. */
static int32_t
take_root (struct syncd_ctx *ctx, struct session *session, struct berval *values,
           struct ds389_root *root)
{
  struct text server = { 0 };

  for (size_t i = SUFFIX; i <= VERSION; i++)
    text_print (&server, "%s%s=%s", i ? " " : "", attributes[i],
                values[i].bv_val ? values[i].bv_val : "");
  if (server.failed)
    return error_memory (ctx);
  free (session->numbers_of);
  session->numbers_of = server.data;
  root->changelog = values[CHANGELOG];
  values[CHANGELOG].bv_val = NULL;
  if (!ds389_number (&values[FIRST], &root->first_change))
    root->first_change = 0;
  if (!ds389_number (&values[LAST], &root->last_change))
    root->last_change = 0;
  return SYNCD_OK;
}

int32_t
ds389_read (struct syncd_ctx *ctx, struct session *session, struct ds389_root *ret_root)
{
  struct berval values[COUNT] = { 0 };
  struct ds389_root root = { 0 };
  int32_t rc = lookup_values (ctx, session, "", attributes, values);

  if (rc == SYNCD_OK)
    rc = take_root (ctx, session, values, &root);
  if (rc == SYNCD_OK)
    *ret_root = root;
  lookup_fini (values, COUNT);
  return rc;
}

void
ds389_fini (struct ds389_root *root)
{
  ber_memfree (root->changelog.bv_val);
  *root = (struct ds389_root){ 0 };
}

const char *
ds389_server (const struct session *session)
{
  return session->numbers_of;
}

/* ---- the USN plug-in ---- */

/* "lastusn;DATABASE", or "lastusn" where one counter is for all. That of the changelog is told as
 * well, and nobody's. A counter that has not begun yet is at -1. */
static void
take_last (struct ds389_usn *usn, const char *name, const struct berval *value)
{
  if (strcasecmp (name, "lastusn;changelog") == 0)
    return;
  usn->count++;
  usn->number = 0;
  if (!ds389_number (value, &usn->number) && strcmp (value->bv_val, "-1") != 0)
    usn->odd = true;
}

static void
take_usn (LDAP *ld, LDAPMessage *message, struct ds389_usn *usn)
{
  BerElement *element = NULL;
  char *name = ldap_first_attribute (ld, message, &element);

  for (; name; name = ldap_next_attribute (ld, message, element)) {
    struct berval **values = ldap_get_values_len (ld, message, name);

    if (values && values[0])
      take_last (usn, name, values[0]);
    ldap_value_free_len (values);
    ldap_memfree (name);
  }
  ber_free (element, 0);
}

int32_t
ds389_usn_read (struct syncd_ctx *ctx, struct session *session, struct ds389_usn *ret_usn)
{
  const char *wanted[] = { "lastusn", NULL };
  struct search search = { .session = session, .base = "", .filter = "(objectClass=*)",
                           .attributes = wanted, .scope = LDAP_SCOPE_BASE, .missing_ok = true };
  struct ds389_usn usn = { .count = 0 };
  LDAPMessage *message = NULL;
  int32_t rc;

  while ((rc = search_next (ctx, &search, UINT32_MAX, &message)) == SEARCH_ENTRY) {
    take_usn (session->ld, message, &usn);
    ldap_msgfree (message);
  }
  search_fini (&search);
  if (rc >= 0)
    *ret_usn = usn;
  return rc < 0 ? rc : SYNCD_OK;
}
