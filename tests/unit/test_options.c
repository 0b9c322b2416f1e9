/* A plugin's options: types, places, secrets, environment, and what is said when they are wrong. */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "config/options.h"
#include "util/mem.h"

static const struct syncd_option options[] = {
    {"uri", SYNCD_OPT_URI | SYNCD_OPT_LIST | SYNCD_OPT_REQUIRED, 0, NULL, NULL, "LDAP_HOST", "h"},
    {"base", SYNCD_OPT_STRING, 0, NULL, NULL, "LDAP_BASE_DN", "h"},
    {"scope", SYNCD_OPT_ENUM, 0, "subtree", "subtree onelevel base", NULL, "h"},
    {"password", SYNCD_OPT_STRING | SYNCD_OPT_SECRET, 0, NULL, NULL, "LDAP_BIND_PW", "h"},
    {"pin", SYNCD_OPT_INT | SYNCD_OPT_SECRET, 0, NULL, NULL, NULL, "h"},
    {"tls.ca_file", SYNCD_OPT_PATH, 0, NULL, NULL, "LDAP_CA_CERT", "h"},
    {"tls.verify", SYNCD_OPT_BOOL, 0, "true", NULL, NULL, "h"},
    {"page_size", SYNCD_OPT_INT, 0, "1000", NULL, NULL, "h"},
    {"buffer", SYNCD_OPT_SIZE, 0, "64k", NULL, NULL, "h"},
    {"wait", SYNCD_OPT_DURATION, 0, "5m", NULL, NULL, "h"},
    {"headers", SYNCD_OPT_STRING | SYNCD_OPT_MAP, 0, NULL, NULL, NULL, "h"},
    {"order", SYNCD_OPT_STRING | SYNCD_OPT_LIST, 0, "[a, b]", NULL, NULL, "h"},
};

static const struct syncd_option needy_options[] = {
    {"client_secret", SYNCD_OPT_STRING | SYNCD_OPT_SECRET | SYNCD_OPT_REQUIRED, 0, NULL, NULL,
     "GENESYS_CLIENT_SECRET", "h"},
    {"timeout", SYNCD_OPT_DURATION, 0, "7s", NULL, NULL, "h"},
};

static const struct syncd_plugin source = {
    SYNCD_PLUGIN_HEADER, .kind = SYNCD_KIND_SOURCE, .name = "ldap", .options = options,
    .option_count = sizeof options / sizeof *options, .option_size = sizeof *options};
static const struct syncd_plugin sink = {
    SYNCD_PLUGIN_HEADER, .kind = SYNCD_KIND_SINK, .name = "sink", .options = needy_options,
    .option_count = 2, .option_size = sizeof *needy_options};

static const char *const variables[] = {"LDAP_HOST", "LDAP_PORT", "LDAP_BASE_DN", "LDAP_BIND_PW",
                                        "LDAP_CA_CERT", "GENESYS_CLIENT_SECRET",
                                        "CREDENTIALS_DIRECTORY"};

static char folder[] = "/tmp/syncd-test-XXXXXX";
static char file[sizeof folder + 20];

static int
clear_environment (void **state)
{
  (void) state;
  for (size_t i = 0; i < sizeof variables / sizeof *variables; i++)
    unsetenv (variables[i]);
  return 0;
}

static void
write_file (const char *path, const char *text, size_t len, mode_t mode)
{
  FILE *stream = fopen (path, "w");
  assert_non_null (stream);
  assert_int_equal (fwrite (text, 1, len, stream), len);
  assert_int_equal (fclose (stream), 0);
  assert_int_equal (chmod (path, mode), 0);
}

/* The options of the source "ldap" that TEXT (the inside of a flow object) gives. */
static int
load (const struct syncd_plugin *plugin, const char *text, struct syncd_config **ret_config,
      struct error *error)
{
  struct node *root = NULL;
  MEM_AUTO char *document = mem_format ("ldap: {%s}\n", text);
  write_file (file, document, strlen (document), 0600);
  if (node_load_file (file, &root, error) < 0)
    fail_msg ("%s", error->text);
  char name[] = "ldap";
  struct endpoint endpoint = {name, name, node_get (root, "ldap")};
  int result = options_load (&endpoint, plugin, ret_config, error);
  node_free (root);
  return result;
}

static struct syncd_config *
must_load (const char *text)
{
  struct syncd_config *config = NULL;
  struct error error = {0};
  if (load (&source, text, &config, &error) < 0)
    fail_msg ("%s", error.text);
  return config;
}

