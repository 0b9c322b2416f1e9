/* sink-driver: calls a sink plugin directly, for tests.
 *
 *   sink-driver MODULE.so [KEY=VALUE]...
 *
 * loads the module, creates an instance with these options and opens a session; then each line
 * of standard input is a command in JSON, and each gets a line of JSON back:
 *   {"op":"list","attributes":[…],"position":"…","count_only":true}
 *   {"op":"find","attribute":"userName","value":"…","attributes":[…]}
 *   {"op":"read","id":"…","attributes":[…]}
 *   {"op":"apply","changes":[{"kind":"update","account":"…","operations":[{"op":…}…]}…]}
 *   {"op":"schema"}, {"op":"describe"}
 *   {"op":"cancel","ms":N}   cancelled() becomes true N ms from now
 *   {"op":"open","n":N}      opens N more sessions at once, in threads, and closes them
 * The first line printed tells how load, create and open went. */
#include <config.h>

#include "driver-host.h"

#include <dlfcn.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_ATTRIBUTES 64
#define MAX_CHANGES    64

struct driver {
  const struct syncd_plugin *plugin;
  struct syncd_config config;
  struct syncd_ctx ctx;
  void *state;
  void *instance;
  void *session;
};

/* Prints and forgets what the plugin told the host during the command. */
static void
answer (struct driver *d, json_t *out, int32_t rc)
{
  json_object_set_new (out, "rc", json_integer (rc));
  json_object_set_new (out, "message", json_string (d->ctx.message));
  json_object_set_new (out, "failures", json_integer (d->ctx.failures));
  json_object_set (out, "logs", d->ctx.logs);
  json_object_set (out, "observed", d->ctx.observed);
  json_object_set (out, "permits", d->ctx.permits);
  json_dumpf (out, stdout, JSON_COMPACT | JSON_ENSURE_ASCII);
  printf ("\n");
  fflush (stdout);
  json_decref (out);
  json_array_clear (d->ctx.logs);
  json_array_clear (d->ctx.observed);
  json_array_clear (d->ctx.permits);
  d->ctx.message[0] = '\0';
  d->ctx.failures = 0;
}

static size_t
attributes_of (json_t *command, const char **names)
{
  json_t *list = json_object_get (command, "attributes"), *item;
  size_t i, n = 0;
  json_array_foreach (list, i, item) if (n < MAX_ATTRIBUTES) names[n++] = json_string_value (item);
  return n;
}

static void
add_buffer (json_t *out, const char *key, struct syncd_buffer *b, int parse)
{
  json_error_t error;
  if (b->data != NULL) {
    json_t *value =
        parse ? json_loadb (b->data, b->len, JSON_DECODE_ANY | JSON_REJECT_DUPLICATES, &error)
              : json_stringn (b->data, b->len);
    json_object_set_new (out, key, value != NULL ? value : json_string ("NOT JSON"));
  }
  free (b->data);
}

static void
do_list (struct driver *d, json_t *command)
{
  const char *names[MAX_ATTRIBUTES],
      *position = json_string_value (json_object_get (command, "position"));
  struct syncd_list_request q = {
      .struct_size = sizeof q, .type = "User", .attributes = names, .position = position};
  struct syncd_buffer documents = {0}, next = {0};
  int64_t total = -7;
  json_t *out = json_object ();
  q.count_only = json_is_true (json_object_get (command, "count_only"));
  q.position_len = position != NULL ? strlen (position) : 0;
  q.attribute_count = attributes_of (command, names);
  int32_t rc = d->plugin->sink->list (&d->ctx, d->session, &q, &documents, &next, &total);
  add_buffer (out, "documents", &documents, 1);
  add_buffer (out, "position", &next, 0);
  json_object_set_new (out, "total", json_integer (total));
  answer (d, out, rc);
}

static void
do_one (struct driver *d, json_t *command, const char *op)
{
  const struct syncd_sink_ops *ops = d->plugin->sink;
  const char *names[MAX_ATTRIBUTES];
  size_t n = attributes_of (command, names);
  const char *type = json_string_value (json_object_get (command, "type"));
  struct syncd_buffer text = {0};
  json_t *out = json_object ();
  int32_t rc;
  type = type != NULL ? type : "User";
  if (strcmp (op, "find") == 0)
    rc = ops->find (&d->ctx, d->session, type,
                    json_string_value (json_object_get (command, "attribute")),
                    json_string_value (json_object_get (command, "value")), names, n, &text);
  else if (strcmp (op, "read") == 0)
    rc = ops->read (&d->ctx, d->session, type, json_string_value (json_object_get (command, "id")),
                    names, n, &text);
  else if (strcmp (op, "schema") == 0)
    rc = ops->schema (&d->ctx, d->session, &text);
  else
    rc = ops->describe (&d->ctx, d->session, &text);
  add_buffer (out, "documents", &text, 1);
  answer (d, out, rc);
}

