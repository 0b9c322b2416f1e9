/* What the host's table is made of: the functions behind struct syncd_host.
 *
 * Used by host.c only, which puts them into the table; each file of services checks what a
 * plugin gives it, for a plugin's mistake must not become ours. Threads: as in plugin.h. */
#ifndef SYNCD_HOST_SERVICES_H
#define SYNCD_HOST_SERVICES_H

#include "host/host.h"

/* services-entry.c */
int32_t service_buffer_append (struct syncd_buffer *, const void *bytes, size_t len);
void service_entry_set_id (struct syncd_entry *, const char *id, size_t len);
void service_entry_set_token (struct syncd_entry *, const void *token, size_t len);
void service_entry_set_name (struct syncd_entry *, const char *name, size_t len);
void service_entry_add_reference_key (struct syncd_entry *, const char *key, size_t len);
void service_entry_set_reevaluate_at (struct syncd_entry *, int64_t at_ms);
void service_entry_set_type (struct syncd_entry *, const char *type);
void service_entry_add_value (struct syncd_entry *, size_t attribute, const void *value,
                              size_t len);
void service_entry_set_answer (struct syncd_entry *, int32_t answer);

/* services-change.c */
uint32_t service_change_kind (const struct syncd_change *);
const char *service_change_type (const struct syncd_change *);
const char *service_change_entry (const struct syncd_change *);
const char *service_change_account (const struct syncd_change *);
const char *service_change_version (const struct syncd_change *);
const char *service_change_document (const struct syncd_change *, size_t *ret_len);
size_t service_change_operation_count (const struct syncd_change *);
const struct syncd_operation *service_change_operation (const struct syncd_change *, size_t i);
void service_result_set (struct syncd_result *, int32_t result, int32_t status);
void service_result_set_message (struct syncd_result *, const char *fmt, ...) SYNCD_PRINTF (2, 3);
void service_result_set_account (struct syncd_result *, const char *id, const char *version,
                                 uint32_t flags);
void service_result_set_conflict (struct syncd_result *, const char *attribute);
void service_result_add_not_taken (struct syncd_result *, const char *path);
void service_result_set_retry_after (struct syncd_result *, int64_t ms);
void service_result_set_correlation (struct syncd_result *, const char *id);

#endif
