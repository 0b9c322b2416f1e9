/* values.c: an entry of an answer, given to the host.
 *
 * Names and values are borrowed from libldap's message; the host copies what it wants. The id
 * is looked for first, so that nothing of an entry without one reaches the host. */
#include "source-ldap.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static bool
found_room (struct wanted *wanted)
{
  size_t size = wanted->found_size ? wanted->found_size * 2 : 32;
  struct found *found;

  if (wanted->found_count < wanted->found_size)
    return true;
  found = realloc (wanted->found, size * sizeof *found);
  if (!found)
    return false;
  memset (found + wanted->found_size, 0, (size - wanted->found_size) * sizeof *found);
  wanted->found = found;
  wanted->found_size = size;
  return true;
}

static void
found_clear (struct wanted *wanted)
{
  for (size_t i = 0; i < wanted->found_count; i++)
    ber_memfree (wanted->found[i].values);
  wanted->found_count = 0;
}

static void
found_place (const struct wanted *wanted, struct found *found)
{
  struct berval *name = &found->name;

  if (name->bv_len == found->spelled_len &&
      memcmp (name->bv_val, found->spelled, found->spelled_len) == 0)
    return;
  found->place = wanted_find (wanted, name);
  found->ranged = false;
  found->spelled_len = 0;
  if (!found->place && memchr (name->bv_val, ';', name->bv_len)) {
    found->ranged = wanted_cut_options (name);
    found->place = wanted_find (wanted, name);
  } else if (name->bv_len <= sizeof found->spelled) {
    memcpy (found->spelled, name->bv_val, name->bv_len);
    found->spelled_len = name->bv_len;
  }
}

/* All attributes of the entry, their names without transfer options. */
static int
found_read (LDAP *ld, LDAPMessage *message, BerElement *ber, struct wanted *wanted)
{
  struct found *found;
  int rc;

  for (;;) {
    if (!found_room (wanted))
      return LDAP_NO_MEMORY;
    found = &wanted->found[wanted->found_count];
    found->values = NULL;
    rc = ldap_get_attribute_ber (ld, message, ber, &found->name, &found->values);
    if (rc != LDAP_SUCCESS || !found->name.bv_val)
      return rc;
    found_place (wanted, found);
    wanted->found_count++;
  }
}

/* The first values of the attributes that are asked for ourselves, not for the host. */
struct own {
  const struct berval *id, *token, *time;
};

static const struct berval **
own_place (struct own *own, int32_t index)
{
  switch (index) {
  case WANTED_ID:
    return &own->id;
  case WANTED_TOKEN:
    return &own->token;
  case WANTED_TIME:
    return &own->time;
  default:
    return NULL;
  }
}

static void
found_own (const struct wanted *wanted, struct own *ret_own)
{
  struct own own = { NULL, NULL, NULL };

  for (size_t i = 0; i < wanted->found_count; i++) {
    const struct found *found = &wanted->found[i];
    const struct wanted_name *name = found->place;

    for (; name; name = name->same) {
      const struct berval **place = own_place (&own, name->index);

      if (place && !*place && found->values && found->values[0].bv_val)
        *place = &found->values[0];
    }
  }
  *ret_own = own;
}

static void
take_facts (const struct session *session, const struct own *own, struct facts *facts)
{
  facts->id_len = own->id ? identity_text (session->id_form, own->id, facts->id) : 0;
  if (!own->time || !time_read (own->time, facts->time))
    facts->time[0] = '\0';
}

/* Windows counts 100 ns since 1601; 0 and the greatest number mean never. */
static void
give_expiry (struct syncd_entry *entry, uint8_t kind, const struct berval *value)
{
  char copy[32] = "", time_text[TIME_SIZE];
  int64_t at_ms = 0;

  if (kind == EXPIRES_FILE_TIME && value->bv_len < sizeof copy) {
    memcpy (copy, value->bv_val, value->bv_len);
    int64_t ticks = strtoll (copy, NULL, 10);

    if (ticks > 0 && ticks != INT64_MAX)
      at_ms = ticks / 10000 - INT64_C (11644473600000);
  } else if (kind == EXPIRES_GENERALIZED && time_read (value, time_text))
    at_ms = time_seconds (time_text) * 1000;
  if (at_ms > (int64_t) time (NULL) * 1000)
    HOST->entry_set_reevaluate_at (entry, at_ms);
}

