/* Leaves: fingerprints, hashes, which value is taken, what comes back from the sink (G6, G12). */
#include "config.h"

#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <stdlib.h>
#include <cmocka.h>

#include <openssl/evp.h>

#include "mapping.h"
#include "util/mem.h"

#define ENTERPRISE "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"

/* The contract's matrix, word for word. */
static const char matrix[] = "schemas:\n"
  "  - urn:ietf:params:scim:schemas:core:2.0:User\n"
  "mapping:\n"
  "  userName: uid\n"
  "  emails:\n"
  "    - primary: true\n"
  "      type: work\n"
  "      value: mail\n"
  "  name:\n"
  "    formatted: cn\n"
  "    familyName: sn\n"
  "    givenName: givenName\n"
  "  phoneNumbers:\n"
  "    - type: work\n"
  "      value: telephoneNumber\n"
  "  active: enabled\n";

static void
test_fingerprint (void **state)
{
  (void) state;
  struct bench bench;
  unsigned char one[FINGERPRINT_LEN], two[FINGERPRINT_LEN];
  bench_init (&bench, NULL, matrix);
  bench_entry (&bench, "uid", "u", "cn", "a", "cn", "b", NULL);
  map_fingerprint (bench.mapping, &bench.entry, bench.hasher, one);
  bench_entry (&bench, "cn", "b", "uid", "u", "cn", "a", NULL);
  map_fingerprint (bench.mapping, &bench.entry, bench.hasher, two);
  assert_memory_equal (one, two, sizeof one); /* the order of values does not count */
  bench_entry (&bench, "uid", "u", "cn", "ab", NULL);
  map_fingerprint (bench.mapping, &bench.entry, bench.hasher, two);
  assert_memory_not_equal (one, two, sizeof one);
  bench_entry (&bench, "uid", "u", "sn", "a", "cn", "b", NULL);
  map_fingerprint (bench.mapping, &bench.entry, bench.hasher, two);
  assert_memory_not_equal (one, two, sizeof one);
  bench_fini (&bench);
}

/* What stands where, and where a value ends, counts; however long. */
static void
test_fingerprint_frames (void **state)
{
  (void) state;
  struct bench bench;
  unsigned char one[FINGERPRINT_LEN], two[FINGERPRINT_LEN];
  static char much[5000];
  bench_init (&bench, NULL, matrix);
  bench_entry (&bench, "uid", "u", "cn", "a", "cn", "bc", NULL);
  map_fingerprint (bench.mapping, &bench.entry, bench.hasher, one);
  bench_entry (&bench, "uid", "u", "cn", "ab", "cn", "c", NULL);
  map_fingerprint (bench.mapping, &bench.entry, bench.hasher, two);
  assert_memory_not_equal (one, two, sizeof one);
  memset (much, 'x', sizeof much);
  for (size_t len = 250; len < sizeof much; len += 1 + len / 3) {
    bench_entry (&bench, "uid", "u", NULL);
    bench_add (&bench, "cn", much, len);
    map_fingerprint (bench.mapping, &bench.entry, bench.hasher, one);
    for (size_t at = 0; at < len; at += 1 + len / 7) {
      much[at] = 'y';
      bench_entry (&bench, "uid", "u", NULL);
      bench_add (&bench, "cn", much, len);
      map_fingerprint (bench.mapping, &bench.entry, bench.hasher, two);
      assert_memory_not_equal (one, two, sizeof one);
      much[at] = 'x';
    }
  }
  bench_fini (&bench);
}

/* The same values under another mapping, or another key, are another fingerprint; and back again. */
static void
test_fingerprint_keys (void **state)
{
  (void) state;
  struct bench one, two;
  unsigned char first[FINGERPRINT_LEN], other[FINGERPRINT_LEN], again[FINGERPRINT_LEN];
  const unsigned char key[HASH_KEY_LEN] = { 9 };
  struct hasher *keyed = hasher_new (key);
  bench_init (&one, NULL, "mapping: {userName: uid, title: cn}");
  bench_init (&two, NULL, "mapping: {userName: uid, title: '${cn | upper}'}");
  bench_entry (&one, "uid", "u", "cn", "c", NULL);
  bench_entry (&two, "uid", "u", "cn", "c", NULL);
  map_fingerprint (one.mapping, &one.entry, one.hasher, first);
  map_fingerprint (two.mapping, &two.entry, one.hasher, other);
  map_fingerprint (one.mapping, &one.entry, one.hasher, again);
  assert_memory_not_equal (first, other, sizeof first);
  assert_memory_equal (first, again, sizeof first);
  map_fingerprint (one.mapping, &one.entry, keyed, other);
  assert_memory_not_equal (first, other, sizeof first);
  hasher_free (keyed);
  bench_fini (&two);
  bench_fini (&one);
}

