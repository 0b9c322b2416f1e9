/* source-driver.c: runs a source plugin alone and prints what it gives as JSON lines.
 *
 *   source-driver MODULE.so [ACTION | KEY=VALUE]...
 *
 * KEY=VALUE sets an option (a LIST by repeating it). Actions run in the order given, on one
 * session:
 *   --attribute NAME      an attribute for what follows; NAME:ref one whose values are references
 *   --describe, --schema  print the plugin's JSON
 *   --scan MODE           everything, changes, inventory or watch
 *   --checkpoint TEXT     for the scans that follow
 *   --get ID              one entry; several in one call where they follow each other
 *   --quiet               scans print their end and a count, no entries
 *   --pause               print a line, then wait for a line on standard input
 *   --cancel-after MS     from now on; each later action ends by then
 *   --max-wait MS         for scan_next (default 1000)
 *
 * SIGTERM cancels what is under way. Lines come out as soon as they are complete.
 *
 * The exit status is 0, or 1 after a failure, which is printed as {"event":"error",…}. */
#include "source-host.h"

#include <dlfcn.h>
#include <inttypes.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

struct driver {
  struct syncd_ctx ctx;
  struct syncd_config config;
  struct syncd_attribute attributes[MAX_ITEMS];
  const struct syncd_attribute *attribute_list[MAX_ITEMS];
  const char *checkpoint;
  uint32_t max_wait;
  const struct syncd_plugin *plugin;
  void *session;
};

static struct driver driver = { .max_wait = 1000 };

static void
stop (int number)
{
  (void) number;
  source_host_stopped = 1;
}

/* ---- events ---- */

static void
print_member (const char *name, const struct syncd_buffer *buffer)
{
  if (!buffer->data)
    return;
  printf (",\"%s\":", name);
  print_json (stdout, buffer->data, buffer->len);
}

/* Values are pairs of the attribute's index and the value, in the order in which they came. */
static void
print_entry (const char *event, const struct syncd_entry *entry)
{
  printf ("{\"event\":\"%s\"", event);
  print_member ("id", &entry->id);
  print_member ("token", &entry->token);
  print_member ("name", &entry->name);
  printf (",\"keys\":[%s],\"values\":[%s]", entry->keys.data ? entry->keys.data : "",
          entry->values.data ? entry->values.data : "");
  if (entry->reevaluate_at)
    printf (",\"reevaluate_at\":%" PRId64, entry->reevaluate_at);
  puts ("}");
}

static void
print_text (const char *event, const struct syncd_buffer *text)
{
  printf ("{\"event\":\"%s\",\"text\":", event);
  print_json (stdout, text->data ? text->data : "", text->len);
  puts ("}");
}

static int
print_error (const char *doing, int32_t code)
{
  printf ("{\"event\":\"error\",\"doing\":\"%s\",\"code\":%d,\"told\":%d,\"message\":", doing,
          code, driver.ctx.code);
  print_json (stdout, driver.ctx.message, strlen (driver.ctx.message));
  puts ("}");
  return 1;
}

/* ---- actions ---- */

static struct syncd_scan_request
make_request (uint32_t mode)
{
  struct syncd_scan_request request = {
    .struct_size = sizeof request,
    .mode = mode,
    .type = "User",
    .checkpoint = driver.checkpoint,
    .checkpoint_len = driver.checkpoint ? strlen (driver.checkpoint) : 0,
    .attributes = driver.attribute_list,
    .attribute_count = source_host_attributes,
  };

  return request;
}

static uint32_t
mode_named (const char *name)
{
  static const char *const names[] = { "everything", "changes", "watch", "inventory" };

  for (uint32_t i = 0; i < 4; i++)
    if (strcmp (names[i], name) == 0)
      return i + 1;
  fprintf (stderr, "unknown mode %s\n", name);
  exit (2);
}

