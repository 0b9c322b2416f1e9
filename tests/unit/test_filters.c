/* The filters of the mapping, one by one (contract section 3). */
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

/* What EXPRESSION makes of the values given, as JSON; NULL where it is left out. */
static char *
evaluate_bytes (const char *expression, const struct value *values, size_t count, struct error *error)
{
  struct bench bench;
  MEM_AUTO char *yaml = mem_format ("mapping:\n  userName: \"${'u'}\"\n  title: >-\n    %s\n", expression);
  bench_init (&bench, NULL, yaml);
  bench_entry (&bench, NULL);
  for (size_t i = 0; i < count; i++)
    bench_add (&bench, "x", values[i].bytes, values[i].len);
  bench_add (&bench, "y", "why", 3);
  char *json = NULL;
  if (!bench_document (&bench))
    json = mem_format ("error: %s", bench.error.text);
  else if (bench_leaf (&bench, "title"))
    json = mem_copy_text (bench_leaf (&bench, "title"));
  *error = bench.error;
  bench_fini (&bench);
  return json;
}

static void
expect_values (const char *expression, const struct value *values, size_t count, const char *expected)
{
  struct error error;
  MEM_AUTO char *json = evaluate_bytes (expression, values, count, &error);
  if (!expected && json)
    fail_msg ("%s gave %s", expression, json);
  if (expected && !json)
    fail_msg ("%s gave nothing instead of %s", expression, expected);
  if (expected)
    assert_string_equal (json, expected);
}

static void
expect (const char *expression, const char *value, const char *expected)
{
  struct value one = { value, value ? strlen (value) : 0 };
  expect_values (expression, &one, value != NULL, expected);
}

static void
expect_failure (const char *expression, const char *value, const char *part)
{
  struct error error;
  struct value one = { value, strlen (value) };
  MEM_AUTO char *json = evaluate_bytes (expression, &one, 1, &error);
  assert_non_null (json);
  if (strncmp (json, "error: ", 7) != 0 || !strstr (json, part))
    fail_msg ("%s of \"%s\": %s", expression, value, json);
}

static void
expect_refused (const char *expression, const char *part)
{
  MEM_AUTO char *yaml = mem_format ("mapping:\n  userName: uid\n  title: >-\n    %s\n", expression);
  MEM_AUTO char *text = bench_refused (NULL, yaml);
  if (!strstr (text, part) || strncmp (text, "test.yaml:3:", 12) != 0)
    fail_msg ("%s: %s", expression, text);
}

static void
test_case (void **state)
{
  (void) state;
  expect ("${x | lower}", "ÄÖÜ Straße ABC", "\"äöü straße abc\"");
  expect ("${x | upper}", "straße ä", "\"STRASSE Ä\"");
  expect ("${x | lower}", "ABC@[`{", "\"abc@[`{\"");
  expect ("${x | trim}", " \t a b \xc2\xa0 ", "\"a b\"");
  expect ("${x | trim}", "   ", NULL);
  expect ("${x|trim|upper}", " q", "\"Q\"");
  expect_failure ("${x | lower}", "\xff", "UTF-8");
}

static void
test_replace (void **state)
{
  (void) state;
  expect ("${x | replace('[^0-9]', '')}", "a1b2", "\"12\"");
  expect ("${x | replace('^(.)(.)', '\\2\\1')}", "abab", "\"baab\"");
  expect ("${x | replace('b*', '-')}", "abc", "\"-a-c-\"");
  expect ("${x | replace('$', '!')}", "abc", "\"abc!\"");
  expect ("${x | replace('it''s', 'its')}", "it's", "\"its\"");
  expect ("${x | replace('.', 'x')}", "äb", "\"xx\"");
  expect ("${x | replace('a', '\\\\')}", "a", "\"\\\\\"");
  expect_refused ("${x | replace('(', '')}", "regular expression");
  expect_refused ("${x | replace('a')}", "lacks an argument");
  expect_refused ("${x | replace(a, 'b')}", "quotes");
  char *large = mem_new (20001, 1);
  memset (large, 'a', 20000);
  expect_failure ("${x | replace('a', 'b')}", large, "too long");
  free (large);
}

