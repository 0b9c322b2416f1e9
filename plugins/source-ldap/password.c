/* password.c: the simple bind, and what a server that keeps a password policy says of the password
 * (draft-behera-ldap-password-policy: OpenLDAP's ppolicy, 389 Directory Server). Without being asked
 * such a server says no more than "invalid credentials". Runs under a watch, see bind.c. */
#include "source-ldap.h"

struct policy {
  ber_int_t expires_s, grace; /* -1: not told */
  LDAPPasswordPolicyError state;
};

/* A result of the bind; the policy where the server told one. */
static int
bind_with_control (LDAP *ld, const char *dn, struct berval *password, struct policy *policy)
{
  char oid[] = LDAP_CONTROL_PASSWORDPOLICYREQUEST;
  LDAPControl ask = { .ldctl_oid = oid }, *controls[] = { dn ? &ask : NULL, NULL };
  LDAPControl **answer = NULL, *told;
  LDAPMessage *message = NULL;
  int id, code = LDAP_SUCCESS;
  int rc = ldap_sasl_bind (ld, dn, LDAP_SASL_SIMPLE, password, controls, NULL, &id);

  if (rc != LDAP_SUCCESS)
    return rc;
  rc = ldap_result (ld, id, LDAP_MSG_ALL, NULL, &message);
  if (rc <= 0) {
    if (rc == 0)
      return LDAP_TIMEOUT;
    ldap_get_option (ld, LDAP_OPT_RESULT_CODE, &code);
    return code ? code : LDAP_SERVER_DOWN;
  }
  rc = ldap_parse_result (ld, message, &code, NULL, NULL, NULL, &answer, 1);
  told = ldap_control_find (LDAP_CONTROL_PASSWORDPOLICYRESPONSE, answer, NULL);
  if (told && ldap_parse_passwordpolicy_control (ld, told, &policy->expires_s, &policy->grace,
                                                 &policy->state) != LDAP_SUCCESS)
    *policy = (struct policy){ -1, -1, PP_noError };
  ldap_controls_free (answer);
  /* the controls may have been parsed since: the result is the bind's again */
  ldap_set_option (ld, LDAP_OPT_RESULT_CODE, &code);
  return rc == LDAP_SUCCESS ? code : rc;
}

static void
warn (struct syncd_ctx *ctx, const struct instance *instance, const struct policy *policy)
{
  const char *dn = instance->bind_dn;
  long hours = policy->expires_s / 3600;

  if (policy->grace >= 0)
    HOST->log (ctx, SYNCD_LOG_WARNING, "the password of %s has expired, and the server takes it %d "
               "times more: set a new one there, and as bind_password", dn, (int) policy->grace);
  else if (policy->expires_s >= 0 && hours >= 48)
    HOST->log (ctx, SYNCD_LOG_WARNING, "the password of %s expires in %ld days: set a new one there, "
               "and as bind_password", dn, hours / 24);
  else if (policy->expires_s >= 0)
    HOST->log (ctx, SYNCD_LOG_WARNING, "the password of %s expires in %ld hours: set a new one there, "
               "and as bind_password", dn, hours);
}

static const char *
meaning (LDAPPasswordPolicyError state)
{
  switch (state) {
  case PP_passwordExpired:
    return "the password has expired: set a new one there, and as bind_password";
  case PP_accountLocked:
    return "the account is locked: unlock it there";
  case PP_changeAfterReset:
    return "the password was set by somebody else, and must be changed before it is good for "
           "anything: set a new one as this account itself (ldappasswd), and as bind_password";
  default:
    return NULL;
  }
}

int32_t
password_bind (struct syncd_ctx *ctx, const struct instance *instance, LDAP *ld)
{
  struct berval password = { 0, NULL };
  struct policy policy = { -1, -1, PP_noError };
  struct text doing = { 0 };
  int32_t rc;

  if (instance->bind_password)
    ber_str2bv (instance->bind_password, 0, 0, &password);
  rc = bind_with_control (ld, instance->bind_dn, &password, &policy);
  if (rc == LDAP_SUCCESS && policy.state != PP_changeAfterReset) {
    warn (ctx, instance, &policy);
    return SYNCD_OK;
  }
  if ((rc == LDAP_SUCCESS || rc == LDAP_INVALID_CREDENTIALS) && meaning (policy.state))
    return HOST->fail (ctx, SYNCD_E_AUTH, "%s: the bind as %s failed: the server says that %s",
                       instance->name, instance->bind_dn, meaning (policy.state));
  if (instance->bind_dn)
    text_print (&doing, "the bind as %s", instance->bind_dn);
  else
    text_print (&doing, "the anonymous bind (bind_dn is not set)");
  rc = error_fail (ctx, instance, ld, rc, doing.data ? doing.data : "the bind");
  text_fini (&doing);
  return rc;
}