static bool only_approved;
EVP_MAC *__real_EVP_MAC_fetch (OSSL_LIB_CTX *, const char *, const char *);
EVP_MAC *__wrap_EVP_MAC_fetch (OSSL_LIB_CTX *, const char *, const char *);

EVP_MAC *
__wrap_EVP_MAC_fetch (OSSL_LIB_CTX *context, const char *name, const char *properties)
{
  bool refused = only_approved && strcmp (name, "HMAC") != 0;
  return refused ? NULL : __real_EVP_MAC_fetch (context, name, properties);
}

/* Where OpenSSL has approved algorithms only (FIPS), fingerprints are there, and others. */
static void
test_fingerprint_approved (void **state)
{
  (void) state;
  struct bench bench;
  unsigned char one[FINGERPRINT_LEN], two[FINGERPRINT_LEN], blake[FINGERPRINT_LEN];
  bench_init (&bench, NULL, matrix);
  bench_entry (&bench, "uid", "u", "cn", "a", NULL);
  map_fingerprint (bench.mapping, &bench.entry, bench.hasher, blake);
  bench_fini (&bench);
  only_approved = true;
  bench_init (&bench, NULL, matrix);
  only_approved = false;
  bench_entry (&bench, "uid", "u", "cn", "a", NULL);
  map_fingerprint (bench.mapping, &bench.entry, bench.hasher, one);
  map_fingerprint (bench.mapping, &bench.entry, bench.hasher, two);
  assert_memory_equal (one, two, sizeof one);
  assert_memory_not_equal (one, blake, sizeof one);
  bench_entry (&bench, "uid", "u", "cn", "b", NULL);
  map_fingerprint (bench.mapping, &bench.entry, bench.hasher, two);
  assert_memory_not_equal (one, two, sizeof one);
  bench_fini (&bench);
}

static void
test_version (void **state)
{
  (void) state;
  struct bench one, two;
  bench_init (&one, NULL, "mapping: {userName: uid, title: cn}");
  bench_init (&two, NULL, "mapping: {userName: uid, title: '${cn | upper}'}");
  assert_int_equal (strlen (mapping_version (one.mapping)), 64);
  assert_string_not_equal (mapping_version (one.mapping), mapping_version (two.mapping));
  bench_fini (&two);
  bench_init (&two, NULL, "mapping:\n  userName: uid\n  title: cn\n");
  assert_string_equal (mapping_version (one.mapping), mapping_version (two.mapping));
  bench_fini (&two);
  bench_fini (&one);
}

/* Of several values the one last sent stays (G12): directories give them in any order. */
static void
test_preference (void **state)
{
  (void) state;
  struct bench bench;
  uint64_t last[16];
  bench_init (&bench, genesys_schema, "mapping:\n  userName: uid\n"
              "  emails: [{type: work, value: '${mail | lower}'}]\n");
  bench_entry (&bench, "uid", "u", "cn", "first", "cn", "second", "mail", "A@x", "mail", "B@x", NULL);
  bench_document (&bench);
  map_hash_leaves (bench.mapping, bench.hasher, &bench.leaves, last);
  bench_entry (&bench, "uid", "u", "cn", "second", "cn", "first", "mail", "B@x", "mail", "A@x", NULL);
  assert_int_equal (map_entry (bench.mapping, &bench.entry, bench.hasher, last, &bench.leaves,
                               &bench.active, &bench.error), 0);
  assert_string_equal (bench_leaf (&bench, "displayName"), "\"first\"");
  assert_non_null (strstr (bench_leaf (&bench, "emails[type eq \"work\"]"), "a@x"));
  bench_entry (&bench, "uid", "u", "cn", "third", "cn", "second", "mail", "B@x", NULL);
  assert_int_equal (map_entry (bench.mapping, &bench.entry, bench.hasher, last, &bench.leaves,
                               &bench.active, &bench.error), 0);
  assert_string_equal (bench_leaf (&bench, "displayName"), "\"third\"");
  bench_fini (&bench);
}

static void
set (struct leaves *leaves, size_t i, const char *json)
{
  leaves_set (leaves, i, json, strlen (json));
}

static void
test_list_hash (void **state)
{
  (void) state;
  struct bench bench;
  uint64_t one[16], two[16];
  bench_init (&bench, NULL, "mapping: {userName: uid, emails: [{each: m, value: '${value}'}]}");
  bench_entry (&bench, "uid", "u", NULL);
  bench_document (&bench);
  size_t leaf = bench_index (&bench, "emails");
  set (&bench.leaves, leaf, "[{\"a\":\",]\"},2,3]");
  map_hash_leaves (bench.mapping, bench.hasher, &bench.leaves, one);
  set (&bench.leaves, leaf, "[3,2,{\"a\":\",]\"},2]");
  map_hash_leaves (bench.mapping, bench.hasher, &bench.leaves, two);
  assert_int_equal (one[leaf], two[leaf]);
  set (&bench.leaves, leaf, "[3,2]");
  map_hash_leaves (bench.mapping, bench.hasher, &bench.leaves, two);
  assert_int_not_equal (one[leaf], two[leaf]);
  bench_fini (&bench);
}