/* Loading must fail, with FILE:WANTED at the beginning of the message. */
static void
must_refuse (const struct syncd_plugin *plugin, const char *text, const char *wanted)
{
  struct syncd_config *config = NULL;
  struct error error = {0};
  MEM_AUTO char *full = mem_format ("%s:%s", file, wanted);
  assert_int_equal (load (plugin, text, &config, &error), -1);
  assert_int_equal (error.exit_status, 2);
  if (strncmp (error.text, full, strlen (full)) != 0)
    fail_msg ("wanted: %s\ngot: %s", full, error.text);
}

static void
test_defaults (void **state)
{
  (void) state;
  struct syncd_config *c = must_load ("uri: ldaps://dc1");
  assert_string_equal (options_name (c), "ldap");
  assert_int_equal (options_count (c, "uri"), 1);
  assert_string_equal (options_text (c, "uri"), "ldaps://dc1");
  assert_true (options_is_set (c, "uri"));
  assert_null (options_text (c, "base"));
  assert_false (options_is_set (c, "base"));
  assert_string_equal (options_text (c, "scope"), "subtree");
  assert_false (options_is_set (c, "scope"));
  assert_int_equal (options_number (c, "tls.verify"), 1);
  assert_int_equal (options_number (c, "page_size"), 1000);
  assert_int_equal (options_number (c, "buffer"), 65536);
  assert_int_equal (options_number (c, "wait"), 300000);
  assert_int_equal (options_count (c, "order"), 2);
  assert_string_equal (options_item (c, "order", 1), "b");
  assert_int_equal (options_number (c, "timeout"), 30000);
  assert_int_equal (options_number (c, "sessions"), 0);
  assert_int_equal (options_number (c, "requests_per_minute"), 0);
  assert_int_equal (options_number (c, "allow_plaintext"), 0);
  assert_null (options_text (c, "proxy"));
  assert_null (options_text (c, "nothing"));
  assert_int_equal (options_number (c, "nothing"), 0);
  assert_int_equal (options_count (c, "nothing"), 0);
  options_free (c);
}

static void
test_all_types (void **state)
{
  (void) state;
  struct syncd_config *c = must_load (
      "uri: [ldaps://a, 'ldapi://%2Frun%2Fs'], base: \"dc=x\", scope: base, password: p, pin: 12,"
      "tls: {ca_file: /ca, verify: no}, page_size: -5, buffer: 4M, wait: 2h,"
      "headers: {X-A: '1', X-B: two}, order: z, sessions: auto, requests_per_minute: 300,"
      "proxy: 'http://proxy:3128', allow_plaintext: true, timeout: 500ms, plugin: ldap");
  assert_int_equal (options_count (c, "uri"), 2);
  assert_string_equal (options_item (c, "uri", 1), "ldapi://%2Frun%2Fs");
  assert_null (options_item (c, "uri", 2));
  assert_string_equal (options_text (c, "scope"), "base");
  assert_string_equal (options_text (c, "password"), "p");
  assert_int_equal (options_number (c, "pin"), 12);
  assert_string_equal (options_text (c, "tls.ca_file"), "/ca");
  assert_int_equal (options_number (c, "tls.verify"), 0);
  assert_int_equal (options_number (c, "page_size"), -5);
  assert_int_equal (options_number (c, "buffer"), 4194304);
  assert_int_equal (options_number (c, "wait"), 7200000);
  assert_int_equal (options_count (c, "headers"), 2);
  assert_string_equal (options_item_key (c, "headers", 1), "X-B");
  assert_string_equal (options_item (c, "headers", 1), "two");
  assert_int_equal (options_count (c, "order"), 1);
  assert_int_equal (options_number (c, "sessions"), 0);
  assert_int_equal (options_number (c, "requests_per_minute"), 300);
  assert_int_equal (options_number (c, "timeout"), 500);
  assert_int_equal (options_number (c, "allow_plaintext"), 1);
  options_free (c);
  c = must_load ("uri: ldaps://a, tls.ca_file: /flat, base: , scope: ~, page_size: ");
  assert_string_equal (options_text (c, "tls.ca_file"), "/flat");
  assert_string_equal (options_text (c, "scope"), "subtree"); /* no value: not given */
  assert_false (options_is_set (c, "page_size"));
  options_free (c);
}

