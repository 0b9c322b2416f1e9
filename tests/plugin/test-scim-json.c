/* Unit tests of the JSON scanner and of texts. No network. */
#include <config.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "json-scan.h"
#include "text.h"

/* A copy on the heap of just that length: reading past it is seen by the sanitizers. */
static struct json
parse (const char *text, char **ret_copy)
{
  struct json v = {NULL, 0};
  size_t n = strlen (text);
  *ret_copy = malloc (n > 0 ? n : 1);
  memcpy (*ret_copy, text, n);
  struct json_table table;
  bool fine = json_check (*ret_copy, n, &v);
  /* what notes members in passing agrees with what does not */
  assert_int_equal (json_check_table (*ret_copy, n, &table), fine && json_kind (v) == JSON_OBJECT);
  return fine ? v : (struct json){NULL, 0};
}

static bool
valid (const char *text)
{
  char *copy;
  bool ok = parse (text, &copy).at != NULL;
  free (copy);
  return ok;
}

static void
json_accepts (void **state)
{
  static const char *const good[] = {"{}",
                                     "[]",
                                     " [ 1 , -0.5e+3 , true,false , null ] ",
                                     "\"\\u00e9\\n\\\"\"",
                                     "0",
                                     "\"\xc3\xa9\xf0\x9f\x98\x80\"",
                                     "{\"a\":{\"b\":[[]]}}",
                                     "\"\"",
                                     "-0",
                                     "1E9"};
  (void) state;
  for (size_t i = 0; i < sizeof good / sizeof *good; i++)
    if (!valid (good[i]))
      fail_msg ("refused: %s", good[i]);
}

static void
json_refuses (void **state)
{
  static const char *const bad[] = {"",
                                    " ",
                                    "{",
                                    "}",
                                    "[",
                                    "[1,]",
                                    "{\"a\"}",
                                    "{\"a\":}",
                                    "{\"a\":1,}",
                                    "{a:1}",
                                    "01",
                                    "1.",
                                    ".5",
                                    "+1",
                                    "1e",
                                    "-",
                                    "tru",
                                    "nulll",
                                    "\"",
                                    "\"\\",
                                    "\"\\x\"",
                                    "\"\\u12g4\"",
                                    "\"\\u12",
                                    "\"\n\"",
                                    "\"\xff\"",
                                    "\"\xc3\"",
                                    "\"\xed\xa0\x80\"",
                                    "\"\xc0\xaf\"",
                                    "[1 2]",
                                    "{} {}",
                                    "<html>",
                                    "{\"a\":1]",
                                    "[}",
                                    "\"\xf5\x80\x80\x80\""};
  (void) state;
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
    if (valid (bad[i]))
      fail_msg ("accepted: %s", bad[i]);
}

static void
json_depth_is_bounded (void **state)
{
  char deep[2 * 5000 + 1] = "";
  (void) state;
  memset (deep, '[', 5000);
  memset (deep + 5000, ']', 5000);
  assert_false (valid (deep));
  deep[5000 + JSON_MAX_DEPTH + 1] = '\0';
  assert_false (valid (deep + 5000 - JSON_MAX_DEPTH - 1));
  deep[5000 + JSON_MAX_DEPTH] = '\0';
  assert_true (valid (deep + 5000 - JSON_MAX_DEPTH));
}

/* Every prefix of a document is refused, and none is read past. */
static void
json_cut_short (void **state)
{
  static const char text[] = "{\"a\":[1,true,\"\\ud83d\\ude00\\u00e9\",{\"b\":null}],\"c\":-1.5e2}";
  (void) state;
  for (size_t n = 0; n < sizeof text - 1; n++) {
    struct json v;
    char *copy = malloc (n > 0 ? n : 1);
    memcpy (copy, text, n);
    assert_false (json_check (copy, n, &v));
    free (copy);
  }
  assert_true (valid (text));
}

static void
json_walks (void **state)
{
  char *copy;
  char text[16];
  struct json v = parse (
      " {\"a\" : \"}\\\"]\" , \"B\":[ 1 ,[2],{\"x\":3} ] ,\"a\":7, \"\\u0063\": \"\\u00e9\"} ",
      &copy);
  struct json item;
  (void) state;
  assert_true (json_text (json_member (v, "a"), text, sizeof text, NULL));
  assert_string_equal (text, "}\"]");
  assert_null (json_member (v, "b").at);
  struct json_walk w = json_begin (json_member_nocase (v, "b", 1));
  assert_true (json_next (&w, NULL, &item));
  assert_int_equal (json_integer (item, -1), 1);
  assert_true (json_next (&w, NULL, &item));
  assert_int_equal (json_kind (item), JSON_ARRAY);
  assert_true (json_next (&w, NULL, &item));
  assert_int_equal (json_integer (json_member (item, "x"), -1), 3);
  assert_false (json_next (&w, NULL, &item));
  assert_false (json_next (&w, NULL, &item));
  assert_true (json_equals (json_member (v, "c"), "\xc3\xa9", 2, false));
  assert_null (json_member (item, "a").at);
  free (copy);
}

