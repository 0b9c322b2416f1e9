/* Shared by the tests of the mapping; see mapping.h. */
#include "config.h"

#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <stdlib.h>
#include <cmocka.h>

#include "mapping.h"
#include "util/mem.h"

#define TEXT(name) "{\"name\":\"" name "\",\"type\":\"string\",\"multiValued\":false}"
#define VALUE_TYPE_PRIMARY(words)                                                              \
  "\"subAttributes\":[" TEXT ("value") ",{\"name\":\"type\",\"type\":\"string\","              \
  "\"canonicalValues\":[" words "]},{\"name\":\"primary\",\"type\":\"boolean\"}]"

const char genesys_schema[] = "[{\"id\":\"urn:ietf:params:scim:schemas:core:2.0:User\",\"attributes\":["
  "{\"name\":\"id\",\"type\":\"string\",\"mutability\":\"readOnly\"},"
  "{\"name\":\"userName\",\"type\":\"string\",\"required\":true,\"uniqueness\":\"server\"},"
  "{\"name\":\"displayName\",\"type\":\"string\",\"required\":true},"
  "{\"name\":\"active\",\"type\":\"boolean\"}," TEXT ("title") ","
  "{\"name\":\"emails\",\"type\":\"complex\",\"multiValued\":true," VALUE_TYPE_PRIMARY ("\"work\",\"other\"") "},"
  "{\"name\":\"phoneNumbers\",\"type\":\"complex\",\"multiValued\":true," VALUE_TYPE_PRIMARY ("\"work\",\"mobile\",\"home\"") "},"
  "{\"name\":\"roles\",\"type\":\"complex\",\"multiValued\":true,\"subAttributes\":[" TEXT ("value") "]},"
  "{\"name\":\"tags\",\"type\":\"string\",\"multiValued\":true},"
  "{\"name\":\"age\",\"type\":\"integer\"},{\"name\":\"weight\",\"type\":\"decimal\"},"
  "{\"name\":\"hired\",\"type\":\"dateTime\"},"
  "{\"name\":\"groups\",\"type\":\"complex\",\"multiValued\":true,\"mutability\":\"readOnly\","
  "\"subAttributes\":[" TEXT ("value") "]}]},"
  "{\"id\":\"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User\",\"attributes\":["
  TEXT ("department") "," TEXT ("division") "," TEXT ("employeeNumber") ","
  "{\"name\":\"manager\",\"type\":\"complex\",\"subAttributes\":[" TEXT ("value") ","
  "{\"name\":\"displayName\",\"type\":\"string\",\"mutability\":\"readOnly\"}]}]}]";

static int
compile (struct bench *bench, const char *schema, const char *yaml)
{
  memset (bench, 0, sizeof *bench);
  buffer_init (&bench->warnings, 65536);
  buffer_init (&bench->out, (size_t) 64 << 20);
  if (schema)
    assert_int_equal (schema_parse (schema, strlen (schema), &bench->schema, &bench->error), 0);
  if (node_load_text ("test.yaml", yaml, strlen (yaml), &bench->tree, &bench->error) != 0)
    fail_msg ("%s", bench->error.text);
  return mapping_compile (node_get (bench->tree, "mapping"), node_get (bench->tree, "schemas"),
                          bench->schema, &bench->warnings, &bench->mapping, &bench->error);
}

void
bench_init (struct bench *bench, const char *schema, const char *yaml)
{
  unsigned char key[HASH_KEY_LEN] = { 1, 2, 3 };
  if (compile (bench, schema, yaml) != 0)
    fail_msg ("%s", bench->error.text);
  bench->hasher = hasher_new (key);
  entry_init (&bench->entry, mapping_attribute_count (bench->mapping));
  leaves_init (&bench->leaves, mapping_leaf_count (bench->mapping));
}

void
bench_fini (struct bench *bench)
{
  if (bench->mapping) {
    entry_fini (&bench->entry);
    leaves_fini (&bench->leaves);
  }
  hasher_free (bench->hasher);
  mapping_free (bench->mapping);
  node_free (bench->tree);
  schema_free (bench->schema);
  buffer_fini (&bench->warnings);
  buffer_fini (&bench->out);
}

char *
bench_refused (const char *schema, const char *yaml)
{
  struct bench bench;
  assert_int_equal (compile (&bench, schema, yaml), -1);
  assert_null (bench.mapping);
  assert_int_equal (bench.error.exit_status, 2);
  char *text = mem_copy_text (bench.error.text);
  bench_fini (&bench);
  return text;
}

void
bench_add (struct bench *bench, const char *name, const void *bytes, size_t len)
{
  for (size_t i = 0; i < mapping_attribute_count (bench->mapping); i++)
    if (strcasecmp (mapping_attribute (bench->mapping, i), name) == 0)
      entry_add (&bench->entry, i, bytes, len);
}

void
bench_entry (struct bench *bench, ...)
{
  va_list args;
  const char *name;
  entry_reset (&bench->entry);
  buffer_append_text (&bench->entry.id, "id-1");
  va_start (args, bench);
  while ((name = va_arg (args, const char *))) {
    const char *value = va_arg (args, const char *);
    bench_add (bench, name, value, strlen (value));
  }
  va_end (args);
}

const char *
bench_document (struct bench *bench)
{
  bench->status = map_entry (bench->mapping, &bench->entry, bench->hasher, NULL, &bench->leaves,
                             &bench->active, &bench->error);
  if (bench->status != 0)
    return NULL;
  buffer_reset (&bench->out);
  map_document (bench->mapping, &bench->leaves, true, &bench->out);
  return buffer_text (&bench->out);
}

size_t
bench_index (const struct bench *bench, const char *path)
{
  for (size_t i = 0; i < mapping_leaf_count (bench->mapping); i++)
    if (strcmp (mapping_leaf (bench->mapping, i)->path, path) == 0)
      return i;
  fail_msg ("no leaf %s", path);
  return 0;
}

const char *
bench_leaf (const struct bench *bench, const char *path)
{
  return leaves_get (&bench->leaves, bench_index (bench, path));
}