static void
do_apply (struct driver *d, json_t *command)
{
  json_t *list = json_object_get (command, "changes"), *item, *results = json_array ();
  struct syncd_change changes[MAX_CHANGES];
  struct syncd_result result[MAX_CHANGES];
  const struct syncd_change *change_list[MAX_CHANGES];
  struct syncd_result *result_list[MAX_CHANGES];
  size_t i, n = 0;
  json_array_foreach (list, i, item)
  {
    if (n == MAX_CHANGES || !driver_change_init (&changes[n], item))
      continue;
    change_list[n] = &changes[n];
    result[n].json = json_pack ("{s:s}", "result", "UNKNOWN");
    result_list[n] = &result[n];
    n++;
  }
  int32_t rc = d->plugin->sink->apply (&d->ctx, d->session, change_list, result_list, n);
  for (i = 0; i < n; i++) {
    json_array_append_new (results, result[i].json);
    driver_change_fini (&changes[i]);
  }
  answer (d, json_pack ("{s:o}", "results", results), rc);
}

static void *
open_and_close (void *data)
{
  struct driver *d = data;
  void *session = NULL;
  int32_t rc = d->plugin->open (&d->ctx, d->instance, &session);
  if (rc == SYNCD_OK)
    d->plugin->close (&d->ctx, session);
  return rc == SYNCD_OK ? d : NULL;
}

static void
do_open (struct driver *d, json_t *command)
{
  pthread_t threads[32];
  size_t n = (size_t) json_integer_value (json_object_get (command, "n"));
  int opened = 0;
  n = n < 32 ? n : 32;
  for (size_t i = 0; i < n; i++)
    if (pthread_create (&threads[i], NULL, open_and_close, d) != 0)
      abort ();
  for (size_t i = 0; i < n; i++) {
    void *ok;
    pthread_join (threads[i], &ok);
    opened += ok != NULL;
  }
  answer (d, json_pack ("{s:i}", "opened", opened), SYNCD_OK);
}

static void
run_command (struct driver *d, json_t *command)
{
  const char *op = json_string_value (json_object_get (command, "op"));
  op = op != NULL ? op : "";
  if (strcmp (op, "list") == 0)
    do_list (d, command);
  else if (strcmp (op, "apply") == 0)
    do_apply (d, command);
  else if (strcmp (op, "open") == 0)
    do_open (d, command);
  else if (strcmp (op, "cancel") == 0) {
    d->ctx.cancel_at = driver_now () + json_integer_value (json_object_get (command, "ms"));
    answer (d, json_object (), SYNCD_OK);
  } else
    do_one (d, command, op);
}

static const char *
start (struct driver *d, const char *file, int32_t *ret_rc)
{
  *ret_rc = SYNCD_E_INTERNAL;
  void *module = dlopen (file, RTLD_NOW | RTLD_LOCAL);
  syncd_plugin_entry_fn entry;
  if (module == NULL)
    return dlerror ();
  *(void **) &entry = dlsym (module, SYNCD_ENTRY_NAME);
  if (entry == NULL)
    return "no " SYNCD_ENTRY_NAME;
  d->plugin = d->config.plugin = entry ();
  if ((*ret_rc = d->plugin->load (&driver_host, &d->state)) != SYNCD_OK)
    return "load";
  if ((*ret_rc = d->plugin->create (&d->ctx, d->state, &d->config, &d->instance)) != SYNCD_OK)
    return "create";
  if ((*ret_rc = d->plugin->open (&d->ctx, d->instance, &d->session)) != SYNCD_OK)
    return "open";
  return "ready";
}

static void
stop (struct driver *d)
{
  if (d->session != NULL)
    d->plugin->close (&d->ctx, d->session);
  if (d->instance != NULL)
    d->plugin->destroy (&d->ctx, d->instance);
  if (d->plugin != NULL)
    d->plugin->unload (d->state);
  driver_ctx_fini (&d->ctx);
}

int
main (int argc, char **argv)
{
  struct driver d = {0};
  char *line = NULL;
  size_t size = 0;
  int32_t rc;
  if (argc < 2)
    return 2;
  signal (SIGPIPE, SIG_IGN);
  d.config.pairs = argv + 2;
  d.config.count = argc - 2;
  driver_ctx_init (&d.ctx);
  const char *stage = start (&d, argv[1], &rc);
  answer (&d, json_pack ("{s:s}", "stage", stage), rc);
  while (d.session != NULL && getline (&line, &size, stdin) > 0) {
    json_error_t error;
    json_t *command = json_loads (line, 0, &error);
    if (command == NULL)
      return 2;
    run_command (&d, command);
    json_decref (command);
  }
  free (line);
  stop (&d);
  return rc == SYNCD_OK ? 0 : 1;
}
