/* The layout of every public struct where pointers and longs have 64 bits (LP64): it never
 * changes; members are only added at the end. Compiled, not run. */
#include "syncd/plugin.h"

#if defined(__LP64__)
#define AT(type, member, offset)                                                                   \
  _Static_assert (offsetof (struct type, member) == (offset), #type "." #member " moved")
#define SIZE(type, size) _Static_assert (sizeof (struct type) >= (size), #type " shrank")

AT (syncd_observation, struct_size, 0);
AT (syncd_observation, kind, 4);
AT (syncd_observation, status, 8);
AT (syncd_observation, throttled, 12);
AT (syncd_observation, allowed, 16);
AT (syncd_observation, used, 24);
AT (syncd_observation, reset_ms, 32);
AT (syncd_observation, retry_after_ms, 40);
AT (syncd_observation, latency_us, 48);
SIZE (syncd_observation, 56);

AT (syncd_operation, struct_size, 0);
AT (syncd_operation, op, 4);
AT (syncd_operation, path, 8);
AT (syncd_operation, value, 16);
AT (syncd_operation, value_len, 24);
SIZE (syncd_operation, 32);

AT (syncd_host, struct_size, 0);
AT (syncd_host, abi_version, 4);
AT (syncd_host, log, 8);
AT (syncd_host, fail, 16);
AT (syncd_host, cancelled, 24);
AT (syncd_host, wipe, 32);
AT (syncd_host, config_text, 40);
AT (syncd_host, config_number, 48);
AT (syncd_host, config_count, 56);
AT (syncd_host, config_item, 64);
AT (syncd_host, config_item_key, 72);
AT (syncd_host, config_name, 80);
AT (syncd_host, buffer_append, 88);
AT (syncd_host, entry_set_id, 96);
AT (syncd_host, entry_set_token, 104);
AT (syncd_host, entry_set_name, 112);
AT (syncd_host, entry_add_reference_key, 120);
AT (syncd_host, entry_set_reevaluate_at, 128);
AT (syncd_host, entry_set_type, 136);
AT (syncd_host, entry_add_value, 144);
AT (syncd_host, entry_set_answer, 152);
AT (syncd_host, change_kind, 160);
AT (syncd_host, change_type, 168);
AT (syncd_host, change_entry, 176);
AT (syncd_host, change_account, 184);
AT (syncd_host, change_version, 192);
AT (syncd_host, change_document, 200);
AT (syncd_host, change_operation_count, 208);
AT (syncd_host, change_operation, 216);
AT (syncd_host, result_set, 224);
AT (syncd_host, result_set_message, 232);
AT (syncd_host, result_set_account, 240);
AT (syncd_host, result_set_conflict, 248);
AT (syncd_host, result_add_not_taken, 256);
AT (syncd_host, result_set_retry_after, 264);
AT (syncd_host, result_set_correlation, 272);
AT (syncd_host, permit, 280);
AT (syncd_host, observed, 288);
AT (syncd_host, recall, 296);
AT (syncd_host, remember, 304);
SIZE (syncd_host, 312);

AT (syncd_option, key, 0);
AT (syncd_option, type, 8);
AT (syncd_option, reserved, 12);
AT (syncd_option, default_value, 16);
AT (syncd_option, words, 24);
AT (syncd_option, environment, 32);
AT (syncd_option, help, 40);
SIZE (syncd_option, 48);

AT (syncd_attribute, struct_size, 0);
AT (syncd_attribute, flags, 4);
AT (syncd_attribute, name, 8);
SIZE (syncd_attribute, 16);

AT (syncd_scan_request, struct_size, 0);
AT (syncd_scan_request, mode, 4);
AT (syncd_scan_request, type, 8);
AT (syncd_scan_request, checkpoint, 16);
AT (syncd_scan_request, checkpoint_len, 24);
AT (syncd_scan_request, attributes, 32);
AT (syncd_scan_request, attribute_count, 40);
SIZE (syncd_scan_request, 48);

AT (syncd_source_ops, struct_size, 0);
AT (syncd_source_ops, reserved, 4);
AT (syncd_source_ops, scan_begin, 8);
AT (syncd_source_ops, scan_next, 16);
AT (syncd_source_ops, scan_end, 24);
AT (syncd_source_ops, get, 32);
AT (syncd_source_ops, schema, 40);
AT (syncd_source_ops, describe, 48);
SIZE (syncd_source_ops, 56);

AT (syncd_list_request, struct_size, 0);
AT (syncd_list_request, count_only, 4);
AT (syncd_list_request, type, 8);
AT (syncd_list_request, position, 16);
AT (syncd_list_request, position_len, 24);
AT (syncd_list_request, attributes, 32);
AT (syncd_list_request, attribute_count, 40);
SIZE (syncd_list_request, 48);

AT (syncd_sink_ops, struct_size, 0);
AT (syncd_sink_ops, max_batch, 4);
AT (syncd_sink_ops, max_bytes, 8);
AT (syncd_sink_ops, reserved, 12);
AT (syncd_sink_ops, list, 16);
AT (syncd_sink_ops, find, 24);
AT (syncd_sink_ops, read, 32);
AT (syncd_sink_ops, apply, 40);
AT (syncd_sink_ops, schema, 48);
AT (syncd_sink_ops, describe, 56);
SIZE (syncd_sink_ops, 64);

AT (syncd_plugin, magic, 0);
AT (syncd_plugin, struct_size, 4);
AT (syncd_plugin, abi_version, 8);
AT (syncd_plugin, abi_required, 12);
AT (syncd_plugin, kind, 16);
AT (syncd_plugin, thread_model, 20);
AT (syncd_plugin, max_sessions, 24);
AT (syncd_plugin, reserved, 28);
AT (syncd_plugin, name, 32);
AT (syncd_plugin, version, 40);
AT (syncd_plugin, summary, 48);
AT (syncd_plugin, options, 56);
AT (syncd_plugin, option_count, 64);
AT (syncd_plugin, option_size, 68);
AT (syncd_plugin, load, 72);
AT (syncd_plugin, unload, 80);
AT (syncd_plugin, create, 88);
AT (syncd_plugin, destroy, 96);
AT (syncd_plugin, open, 104);
AT (syncd_plugin, close, 112);
AT (syncd_plugin, source, 120);
AT (syncd_plugin, sink, 128);
SIZE (syncd_plugin, 136);
#endif

_Static_assert (SYNCD_PLUGIN_MAGIC == 0x53594e43, "the magic never changes");
_Static_assert (offsetof (struct syncd_plugin, magic) == 0, "found before the version is known");
_Static_assert (offsetof (struct syncd_plugin, struct_size) == 4, "the same");
_Static_assert (offsetof (struct syncd_plugin, abi_version) == 8, "the same");
_Static_assert (offsetof (struct syncd_plugin, abi_required) == 12, "the same");

int
main (void)
{
  return 0;
}