static void
test_substr (void **state)
{
  (void) state;
  expect ("${x | substr(0,1)}", "äbc", "\"ä\"");
  expect ("${x | substr(1)}", "äbc", "\"bc\"");
  expect ("${x | substr(-2,1)}", "abc", "\"b\"");
  expect ("${x | substr(-9,2)}", "abc", "\"ab\"");
  expect ("${x | substr(9,1)}", "abc", NULL);
  expect ("${x | substr(0,-1)}", "abc", NULL);
  expect ("${x | substr(9223372036854775807, 9223372036854775807)}", "abc", NULL);
  expect_refused ("${x | substr}", "lacks its argument");
  expect_refused ("${x | substr('a')}", "whole number");
}

static void
test_lists (void **state)
{
  (void) state;
  const struct value three[] = { { "c", 1 }, { "a", 1 }, { "b", 1 } };
  expect_values ("${x | join(', ')}", three, 3, "\"a, b, c\"");
  expect_values ("${x | all | join('')}", three, 3, "\"abc\"");
  expect_values ("${x | last}", three, 3, "\"c\"");
  expect_values ("${x | first}", three, 3, "\"c\"");
  expect_values ("${x}", three, 3, "\"c\"");
  expect_values ("${x | lower | join('+') | upper}", three, 3, "\"A+B+C\"");
  expect_values ("${x | join(',') | default('none')}", NULL, 0, "\"none\"");
  expect ("${x | split(',') | last}", "a,b,,c", "\"c\"");
  expect ("${x | split(', ') | first}", "a, b", "\"a\"");
  expect ("${x | split('@') | join(' at ')}", "a@b", "\"a at b\"");
  expect ("${x | split(',') | first}", ",,,", NULL);
  expect_refused ("${x | all}", "list");
  expect_refused ("${x | split(',')}", "list");
  expect_refused ("a ${x | all} b", "list");
  expect_refused ("${x | split('')}", "separator");
}

static void
test_default (void **state)
{
  (void) state;
  expect ("${x | default('n/a')}", NULL, "\"n/a\"");
  expect ("${x | default('n/a')}", "v", "\"v\"");
  expect ("${x | default(y)}", NULL, "\"why\"");
  expect ("${x | default(z) | default('!')}", NULL, "\"!\"");
  expect ("${x | default(7)}", NULL, "7");
  expect ("${x | default(true)}", NULL, "true");
  expect ("a ${x} b", NULL, NULL);
  expect ("a ${x | default('q')} b", NULL, "\"a q b\"");
  expect_refused ("${x | default}", "lacks its argument");
  expect_refused ("${x | default('a','b')}", "fewer arguments");
}

static void
test_map_table (void **state)
{
  (void) state;
  expect ("${x | map({'1': 'one', '2': 'two'})}", "2", "\"two\"");
  expect ("${x | map({1: one, 2: true})}", "2", "true");
  expect ("${x | map({'1': 'one'})}", "9", NULL);
  expect ("${x | map({'1': 'one'}) | default('other')}", "9", "\"other\"");
  expect ("${x | map({})}", "9", NULL);
  expect_refused ("${x | map('a')}", "table");
  expect_refused ("${x | map({'a'})}", "':'");
  expect_refused ("${x | map({'a':'b')}", "'}'");
}

static void
test_booleans (void **state)
{
  (void) state;
  expect ("${x | bool}", "Yes", "true");
  expect ("${x | bool}", "disabled", "false");
  expect ("${x | not}", "1", "false");
  expect_failure ("${x | bool}", "maybe", "the value \"maybe\" of attribute x is neither true nor false");
  expect ("${x | bit(2) | not}", "514", "false");
  expect ("${x | bit(2) | not}", "512", "true");
  expect ("${x | bit(0x200)}", "512", "true");
  expect ("${x | bit(3)}", "-1", "true");
  expect_failure ("${x | bit(2)}", "x", "no whole number");
  expect_failure ("${x | bit(2)}", "99999999999999999999", "no whole number");
  expect_refused ("${x | bit(0)}", "1 or more");
  expect_refused ("${x | bit('2')}", "whole number");
}

static void
test_bytes (void **state)
{
  (void) state;
  static const char guid[] = "\x33\x22\x11\x00\x55\x44\x77\x66\x88\x99\xaa\xbb\xcc\xdd\xee\xff";
  const struct value binary = { guid, 16 }, nul = { "a\0b", 3 };
  expect_values ("${x | guid}", &binary, 1, "\"00112233-4455-6677-8899-aabbccddeeff\"");
  expect ("${x | guid}", "00112233-4455-6677-8899-AABBCCDDEEFF", "\"00112233-4455-6677-8899-aabbccddeeff\"");
  expect_failure ("${x | guid}", "short", "16");
  expect_values ("${x | hex}", &nul, 1, "\"610062\"");
  expect_values ("${x | base64}", &nul, 1, "\"YQBi\"");
  expect ("${x | base64}", "a", "\"YQ==\"");
  expect ("${x | sha256}", "abc",
          "\"ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad\"");
  expect_values ("${x}", &nul, 1, "error: title: the value \"a?b\" of attribute x holds a NUL byte "
                 "(base64 or hex can carry it)");
}