static void
test_leaves (void **state)
{
  (void) state;
  struct leaves one, two;
  struct buffer text;
  leaves_init (&one, 4);
  leaves_init (&two, 4);
  buffer_init (&text, 65536);
  set (&one, 0, "\"a\\n\\u0001\\\"\\\\\xc3\xa4\"");
  set (&one, 2, "[{\"v\":\"],[\\\"\"},1]");
  set (&one, 3, "false");
  leaves_encode (&one, &text);
  assert_int_equal (leaves_decode (text.bytes, text.len, &two), 0);
  for (size_t i = 0; i < 4; i++)
    if (leaves_get (&one, i))
      assert_string_equal (leaves_get (&one, i), leaves_get (&two, i));
    else
      assert_null (leaves_get (&two, i));
  MEM_AUTO char *plain = leaves_text (&two, 0);
  assert_string_equal (plain, "a\n\x01\"\\\xc3\xa4");
  assert_null (leaves_text (&two, 1));
  static const char *const bad[] = { "", "[", "[]", "[1,2,3]", "[1,2,3,4,5]", "{\"a\":1}", "[1,2,3,\"]", "[1,2,[,3]",
                                     "[,,,]", "[1,2,3,]", "null", "[1,2,3}4]" };
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
    assert_int_equal (leaves_decode (bad[i], strlen (bad[i]), &two), -1);
  leaves_fini (&one);
  leaves_fini (&two);
  buffer_fini (&text);
}

/* What the sink gives back is recognised as what was sent, whatever its order and case. */
static void
test_leaves_of (void **state)
{
  (void) state;
  struct bench bench;
  uint64_t sent[16], seen[16];
  struct leaves found;
  bench_init (&bench, genesys_schema, "mapping:\n  userName: uid\n  displayName: cn\n  active: e\n  weight: w\n"
              "  emails: [{type: work, primary: true, value: mail}]\n  roles: [{each: r, value: '${value}'}]\n"
              "  " ENTERPRISE ": {manager: {value: m}}\n");
  bench_entry (&bench, "uid", "u", "cn", "C", "e", "1", "w", "2.50", "mail", "m", "r", "b", "r", "a",
               "m", "boss", NULL);
  bench_document (&bench);
  map_hash_leaves (bench.mapping, bench.hasher, &bench.leaves, sent);
  leaves_init (&found, mapping_leaf_count (bench.mapping));
  static const char odd[] = "{\"emails\":3,\"roles\":{},\"userName\":null}";
  static const char account[] = "{\"Roles\":[{\"value\":\"b\",\"display\":\"B\"},{\"value\":\"a\"}],"
    "\"username\":\"u\",\"displayName\":\"C\",\"active\":\"True\",\"weight\":2.5,\"title\":\"not ours\","
    "\"emails\":[{\"type\":\"other\",\"value\":\"q\"},{\"value\":\"m\",\"display\":\"m\",\"type\":\"work\",\"primary\":true}],"
    "\"externalId\":\"id-1\",\"" ENTERPRISE "\":{\"manager\":{\"$ref\":\"x\",\"value\":\"boss\"}}}";
  assert_int_equal (map_leaves_of (bench.mapping, account, strlen (account), &found), 0);
  map_hash_leaves (bench.mapping, bench.hasher, &found, seen);
  assert_memory_equal (sent, seen, mapping_leaf_count (bench.mapping) * sizeof *sent);
  assert_int_equal (map_leaves_of (bench.mapping, odd, strlen (odd), &found), 0);
  for (size_t i = 0; i < found.count; i++)
    assert_null (leaves_get (&found, i));
  assert_int_equal (map_leaves_of (bench.mapping, "[]", 2, &found), -1);
  assert_int_equal (map_leaves_of (bench.mapping, "<html>", 6, &found), -1);
  leaves_fini (&found);
  bench_fini (&bench);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (test_fingerprint),
    cmocka_unit_test (test_fingerprint_frames),
    cmocka_unit_test (test_fingerprint_keys),
    cmocka_unit_test (test_fingerprint_approved),
    cmocka_unit_test (test_version),
    cmocka_unit_test (test_preference),
    cmocka_unit_test (test_list_hash),
    cmocka_unit_test (test_leaves),
    cmocka_unit_test (test_leaves_of),
  };
  return cmocka_run_group_tests_name ("leaves", tests, NULL, NULL);
}