static int
run_scan (const char *mode)
{
  static const char *const events[] = { "", "entry", "delete", "still", "checkpoint", "reset",
                                        "caught-up", "idle", "end-all", "end-changes",
                                        "end-partial" };
  struct syncd_scan_request request = make_request (mode_named (mode));
  struct syncd_entry entry = { 0 };
  struct syncd_buffer text = { 0 };
  size_t entries = 0, values = 0;
  int64_t started = now_ms ();
  void *scan;
  int32_t rc = driver.plugin->source->scan_begin (&driver.ctx, driver.session, &request, &scan);

  if (rc != SYNCD_OK)
    return print_error ("scan_begin", rc);
  do {
    entry_reset (&entry);
    buffer_reset (&text);
    rc = driver.plugin->source->scan_next (&driver.ctx, scan, driver.max_wait, &entry, &text);
    if (rc == SYNCD_SCAN_ENTRY || rc == SYNCD_SCAN_STILL_THERE) {
      entries++;
      values += entry.value_count;
    }
    if (rc < 0)
      break;
    if (rc <= SYNCD_SCAN_STILL_THERE && !source_host_quiet)
      print_entry (events[rc], &entry);
    else if (rc > SYNCD_SCAN_STILL_THERE && rc != SYNCD_SCAN_IDLE)
      print_text (events[rc], &text);
  } while (rc < SYNCD_SCAN_END_ALL);
  entry_reset (&entry);
  buffer_reset (&text);
  driver.plugin->source->scan_end (&driver.ctx, scan);
  printf ("{\"event\":\"count\",\"entries\":%zu,\"values\":%zu,\"ms\":%" PRId64 "}\n", entries,
          values, now_ms () - started);
  return rc < 0 ? print_error ("scan_next", rc) : 0;
}

static int
run_get (char **ids, size_t n)
{
  static const char *const answers[] = { "nothing", "entry", "gone", "out-of-scope", "failed" };
  struct syncd_scan_request request = make_request (SYNCD_MODE_EVERYTHING);
  struct syncd_entry *entries = calloc (n, sizeof *entries), **list = calloc (n, sizeof *list);
  const char **names = calloc (n, sizeof *names);
  int32_t rc;

  for (size_t i = 0; i < n; i++) {
    list[i] = &entries[i];
    names[i] = ids[i * 2 + 1];
  }
  rc = driver.plugin->source->get (&driver.ctx, driver.session, &request, names, list, n);
  for (size_t i = 0; i < n; i++) {
    if (rc == SYNCD_OK)
      print_entry (answers[entries[i].answer], &entries[i]);
    entry_reset (&entries[i]);
  }
  free (entries);
  free (list);
  free (names);
  return rc < 0 ? print_error ("get", rc) : 0;
}

static int
run_text (const char *what)
{
  const struct syncd_source_ops *source = driver.plugin->source;
  struct syncd_buffer text = { 0 };
  int32_t rc = strcmp (what, "describe") == 0
                   ? source->describe (&driver.ctx, driver.session, &text)
                   : source->schema (&driver.ctx, driver.session, &text);

  if (rc == SYNCD_OK)
    printf ("{\"event\":\"%s\",\"json\":%s}\n", what, text.data);
  buffer_reset (&text);
  return rc < 0 ? print_error (what, rc) : 0;
}

static int
run_pause (void)
{
  int c;

  puts ("{\"event\":\"pause\"}");
  fflush (stdout);
  while ((c = getchar ()) != '\n' && c != EOF)
    ;
  return 0;
}

static void
add_attribute (const char *name)
{
  struct syncd_attribute *attribute = &driver.attributes[source_host_attributes];
  char *copy = strdup (name), *mark = strstr (copy, ":ref");

  attribute->struct_size = sizeof *attribute;
  attribute->flags = mark ? SYNCD_ATTRIBUTE_REFERENCE : 0;
  if (mark)
    *mark = '\0';
  attribute->name = copy;
  driver.attribute_list[source_host_attributes++] = attribute;
}

static size_t
count_gets (char **argv, int left)
{
  size_t n = 0;

  while ((int) (n * 2) + 1 < left && strcmp (argv[n * 2], "--get") == 0)
    n++;
  return n;
}

