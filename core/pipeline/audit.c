/* The audit trail; see audit.h. */
#include "config.h"
#include "pipeline/audit.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "util/clock.h"
#include "util/json.h"
#include "util/mem.h"

static const char *
path_of (const struct pass *pass)
{
  return pass->options->audit ? pass->options->audit : pass->p->settings->audit;
}

int
audit_open (struct pass *pass, struct error *error)
{
  const char *path = path_of (pass);
  if (!path || pass->options->dry_run)
    return 0;
  int fd = open (path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY, 0600);
  if (fd < 0)
    return error_config (error, "%s: cannot open the audit file: %s; nothing is written without it",
                         path, strerror (errno));
  pass->audit = fd;
  return 0;
}

void
audit_close (struct pass *pass)
{
  if (pass->audit >= 0)
    close (pass->audit);
  pass->audit = -1;
}

static int
audit_failed (const struct pass *pass, struct error *error)
{
  return error_set (error, "%s: the audit file cannot be written: %s; the pass stops, for nothing is "
                    "written without it", path_of (pass), strerror (errno));
}

/* What was asked of the sink. */
static const char *
action_of (const struct item *item)
{
  if (item->plan.kind == PLAN_CREATE)
    return "create";
  if (item->adopting)
    return "adopt";
  return item->plan.kind == PLAN_DELETE    ? "delete"
         : item->plan.kind == PLAN_DISABLE ? "disable"
         : item->plan.kind == PLAN_ENABLE  ? "enable"
                                           : "update";
}

static const char *
result_words (int32_t result)
{
  static const char *const words[] = {
    [SYNCD_RESULT_UNKNOWN] = "unknown",     [SYNCD_RESULT_OK] = "ok",
    [SYNCD_RESULT_ENTRY] = "refused",       [SYNCD_RESULT_COLLISION] = "collision",
    [SYNCD_RESULT_LINK] = "gone",           [SYNCD_RESULT_RACE] = "race",
    [SYNCD_RESULT_AUTH] = "unauthorized",   [SYNCD_RESULT_FORBIDDEN] = "forbidden",
    [SYNCD_RESULT_CONFIG] = "misconfigured", [SYNCD_RESULT_BUDGET] = "throttled",
    [SYNCD_RESULT_SINK] = "failed",         [SYNCD_RESULT_NOT_TAKEN] = "not taken",
  };
  bool known = result >= 0 && (size_t) result < sizeof words / sizeof *words && words[result];
  return known ? words[result] : "unknown";
}

static void
put (struct buffer *out, const char *key, const char *text, bool *first)
{
  json_put_key (out, key, first);
  if (text && *text)
    json_put_text (out, text);
  else
    buffer_append_text (out, "null");
}

static void
put_path (struct buffer *out, const char *path, bool *first)
{
  if (!*first)
    buffer_append_char (out, ',');
  *first = false;
  json_put_text (out, path);
}

static void
put_paths (struct buffer *out, const struct mapping *mapping, const struct item *item)
{
  bool first = true;
  buffer_append_char (out, '[');
  if (item->plan.kind == PLAN_CREATE)
    for (size_t i = 0; i < mapping_leaf_count (mapping); i++)
      if (leaves_get (&item->want, i) && mapping_leaf (mapping, i)->kept)
        put_path (out, mapping_leaf (mapping, i)->path, &first);
  for (size_t i = 0; item->plan.kind != PLAN_CREATE && i < item->plan.operation_count; i++)
    put_path (out, item->plan.operations[i].path, &first);
  buffer_append_char (out, ']');
}

static void
put_line (struct buffer *out, const struct pass *pass, const struct item *item)
{
  const struct syncd_result *result = &item->work.result;
  bool first = true;
  char now[21], run[21];
  clock_format (clock_now_ms (), now);
  clock_format (pass->started_ms, run);
  buffer_append_char (out, '{');
  put (out, "time", now, &first);
  put (out, "run", run, &first);
  put (out, "entry", item->link.id, &first);
  put (out, "account", result->account && *result->account ? result->account : item->link.account,
       &first);
  put (out, "action", action_of (item), &first);
  json_put_key (out, "paths", &first);
  put_paths (out, pass->p->mapping, item);
  put (out, "result", result_words (result->result), &first);
  put (out, "correlation_id", result->correlation, &first);
  buffer_append_text (out, "}\n");
}

int
audit_note (struct delivery *delivery, const struct item *item, struct error *error)
{
  struct pass *pass = delivery->pass;
  BUFFER_AUTO struct buffer line;
  bool sent = item->work.kind == WORK_APPLY && item->work.result.result != SYNCD_RESULT_CANCELLED;
  buffer_init (&line, (size_t) 4 << 20);
  if (pass->audit < 0 || !sent)
    return 0;
  put_line (&line, pass, item);
  pass->audit_dirty = true;
  errno = ENOSPC; /* a short write */
  return write (pass->audit, buffer_text (&line), line.len) == (ssize_t) line.len
             ? 0 : audit_failed (pass, error);
}

int
audit_sync (struct pass *pass, struct error *error)
{
  if (!pass->audit_dirty)
    return 0;
  pass->audit_dirty = false;
  if (fdatasync (pass->audit) == 0 || errno == EINVAL || errno == EROFS)
    return 0; /* a pipe or a device has nothing to bring */
  return audit_failed (pass, error);
}