static void
test_refusals (void **state)
{
  (void) state;
  static const struct {
    const char *text, *wanted;
  } cases[] = {
      {"urii: x", "1:8: unknown key urii of sources.ldap; did you mean \"uri\"?"},
      {"tls: {ca_fil: x}", "1:14: unknown key tls.ca_fil of sources.ldap; did you mean \"tls.ca_file\"?"},
      {"pasword_file: x", "1:8: unknown key pasword_file of sources.ldap; did you mean \"password_file\"?"},
      {"qqqqqqqqqqqq: x", "1:8: unknown key qqqqqqqqqqqq of sources.ldap; syncd plugins NAME lists"},
      {"base_file: x", "1:8: unknown key base_file of sources.ldap"},
      {"tls: yes", "1:13: tls wants keys with values, this is a single value"},
      {"tls: {verify: true}, tls.verify: false", "1:29: tls.verify is already given in line 1"},
      {"scope: sub", "1:15: scope wants subtree, onelevel or base, not \"sub\""},
      {"scope: subtee", "1:15: scope wants subtree, onelevel or base, not \"subtee\"; did you mean \"subtree\"?"},
      {"scope: ''", "1:15: scope wants subtree"},
      {"scope: [base]", "1:15: scope wants a single value, this is a list"},
      {"page_size: 10k", "1:19: page_size wants a whole number, not \"10k\""},
      {"page_size: 99999999999999999999", "1:19: page_size wants a whole number"},
      {"buffer: 4X", "1:16: buffer wants a size such as 512, 64k or 4M, not \"4X\""},
      {"buffer: 99999999999G", "1:16: buffer wants a size"},
      {"wait: never", "1:14: wait wants a time such as"},
      {"tls: {verify: maybe}", "1:22: tls.verify wants true or false, not \"maybe\""},
      {"tls: {ca_file: ''}", "1:23: tls.ca_file wants a file's name, this is empty"},
      {"uri: dc1", "1:13: uri wants a URI such as https://HOST:PORT (this is none)"},
      {"uri: ['ldaps://']", "1:14: uri wants a URI"},
      {"uri: ['ldaps://a b']", "1:14: uri wants a URI"},
      {"uri: [[a]]", "1:14: uri wants single values, this one is a list"},
      {"uri: {a: b}", "1:13: uri wants a list or a single value, this is an object"},
      {"headers: [a]", "1:17: headers wants keys with values, this is a list"},
      {"headers: {a: [b]}", "1:21: headers wants single values, this one is a list"},
      {"uri: ldaps://a, sessions: 0", "1:34: sessions wants 1 to 64, or auto, not \"0\""},
      {"uri: ldaps://a, sessions: 65", "1:34: sessions wants 1 to 64"},
      {"uri: ldaps://a, sessions: many", "1:34: sessions wants a whole number or auto, not \"many\""},
      {"uri: ldaps://a, timeout: 0", "1:33: timeout wants a time from 100ms to 1h, not \"0\""},
      {"uri: ldaps://a, requests_per_minute: -1", "1:45: requests_per_minute wants 1 to 1000000"},
      {"base: x", "1:1: uri is missing: give it under sources.ldap:, or set $LDAP_HOST in the environment"},
      {"uri: []", "1:1: uri is missing"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
    must_refuse (&source, cases[i].text, cases[i].wanted);
}

static void
test_required_secret (void **state)
{
  (void) state;
  must_refuse (&sink, "sessions: 1",
               "1:1: client_secret is missing: give it under sinks.ldap: (or client_secret_file, a "
               "file that holds it), or set $GENESYS_CLIENT_SECRET in the environment");
  must_refuse (&sink, "client_secret: ''", "1:1: client_secret is missing");
  setenv ("GENESYS_CLIENT_SECRET", "s", 1);
  struct syncd_config *config = NULL;
  struct error error = {0};
  assert_int_equal (load (&sink, "", &config, &error), 0);
  assert_string_equal (options_text (config, "client_secret"), "s");
  assert_int_equal (options_number (config, "timeout"), 7000); /* the plugin's own default */
  options_free (config);
}

static void
test_no_file (void **state)
{
  (void) state;
  char name[] = "genesys-scim";
  struct endpoint endpoint = {name, name, NULL};
  struct syncd_config *config = NULL;
  struct error error = {0};
  assert_int_equal (options_load (&endpoint, &sink, &config, &error), -1);
  assert_int_equal (error.exit_status, 2);
  assert_int_equal (strncmp (error.text, "client_secret is missing: give it under sinks.genesys-scim", 58), 0);
}

/* ---- secrets ---- */

static void
check_secret_file (const char *bytes, size_t len, const char *secret)
{
  MEM_AUTO char *path = mem_format ("%s/pw", folder);
  MEM_AUTO char *text = mem_format ("uri: ldaps://a, password_file: %s", path);
  write_file (path, bytes, len, 0600);
  struct syncd_config *c = must_load (text);
  assert_string_equal (options_text (c, "password"), secret);
  assert_true (options_is_set (c, "password"));
  options_free (c);
}

static void
test_secret_file (void **state)
{
  (void) state;
  setenv ("LDAP_BIND_PW", "environment", 1); /* the file wins */
  check_secret_file ("geheim\n", 7, "geheim");
  check_secret_file ("geheim", 6, "geheim");
  check_secret_file ("geheim\n\n", 8, "geheim\n");
  check_secret_file ("geheim\r\n", 8, "geheim");
  check_secret_file ("geheim\r", 7, "geheim\r");
  check_secret_file (" geheim ${X}", 12, " geheim ${X}");
}

static void
refuse_secret_file (const char *bytes, size_t len, const char *why)
{
  MEM_AUTO char *path = mem_format ("%s/pw", folder);
  MEM_AUTO char *text = mem_format ("pin_file: %s", path);
  MEM_AUTO char *wanted = mem_format ("1:18: the file %s (pin_file) %s", path, why);
  write_file (path, bytes, len, 0600);
  must_refuse (&source, text, wanted);
}

static void
test_secret_file_refused (void **state)
{
  (void) state;
  refuse_secret_file ("", 0, "is empty");
  refuse_secret_file ("\n", 1, "is empty");
  refuse_secret_file ("a\0b", 3, "has a NUL byte in it");
  refuse_secret_file ("hunter2", 7, "must hold a whole number");
  must_refuse (&source, "pin_file: /nonexistent/pw",
               "1:18: cannot read the file /nonexistent/pw (pin_file): No such file or directory");
  must_refuse (&source, "pin_file: []", "1:18: pin_file wants a file's name");
  must_refuse (&source, "password: a, password_file: b",
               "1:21: both password and password_file are given; take one of them away");
}

static void
test_credentials_directory (void **state)
{
  (void) state;
  MEM_AUTO char *path = mem_format ("%s/pw", folder);
  write_file (path, "from-manager\n", 13, 0400);
  setenv ("CREDENTIALS_DIRECTORY", folder, 1);
  struct syncd_config *c = must_load ("uri: ldaps://a, password_file: pw");
  assert_string_equal (options_text (c, "password"), "from-manager");
  options_free (c);
}

/* No message may show a secret, whatever is wrong with it. */
static void
test_secret_not_shown (void **state)
{
  (void) state;
  static const char *const texts[] = {"uri: ldaps://a, pin: hunter2", "uri: ldaps://a, pin: [hunter2]",
                                      "uri: ldaps://a, proxy: 'user:hunter2@proxy'",
                                      "uri: 'ldaps:user:hunter2'"};
  for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
    struct syncd_config *config = NULL;
    struct error error = {0};
    assert_int_equal (load (&source, texts[i], &config, &error), -1);
    assert_null (strstr (error.text, "hunter2"));
  }
}

static int
load_with_mode (const char *document, mode_t mode, struct error *error)
{
  struct node *root = NULL;
  struct syncd_config *config = NULL;
  char name[] = "ldap";
  write_file (file, document, strlen (document), mode);
  assert_int_equal (node_load_file (file, &root, error), 0);
  struct endpoint endpoint = {name, name, node_get (root, "ldap")};
  int result = options_load (&endpoint, &source, &config, error);
  options_free (config);
  node_free (root);
  return result;
}

static void
test_literal_secret_in_open_file (void **state)
{
  static const char literal[] = "ldap: {uri: ldaps://a, password: hunter2}\n";
  static const char fallback[] = "ldap: {uri: ldaps://a, password: '${SYNCD_TEST_NO:-hunter2}'}\n";
  static const char variable[] = "ldap: {uri: ldaps://a, password: '${SYNCD_TEST_PW}'}\n";
  struct error error = {0};
  (void) state;
  setenv ("SYNCD_TEST_PW", "hunter2", 1);
  assert_int_equal (load_with_mode (literal, 0600, &error), 0);
  assert_int_equal (load_with_mode (variable, 0644, &error), 0);
  static const mode_t open_modes[] = {0640, 0604, 0644};
  for (size_t i = 0; i < 3; i++) {
    memset (&error, 0, sizeof error);
    assert_int_equal (load_with_mode (i ? literal : fallback, open_modes[i], &error), -1);
    assert_int_equal (error.exit_status, 2);
    MEM_AUTO char *advice = mem_format ("chmod 600 %s", file);
    assert_non_null (strstr (error.text, advice));
    assert_null (strstr (error.text, "hunter2"));
  }
}

/* ---- environment ---- */

static void
check_hosts (const char *host, const char *port, const char *first, const char *second)
{
  clear_environment (NULL);
  setenv ("LDAP_HOST", host, 1);
  if (port)
    setenv ("LDAP_PORT", port, 1);
  struct syncd_config *c = must_load ("");
  assert_string_equal (options_item (c, "uri", 0), first);
  assert_int_equal (options_count (c, "uri"), second ? 2 : 1);
  if (second)
    assert_string_equal (options_item (c, "uri", 1), second);
  assert_true (options_is_set (c, "uri"));
  options_free (c);
}

static void
test_ldap_host (void **state)
{
  (void) state;
  check_hosts ("dc1", NULL, "ldaps://dc1:636", NULL);
  check_hosts ("dc1", "1636", "ldaps://dc1:1636", NULL);
  check_hosts ("dc1:1637", "1636", "ldaps://dc1:1637", NULL);
  check_hosts ("ldap://localhost:389", "636", "ldap://localhost:389", NULL);
  check_hosts ("dc1, dc2 ", NULL, "ldaps://dc1:636", "ldaps://dc2:636");
  check_hosts ("::1", "1636", "ldaps://[::1]:1636", NULL);
  check_hosts ("[::1]", NULL, "ldaps://[::1]:636", NULL);
  check_hosts ("[::1]:7", NULL, "ldaps://[::1]:7", NULL);
}

static void
refuse_environment (const char *name, const char *value, const char *wanted)
{
  struct syncd_config *config = NULL;
  struct error error = {0};
  setenv (name, value, 1);
  assert_int_equal (load (&source, "", &config, &error), -1);
  assert_int_equal (error.exit_status, 2);
  assert_non_null (strstr (error.text, wanted));
}

static void
test_environment (void **state)
{
  (void) state;
  setenv ("LDAP_HOST", "dc1", 1);
  setenv ("LDAP_BASE_DN", "dc=env", 1);
  setenv ("LDAP_CA_CERT", "/env/ca", 1);
  setenv ("LDAP_BIND_PW", "", 1);
  struct syncd_config *c = must_load ("base: dc=file");
  assert_string_equal (options_text (c, "base"), "dc=file");
  assert_string_equal (options_text (c, "tls.ca_file"), "/env/ca");
  assert_null (options_text (c, "password")); /* set to nothing: not set */
  options_free (c);
  refuse_environment ("LDAP_PORT", "ldaps", "LDAP_PORT must be a port from 1 to 65535, not \"ldaps\"");
  refuse_environment ("LDAP_PORT", "0", "LDAP_PORT must be a port");
  refuse_environment ("LDAP_PORT", "65536", "LDAP_PORT must be a port");
  unsetenv ("LDAP_PORT");
  refuse_environment ("LDAP_HOST", "http://", "the variable LDAP_HOST (for uri) must be a URI");
}

static void
test_type_names (void **state)
{
  static const char *const names[] = {"list of uri", "string", "enum (subtree onelevel base)"};
  (void) state;
  for (size_t i = 0; i < 3; i++) {
    MEM_AUTO char *name = options_type_name (&options[i]);
    assert_string_equal (name, names[i]);
  }
  size_t count = 0;
  const struct syncd_option *own = options_host_owned (&count);
  assert_int_equal (count, 6);
  assert_string_equal (own[0].key, "plugin");
}

#define TEST(function) cmocka_unit_test_setup (function, clear_environment)

int
main (void)
{
  const struct CMUnitTest tests[] = {
      TEST (test_defaults),
      TEST (test_all_types),
      TEST (test_refusals),
      TEST (test_required_secret),
      TEST (test_no_file),
      TEST (test_secret_file),
      TEST (test_secret_file_refused),
      TEST (test_credentials_directory),
      TEST (test_secret_not_shown),
      TEST (test_literal_secret_in_open_file),
      TEST (test_ldap_host),
      TEST (test_environment),
      TEST (test_type_names),
  };
  if (!mkdtemp (folder))
    return 1;
  snprintf (file, sizeof file, "%s/c.yaml", folder);
  int failed = cmocka_run_group_tests_name ("options", tests, NULL, NULL);
  MEM_AUTO char *pw = mem_format ("%s/pw", folder);
  unlink (pw);
  unlink (file);
  rmdir (folder);
  return failed;
}
