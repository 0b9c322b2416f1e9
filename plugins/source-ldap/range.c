/* range.c: attributes with more values than a server gives at a time (Active Directory).
 *
 * The answer to "member" is then "member;range=0-1499"; the rest is asked for, by id, until
 * a range ends with "*". Values are kept until all are there and the entry is known not to
 * have changed meanwhile; else it begins anew. */
#include "source-ldap.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define MAX_ATTEMPTS 3
#define MAX_BYTES    MAX_INCOMING

struct range {
  struct text values; /* each: its length as a size_t, then its bytes */
  struct text token;
  unsigned long next; /* the first value not read yet */
  bool last, answered;
};

/* "member;range=1500-2999" or "…-*" for our attribute, beginning where we are. */
static bool
is_our_range (const struct range *range, const struct berval *found, const struct berval *name,
              unsigned long *ret_high, bool *ret_last)
{
  char option[64];
  unsigned long low;
  int end = 0;

  if (found->bv_len <= name->bv_len || found->bv_len - name->bv_len >= sizeof option ||
      strncasecmp (found->bv_val, name->bv_val, name->bv_len) != 0)
    return false;
  memcpy (option, found->bv_val + name->bv_len, found->bv_len - name->bv_len);
  option[found->bv_len - name->bv_len] = '\0';
  if (strncasecmp (option, ";range=", 7) != 0 || sscanf (option + 7, "%lu-%n", &low, &end) != 1 ||
      !end || low != range->next)
    return false;
  *ret_last = strcmp (option + 7 + end, "*") == 0;
  return *ret_last || (sscanf (option + 7 + end, "%lu", ret_high) == 1 && *ret_high >= low);
}

static void
keep_values (struct range *range, const struct berval *values)
{
  for (size_t i = 0; values && values[i].bv_val; i++) {
    text_add (&range->values, &values[i].bv_len, sizeof values[i].bv_len);
    text_add (&range->values, values[i].bv_val, values[i].bv_len);
    range->next++;
  }
}

static void
take_chunk (struct session *session, LDAPMessage *message, const struct berval *name,
            struct range *range)
{
  struct berval dn, found, *values = NULL;
  BerElement *ber = NULL;
  unsigned long high = 0;
  bool last = false;

  if (ldap_get_dn_ber (session->ld, message, &ber, &dn) != LDAP_SUCCESS)
    return;
  while (ldap_get_attribute_ber (session->ld, message, ber, &found, &values) == LDAP_SUCCESS &&
         found.bv_val) {
    if (session->token_attribute && values && values[0].bv_val &&
        found.bv_len == strlen (session->token_attribute) &&
        strncasecmp (found.bv_val, session->token_attribute, found.bv_len) == 0) {
      range->token.len = 0;
      text_add (&range->token, values[0].bv_val, values[0].bv_len);
    } else if (!range->answered && is_our_range (range, &found, name, &high, &last)) {
      range->answered = true;
      keep_values (range, values);
      range->last = last;
    }
    ber_memfree (values);
    values = NULL;
  }
  ber_free (ber, 0);
}

static int32_t
ask_chunk (struct syncd_ctx *ctx, struct session *session, const char *filter,
           const struct berval *name, struct range *range)
{
  struct text asked = { 0 };
  const char *attributes[3] = { NULL };
  struct search search = { .session = session, .base = session->instance->base, .filter = filter,
                           .attributes = attributes, .scope = session->instance->scope };
  LDAPMessage *message = NULL;
  int32_t rc;

  text_print (&asked, "%.*s;range=%lu-*", (int) name->bv_len, name->bv_val, range->next);
  attributes[0] = asked.data;
  attributes[1] = session->token_attribute;
  range->answered = false;
  if (asked.failed)
    return error_memory (ctx);
  while ((rc = search_next (ctx, &search, UINT32_MAX, &message)) == SEARCH_ENTRY) {
    take_chunk (session, message, name, range);
    ldap_msgfree (message);
  }
  if (rc == SEARCH_PARTIAL)
    rc = HOST->fail (ctx, SYNCD_E_LIMIT, "%s: the values of %.*s cannot be read to the end: %s",
                     session->endpoint->uri, (int) name->bv_len, name->bv_val,
                     search.why.data ? search.why.data : "");
  else if (rc == SEARCH_DONE)
    rc = !search.entries ? SYNCD_E_NOT_FOUND : SYNCD_OK;
  search_fini (&search);
  text_fini (&asked);
  return rc;
}

static int32_t
read_all (struct syncd_ctx *ctx, struct session *session, const char *filter,
          const struct berval *name, struct range *range)
{
  int32_t rc;

  range->values.len = 0;
  range->next = 0;
  for (range->last = false; !range->last;) {
    if ((rc = ask_chunk (ctx, session, filter, name, range)))
      return rc;
    if (!range->answered || range->values.failed)
      return range->values.failed
                 ? error_memory (ctx)
                 : HOST->fail (ctx, SYNCD_E_PROTOCOL, "%s: the server breaks off the values of "
                               "%.*s at number %lu", session->endpoint->uri, (int) name->bv_len,
                               name->bv_val, range->next);
    if (range->values.len > MAX_BYTES)
      return HOST->fail (ctx, SYNCD_E_LIMIT, "%s: an entry's values of %.*s exceed %u MiB",
                         session->endpoint->uri, (int) name->bv_len, name->bv_val,
                         MAX_BYTES >> 20);
  }
  return SYNCD_OK;
}

static void
give_all (const struct range *range, const struct wanted *wanted, const struct session *session,
          const struct berval *name, struct syncd_entry *entry)
{
  const struct wanted_name *place = wanted_find (wanted, name);
  struct text scratch = { 0 };
  struct berval value;

  for (size_t at = 0; at < range->values.len; at += value.bv_len) {
    memcpy (&value.bv_len, range->values.data + at, sizeof value.bv_len);
    at += sizeof value.bv_len;
    value.bv_val = range->values.data + at;
    values_give_one (place, session, entry, &value, &scratch);
  }
  text_fini (&scratch);
}

static bool
unchanged (const struct range *range, const struct berval *token)
{
  return !token || (range->token.len == token->bv_len &&
                    (!token->bv_len || memcmp (range->token.data, token->bv_val, token->bv_len) == 0));
}

int32_t
range_give (struct syncd_ctx *ctx, struct session *session, const struct wanted *wanted,
            const char *id, const struct berval *token, const struct berval *name,
            struct syncd_entry *entry)
{
  struct berval before = token ? *token : (struct berval){ 0, NULL };
  struct text filter = { 0 }, kept = { 0 };
  struct range range = { .last = false };
  int32_t rc = SYNCD_E_NOT_FOUND;
  bool same = false;

  if (identity_filter (session, id, &filter) && !filter.failed)
    for (int i = 0; i < MAX_ATTEMPTS && !same; i++) {
      if ((rc = read_all (ctx, session, filter.data, name, &range)))
        break;
      same = unchanged (&range, token ? &before : NULL);
      kept.len = 0;
      text_add (&kept, range.token.data ? range.token.data : "", range.token.len);
      before = (struct berval){ kept.len, kept.data };
    }
  if (rc == SYNCD_OK && !same)
    rc = HOST->fail (ctx, SYNCD_E_UNREACHABLE, "%s: entry %s changes faster than its values of "
                     "%.*s can be read", session->endpoint->uri, id, (int) name->bv_len,
                     name->bv_val);
  if (rc == SYNCD_OK)
    give_all (&range, wanted, session, name, entry);
  text_fini (&filter);
  text_fini (&kept);
  text_fini (&range.values);
  text_fini (&range.token);
  return rc;
}