void
values_give_one (const struct wanted_name *place, const struct session *session,
                 struct syncd_entry *entry, const struct berval *value, struct text *scratch)
{
  for (; place; place = place->same) {
    if (place->index < 0)
      continue;
    if (place->reference) {
      scratch->len = 0;
      dn_key (value, session->vendor != VENDOR_AD, scratch);
      HOST->entry_add_value (entry, (size_t) place->index, scratch->data, scratch->len);
    } else
      HOST->entry_add_value (entry, (size_t) place->index, value->bv_val, value->bv_len);
    if (place->expires)
      give_expiry (entry, place->expires, value);
  }
}

static int32_t
give_values (struct syncd_ctx *ctx, struct session *session, struct wanted *wanted,
             const struct facts *facts, const struct berval *token, struct syncd_entry *entry)
{
  struct text *scratch = &wanted->scratch;
  int32_t rc = SYNCD_OK;

  for (size_t i = 0; i < wanted->found_count && rc == SYNCD_OK; i++) {
    const struct found *found = &wanted->found[i];

    if (found->ranged)
      rc = range_give (ctx, session, wanted, facts->id, token, &found->name, entry);
    else
      for (size_t v = 0; found->values && found->values[v].bv_val; v++)
        values_give_one (found->place, session, entry, &found->values[v], scratch);
  }
  return rc;
}

/* Numbers of 389 Directory Server are given twice at times (usn-389.c): with the time they tell. */
static void
give_token (const struct session *session, const struct facts *facts, const struct berval *token,
            struct syncd_entry *entry)
{
  char text[64];
  int len;

  if (session->vendor != VENDOR_389 || !facts->time[0] || token->bv_len > 32) {
    HOST->entry_set_token (entry, token->bv_val, token->bv_len);
    return;
  }
  len = snprintf (text, sizeof text, "%.*s/%s", (int) token->bv_len, token->bv_val, facts->time);
  HOST->entry_set_token (entry, text, (size_t) len);
}

static int32_t
give (struct syncd_ctx *ctx, struct session *session, struct wanted *wanted,
      const struct berval *dn, const struct facts *facts, const struct berval *token,
      struct syncd_entry *entry)
{
  struct text *scratch = &wanted->scratch;
  int32_t rc;

  HOST->entry_set_id (entry, facts->id, facts->id_len);
  HOST->entry_set_name (entry, dn->bv_val, dn->bv_len);
  if (token)
    give_token (session, facts, token, entry);
  scratch->len = 0;
  scratch->failed = false;
  if (!wanted->bare)
    dn_key (dn, session->vendor != VENDOR_AD, scratch);
  if (scratch->len)
    HOST->entry_add_reference_key (entry, scratch->data, scratch->len);
  rc = give_values (ctx, session, wanted, facts, token, entry);
  return rc == SYNCD_OK && scratch->failed ? error_memory (ctx) : rc;
}

int32_t
values_give (struct syncd_ctx *ctx, struct session *session, struct wanted *wanted,
             LDAPMessage *message, struct syncd_entry *entry, struct facts *ret_facts)
{
  struct berval dn = { 0, NULL };
  struct own own;
  BerElement *ber = NULL;
  int32_t rc = SYNCD_OK;
  int result = ldap_get_dn_ber (session->ld, message, &ber, &dn);

  if (result == LDAP_SUCCESS)
    result = found_read (session->ld, message, ber, wanted);
  if (result == LDAP_SUCCESS) {
    found_own (wanted, &own);
    take_facts (session, &own, ret_facts);
    if (ret_facts->id_len)
      rc = give (ctx, session, wanted, &dn, ret_facts, own.token, entry);
  } else
    rc = HOST->fail (ctx, SYNCD_E_PROTOCOL, "%s: an entry of the answer cannot be read: %s",
                     session->endpoint->uri, ldap_err2string (result));
  found_clear (wanted);
  ber_free (ber, 0);
  return rc;
}

bool
values_has (LDAP *ld, LDAPMessage *message, const char *attribute, const char *value)
{
  struct berval **values = ldap_get_values_len (ld, message, attribute);
  bool found = false;

  for (int i = 0; values && values[i] && !found; i++)
    found = !value || (values[i]->bv_len == strlen (value) &&
                       strncasecmp (values[i]->bv_val, value, values[i]->bv_len) == 0);
  ldap_value_free_len (values);
  return found;
}
