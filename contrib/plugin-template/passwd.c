/* A source for syncd that reads people from a file in the form of passwd(5):
 *
 *   name:password:uid:gid:full name:home:shell
 *
 * It is a start for your own: an hour to a working plugin. Rename it (the file, `name` below and
 * in the Makefile), replace what reads the file, and declare your options. syncd-plugin(3) says
 * what each call may do. A session is used by one thread at a time; the instance does not change
 * after create(), so sessions need no lock. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <syncd/plugin.h>

#define FIELDS 7
#define LINE_MAX_BYTES 8192

static const struct syncd_host *host; /* what the host lends us; never changes after load */

static const char *const field_names[FIELDS]
    = { "name", "password", "uid", "gid", "gecos", "home", "shell" };

struct instance {
  const char *file; /* the host's: valid until destroy */
  int64_t min_uid;
};

struct scan {
  FILE *file;
  int64_t min_uid;
  int field_of[64]; /* for each wanted attribute: its field, or -1 */
  size_t wanted;
};

/* ---- life cycle: load, create, open; close, destroy, unload ---- */

static int32_t
passwd_load (const struct syncd_host *lent, void **ret_state)
{
  (void) ret_state;
  host = lent;
  return SYNCD_OK;
}

static int32_t
passwd_create (struct syncd_ctx *ctx, void *state, const struct syncd_config *config,
               void **ret_instance)
{
  struct instance *instance = calloc (1, sizeof *instance);
  (void) state;
  if (!instance)
    return host->fail (ctx, SYNCD_E_INTERNAL, "out of memory");
  instance->file = host->config_text (config, "file");
  instance->min_uid = host->config_number (config, "min_uid");
  *ret_instance = instance;
  return SYNCD_OK;
}

static void
passwd_destroy (struct syncd_ctx *ctx, void *instance)
{
  (void) ctx;
  free (instance);
}

/* A session would connect here; a file needs none, so the instance is the session. */
static int32_t
passwd_open (struct syncd_ctx *ctx, void *instance, void **ret_session)
{
  (void) ctx;
  *ret_session = instance;
  return SYNCD_OK;
}

static void
passwd_close (struct syncd_ctx *ctx, void *session)
{
  (void) ctx, (void) session;
}

/* ---- reading ---- */

static int
field_number (const char *attribute)
{
  for (int i = 0; i < FIELDS; i++)
    if (!strcasecmp (field_names[i], attribute) && i != 1) /* passwords stay here */
      return i;
  return -1;
}

static int32_t
open_file (struct syncd_ctx *ctx, const struct instance *instance,
           const struct syncd_scan_request *request, struct scan *scan)
{
  memset (scan, 0, sizeof *scan);
  if (request->attribute_count > sizeof scan->field_of / sizeof *scan->field_of)
    return host->fail (ctx, SYNCD_E_LIMIT, "the mapping wants more attributes than there are");
  scan->wanted = request->attribute_count;
  for (size_t i = 0; i < scan->wanted; i++)
    scan->field_of[i] = field_number (request->attributes[i]->name);
  scan->min_uid = instance->min_uid;
  scan->file = fopen (instance->file, "r");
  if (!scan->file)
    return host->fail (ctx, SYNCD_E_UNREACHABLE, "%s: %s: is the option `file` right?",
                       instance->file, strerror (errno));
  return SYNCD_OK;
}

static int32_t
passwd_scan_begin (struct syncd_ctx *ctx, void *session, const struct syncd_scan_request *request,
                   void **ret_scan)
{
  struct scan *scan;
  int32_t code;
  if (request->mode != SYNCD_MODE_EVERYTHING)
    return host->fail (ctx, SYNCD_E_UNSUPPORTED, "a passwd file has no changes, only contents");
  scan = calloc (1, sizeof *scan);
  if (!scan)
    return host->fail (ctx, SYNCD_E_INTERNAL, "out of memory");
  code = open_file (ctx, session, request, scan);
  if (code < 0)
    free (scan);
  else
    *ret_scan = scan;
  return code;
}

static void
passwd_scan_end (struct syncd_ctx *ctx, void *the_scan)
{
  struct scan *scan = the_scan;
  (void) ctx;
  fclose (scan->file);
  free (scan);
}

/* Cuts LINE into fields; returns how many. */
static int
cut (char *line, char *fields[FIELDS])
{
  int count = 0;
  char *at = line;
  line[strcspn (line, "\n")] = '\0';
  while (at && count < FIELDS) {
    fields[count++] = at;
    at = strchr (at, ':');
    if (at)
      *at++ = '\0';
  }
  return count;
}

/* The next person: 1, 0 at the end, or a failure. A line that we do not understand fails the
 * scan: were it skipped, its person would look gone and lose the account. */
static int32_t
next_person (struct syncd_ctx *ctx, const struct scan *scan, char *line, char *fields[FIELDS])
{
  while (fgets (line, LINE_MAX_BYTES, scan->file)) {
    if (host->cancelled (ctx))
      return host->fail (ctx, SYNCD_E_CANCELLED, "cancelled");
    if (*line == '#' || *line == '\n')
      continue;
    if (cut (line, fields) != FIELDS || !*fields[0])
      return host->fail (ctx, SYNCD_E_PROTOCOL, "the line of \"%s\" has not %d fields: mend the file",
                         fields[0], FIELDS);
    if (strtoll (fields[2], NULL, 10) >= scan->min_uid)
      return 1;
  }
  return ferror (scan->file) ? host->fail (ctx, SYNCD_E_UNREACHABLE, "reading: %s", strerror (errno))
                             : 0;
}