static int
run_actions (int argc, char **argv)
{
  int failed = 0;

  for (int i = 0; i < argc; i++) {
    const char *word = argv[i], *next = i + 1 < argc ? argv[i + 1] : "";

    if (strcmp (word, "--describe") == 0 || strcmp (word, "--schema") == 0)
      failed |= run_text (word + 2);
    else if (strcmp (word, "--pause") == 0)
      failed |= run_pause ();
    else if (strcmp (word, "--quiet") == 0)
      source_host_quiet = true;
    else if (strcmp (word, "--get") == 0) {
      size_t n = count_gets (argv + i, argc - i);

      failed |= run_get (argv + i, n);
      i += (int) n * 2 - 1;
    } else if (strncmp (word, "--", 2) == 0) {
      i++;
      if (strcmp (word, "--scan") == 0)
        failed |= run_scan (next);
      else if (strcmp (word, "--attribute") == 0)
        add_attribute (next);
      else if (strcmp (word, "--checkpoint") == 0)
        driver.checkpoint = next;
      else if (strcmp (word, "--max-wait") == 0)
        driver.max_wait = (uint32_t) atoi (next);
      else if (strcmp (word, "--cancel-after") == 0)
        driver.ctx.cancel_at = now_ms () + atoi (next);
    }
  }
  return failed;
}

static int
take_options (int argc, char **argv)
{
  static const char *const owned[] = { "timeout", "allow_plaintext", "proxy" };

  for (int i = 0; i < argc; i++) {
    char *equals = strchr (argv[i], '=');
    bool known = false;

    if (strncmp (argv[i], "--", 2) == 0) {
      i += strcmp (argv[i], "--describe") && strcmp (argv[i], "--schema") &&
           strcmp (argv[i], "--pause") && strcmp (argv[i], "--quiet");
      continue;
    }
    if (!equals || driver.config.count == MAX_ITEMS)
      return fprintf (stderr, "not KEY=VALUE: %s\n", argv[i]), 2;
    *equals = '\0';
    for (size_t o = 0; o < 3; o++)
      known = known || strcmp (owned[o], argv[i]) == 0;
    if (!known && !option_find (driver.plugin, argv[i]))
      return fprintf (stderr, "unknown option: %s\n", argv[i]), 2;
    driver.config.keys[driver.config.count] = argv[i];
    driver.config.values[driver.config.count++] = equals + 1;
  }
  return 0;
}

static int
run_instance (void *state, int argc, char **argv)
{
  void *instance;
  int failed;
  int32_t rc = driver.plugin->create (&driver.ctx, state, &driver.config, &instance);

  if (rc != SYNCD_OK)
    return print_error ("create", rc);
  for (int i = 0; i + 1 < argc; i++)
    if (strcmp (argv[i], "--cancel-after") == 0)
      driver.ctx.cancel_at = now_ms () + atoi (argv[i + 1]);
  rc = driver.plugin->open (&driver.ctx, instance, &driver.session);
  if (rc == SYNCD_OK) {
    failed = run_actions (argc, argv);
    driver.plugin->close (&driver.ctx, driver.session);
  } else
    failed = print_error ("open", rc);
  driver.plugin->destroy (&driver.ctx, instance);
  return failed;
}

int
main (int argc, char **argv)
{
  syncd_plugin_entry_fn entry;
  void *module, *state = NULL;
  int failed;

  signal (SIGPIPE, SIG_IGN);
  signal (SIGTERM, stop);
  setvbuf (stdout, NULL, _IOLBF, 0);
  if (argc < 2 || !(module = dlopen (argv[1], RTLD_NOW | RTLD_LOCAL)))
    return fprintf (stderr, "%s\n", argc < 2 ? "usage: source-driver MODULE …" : dlerror ()), 2;
  *(void **) &entry = dlsym (module, SYNCD_ENTRY_NAME);
  if (!entry)
    return fprintf (stderr, "%s\n", dlerror ()), 2;
  driver.plugin = driver.config.plugin = entry ();
  if (driver.plugin->magic != SYNCD_PLUGIN_MAGIC || driver.plugin->kind != SYNCD_KIND_SOURCE)
    return fputs ("not a source plugin\n", stderr), 2;
  failed = take_options (argc - 2, argv + 2);
  if (!failed && driver.plugin->load (&source_host, &state) != SYNCD_OK)
    failed = 2;
  if (!failed) {
    failed = run_instance (state, argc - 2, argv + 2);
    driver.plugin->unload (state);
  }
  for (size_t i = 0; i < source_host_attributes; i++)
    free ((char *) driver.attributes[i].name);
  return failed;
}
