/* Any bytes as what a directory says: names, ids, times, attribute descriptions, and the values of
 * RFC 4533's controls; and as the filter of a configuration. What is understood comes back the
 * same: a key is its own key, a time that was moved there and back is that time. */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "sync.h"

static void
check_name (const struct berval *value, bool squeeze)
{
  struct text key = { 0 };
  dn_key (value, squeeze, &key);
  if (key.data)
    (void) dn_key_below (key.data, "dc=example,dc=com", LDAP_SCOPE_SUBTREE);
  text_fini (&key);
}

static void
check_id (const struct berval *value)
{
  static const enum id_form forms[] = { ID_TEXT, ID_GUID_MIXED, ID_GUID_NETWORK };
  char id[MAX_ID + 1], again[MAX_ID + 1];
  for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
    size_t len = identity_text (forms[i], value, id);
    if (len > MAX_ID || (len && strlen (id) != len))
      abort ();
    struct berval text = { len, id };
    if (len && (identity_text (ID_TEXT, &text, again) != len || strcmp (again, id) != 0))
      abort ();
  }
}

static void
check_time (const struct berval *value)
{
  char time[TIME_SIZE], moved[TIME_SIZE];
  if (!time_read (value, time))
    return;
  memcpy (moved, time, TIME_SIZE);
  time_move (moved, 0);
  int64_t seconds = time_seconds (moved);
  time_move (moved, 86400);
  time_move (moved, -86400);
  if (seconds > 86400 && strcmp (time, "99990101000000Z") < 0 && time_seconds (moved) != seconds)
    abort ();
}

static void
check_controls (struct berval *value)
{
  struct berval cookie = { 0, NULL };
  bool deletes;
  if (sync_done_read (value, &cookie, &deletes) && cookie.bv_val) {
    (void) sync_cookie_usable (&cookie);
    ber_memfree (cookie.bv_val);
  }
  (void) sync_cookie_usable (value);
}

static int
take_attribute (void *data, const char *name, size_t len)
{
  const char *filter = data;
  if (name < filter || name + len > filter + strlen (filter))
    abort ();
  return 0;
}

static void
check_filter (const struct berval *value)
{
  char *filter = malloc (value->bv_len + 1);
  size_t at = 0;
  if (!filter)
    abort ();
  memcpy (filter, value->bv_val, value->bv_len);
  filter[value->bv_len] = '\0';
  const char *wrong = filter_walk (filter, &at, take_attribute, filter);
  if (wrong && at > strlen (filter))
    abort ();
  free (filter);
}

int
LLVMFuzzerTestOneInput (const uint8_t *bytes, size_t len)
{
  char *copy = malloc (len + 1);
  if (!copy)
    abort ();
  if (len)
    memcpy (copy, bytes, len);
  copy[len] = '\0'; /* libldap ends each value so */
  struct berval value = { len, copy }, option = { len, copy };
  check_name (&value, true);
  check_name (&value, false);
  check_id (&value);
  check_time (&value);
  check_controls (&value);
  check_filter (&value);
  (void) wanted_cut_options (&option);
  free (copy);
  return 0;
}
