/* Orders; see orders.h. Main thread only. */
#include "config.h"
#include "pipeline/orders.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "pipeline/decisions.h"
#include "pipeline/pass.h"
#include "util/buffer.h"
#include "util/log.h"
#include "util/mem.h"

#define ORDERS_MAX ((size_t) 16 << 20)

static char *
path_of (const char *state_path)
{
  char *real = realpath (state_path, NULL);
  char *path = mem_format ("%s.orders", real ? real : state_path);
  free (real);
  return path;
}

bool
orders_pending (const char *state_path)
{
  struct stat about;
  MEM_AUTO char *path = path_of (state_path);
  return lstat (path, &about) == 0 && about.st_size > 0;
}

/* The file, locked. It belongs to whom the state belongs, who must be able to read it. */
static int
open_orders (const char *state_path, const char *path, int flags, struct error *error)
{
  struct stat state;
  int fd = open (path, flags | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (fd < 0)
    return error_set (error, "%s: cannot open the orders: %s; look at the permissions", path,
                      strerror (errno));
  if (flags & O_CREAT && geteuid () == 0 && stat (state_path, &state) == 0
      && fchown (fd, state.st_uid, state.st_gid))
    log_debug ("%s: its owner cannot be set: %s", path, strerror (errno));
  if (flock (fd, LOCK_EX) == 0)
    return fd;
  close (fd);
  return error_set (error, "%s: cannot lock the orders: %s", path, strerror (errno));
}

int
orders_leave (const char *state_path, const struct order *order, struct error *error)
{
  MEM_AUTO char *path = path_of (state_path);
  int fd = open_orders (state_path, path, O_WRONLY | O_APPEND | O_CREAT, error);
  if (fd < 0)
    return -1;
  json_t *words = json_pack ("[s, s?, s?]", order->verb, order->subject, order->argument);
  char *text = json_dumps (words, JSON_COMPACT);
  MEM_AUTO char *line = mem_format ("%s\n", text ? text : "");
  ssize_t len = (ssize_t) strlen (line);
  int rc = write (fd, line, (size_t) len) == len && fsync (fd) == 0
               ? 0 : error_set (error, "%s: cannot write the order: %s", path, strerror (errno));
  close (fd);
  json_decref (words);
  free (text);
  return rc;
}

/* Others who can write the file could decide whose account is whose. */
static int
read_all (int fd, const char *path, struct buffer *out, struct error *error)
{
  struct stat about;
  char piece[4096];
  ssize_t len;
  if (fstat (fd, &about) || !S_ISREG (about.st_mode) || about.st_mode & (S_IWGRP | S_IWOTH))
    return error_set (error, "%s: others can write it, so its orders are not obeyed; remove it", path);
  while ((len = read (fd, piece, sizeof piece)) > 0)
    if (!buffer_append (out, piece, (size_t) len))
      return error_set (error, "%s: more orders than anybody gave; remove it", path);
  return len < 0 ? error_set (error, "%s: cannot read the orders: %s", path, strerror (errno)) : 0;
}

/* The result of what is under way for that entry would overwrite the decision. */
static bool
is_under_way (struct store *store, const char *subject)
{
  struct link link;
  struct error ignored;
  link_init (&link);
  bool sent = subject && store_link_search (store, subject, &link, &ignored) == 1
              && store_queue_is_sent (store, link.row);
  link_fini (&link);
  return sent;
}

/* False: it must wait. */
static bool
obey_order (struct store *store, const struct order *order)
{
  struct error why;
  const char *subject = order->subject ? order->subject : "";
  if (strcmp (order->verb, "approve") != 0 && is_under_way (store, order->subject))
    return false;
  if (orders_obey_one (store, order, &why) < 0)
    log_warning ("order \"%s %s\" is not obeyed: %s", order->verb, subject, why.text);
  else
    log_info ("order obeyed: %s%s%s", order->verb, *subject ? " " : "", subject);
  return true;
}

static bool
obey_line (struct store *store, const char *line, size_t len)
{
  json_t *words = json_loadb (line, len, 0, NULL);
  const char *verb = json_string_value (json_array_get (words, 0));
  struct order order = { verb, json_string_value (json_array_get (words, 1)),
                         json_string_value (json_array_get (words, 2)) };
  bool done = true;
  if (verb)
    done = obey_order (store, &order);
  else
    log_warning ("an order cannot be read and is dropped");
  json_decref (words);
  return done;
}

static int
obey_lines (struct store *store, const struct buffer *text, struct buffer *rest, struct error *error)
{
  int count = 0;
  if (store_begin (store, error) < 0)
    return -1;
  for (const char *at = buffer_text (text); *at;) {
    size_t len = strcspn (at, "\n") + 1;
    if (len > strlen (at))
      len = strlen (at);
    if (obey_line (store, at, len))
      count++;
    else
      buffer_append (rest, at, len);
    at += len;
  }
  return store_commit (store, error) < 0 ? -1 : count;
}

/* What must wait is written before the rest goes: a crash between repeats orders and loses none. */
static int
keep_rest (int fd, const char *path, const struct buffer *rest, struct error *error)
{
  ssize_t len = (ssize_t) rest->len;
  if ((len && pwrite (fd, buffer_text (rest), rest->len, 0) != len) || ftruncate (fd, len))
    return error_set (error, "%s: cannot empty the orders: %s", path, strerror (errno));
  return 0;
}

int
orders_obey (struct store *store, const char *state_path, struct error *error)
{
  BUFFER_AUTO struct buffer text, rest;
  MEM_AUTO char *path = path_of (state_path);
  buffer_init (&text, ORDERS_MAX);
  buffer_init (&rest, ORDERS_MAX);
  if (!orders_pending (state_path))
    return 0;
  int fd = open_orders (state_path, path, O_RDWR, error);
  if (fd < 0)
    return -1;
  int rc = read_all (fd, path, &text, error);
  if (rc == 0)
    rc = obey_lines (store, &text, &rest, error);
  if (rc >= 0 && keep_rest (fd, path, &rest, error) < 0)
    rc = -1;
  close (fd);
  return rc;
}

static int
retry_one (void *data, struct link *link)
{
  struct error ignored;
  return decide_retry (data, link, &ignored);
}

static int
obey_known (struct store *store, const struct order *order, struct error *error)
{
  struct link link;
  link_init (&link);
  int rc = decide_find (store, order->subject, &link, error);
  if (rc == 0 && strcmp (order->verb, "retry") == 0)
    rc = decide_retry (store, &link, error);
  else if (rc == 0 && strcmp (order->verb, "forget") == 0)
    rc = store_link_forget (store, link.row, error);
  else if (rc == 0 && strcmp (order->verb, "link") == 0 && order->argument)
    rc = decide_link (store, &link, order->argument, error);
  else if (rc == 0 && strcmp (order->verb, "unlink") == 0)
    rc = decide_unlink (store, &link, error);
  else if (rc == 0)
    rc = error_set (error, "there is no such order");
  link_fini (&link);
  return rc;
}

int
orders_obey_one (struct store *store, const struct order *order, struct error *error)
{
  if (strcmp (order->verb, "retry-all") == 0)
    return store_links_each (store, LINKS_PARKED, 0, retry_one, store, error);
  if (!order->subject)
    return error_set (error, "it does not say about whom");
  if (strcmp (order->verb, "approve") == 0)
    return decide_approve (store, order->subject, error);
  return obey_known (store, order, error);
}

static int
check_approval (struct store *store, const char *token, struct error *error)
{
  if (approve_knows (store, token))
    return 0;
  return error_set (error, "no held changes are known by the token %s: `syncd status` shows the "
                    "present one. One that only `syncd plan` has shown counts as soon as a pass has "
                    "held these changes", token);
}

int
orders_check (struct store *store, const struct order *order, struct error *error)
{
  struct link link;
  if (!order->subject)
    return 0;
  if (strcmp (order->verb, "approve") == 0)
    return check_approval (store, order->subject, error);
  link_init (&link);
  int rc = decide_find (store, order->subject, &link, error);
  if (rc == 0 && strcmp (order->verb, "link") == 0)
    rc = decide_check_link (store, &link, order->argument, error);
  else if (rc == 0 && strcmp (order->verb, "unlink") == 0)
    rc = decide_check_unlink (&link, error);
  link_fini (&link);
  return rc;
}
