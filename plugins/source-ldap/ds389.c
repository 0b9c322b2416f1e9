/* ds389.c: what a 389 Directory Server tells of its own numbers, in its root DSE.
 *
 * Change numbers and entryusn are counted by each server for itself. netscapemdsuffix is the
 * host and port of a server as itself knows them, behind whatever name it was reached by, and
 * dataversion changes with every start. A start is a doubt: what the counters were is not kept
 * (a restart may count a number twice), and a database that was imported meanwhile is recorded
 * nowhere. So both are whom a checkpoint belongs to. */
#include "ds389.h"

#include <stdlib.h>

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
