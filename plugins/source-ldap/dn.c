/* dn.c: the key under which distinguished names are compared.
 *
 * Types in lower case with well-known aliases and OIDs as short names, values folded, escapes
 * unified, the parts of a multi-valued RDN sorted. Most DNs are plain; they are done in one
 * pass without libldap. */
#include "source-ldap.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

static const struct {
  const char *alias, *name;
} aliases[] = {
  { "commonname", "cn" },     { "2.5.4.3", "cn" },  { "surname", "sn" },
  { "2.5.4.4", "sn" },        { "userid", "uid" },  { "0.9.2342.19200300.100.1.1", "uid" },
  { "domaincomponent", "dc" }, { "0.9.2342.19200300.100.1.25", "dc" },
  { "organizationalunitname", "ou" }, { "2.5.4.11", "ou" }, { "organizationname", "o" },
  { "2.5.4.10", "o" },        { "countryname", "c" }, { "2.5.4.6", "c" },
  { "localityname", "l" },    { "2.5.4.7", "l" },   { "stateorprovincename", "st" },
  { "2.5.4.8", "st" },        { "streetaddress", "street" }, { "2.5.4.9", "street" },
  { "rfc822mailbox", "mail" }, { "0.9.2342.19200300.100.1.3", "mail" },
  { "emailaddress", "email" }, { "1.2.840.113549.1.9.1", "email" },
};

static char
lower (char c)
{
  return c >= 'A' && c <= 'Z' ? (char) (c + 32) : c;
}

/* What may be no part of a plain value, or needs a look at what is beside it. */
static bool
is_special (char c)
{
  switch (c) {
  case '\\':
  case '"':
  case '+':
  case ';':
  case '<':
  case '>':
  case '#':
  case ',':
  case ' ':
  case 0x7f:
    return true;
  default:
    return c < 0x20;
  }
}

/* Up to three letters and "=": not a long name, not an OID. NULL: something else. */
static const char *
skip_plain_type (const char *at, const char *end)
{
  for (int i = 0; at < end && *at != '='; i++, at++)
    if (i == 3 || is_special (*at) || (*at >= '0' && *at <= '9'))
      return NULL;
  return at < end ? at + 1 : NULL;
}

/* Up to the next "," or the end, without spaces at either; NULL: something else. */
static const char *
skip_plain_value (const char *at, const char *end, bool squeeze)
{
  const char *from = at;

  for (; at < end; at++) {
    if (!is_special (*at))
      continue;
    if (*at == ',')
      break;
    if (*at != ' ' || at == from || (squeeze && at[-1] == ' '))
      return NULL;
  }
  return at == from || at[-1] == ' ' ? NULL : at;
}

/* Plain: nothing to unescape, to fold beyond ASCII or to sort, no long type names. */
static bool
is_plain (const struct berval *dn, bool squeeze)
{
  const char *at = dn->bv_val, *end = at + dn->bv_len;

  for (;; at++) {
    at = skip_plain_type (at, end);
    if (at)
      at = skip_plain_value (at, end, squeeze);
    if (!at || at == end)
      return at != NULL;
  }
}

static void
add_plain (const struct berval *dn, struct text *text)
{
  size_t from = text->len;

  text_add (text, dn->bv_val, dn->bv_len);
  for (size_t i = from; i < text->len; i++)
    text->data[i] = lower (text->data[i]);
}

/* Simple case folding of two-byte UTF-8 letters: Latin, Greek, Cyrillic. */
static unsigned
fold (unsigned c)
{
  if ((c >= 0xc0 && c <= 0xde && c != 0xd7) || (c >= 0x391 && c <= 0x3a9 && c != 0x3a2) ||
      (c >= 0x410 && c <= 0x42f))
    return c + 32;
  if (c >= 0x400 && c <= 0x40f)
    return c + 80;
  if ((c >= 0x100 && c <= 0x12f) || (c >= 0x132 && c <= 0x137) || (c >= 0x14a && c <= 0x177))
    return c | 1;
  if ((c >= 0x139 && c <= 0x148) || (c >= 0x179 && c <= 0x17e))
    return c + (c & 1);
  return c == 0x178 ? 0xff : c;
}

