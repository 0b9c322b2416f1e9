/* sync-message.c: the controls and messages of RFC 4533, between bytes and structs.
 *
 * liblber gives -1 for TRUE, so booleans are compared with 0 only. No waiting, any thread. */
#include "sync.h"

#include <stdlib.h>
#include <string.h>

#define ID_BYTES 16

/* liblber reads from address 0 where there is not a single byte. */
static BerElement *
open_value (const struct berval *value)
{
  struct berval copy = { 0, NULL };

  if (!value || !value->bv_val || !value->bv_len)
    return NULL;
  copy = *value;
  return ber_init (&copy);
}

static bool
copy_cookie (struct berval *value, struct berval *ret_cookie)
{
  struct berval copy = { 0, NULL };

  if (!value->bv_len)
    return true;
  if (value->bv_len > MAX_COOKIE || !ber_dupbv (&copy, value))
    return false;
  *ret_cookie = copy;
  return true;
}

/* An optional cookie at the place where BER stands. */
static bool
read_cookie (BerElement *ber, struct berval *ret_cookie)
{
  struct berval value = { 0, NULL };
  ber_len_t len;

  if (ber_peek_tag (ber, &len) != LDAP_TAG_SYNC_COOKIE)
    return true;
  return ber_scanf (ber, "m", &value) != LBER_ERROR && copy_cookie (&value, ret_cookie);
}

/* An optional boolean: DEFAULT_VALUE where it is not there. */
static bool
read_boolean (BerElement *ber, bool default_value, bool *ret_value)
{
  ber_int_t value = default_value;
  ber_len_t len;

  if (ber_peek_tag (ber, &len) == LBER_BOOLEAN && ber_scanf (ber, "b", &value) == LBER_ERROR)
    return false;
  *ret_value = value != 0;
  return true;
}

static bool
read_state (BerElement *ber, struct sync_state *state)
{
  struct berval id = { 0, NULL };
  ber_int_t value = -1;

  if (ber_scanf (ber, "{em", &value, &id) == LBER_ERROR || value < SYNC_STATE_PRESENT ||
      value > SYNC_STATE_DELETE || id.bv_len != ID_BYTES || !ber_dupbv (&state->id, &id))
    return false;
  state->state = (int) value;
  return read_cookie (ber, &state->cookie);
}

bool
sync_state_read (LDAP *ld, LDAPMessage *message, struct sync_state *ret_state)
{
  struct sync_state state = { 0 };
  LDAPControl **controls = NULL, *control;
  BerElement *ber = NULL;
  bool ok;

  if (ldap_get_entry_controls (ld, message, &controls) != LDAP_SUCCESS)
    return false;
  control = ldap_control_find (LDAP_CONTROL_SYNC_STATE, controls, NULL);
  if (control)
    ber = open_value (&control->ldctl_value);
  ok = ber && read_state (ber, &state);
  if (ok)
    *ret_state = state;
  else
    sync_state_fini (&state);
  ber_free (ber, 1);
  ldap_controls_free (controls);
  return ok;
}

void
sync_state_fini (struct sync_state *state)
{
  ber_memfree (state->id.bv_val);
  ber_memfree (state->cookie.bv_val);
  memset (state, 0, sizeof *state);
}

static bool
read_ids (BerElement *ber, struct sync_info *info)
{
  if (!read_cookie (ber, &info->cookie) || !read_boolean (ber, false, &info->deletes) ||
      ber_scanf (ber, "[W]", &info->ids) == LBER_ERROR)
    return false;
  for (size_t i = 0; info->ids && info->ids[i].bv_val; i++)
    if (info->ids[i].bv_len != ID_BYTES)
      return false;
  return true;
}

