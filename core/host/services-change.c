/* Services for sinks: reading a change, answering with a result; see services.h. */
#include "config.h"
#include "host/services.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "util/mem.h"

#define MESSAGE_MAX 2048
#define NOT_TAKEN_MAX 256 /* paths of one change; more say nothing new */

uint32_t
service_change_kind (const struct syncd_change *change)
{
  return change->kind;
}

const char *
service_change_type (const struct syncd_change *change)
{
  return change->type;
}

const char *
service_change_entry (const struct syncd_change *change)
{
  return change->entry;
}

const char *
service_change_account (const struct syncd_change *change)
{
  return change->account;
}

const char *
service_change_version (const struct syncd_change *change)
{
  return change->version;
}

const char *
service_change_document (const struct syncd_change *change, size_t *ret_len)
{
  if (change->document && ret_len)
    *ret_len = change->document_len;
  return change->document;
}

size_t
service_change_operation_count (const struct syncd_change *change)
{
  return change->operation_count;
}

const struct syncd_operation *
service_change_operation (const struct syncd_change *change, size_t i)
{
  return i < change->operation_count ? &change->operations[i] : NULL;
}

void
host_result_init (struct syncd_result *result)
{
  memset (result, 0, sizeof *result);
  result->retry_after_ms = -1;
}

void
host_result_fini (struct syncd_result *result)
{
  free (result->message);
  free (result->account);
  free (result->version);
  free (result->conflict);
  free (result->correlation);
  for (size_t i = 0; i < result->not_taken_count; i++)
    free (result->not_taken[i]);
  free (result->not_taken);
  host_result_init (result);
}

/* A class of a newer interface means nothing to us: the change may have been applied. */
void
service_result_set (struct syncd_result *result, int32_t class, int32_t status)
{
  bool known = class >= SYNCD_RESULT_UNKNOWN && class <= SYNCD_RESULT_CANCELLED;
  result->result = known ? class : SYNCD_RESULT_UNKNOWN;
  result->status = status;
}

void
service_result_set_message (struct syncd_result *result, const char *fmt, ...)
{
  char text[MESSAGE_MAX];
  va_list args;
  va_start (args, fmt);
  vsnprintf (text, sizeof text, fmt, args);
  va_end (args);
  mem_set_text (&result->message, text);
}

void
service_result_set_account (struct syncd_result *result, const char *id, const char *version,
                            uint32_t flags)
{
  mem_set_text (&result->account, id);
  mem_set_text (&result->version, version);
  result->account_flags = flags;
}

void
service_result_set_conflict (struct syncd_result *result, const char *attribute)
{
  mem_set_text (&result->conflict, attribute);
}

void
service_result_add_not_taken (struct syncd_result *result, const char *path)
{
  if (!path || result->not_taken_count == NOT_TAKEN_MAX)
    return;
  result->not_taken = mem_resize (result->not_taken, result->not_taken_count + 1,
                                  sizeof *result->not_taken);
  result->not_taken[result->not_taken_count++] = mem_copy_text (path);
}

void
service_result_set_retry_after (struct syncd_result *result, int64_t ms)
{
  result->retry_after_ms = ms;
}

void
service_result_set_correlation (struct syncd_result *result, const char *id)
{
  mem_set_text (&result->correlation, id);
}