static void
add_folded (const char *at, size_t *position, size_t len, struct text *text)
{
  unsigned char first = (unsigned char) at[*position], next = 0;
  char out[2] = { lower (at[*position]), 0 };

  if (*position + 1 < len)
    next = (unsigned char) at[*position + 1];
  if (first >= 0xc3 && first <= 0xd1 && (next & 0xc0) == 0x80) {
    unsigned c = fold (((first & 0x1fu) << 6) | (next & 0x3fu));

    out[0] = (char) (0xc0 | (c >> 6));
    out[1] = (char) (0x80 | (c & 0x3f));
    text_add (text, out, 2);
    ++*position;
    return;
  }
  if (out[0] == ',' || out[0] == '+' || out[0] == '\\')
    text_add (text, "\\", 1);
  if (out[0] == '\0')
    text_add (text, "\\00", 3);
  else
    text_add (text, out, 1);
}

static void
add_value (const LDAPAVA *ava, bool squeeze, struct text *text)
{
  const char *value = ava->la_value.bv_val;
  size_t len = ava->la_value.bv_len, i = 0;

  if (ava->la_flags & LDAP_AVA_BINARY) {
    text_add (text, "#", 1);
    for (; i < len; i++)
      text_print (text, "%02x", (unsigned char) value[i]);
    return;
  }
  while (squeeze && i < len && value[i] == ' ')
    i++;
  while (squeeze && len > i && value[len - 1] == ' ')
    len--;
  for (; i < len; i++)
    if (!squeeze || value[i] != ' ' || value[i - 1] != ' ')
      add_folded (value, &i, len, text);
}

static void
add_type (const struct berval *type, struct text *text)
{
  size_t from = text->len;

  add_plain (type, text);
  if (text->failed)
    return;
  for (size_t i = 0; i < sizeof aliases / sizeof *aliases; i++)
    if (strcmp (text->data + from, aliases[i].alias) == 0) {
      text->len = from;
      text_print (text, "%s", aliases[i].name);
      return;
    }
}

static int
compare_texts (const void *a, const void *b)
{
  return strcmp (((const struct text *) a)->data, ((const struct text *) b)->data);
}

static void
add_rdn (LDAPRDN rdn, bool squeeze, struct text *text)
{
  struct text parts[16] = { { 0 } };
  size_t n = 0;

  for (; rdn[n] && n < 16; n++) {
    add_type (&rdn[n]->la_attr, &parts[n]);
    text_add (&parts[n], "=", 1);
    add_value (rdn[n], squeeze, &parts[n]);
    text->failed = text->failed || parts[n].failed;
  }
  if (!text->failed)
    qsort (parts, n, sizeof *parts, compare_texts);
  for (size_t i = 0; i < n; i++) {
    if (i)
      text_add (text, "+", 1);
    if (!text->failed)
      text_add (text, parts[i].data, parts[i].len);
    text_fini (&parts[i]);
  }
}

void
dn_key (const struct berval *dn, bool squeeze, struct text *text)
{
  LDAPDN parsed = NULL;
  struct berval copy = *dn;

  if (is_plain (dn, squeeze) ||
      ldap_bv2dn (&copy, &parsed, LDAP_DN_FORMAT_LDAPV3) != LDAP_SUCCESS) {
    add_plain (dn, text);
    return;
  }
  for (size_t i = 0; parsed && parsed[i]; i++) {
    if (i)
      text_add (text, ",", 1);
    add_rdn (parsed[i], squeeze, text);
  }
  ldap_dnfree (parsed);
}

static bool
is_separator (const char *key, size_t at)
{
  size_t slashes = 0;

  while (slashes < at && key[at - slashes - 1] == '\\')
    slashes++;
  return key[at] == ',' && slashes % 2 == 0;
}

bool
dn_key_below (const char *key, const char *base_key, int scope)
{
  size_t len = strlen (key), base_len = strlen (base_key), commas = 0, own;

  if (strcmp (key, base_key) == 0)
    return scope != LDAP_SCOPE_ONELEVEL;
  if (scope == LDAP_SCOPE_BASE || len <= base_len ||
      strcmp (key + len - base_len, base_key) != 0 ||
      (base_len && !is_separator (key, len - base_len - 1)))
    return false;
  own = base_len ? len - base_len - 1 : len;
  for (size_t i = 0; i < own; i++)
    commas += is_separator (key, i);
  return scope != LDAP_SCOPE_ONELEVEL || commas == 0;
}

bool
dn_in_scope (const struct session *session, const char *dn)
{
  struct berval value, base;
  struct text key = { 0 }, base_key = { 0 };
  bool is;

  ber_str2bv (dn, 0, 0, &value);
  ber_str2bv (session->instance->base, 0, 0, &base);
  dn_key (&value, true, &key);
  dn_key (&base, true, &base_key);
  is = key.data && dn_key_below (key.data, base_key.data ? base_key.data : "",
                                 session->instance->scope);
  text_fini (&key);
  text_fini (&base_key);
  return is;
}
