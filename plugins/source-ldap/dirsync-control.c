/* dirsync-control.c: the DirSync control, its answer, and the list of attributes that goes with it. */
#include "dirsync.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define MAX_BYTES 1048576 /* of a page, if the server minds */

/* Flags are a signed number on the wire: the highest bit makes it negative. */
LDAPControl *
dirsync_control (int flags, const struct berval *cookie)
{
  BerElement *ber = ber_alloc_t (LBER_USE_DER);
  struct berval value = { 0, NULL }, none = { 0, (char *) "" };
  LDAPControl *control = NULL;

  if (ber && ber_printf (ber, "{iiO}", (ber_int_t) flags, (ber_int_t) MAX_BYTES,
                         cookie && cookie->bv_val ? cookie : &none) >= 0 &&
      ber_flatten2 (ber, &value, 0) == 0 &&
      ldap_control_create (DIRSYNC, 1, &value, 1, &control) != LDAP_SUCCESS)
    control = NULL;
  ber_free (ber, 1);
  return control;
}

bool
dirsync_answer (const struct berval *value, bool *ret_more, struct berval *ret_cookie)
{
  struct berval cookie = { 0, NULL };
  BerElement *ber;
  ber_int_t more, unused;
  bool ok;

  if (!value->bv_val || !(ber = ber_init ((struct berval *) value)))
    return false;
  ok = ber_scanf (ber, "{iio}", &more, &unused, &cookie) != LBER_ERROR && cookie.bv_len > 0 &&
       cookie.bv_len <= MAX_COOKIE;
  ber_free (ber, 1);
  if (!ok) {
    ber_memfree (cookie.bv_val);
    return false;
  }
  *ret_more = more != 0;
  *ret_cookie = cookie;
  return true;
}

/* ---- attributes ---- */

/* Made up while answering, or kept at the other end of a link: never told, or refused. */
static bool
is_made_up (const char *name)
{
  static const char *const names[] = {
    "memberOf", "directReports", "managedObjects", "canonicalName", "createTimeStamp",
    "modifyTimeStamp", "structuralObjectClass", "subSchemaSubEntry", "distinguishedName",
    "primaryGroupToken", "allowedAttributes", "entryTTL", "dn", "entryDN", "entryUUID", "uSNChanged",
    "whenChanged", "lastLogon", "logonCount",
  };

  for (size_t i = 0; i < sizeof names / sizeof *names; i++)
    if (strcasecmp (name, names[i]) == 0)
      return true;
  return strncasecmp (name, "tokenGroups", 11) == 0 ||
         (strlen (name) > 8 && strcasecmp (name + strlen (name) - 8, "computed") == 0);
}

struct list {
  char **names;
  size_t count, size;
  bool failed;
};

static int
add_name (void *data, const char *name, size_t len)
{
  struct list *list = data;
  size_t plain = strcspn (name, ";:)=<>~");
  char *copy = strndup (name, len < plain ? len : plain);
  bool there = false;

  for (size_t i = 0; copy && i < list->count && !there; i++)
    there = strcasecmp (list->names[i], copy) == 0;
  if (copy && (there || is_made_up (copy))) {
    free (copy);
    return 0;
  }
  if (list->count + 2 > list->size) {
    size_t size = list->size ? list->size * 2 : 32;
    char **names = realloc (list->names, size * sizeof *names);

    if (names) {
      list->names = names;
      list->size = size;
    }
  }
  if (!copy || list->count + 2 > list->size) {
    free (copy);
    list->failed = true;
    return 1;
  }
  list->names[list->count++] = copy;
  list->names[list->count] = NULL;
  return 0;
}

void
dirsync_free_names (char **names)
{
  for (size_t i = 0; names && names[i]; i++)
    free (names[i]);
  free (names);
}

char **
dirsync_attributes (const struct scan *scan)
{
  static const char *const own[] = { "name", "parentGUID", "isDeleted", "objectClass" };
  struct list list = { 0 };
  size_t at = 0;

  for (size_t i = 0; i < sizeof own / sizeof *own; i++)
    add_name (&list, own[i], strlen (own[i]));
  for (size_t i = 0; scan->wanted.request[i]; i++)
    add_name (&list, scan->wanted.request[i], strlen (scan->wanted.request[i]));
  filter_walk (scan->session->instance->filter, &at, add_name, &list);
  if (!list.failed)
    return list.names;
  dirsync_free_names (list.names);
  return NULL;
}