/* The uid is the stable id: it survives a rename. */
static void
show (const struct scan *scan, char *fields[FIELDS], struct syncd_entry *entry)
{
  host->entry_set_id (entry, fields[2], strlen (fields[2]));
  host->entry_set_name (entry, fields[0], strlen (fields[0]));
  for (size_t i = 0; i < scan->wanted; i++) {
    const char *value = scan->field_of[i] < 0 ? "" : fields[scan->field_of[i]];
    if (*value)
      host->entry_add_value (entry, i, value, strlen (value));
  }
}

static int32_t
passwd_scan_next (struct syncd_ctx *ctx, void *scan, uint32_t max_wait_ms,
                  struct syncd_entry *entry, struct syncd_buffer *text)
{
  char line[LINE_MAX_BYTES], *fields[FIELDS];
  int32_t code = next_person (ctx, scan, line, fields);
  (void) max_wait_ms, (void) text;
  if (code == 1)
    show (scan, fields, entry);
  return code < 0 ? code : code ? SYNCD_SCAN_ENTRY : SYNCD_SCAN_END_ALL;
}

/* ---- single people: who is gone, and who is only hidden? ---- */

static int32_t
find_person (struct syncd_ctx *ctx, const struct instance *instance,
             const struct syncd_scan_request *request, const char *id, struct syncd_entry *entry)
{
  char line[LINE_MAX_BYTES], *fields[FIELDS];
  struct scan scan;
  int32_t code = open_file (ctx, instance, request, &scan), answer = SYNCD_GET_GONE;
  if (code < 0)
    return code;
  scan.min_uid = INT64_MIN; /* below min_uid: there, and out of scope */
  while (answer == SYNCD_GET_GONE && (code = next_person (ctx, &scan, line, fields)) == 1)
    if (!strcmp (fields[2], id) || !strcmp (fields[0], id))
      answer = strtoll (fields[2], NULL, 10) < instance->min_uid ? SYNCD_GET_OUT_OF_SCOPE
                                                                 : SYNCD_GET_ENTRY;
  if (answer == SYNCD_GET_ENTRY)
    show (&scan, fields, entry);
  fclose (scan.file);
  if (code < 0)
    return code;
  host->entry_set_answer (entry, answer);
  return SYNCD_OK;
}

static int32_t
passwd_get (struct syncd_ctx *ctx, void *session, const struct syncd_scan_request *request,
            const char *const *ids, struct syncd_entry *const *entries, size_t n)
{
  int32_t code = SYNCD_OK;
  for (size_t i = 0; i < n && code == SYNCD_OK; i++)
    code = find_person (ctx, session, request, ids[i], entries[i]);
  return code;
}

/* ---- what there is ---- */

static int32_t
say (struct syncd_ctx *ctx, struct syncd_buffer *text, const char *json)
{
  int32_t code = host->buffer_append (text, json, strlen (json));
  return code < 0 ? host->fail (ctx, code, "the host's buffer is full") : SYNCD_OK;
}

static int32_t
passwd_schema (struct syncd_ctx *ctx, void *session, struct syncd_buffer *text)
{
  (void) session;
  return say (ctx, text,
              "{\"attributes\":[{\"name\":\"name\",\"type\":\"string\",\"multi\":false},"
              "{\"name\":\"uid\",\"type\":\"string\",\"multi\":false},"
              "{\"name\":\"gid\",\"type\":\"string\",\"multi\":false},"
              "{\"name\":\"gecos\",\"type\":\"string\",\"multi\":false},"
              "{\"name\":\"home\",\"type\":\"string\",\"multi\":false},"
              "{\"name\":\"shell\",\"type\":\"string\",\"multi\":false}]}");
}

/* A scope that differs from the last read's holds back all leavers: min_uid belongs to it. */
static int32_t
passwd_describe (struct syncd_ctx *ctx, void *session, struct syncd_buffer *text)
{
  const struct instance *instance = session;
  char json[512];
  snprintf (json, sizeof json,
            "{\"identity\":{\"source\":\"passwd\",\"id\":\"uid\"},\"server\":\"file\","
            "\"scope\":\"min_uid=%lld\",\"changes\":\"full\",\"why\":\"a file has no history\","
            "\"grades\":[\"full\"],\"blind\":[],\"warnings\":[]}",
            (long long) instance->min_uid);
  return say (ctx, text, json);
}

/* ---- what the host has to know ---- */

static const struct syncd_option options[] = {
  { .key = "file", .type = SYNCD_OPT_PATH, .default_value = "/etc/passwd",
    .help = "the file that is read" },
  { .key = "min_uid", .type = SYNCD_OPT_INT, .default_value = "1000",
    .help = "users with a smaller uid are no people" },
};

static const struct syncd_source_ops source = {
  .struct_size = sizeof source,
  .scan_begin = passwd_scan_begin,
  .scan_next = passwd_scan_next,
  .scan_end = passwd_scan_end,
  .get = passwd_get,
  .schema = passwd_schema,
  .describe = passwd_describe,
};

static const struct syncd_plugin plugin = {
  SYNCD_PLUGIN_HEADER,
  .kind = SYNCD_KIND_SOURCE,
  .thread_model = SYNCD_THREADS_SESSION,
  .name = "passwd",
  .version = "1",
  .summary = "reads people from a passwd file",
  .options = options,
  .option_count = sizeof options / sizeof *options,
  .option_size = sizeof *options,
  .load = passwd_load,
  .create = passwd_create,
  .destroy = passwd_destroy,
  .open = passwd_open,
  .close = passwd_close,
  .source = &source,
};
SYNCD_REGISTER_PLUGIN (plugin);
