/* identity.c: the stable id of an entry as canonical, lower-case text, and back to a filter.
 *
 * objectGUID is 16 bytes whose first three groups are little-endian (Windows' GUID); eDirectory's
 * GUID is in network order. All others are text. */
#include "source-ldap.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* Byte of the value at each place of the text. */
static const unsigned char mixed[16] = { 3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15 };

enum id_form
identity_form (const char *attribute)
{
  if (strcasecmp (attribute, "objectGUID") == 0)
    return ID_GUID_MIXED;
  return strcasecmp (attribute, "GUID") == 0 ? ID_GUID_NETWORK : ID_TEXT;
}

static size_t
guid_text (const struct berval *value, bool is_mixed, char *ret_id)
{
  static const char digits[] = "0123456789abcdef";
  const unsigned char *bytes = (const unsigned char *) value->bv_val;
  char *out = ret_id;

  if (value->bv_len != 16)
    return 0;
  for (size_t i = 0; i < 16; i++) {
    unsigned char byte = bytes[is_mixed ? mixed[i] : i];

    if (i == 4 || i == 6 || i == 8 || i == 10)
      *out++ = '-';
    *out++ = digits[byte >> 4];
    *out++ = digits[byte & 15];
  }
  *out = '\0';
  return (size_t) (out - ret_id);
}

size_t
identity_text (enum id_form form, const struct berval *value, char ret_id[MAX_ID + 1])
{
  if (form != ID_TEXT)
    return guid_text (value, form == ID_GUID_MIXED, ret_id);
  if (!value->bv_len || value->bv_len > MAX_ID)
    return 0;
  for (size_t i = 0; i < value->bv_len; i++) {
    unsigned char c = (unsigned char) value->bv_val[i];

    if (c < 0x20 || c == 0x7f)
      return 0;
    ret_id[i] = (char) (c >= 'A' && c <= 'Z' ? c + 32 : c);
  }
  ret_id[value->bv_len] = '\0';
  return value->bv_len;
}

bool
identity_of (const struct session *session, LDAPMessage *message, char ret_id[MAX_ID + 1])
{
  struct berval **values = ldap_get_values_len (session->ld, message, session->id_attribute);
  size_t len = values && values[0] ? identity_text (session->id_form, values[0], ret_id) : 0;

  ldap_value_free_len (values);
  return len != 0;
}

static bool
guid_bytes (const char *id, bool is_mixed, unsigned char ret_bytes[16])
{
  for (size_t i = 0; i < 16; i++) {
    unsigned byte;

    if (i == 4 || i == 6 || i == 8 || i == 10)
      if (*id++ != '-')
        return false;
    if (strspn (id, "0123456789abcdefABCDEF") < 2 || sscanf (id, "%2x", &byte) != 1)
      return false;
    ret_bytes[is_mixed ? mixed[i] : i] = (unsigned char) byte;
    id += 2;
  }
  return *id == '\0';
}

bool
identity_filter (const struct session *session, const char *id, struct text *filter)
{
  unsigned char bytes[16];
  struct berval value, escaped;

  if (session->id_form != ID_TEXT) {
    if (!guid_bytes (id, session->id_form == ID_GUID_MIXED, bytes))
      return false;
    text_print (filter, "(%s=", session->id_attribute);
    for (size_t i = 0; i < 16; i++)
      text_print (filter, "\\%02x", bytes[i]);
    text_add (filter, ")", 1);
    return true;
  }
  ber_str2bv (id, 0, 0, &value);
  if (!value.bv_len || value.bv_len > MAX_ID ||
      ldap_bv2escaped_filter_value (&value, &escaped) != 0)
    return false;
  text_print (filter, "(%s=%s)", session->id_attribute, escaped.bv_val);
  if (escaped.bv_val != value.bv_val)
    ber_memfree (escaped.bv_val);
  return true;
}
