/* What the tests of loader and host share: folders of their own, fake options, life cycles. */
#ifndef SYNCD_TESTS_ABI_TEST_H
#define SYNCD_TESTS_ABI_TEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#undef fail /* the host's table has a member of that name */
#undef fail_msg
#define fail_msg(...)                                                                              \
  do {                                                                                             \
    print_error (__VA_ARGS__);                                                                     \
    print_error ("\n");                                                                            \
    _fail (__FILE__, __LINE__);                                                                    \
  } while (0)

#include "host/host.h"
#include "host/loader.h"

/* A folder of its own, mode 0755, removed by sandbox_fini. */
struct sandbox {
  char folder[256];
  struct loader *loader; /* looks there first */
  struct error error;
};
void sandbox_init (struct sandbox *);
void sandbox_fini (struct sandbox *);
/* The path of syncd-NAME.so in the folder; valid until the next call. */
const char *sandbox_path (struct sandbox *, const char *name);
/* Copies a built module (of .plugins-abi) to syncd-NAME.so; returns its path. */
const char *sandbox_copy (struct sandbox *, const char *module, const char *name);
/* Writes such a file with these bytes, mode 0644. */
const char *sandbox_write (struct sandbox *, const char *name, const char *text);

/* Loads NAME, which has to fail with exit status 2 and one message that has each of the texts
 * (up to the NULL). */
void expect_refusal (struct sandbox *, const char *name, unsigned kind, ...);

/* The folder of collected modules: ".plugins", ".plugins-test", ".plugins-abi". */
const char *build_folder (const char *name);

/* Fake options: "key=value" texts; a LIST or MAP gives its key several times, a MAP's values are
 * "item=value". Ended by NULL. */
struct syncd_config {
  const char *const *pairs;
};

/* An open session of a loaded plugin, and what was told to the budget. */
struct session {
  const struct loaded *loaded;
  struct syncd_ctx ctx;
  atomic_int cancelled;
  struct host_budget budget;
  int permits, observations;
  struct syncd_observation last;
  struct syncd_config config;
  void *instance, *session;
};
void session_open (struct session *, const struct loaded *, const char *const *pairs);
/* The same up to open(), whose code is returned; close it with session_close() all the same. */
int32_t session_try (struct session *, const struct loaded *, const char *const *pairs);
void session_close (struct session *);

#endif