static bool
read_info (BerElement *ber, struct sync_info *info)
{
  struct berval value = { 0, NULL };
  ber_len_t len;
  ber_tag_t tag = ber_peek_tag (ber, &len);

  switch (tag) {
  case LDAP_TAG_SYNC_NEW_COOKIE:
    info->kind = INFO_COOKIE;
    return ber_scanf (ber, "m", &value) != LBER_ERROR && copy_cookie (&value, &info->cookie);
  case LDAP_TAG_SYNC_REFRESH_DELETE:
  case LDAP_TAG_SYNC_REFRESH_PRESENT:
    info->kind = tag == LDAP_TAG_SYNC_REFRESH_DELETE ? INFO_DELETE : INFO_PRESENT;
    return ber_skip_tag (ber, &len) == tag && read_cookie (ber, &info->cookie) &&
           read_boolean (ber, true, &info->done);
  case LDAP_TAG_SYNC_ID_SET:
    info->kind = INFO_IDS;
    return ber_skip_tag (ber, &len) == tag && read_ids (ber, info);
  default:
    return false;
  }
}

bool
sync_info_read (LDAP *ld, LDAPMessage *message, struct sync_info *ret_info)
{
  struct sync_info info = { 0 };
  struct berval *data = NULL;
  BerElement *ber = NULL;
  char *oid = NULL;
  bool ok = ldap_parse_intermediate (ld, message, &oid, &data, NULL, 0) == LDAP_SUCCESS;

  if (ok && oid && strcmp (oid, LDAP_SYNC_INFO) == 0) {
    ber = open_value (data);
    ok = ber && read_info (ber, &info);
  }
  if (ok)
    *ret_info = info;
  else
    sync_info_fini (&info);
  ber_free (ber, 1);
  ber_bvfree (data);
  ldap_memfree (oid);
  return ok;
}

void
sync_info_fini (struct sync_info *info)
{
  ber_memfree (info->cookie.bv_val);
  ber_bvarray_free (info->ids);
  memset (info, 0, sizeof *info);
}

bool
sync_done_read (const struct berval *value, struct berval *ret_cookie, bool *ret_deletes)
{
  struct berval cookie = { 0, NULL };
  BerElement *ber = open_value (value);
  ber_len_t len;
  bool deletes = false;
  bool ok = ber && ber_skip_tag (ber, &len) == LBER_SEQUENCE && read_cookie (ber, &cookie) &&
            read_boolean (ber, false, &deletes);

  ber_free (ber, 1);
  if (!ok) {
    ber_memfree (cookie.bv_val);
    return false;
  }
  *ret_cookie = cookie;
  *ret_deletes = deletes;
  return true;
}

LDAPControl *
sync_control (bool persist, const struct berval *cookie)
{
  BerElement *ber = ber_alloc_t (LBER_USE_DER);
  struct berval value = { 0, NULL };
  LDAPControl *control = NULL;
  ber_int_t mode = persist ? LDAP_SYNC_REFRESH_AND_PERSIST : LDAP_SYNC_REFRESH_ONLY;
  int rc = ber ? ber_printf (ber, "{e", mode) : -1;

  if (rc != -1 && cookie && cookie->bv_val)
    rc = ber_printf (ber, "O", cookie);
  if (rc != -1)
    rc = ber_printf (ber, "N}");
  if (rc != -1 && ber_flatten2 (ber, &value, 0) == 0 &&
      ldap_control_create (LDAP_CONTROL_SYNC, 1, &value, 1, &control) != LDAP_SUCCESS)
    control = NULL;
  ber_free (ber, 1);
  return control;
}

void
sync_id_text (const struct berval *id, char ret_text[SYNC_ID_LEN + 1])
{
  static const char digits[] = "0123456789abcdef";
  char *out = ret_text;

  for (size_t i = 0; i < ID_BYTES; i++) {
    unsigned char byte = (unsigned char) id->bv_val[i];

    if (i == 4 || i == 6 || i == 8 || i == 10)
      *out++ = '-';
    *out++ = digits[byte >> 4];
    *out++ = digits[byte & 15];
  }
  *out = '\0';
}
