/* tls-context.c: TLS contexts, made once and lent to every connection with the same settings.
 *
 * libldap built with GnuTLS does not free all of a context (8 KiB, and a client certificate),
 * which would add up in a process that connects every few minutes for months; and reading a
 * bundle of CA certificates takes 20 ms. libldap hands out references to a context but takes
 * none back, so contexts are kept here until the process ends: one for each set of settings and
 * file contents. Together with the host's table this is all that is static in this plugin. */
#include "source-ldap.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

struct context {
  struct context *next;
  void *context;  /* libldap's */
  char stamp[65]; /* of the settings and files that it was made of */
};

static struct context *contexts;
static pthread_mutex_t contexts_lock = PTHREAD_MUTEX_INITIALIZER;

static void
stamp_file (const char *path, struct text *text)
{
  struct stat status;

  text_print (text, "%s\n", path ? path : "");
  if (path && stat (path, &status) == 0)
    text_print (text, "%lld %lld %lld %lld\n", (long long) status.st_ino,
                (long long) status.st_size, (long long) status.st_mtim.tv_sec,
                (long long) status.st_mtim.tv_nsec);
}

static void
stamp_settings (const struct instance *instance, bool diagnosing, char ret_stamp[65])
{
  struct text text = { 0 };

  text_print (&text, "%d %d %d\n", diagnosing, instance->verify, instance->minimum_tls);
  if (!diagnosing) {
    stamp_file (tls_ca_file (instance), &text);
    stamp_file (instance->cert_file, &text);
    stamp_file (instance->key_file, &text);
  }
  text_fingerprint (&text, ret_stamp);
  text_fini (&text);
}

static int32_t
context_make (struct syncd_ctx *ctx, const struct instance *instance, bool diagnosing,
              struct context *context)
{
  LDAP *ld = NULL;
  int32_t rc;

  if (ldap_initialize (&ld, NULL) != LDAP_SUCCESS)
    return error_memory (ctx);
  rc = tls_configure (ctx, instance, ld, diagnosing);
  if (rc == SYNCD_OK &&
      (ldap_get_option (ld, LDAP_OPT_X_TLS_CTX, &context->context) != LDAP_OPT_SUCCESS ||
       !context->context))
    rc = HOST->fail (ctx, SYNCD_E_CONFIG, "TLS cannot be set up: libldap shows no context");
  ldap_unbind_ext (ld, NULL, NULL);
  return rc;
}

static int32_t
context_find (struct syncd_ctx *ctx, const struct instance *instance, bool diagnosing,
              const char *stamp, void **ret_context)
{
  struct context *context = contexts;
  int32_t rc;

  while (context && strcmp (context->stamp, stamp) != 0)
    context = context->next;
  if (!context) {
    context = calloc (1, sizeof *context);
    if (!context)
      return error_memory (ctx);
    rc = context_make (ctx, instance, diagnosing, context);
    if (rc != SYNCD_OK) {
      free (context);
      return rc;
    }
    memcpy (context->stamp, stamp, sizeof context->stamp);
    context->next = contexts;
    contexts = context;
  }
  *ret_context = context->context;
  return SYNCD_OK;
}

int32_t
tls_prepare (struct syncd_ctx *ctx, const struct instance *instance, LDAP *ld, bool diagnosing)
{
  void *context = NULL;
  char stamp[65];
  int32_t rc = tls_set_checks (ctx, ld, instance->verify && !diagnosing);

  if (rc != SYNCD_OK)
    return rc;
  stamp_settings (instance, diagnosing, stamp);
  pthread_mutex_lock (&contexts_lock);
  rc = context_find (ctx, instance, diagnosing, stamp, &context);
  if (rc == SYNCD_OK && ldap_set_option (ld, LDAP_OPT_X_TLS_CTX, context) != LDAP_OPT_SUCCESS)
    rc = HOST->fail (ctx, SYNCD_E_CONFIG, "TLS cannot be set up: libldap takes no context");
  pthread_mutex_unlock (&contexts_lock);
  return rc;
}