static void
check_text (const char *json, const char *wanted)
{
  char *copy, out[16];
  size_t len = 99;
  struct json v = parse (json, &copy);
  assert_non_null (v.at);
  if (wanted != NULL) {
    assert_true (json_text (v, out, sizeof out, &len));
    assert_string_equal (out, wanted);
    assert_int_equal (len, strlen (wanted));
    assert_true (json_equals (v, wanted, len, false));
  } else {
    assert_false (json_text (v, out, sizeof out, &len));
    assert_string_equal (out, "");
  }
  free (copy);
}

static void
json_decodes (void **state)
{
  (void) state;
  check_text ("\"\\ud83d\\ude00\"", "\xf0\x9f\x98\x80");
  check_text ("\"\\ud83d\"", "\xef\xbf\xbd");
  check_text ("\"\\ude00x\"", "\xef\xbf\xbdx");
  check_text ("\"\\ud83d\\u0041\"", "\xef\xbf\xbd"
                                    "A");
  check_text ("\"\\b\\f\\n\\r\\t\\/\\\\\"", "\b\f\n\r\t/\\");
  check_text ("\"a\\u0000b\"", NULL);
  check_text ("\"0123456789abcde\"", "0123456789abcde");
  check_text ("\"0123456789abcdef\"", NULL);
  check_text ("17", NULL);
}

static void
json_numbers (void **state)
{
  static const struct {
    const char *text;
    double wanted;
  } rows[] = {{"0", 0},       {"-2.5", -2.5},   {"3.0", 3},   {"1e3", 1000},
              {"25e-1", 2.5}, {"\"4.5\"", 4.5}, {"1E+2", 100}};
  char *copy;
  double d;
  (void) state;
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    assert_true (json_real (parse (rows[i].text, &copy), &d));
    assert_true (d == rows[i].wanted);
    free (copy);
  }
  assert_false (json_real (parse ("\"4x\"", &copy), &d));
  free (copy);
  assert_int_equal (json_integer (parse ("1.5", &copy), -1), -1);
  free (copy);
  assert_int_equal (json_integer (parse ("1e300", &copy), -1), -1);
  free (copy);
  assert_int_equal (json_integer (parse ("1e99999999999999999999", &copy), -1), -1);
  free (copy);
}

static void
texts (void **state)
{
  struct text t;
  char out[24];
  (void) state;
  text_init (&t, 10);
  text_puts (&t, "0123456789");
  assert_true (text_ok (&t));
  text_puts (&t, "x");
  assert_false (text_ok (&t));
  assert_string_equal (text_get (&t), "0123456789");
  text_fini (&t);
  text_init (&t, 100);
  text_add_percent (&t, "a/b%\xc3\xa9~", 7);
  text_add_json (&t, "\"\\\x01", 3);
  assert_string_equal (text_get (&t), "a%2Fb%25%C3%A9~\"\\\"\\\\\\u0001\"");
  text_wipe (&t);
  text_plain ("  <p>Hello</p>\n\x1b[0m \xff world, this is long", 42, out, sizeof out);
  assert_string_equal (out, "Hello [0m world, thi...");
  text_plain ("a < b", 5, out, sizeof out);
  assert_string_equal (out, "a < b");
  text_plain ("<script>x<y</script>z<!-- q", 27, out, sizeof out);
  assert_string_equal (out, "z");
  text_plain ("abc", 3, out, 1);
  assert_string_equal (out, "");
}

int
main (void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test (json_accepts),
                                     cmocka_unit_test (json_refuses),
                                     cmocka_unit_test (json_depth_is_bounded),
                                     cmocka_unit_test (json_cut_short),
                                     cmocka_unit_test (json_walks),
                                     cmocka_unit_test (json_decodes),
                                     cmocka_unit_test (json_numbers),
                                     cmocka_unit_test (texts)};
  return cmocka_run_group_tests_name ("scim-json", tests, NULL, NULL);
}
