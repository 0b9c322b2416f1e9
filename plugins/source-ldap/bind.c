/* bind.c: says who we are: anonymous, simple (password.c), SASL EXTERNAL, SASL GSSAPI.
 * Runs under a watch: its calls wait inside libldap. */
#include "source-ldap.h"

#include <stdlib.h>
#include <string.h>

/* What libsasl2 asks through libldap: its sasl_interact_t, whose layout has been the same
 * since its first version. Declared here so that only libldap needs that library. */
struct sasl_question {
  unsigned long id; /* 0 ends the list */
  const char *challenge, *prompt, *proposal;
  const void *answer;
  unsigned len;
};

static int
answer_questions (LDAP *ld, unsigned flags, void *defaults, void *questions)
{
  (void) ld, (void) flags, (void) defaults;
  for (struct sasl_question *q = questions; q->id; q++) {
    q->answer = q->proposal ? q->proposal : "";
    q->len = (unsigned) strlen (q->answer);
  }
  return LDAP_SUCCESS;
}

/* Without TLS the bind must bring encryption; under TLS Active Directory refuses a second. */
static int32_t
bind_gssapi (struct syncd_ctx *ctx, const struct instance *instance,
             const struct endpoint *endpoint, LDAP *ld)
{
  ber_len_t minimum = endpoint->mode == TLS_NONE ? 56 : 0, maximum = minimum ? 256 : 0, got = 0;
  int rc;

  if (ldap_set_option (ld, LDAP_OPT_X_SASL_NOCANON, LDAP_OPT_ON) != LDAP_OPT_SUCCESS ||
      ldap_set_option (ld, LDAP_OPT_X_SASL_SSF_MIN, &minimum) != LDAP_OPT_SUCCESS ||
      ldap_set_option (ld, LDAP_OPT_X_SASL_SSF_MAX, &maximum) != LDAP_OPT_SUCCESS)
    return HOST->fail (ctx, SYNCD_E_CONFIG, "this libldap is built without SASL");
  rc = ldap_sasl_interactive_bind_s (ld, NULL, "GSSAPI", NULL, NULL, LDAP_SASL_QUIET,
                                     answer_questions, NULL);
  if (rc != LDAP_SUCCESS)
    return error_fail (ctx, instance, ld, rc, "the GSSAPI bind (check the ticket or keytab of "
                       "KRB5_CLIENT_KTNAME, and that the uri has the server's name)");
  if (minimum && (ldap_get_option (ld, LDAP_OPT_X_SASL_SSF, &got) != LDAP_OPT_SUCCESS ||
                  got < minimum))
    return HOST->fail (ctx, SYNCD_E_CONFIG, "%s: the GSSAPI bind does not encrypt the connection: "
                       "use ldaps:// or tls.mode: starttls", endpoint->uri);
  return SYNCD_OK;
}

static int32_t
bind_external (struct syncd_ctx *ctx, const struct instance *instance, LDAP *ld)
{
  char nothing[] = ""; /* an empty first answer: without one the server would ask for it */
  struct berval empty = { 0, nothing };
  int rc = ldap_sasl_bind_s (ld, NULL, "EXTERNAL", &empty, NULL, NULL, NULL);

  if (rc == LDAP_SUCCESS)
    return SYNCD_OK;
  return error_fail (ctx, instance, ld, rc, "the SASL EXTERNAL bind (the server must accept the "
                     "client certificate of tls.cert_file, or the local user on ldapi)");
}

int32_t
bind_session (struct syncd_ctx *ctx, const struct instance *instance,
              const struct endpoint *endpoint, LDAP *ld)
{
  if (instance->mechanism && strcmp (instance->mechanism, "GSSAPI") == 0)
    return bind_gssapi (ctx, instance, endpoint, ld);
  if (instance->mechanism)
    return bind_external (ctx, instance, ld);
  return password_bind (ctx, instance, ld);
}
