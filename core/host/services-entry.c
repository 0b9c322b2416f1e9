/* Services for what plugins hand over: entries and buffers; see services.h.
 *
 * A part that is too large marks the entry, which is then parked: it is never cut off. */
#include "config.h"
#include "host/services.h"

#include <string.h>

static struct entry *
own (struct syncd_entry *entry)
{
  return (struct entry *) entry;
}

static void
set_part (struct entry *entry, struct buffer *part, const void *bytes, size_t len)
{
  buffer_reset (part);
  if (!buffer_append (part, bytes, bytes ? len : 0))
    entry->too_large = 1;
}

int32_t
service_buffer_append (struct syncd_buffer *buffer, const void *bytes, size_t len)
{
  if (!len)
    return SYNCD_OK;
  return buffer_append ((struct buffer *) buffer, bytes, len) ? SYNCD_OK : SYNCD_E_LIMIT;
}

void
service_entry_set_id (struct syncd_entry *entry, const char *id, size_t len)
{
  set_part (own (entry), &own (entry)->id, id, len);
}

void
service_entry_set_token (struct syncd_entry *entry, const void *token, size_t len)
{
  set_part (own (entry), &own (entry)->token, token, len);
}

void
service_entry_set_name (struct syncd_entry *entry, const char *name, size_t len)
{
  set_part (own (entry), &own (entry)->name, name, len);
}

void
service_entry_add_reference_key (struct syncd_entry *entry, const char *key, size_t len)
{
  struct buffer *keys = &own (entry)->reference_keys;
  if (!key || !len || memchr (key, '\0', len))
    return; /* nobody can refer to it by such a key */
  if (len >= keys->max - keys->len) {
    own (entry)->too_large = 1;
    return;
  }
  buffer_append (keys, key, len);
  buffer_append_char (keys, '\0');
}

void
service_entry_set_reevaluate_at (struct syncd_entry *entry, int64_t at_ms)
{
  own (entry)->reevaluate_at = at_ms;
}

void
service_entry_set_type (struct syncd_entry *entry, const char *type)
{
  set_part (own (entry), &own (entry)->type, type, type ? strlen (type) : 0);
}

void
service_entry_add_value (struct syncd_entry *entry, size_t attribute, const void *value, size_t len)
{
  entry_add (own (entry), attribute, value, value ? len : 0);
}

void
service_entry_set_answer (struct syncd_entry *entry, int32_t answer)
{
  own (entry)->answer = answer;
}
