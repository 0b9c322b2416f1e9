/* The mistakes that the probe module can make, and what the host's message has to say. */
#ifndef SYNCD_TESTS_PROBE_H
#define SYNCD_TESTS_PROBE_H

#include "syncd/plugin.h"

#define MISTAKE(name, statement)                                                                   \
  static void name (struct syncd_plugin *plugin, struct syncd_source_ops *source,                  \
                    struct syncd_sink_ops *sink, struct syncd_option *options)                     \
  {                                                                                                \
    (void) plugin, (void) source, (void) sink, (void) options;                                     \
    statement;                                                                                     \
  }

MISTAKE (mistake_magic, plugin->magic = 0x464c457f)
MISTAKE (mistake_major, plugin->abi_version = plugin->abi_required = SYNCD_ABI (2, 3))
MISTAKE (mistake_minor, plugin->abi_version = plugin->abi_required = SYNCD_ABI (1, 9))
MISTAKE (mistake_short, plugin->struct_size = 40)
MISTAKE (mistake_no_name, plugin->name = NULL)
MISTAKE (mistake_no_version, plugin->version = NULL)
MISTAKE (mistake_no_summary, plugin->summary = NULL)
MISTAKE (mistake_name, plugin->name = "other-name")
MISTAKE (mistake_kind, plugin->kind = 3)
MISTAKE (mistake_threads, plugin->thread_model = 9)
MISTAKE (mistake_create, plugin->create = NULL)
MISTAKE (mistake_destroy, plugin->destroy = NULL)
MISTAKE (mistake_open, plugin->open = NULL)
MISTAKE (mistake_close, plugin->close = NULL)
MISTAKE (mistake_source, plugin->source = NULL)
MISTAKE (mistake_source_short, source->struct_size = 16)
MISTAKE (mistake_scan_begin, source->scan_begin = NULL)
MISTAKE (mistake_scan_next, source->scan_next = NULL)
MISTAKE (mistake_scan_end, source->scan_end = NULL)
MISTAKE (mistake_get, source->get = NULL)
MISTAKE (mistake_schema, source->schema = NULL)
MISTAKE (mistake_describe, source->describe = NULL)
MISTAKE (mistake_sink, (plugin->kind = SYNCD_KIND_SINK, plugin->sink = NULL))
MISTAKE (mistake_sink_short, (plugin->kind = SYNCD_KIND_SINK, plugin->sink = sink,
                              sink->struct_size = 8))
MISTAKE (mistake_sink_list, (plugin->kind = SYNCD_KIND_SINK, plugin->sink = sink,
                             sink->struct_size = sizeof *sink))
MISTAKE (mistake_options, plugin->options = NULL)
MISTAKE (mistake_stride, plugin->option_size = 12)
MISTAKE (mistake_many, plugin->option_count = 100000)
MISTAKE (mistake_no_key, options->key = NULL)
MISTAKE (mistake_bad_key, options->key = "Tls.CA file")
MISTAKE (mistake_dots, options->key = "tls..ca")
MISTAKE (mistake_twice, (plugin->option_count = 2, options[1].key = "file"))
MISTAKE (mistake_below, (plugin->option_count = 2, options[1].key = "file.name"))
MISTAKE (mistake_type, options->type = 77)
MISTAKE (mistake_flag, options->type |= UINT32_C (1) << 30)
MISTAKE (mistake_list_map, options->type |= SYNCD_OPT_LIST | SYNCD_OPT_MAP)
MISTAKE (mistake_words, options->type = SYNCD_OPT_ENUM)
MISTAKE (mistake_help, options->help = NULL)
MISTAKE (mistake_default_int, (options->type = SYNCD_OPT_INT, options->default_value = "12x"))
MISTAKE (mistake_default_bool, (options->type = SYNCD_OPT_BOOL, options->default_value = "maybe"))
MISTAKE (mistake_default_duration,
         (options->type = SYNCD_OPT_DURATION, options->default_value = "5 parsecs"))
MISTAKE (mistake_default_size, (options->type = SYNCD_OPT_SIZE, options->default_value = "big"))
MISTAKE (mistake_default_enum,
         (options->type = SYNCD_OPT_ENUM, options->words = "red blue", options->default_value = "re"))
MISTAKE (mistake_default_secret,
         (options->type |= SYNCD_OPT_SECRET, options->default_value = "hunter2"))

static const struct {
  const char *name, *says;
  void (*make) (struct syncd_plugin *, struct syncd_source_ops *, struct syncd_sink_ops *,
                struct syncd_option *);
} probe_mistakes[] = {
  { "magic", "begins with 0x464c457f instead of 0x53594e43", mistake_magic },
  { "major", "version 2.3 of the plugin interface, and this syncd has 1.", mistake_major },
  { "minor", "needs version 1.9 of the plugin interface or newer", mistake_minor },
  { "short", "its descriptor has 40 bytes", mistake_short },
  { "no name", "has no name", mistake_no_name },
  { "no version", "has no version", mistake_no_version },
  { "no summary", "has no summary", mistake_no_summary },
  { "name", "rename the file to syncd-other-name.so", mistake_name },
  { "kind", "its kind is 3", mistake_kind },
  { "threads", "its thread model is 9", mistake_threads },
  { "create", "no operation \"create\"", mistake_create },
  { "destroy", "no operation \"destroy\"", mistake_destroy },
  { "open", "no operation \"open\"", mistake_open },
  { "close", "no operation \"close\"", mistake_close },
  { "source", "no operation \"source\"", mistake_source },
  { "source short", "source operations have 16 bytes", mistake_source_short },
  { "scan_begin", "no operation \"scan_begin\"", mistake_scan_begin },
  { "scan_next", "no operation \"scan_next\"", mistake_scan_next },
  { "scan_end", "no operation \"scan_end\"", mistake_scan_end },
  { "get", "no operation \"get\"", mistake_get },
  { "schema", "no operation \"schema\"", mistake_schema },
  { "describe", "no operation \"describe\"", mistake_describe },
  { "sink", "no operation \"sink\"", mistake_sink },
  { "sink short", "sink operations have 8 bytes", mistake_sink_short },
  { "sink list", "no operation \"list\"", mistake_sink_list },
  { "options", "no operation \"options\"", mistake_options },
  { "stride", "options have 12 bytes", mistake_stride },
  { "many", "declares 100000 options", mistake_many },
  { "no key", "an option without a key", mistake_no_key },
  { "bad key", "\"Tls.CA file\" is no key", mistake_bad_key },
  { "dots", "\"tls..ca\" is no key", mistake_dots },
  { "twice", "\"file\" and \"file\" have the same place", mistake_twice },
  { "below", "\"file\" and \"file.name\" have the same place", mistake_below },
  { "type", "\"file\" has a type", mistake_type },
  { "flag", "\"file\" has a type", mistake_flag },
  { "list and map", "a list and a map", mistake_list_map },
  { "words", "ENUM without words", mistake_words },
  { "help", "no help text", mistake_help },
  { "default int", "whole number", mistake_default_int },
  { "default bool", "true or false", mistake_default_bool },
  { "default duration", "a time such as", mistake_default_duration },
  { "default size", "a size such as", mistake_default_size },
  { "default enum", "red or blue", mistake_default_enum },
  { "default secret", "a secret with a default", mistake_default_secret },
};

#endif