static void
test_phone (void **state)
{
  (void) state;
  static const struct {
    const char *written, *country, *expected;
  } numbers[] = {
    { "030 123456", "DE", "\"+4930123456\"" },      { "+49 (0) 30 / 123-456", "DE", "\"+4930123456\"" },
    { "0049 30 123456", "49", "\"+4930123456\"" },  { "(212) 555-0100", "US", "\"+12125550100\"" },
    { "1-212-555-0100", "us", "\"+12125550100\"" }, { "011 44 20 7946 0000", "US", "\"+442079460000\"" },
    { "tel:+44-20-7946-0000", "GB", "\"+442079460000\"" }, { "06 1234 5678", "IT", "\"+390612345678\"" },
    { "020 7946 0000", "+44", "\"+442079460000\"" }, { "8 495 123-45-67", "RU", "\"+74951234567\"" },
    { "+49 30 1234 ext. 56", "DE", "\"tel:+49301234;ext=56\"" }, { "+49301234;ext=7", "DE", "\"tel:+49301234;ext=7\"" },
    { " - ", "DE", NULL },
  };
  for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
    MEM_AUTO char *expression = mem_format ("${x | e164(%s)}", numbers[i].country);
    expect (expression, numbers[i].written, numbers[i].expected);
  }
  expect_failure ("${x | e164(DE)}", "call me", "no telephone number");
  expect_failure ("${x | e164(DE)}", "1234567890123456789", "E.164");
  expect_failure ("${x | e164(DE)}", "+0", "E.164");
  expect_refused ("${x | e164}", "lacks its argument");
  expect_refused ("${x | e164(XX)}", "neither a country");
}

static void
test_ascii (void **state)
{
  (void) state;
  expect ("${x | ascii}", "Łukasz Müßig-Ærøskøbing Þór", "\"Lukasz Mussig-AEroskobing Thor\"");
  expect ("${x | ascii}", "ﬁne №", "\"fine No\"");
  expect ("${x | ascii}", "“Žižek’s” – 5€", "\"\\\"Zizek's\\\" - 5EUR\"");
  expect ("${x | ascii}", "李", NULL);
  expect ("${x | ascii | default('nobody')}", "李", "\"nobody\"");
  expect ("${x | ascii}", "plain", "\"plain\"");
}

static void
test_dn (void **state)
{
  (void) state;
  expect ("${x | dn(cn)}", "CN=Smith\\, John,OU=People,DC=example", "\"Smith, John\"");
  expect ("${x | dn(OU)}", "cn=a,ou=b + l=c,ou=d", "\"b\"");
  expect ("${x | dn(l)}", "cn=a,ou=b+l=c\\2B\\c3\\a4,ou=d", "\"c+ä\"");
  expect ("${x | dn(cn)}", "cn=\"a,b\",o=c", "\"a,b\"");
  expect ("${x | dn(cn)}", "cn=a\\ ,o=c", "\"a \"");
  expect ("${x | dn(cn)}", "cn=a b  ,o=c", "\"a b\"");
  expect ("${x | dn(st)}", "cn=a,o=c", NULL);
  expect ("${x | dn(cn)}", "cn=#0403616263", NULL);
  expect_failure ("${x | dn(cn)}", "nonsense", "distinguished name");
  expect_failure ("${x | dn(cn)}", "cn=a\\", "distinguished name");
  expect_failure ("${x | dn(cn)}", "cn=\"a", "distinguished name");
}

