/* The accounts of the test sink; see memory-store.h. */
#include "memory-store.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

const char *
memory_text (json_t *account, const char *member)
{
  return json_string_value (json_object_get (account, member));
}

const char *
memory_version (json_t *account)
{
  return memory_text (json_object_get (account, "meta"), "version");
}

static int
is_deleted (json_t *account)
{
  return json_is_true (json_object_get (account, "deleted"));
}

static char *
lower (const char *name)
{
  char *copy = strdup (name);
  for (char *c = copy; c && *c; c++)
    *c = (char) tolower ((unsigned char) *c);
  return copy;
}

static void
index_name (struct memory_store *store, json_t *account, int add)
{
  const char *name = memory_text (account, "userName");
  char *key = name ? lower (name) : NULL;
  if (key && add)
    json_object_set (store->by_name, key, json_object_get (account, "id"));
  else if (key)
    json_object_del (store->by_name, key);
  free (key);
}

static void
keep (struct memory_store *store, json_t *account)
{
  const char *id = memory_text (account, "id");
  json_t *old = json_object_get (store->accounts, id);
  if (old && !is_deleted (old))
    index_name (store, old, 0);
  if (!is_deleted (account))
    index_name (store, account, 1);
  long number = strtol (id, NULL, 10);
  if (number >= store->next)
    store->next = number + 1;
  json_object_set (store->accounts, id, account);
}

static int
read_accounts (struct memory_store *store, FILE *in, char *text, size_t size)
{
  char *line = NULL;
  size_t room = 0, number = 0;
  int failed = 0;
  while (!failed && getline (&line, &room, in) >= 0) {
    json_error_t why;
    json_t *account = json_loads (line, JSON_ALLOW_NUL, &why);
    failed = !memory_text (account, "id");
    number++;
    if (failed)
      snprintf (text, size, "line %zu is no account with an id: %s", number, why.text);
    else
      keep (store, account);
    json_decref (account);
  }
  free (line);
  return failed ? -1 : 0;
}

int
memory_open (struct memory_store *store, const char *file, char *text, size_t size)
{
  *store = (struct memory_store) { json_object (), json_object (), -1, 1 };
  store->fd = open (file, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  FILE *in = store->fd < 0 ? NULL : fopen (file, "re");
  int failed = 0;
  if (!in)
    snprintf (text, size, "%s", strerror (errno));
  else {
    failed = read_accounts (store, in, text, size);
    fclose (in);
  }
  if (!in || failed) {
    memory_close (store);
    return -1;
  }
  return 0;
}

void
memory_close (struct memory_store *store)
{
  json_decref (store->accounts);
  json_decref (store->by_name);
  if (store->fd >= 0)
    close (store->fd);
  store->fd = -1;
}

json_t *
memory_get (const struct memory_store *store, const char *id)
{
  json_t *account = id ? json_object_get (store->accounts, id) : NULL;
  return account && !is_deleted (account) ? account : NULL;
}

static json_t *
deleted_by_name (const struct memory_store *store, const char *name)
{
  const char *id;
  json_t *account;
  json_object_foreach (store->accounts, id, account)
    if (is_deleted (account) && memory_text (account, "userName")
        && !strcasecmp (memory_text (account, "userName"), name))
      return account;
  return NULL;
}

json_t *
memory_by_name (const struct memory_store *store, const char *name, int deleted)
{
  if (deleted)
    return deleted_by_name (store, name);
  char *key = lower (name);
  const char *id = key ? memory_text (store->by_name, key) : NULL;
  free (key);
  return memory_get (store, id);
}

static int
write_line (int fd, json_t *account)
{
  char *line = json_dumps (account, JSON_COMPACT | JSON_SORT_KEYS);
  size_t len = line ? strlen (line) : 0;
  if (!line)
    return -1;
  line[len] = '\n';
  int failed = write (fd, line, len + 1) != (ssize_t) len + 1;
  free (line);
  return failed;
}

json_t *
memory_put (struct memory_store *store, const char *id, json_t *document)
{
  char fresh[32], version[32];
  snprintf (fresh, sizeof fresh, "%ld", store->next);
  json_t *old = id ? json_object_get (store->accounts, id) : NULL;
  const char *before = memory_version (old);
  long number = before ? strtol (before + (before[0] == '"'), NULL, 10) : 0;
  snprintf (version, sizeof version, "\"%ld\"", number + 1);
  json_t *account = json_deep_copy (document);
  json_object_set_new (account, "id", json_string (id ? id : fresh));
  json_object_set_new (account, "meta", json_pack ("{s:s}", "version", version));
  if (write_line (store->fd, account)) {
    json_decref (account);
    return NULL;
  }
  keep (store, account);
  json_decref (account);
  return json_object_get (store->accounts, id ? id : fresh);
}
