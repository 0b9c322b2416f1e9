/* The host's table, and what is told through a ctx: messages, failures, cancellation, budget.
 *
 * It must not know the pipeline: the budget is reached through hooks. Threads: a ctx is one
 * session's; the ctx that stands for none (load, unload) is the main thread's. */
#include "config.h"
#include "host/host.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "host/services.h"
#include "util/log.h"
#include "util/mem.h"
#include "util/notify.h"

/* For calls that have no ctx: load() and unload(), and a plugin that passes NULL. */
static _Thread_local struct syncd_ctx nobody;

static struct syncd_ctx *
somebody (struct syncd_ctx *ctx)
{
  return ctx ? ctx : &nobody;
}

void
host_ctx_init (struct syncd_ctx *ctx, const char *who, const atomic_int *cancelled,
               const struct host_budget *budget)
{
  ctx = somebody (ctx);
  memset (ctx, 0, sizeof *ctx);
  ctx->who = who;
  ctx->cancelled = cancelled;
  ctx->budget = budget;
}

static const char *
code_text (int32_t code)
{
  static const char *const texts[] = {
    "it failed without saying why",
    "the other end cannot be reached or is unwell",
    "cancelled",
    "the configuration cannot work",
    "the other end refuses who we are",
    "the other end does not allow what we ask",
    "not found",
    "too many requests",
    "the other end's answer cannot be understood",
    "an answer is larger than we take, or a limit of the other end was met",
    "not supported by this plugin",
    "the checkpoint cannot be continued",
    "a mistake inside the plugin",
  };
  size_t i = code < 0 ? (size_t) -(int64_t) code : 0;
  return texts[i < sizeof texts / sizeof *texts ? i : 0];
}

const char *
host_failure (struct syncd_ctx *ctx, int32_t code)
{
  ctx = somebody (ctx);
  bool told = ctx->failure_code != 0;
  ctx->failure_code = 0;
  return told ? ctx->failure : code_text (code);
}

/* ---- diagnostics ---- */

static void SYNCD_PRINTF (3, 4)
service_log (struct syncd_ctx *ctx, int32_t level, const char *fmt, ...)
{
  va_list args;
  va_start (args, fmt);
  log_vwrite (level, somebody (ctx)->who, fmt, args);
  va_end (args);
}

static int32_t SYNCD_PRINTF (3, 4)
service_fail (struct syncd_ctx *ctx, int32_t code, const char *fmt, ...)
{
  ctx = somebody (ctx);
  if (code >= 0) /* a failure that says success would be believed */
    code = SYNCD_E_INTERNAL;
  char text[sizeof ctx->failure]; /* the arguments may point into the last failure */
  va_list args;
  va_start (args, fmt);
  vsnprintf (text, sizeof text, fmt, args);
  va_end (args);
  memcpy (ctx->failure, text, sizeof text);
  ctx->failure_code = code;
  return code;
}

/* Whoever asks is at work: a plugin that waits for one server after another asks now and then. */
static int32_t
service_cancelled (struct syncd_ctx *ctx)
{
  ctx = somebody (ctx);
  notify_alive ();
  return ctx->cancelled && atomic_load_explicit (ctx->cancelled, memory_order_relaxed);
}

/* ---- budget ---- */

static int32_t
service_permit (struct syncd_ctx *ctx, uint32_t kind)
{
  ctx = somebody (ctx);
  if (service_cancelled (ctx))
    return SYNCD_E_CANCELLED;
  return ctx->budget ? ctx->budget->permit (ctx->budget->data, ctx, kind) : SYNCD_OK;
}

static void
service_observed (struct syncd_ctx *ctx, const struct syncd_observation *seen)
{
  ctx = somebody (ctx);
  if (!ctx->budget || !seen)
    return;
  struct syncd_observation all = { .allowed = -1, .used = -1, .reset_ms = -1,
                                   .retry_after_ms = -1, .latency_us = -1 };
  size_t size = seen->struct_size < sizeof all ? seen->struct_size : sizeof all;
  memcpy (&all, seen, size);
  all.struct_size = sizeof all;
  ctx->budget->observed (ctx->budget->data, &all);
}

/* ---- memory ---- */

static const void *
service_recall (struct syncd_ctx *ctx, size_t *ret_len)
{
  const struct host_memory *memory = somebody (ctx)->memory;
  if (!memory || !memory->bytes.len)
    return NULL;
  *ret_len = memory->bytes.len;
  return buffer_text (&memory->bytes);
}

static int32_t
service_remember (struct syncd_ctx *ctx, const void *bytes, size_t len)
{
  struct host_memory *memory = somebody (ctx)->memory;
  if (!memory)
    return SYNCD_OK;
  if (len > memory->bytes.max)
    return SYNCD_E_LIMIT;
  bool same = memory->bytes.len == len && memcmp (buffer_text (&memory->bytes), bytes, len) == 0;
  if (same)
    return SYNCD_OK;
  buffer_reset (&memory->bytes);
  buffer_append (&memory->bytes, bytes, len);
  memory->changed = true;
  return SYNCD_OK;
}

static const struct syncd_host table = {
  .struct_size = sizeof (struct syncd_host),
  .abi_version = SYNCD_ABI_CURRENT,
  .log = service_log,
  .fail = service_fail,
  .cancelled = service_cancelled,
  .wipe = mem_wipe,
  .config_text = options_text,
  .config_number = options_number,
  .config_count = options_count,
  .config_item = options_item,
  .config_item_key = options_item_key,
  .config_name = options_name,
  .buffer_append = service_buffer_append,
  .entry_set_id = service_entry_set_id,
  .entry_set_token = service_entry_set_token,
  .entry_set_name = service_entry_set_name,
  .entry_add_reference_key = service_entry_add_reference_key,
  .entry_set_reevaluate_at = service_entry_set_reevaluate_at,
  .entry_set_type = service_entry_set_type,
  .entry_add_value = service_entry_add_value,
  .entry_set_answer = service_entry_set_answer,
  .change_kind = service_change_kind,
  .change_type = service_change_type,
  .change_entry = service_change_entry,
  .change_account = service_change_account,
  .change_version = service_change_version,
  .change_document = service_change_document,
  .change_operation_count = service_change_operation_count,
  .change_operation = service_change_operation,
  .result_set = service_result_set,
  .result_set_message = service_result_set_message,
  .result_set_account = service_result_set_account,
  .result_set_conflict = service_result_set_conflict,
  .result_add_not_taken = service_result_add_not_taken,
  .result_set_retry_after = service_result_set_retry_after,
  .result_set_correlation = service_result_set_correlation,
  .permit = service_permit,
  .observed = service_observed,
  .recall = service_recall,
  .remember = service_remember,
};

const struct syncd_host *
host_table (void)
{
  return &table;
}