static void
test_date (void **state)
{
  (void) state;
  expect ("${x | date(iso)}", "20260131235959Z", "\"2026-01-31T23:59:59Z\"");
  expect ("${x | date(YYYY-MM-DD)}", "20260131235959.5+0100", "\"2026-01-31\"");
  expect ("${x | date(iso)}", "202601312359-0130", "\"2026-02-01T01:29:00Z\"");
  expect ("${x | date(iso)}", "2026013112.5Z", "\"2026-01-31T12:30:00Z\"");
  expect ("${x | date('%d.%m.%Y')}", "133485408000000000", "\"01.01.2024\"");
  expect ("${x | date('DD.MM.YYYY HH:mm')}", "20240229080900Z", "\"29.02.2024 08:09\"");
  expect ("${x | date(iso)}", "0", NULL);
  expect ("${x | date(iso)}", "9223372036854775807", NULL);
  expect_failure ("${x | date(iso)}", "20260231000000Z", "generalizedTime");
  expect_failure ("${x | date(iso)}", "tomorrow", "generalizedTime");
  expect_failure ("${x | date(iso)}", "9999999999999999999", "generalizedTime");
  expect_refused ("${x | date}", "lacks its argument");
  expect_refused ("${x | date(never)}", "no format");
  expect_refused ("${x | date('%c')}", "no format");
  expect_refused ("${x | date('%')}", "no format");
}

static void
test_until (void **state)
{
  (void) state;
  expect ("${'true' | until(x)}", "20000101000000Z", "false");
  expect ("${'true' | until(x)}", "99990101000000Z", "true");
  expect ("${'true' | until(x)}", "125911584000000000", "false"); /* 2000-01-01 */
  expect ("${'true' | until(x)}", "0", "true");
  expect ("${'true' | until(x)}", "9223372036854775807", "true");
  expect ("${'true' | until(x)}", NULL, "true");
  expect ("${'false' | until(x)}", "99990101000000Z", "false");
  expect ("${x | until(y)}", NULL, NULL);
  expect_failure ("${'true' | until(x)}", "someday", "generalizedTime");
  expect_failure ("${x | until(x)}", "20000101000000Z", "neither true nor false");
  expect_refused ("${uid | until('x')}", "until wants the attribute");
  expect_refused ("${uid | until}", "until lacks its argument");
}

static void
test_syntax (void **state)
{
  (void) state;
  expect ("${'text'}", NULL, "\"text\"");
  expect ("${\"it's\"}", NULL, "\"it's\"");
  expect ("$${x} ${x}", "v", "\"${x} v\"");
  expect ("${ x }", "v", "\"v\"");
  expect_refused ("${x | uper}", "did you mean \"upper\"?");
  expect_refused ("${x | frobnicate}", "no filter \"frobnicate\"");
  expect_refused ("${x", "has no }");
  expect_refused ("${x |}", "name of a filter");
  expect_refused ("${}", "name of an attribute");
  expect_refused ("${'x}", "has no end");
  expect_refused ("${x y}", "expected '|'");
  expect_refused ("${x | lower()", "has no }");
  expect_refused ("${x | lower('a')}", "no argument");
  expect_refused ("${x | default('a'}", "')'");
  expect_refused ("${x | ref | lower}", "last filter");
  expect_refused ("a ${x | ref}", "stand alone");
  expect_refused ("two words", "\"${'two words'}\"");
}

/* Every name in the public list works and every filter is in the list. */
static void
test_names (void **state)
{
  (void) state;
  size_t count;
  const char *const *names = map_filter_names (&count);
  assert_int_equal (count, 25);
  for (size_t i = 0; i < count; i++) {
    MEM_AUTO char *yaml = mem_format ("mapping: {userName: \"${x | %s}\"}", names[i]);
    struct node *tree;
    struct error error = { .text = "" };
    struct mapping *mapping = NULL;
    assert_int_equal (node_load_text ("t", yaml, strlen (yaml), &tree, &error), 0);
    mapping_compile (node_get (tree, "mapping"), NULL, NULL, NULL, &mapping, &error);
    assert_null (strstr (error.text, "there is no filter"));
    mapping_free (mapping);
    node_free (tree);
  }
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (test_case),  cmocka_unit_test (test_replace),  cmocka_unit_test (test_substr),
    cmocka_unit_test (test_lists), cmocka_unit_test (test_default),  cmocka_unit_test (test_map_table),
    cmocka_unit_test (test_booleans), cmocka_unit_test (test_bytes), cmocka_unit_test (test_phone),
    cmocka_unit_test (test_ascii), cmocka_unit_test (test_dn),       cmocka_unit_test (test_date), cmocka_unit_test (test_until),
    cmocka_unit_test (test_syntax), cmocka_unit_test (test_names),
  };
  return cmocka_run_group_tests_name ("filters", tests, NULL, NULL);
}
