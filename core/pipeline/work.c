/* One request of a sink: what it holds, and carrying it out; see worker.h. In the thread of the
 * worker whose session it is; it touches nothing but the work, the session and the plugin. */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "pipeline/worker.h"
#include "util/crash.h"
#include "util/mem.h"

#define ANSWER_MAX ((size_t) 16 << 20)

void
work_init (struct work *work)
{
  memset (work, 0, sizeof *work);
  host_result_init (&work->result);
  buffer_init (&work->documents, ANSWER_MAX);
}

void
work_fini (struct work *work)
{
  host_result_fini (&work->result);
  buffer_fini (&work->documents);
  free (work->message);
}

void
work_reset (struct work *work)
{
  host_result_fini (&work->result);
  host_result_init (&work->result);
  buffer_reset (&work->documents);
  free (work->message);
  work->message = NULL;
  work->code = 0;
  work->next = NULL;
}

static int32_t
result_of_code (int32_t code)
{
  switch (code) {
  case SYNCD_E_CANCELLED:
    return SYNCD_RESULT_CANCELLED;
  case SYNCD_E_AUTH:
    return SYNCD_RESULT_AUTH;
  case SYNCD_E_FORBIDDEN:
    return SYNCD_RESULT_FORBIDDEN;
  case SYNCD_E_BUDGET:
    return SYNCD_RESULT_BUDGET;
  case SYNCD_E_CONFIG:
  case SYNCD_E_UNSUPPORTED:
    return SYNCD_RESULT_CONFIG;
  default:
    return SYNCD_RESULT_SINK;
  }
}

static void
fail_work (struct work *work, struct syncd_ctx *ctx, int32_t code)
{
  work->code = code;
  work->result.result = result_of_code (code);
  free (work->message);
  work->message = mem_copy_text (host_failure (ctx, code));
}

static int32_t
do_apply (struct work *work, const struct pipeline *p, struct syncd_ctx *ctx, void *session)
{
  const struct syncd_change *change = &work->change;
  struct syncd_result *result = &work->result;
  CRASH_POINT ("before-apply");
  int32_t code = p->sink->sink->apply (ctx, session, &change, &result, 1);
  CRASH_POINT ("after-apply");
  if (code < 0 && result->result != SYNCD_RESULT_UNKNOWN)
    return SYNCD_OK;
  return code;
}

static int32_t
do_look_up (struct work *work, const struct pipeline *p, struct syncd_ctx *ctx, void *session)
{
  const struct syncd_sink_ops *sink = p->sink->sink;
  struct syncd_buffer *out = host_buffer (&work->documents);
  if (work->kind == WORK_FIND)
    return sink->find (ctx, session, "User", work->attribute, work->value, p->wanted_names,
                       p->wanted_count, out);
  return sink->read (ctx, session, "User", work->value, p->wanted_names, p->wanted_count, out);
}

void
work_carry_out (struct work *work, const struct pipeline *p, struct syncd_ctx *ctx, void **session)
{
  const struct syncd_plugin *plugin = p->sink->plugin;
  int32_t code = SYNCD_OK;
  if (!*session)
    code = plugin->open (ctx, p->sink_instance, session);
  bool opened = code >= 0;
  if (opened)
    code = work->kind == WORK_APPLY ? do_apply (work, p, ctx, *session)
                                    : do_look_up (work, p, ctx, *session);
  if (code < 0)
    fail_work (work, ctx, code);
  /* an apply() that failed without a result may have been applied */
  if (opened && code == SYNCD_E_UNREACHABLE && work->kind == WORK_APPLY)
    work->result.result = SYNCD_RESULT_UNKNOWN;
}
