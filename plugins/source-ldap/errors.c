/* errors.c: what a result of libldap or of a server means, for the host and for people. */
#include "source-ldap.h"

#include <stdlib.h>
#include <string.h>

static const struct {
  const char *code, *meaning;
} ad_codes[] = {
  { "525", "there is no such user" },
  { "52e", "wrong user name or password" },
  { "530", "this account may not log on at this time" },
  { "531", "this account may not log on at this machine" },
  { "532", "the account's password has expired" },
  { "533", "the account is disabled" },
  { "701", "the account has expired" },
  { "773", "the account's password must be changed first" },
  { "775", "the account is locked out" },
};

static const char *
ad_meaning (const char *diagnostic)
{
  const char *at = diagnostic ? strstr (diagnostic, "data ") : NULL;

  for (size_t i = 0; at && i < sizeof ad_codes / sizeof *ad_codes; i++)
    if (strncmp (at + 5, ad_codes[i].code, 3) == 0 && strspn (at + 5, "0123456789abcdef") == 3)
      return ad_codes[i].meaning;
  return NULL;
}

static const char *
advice (int result)
{
  switch (result) {
  case LDAP_STRONG_AUTH_REQUIRED:
  case LDAP_CONFIDENTIALITY_REQUIRED:
    return "the server wants encryption: use ldaps:// or tls.mode: starttls";
  case LDAP_INVALID_CREDENTIALS:
    return "check bind_dn and bind_password: the password may be wrong or expired, or the account "
           "locked";
  case LDAP_NO_SUCH_OBJECT:
    return "the DN does not exist, or the bind identity may not see it";
  case LDAP_INVALID_DN_SYNTAX:
    return "it is not a DN that the server understands";
  case LDAP_INSUFFICIENT_ACCESS:
    return "the bind identity lacks the right to do this";
  case LDAP_UNAVAILABLE_CRITICAL_EXTENSION:
    return "the server does not offer paged results: set page_size: 0";
  case LDAP_TIMEOUT:
    return "no answer in time: see timeout";
  case LDAP_FILTER_ERROR:
    return "the filter's syntax is wrong";
  default:
    return error_limit_advice (result);
  }
}

const char *
error_limit_advice (int result)
{
  switch (result) {
  case LDAP_SIZELIMIT_EXCEEDED:
    return "the server's size limit was reached: raise it for the bind identity (slapd: limits "
           "dn.exact=\"…\" size=unlimited size.prtotal=unlimited; 389-ds: nsSizeLimit -1, or a "
           "smaller page_size; Active Directory: a page_size of at most MaxPageSize)";
  case LDAP_TIMELIMIT_EXCEEDED:
    return "the server's time limit was reached: raise it for the bind identity (slapd: limits "
           "… time=unlimited; 389-ds: nsTimeLimit -1; Active Directory: MaxQueryDuration)";
  case LDAP_ADMINLIMIT_EXCEEDED:
    return "an administrative limit was reached: raise it for the bind identity (389-ds: "
           "nsLookThroughLimit and nsPagedLookThroughLimit -1; slapd: size.pr and "
           "size.unchecked), or index what the filter asks for";
  default:
    return NULL;
  }
}

int32_t
error_class (int result)
{
  switch (result) {
  case LDAP_INVALID_CREDENTIALS:
  case LDAP_INAPPROPRIATE_AUTH:
  case LDAP_AUTH_METHOD_NOT_SUPPORTED:
  case LDAP_AUTH_UNKNOWN:
  case LDAP_LOCAL_ERROR: /* GSSAPI: no ticket, no such service */
    return SYNCD_E_AUTH;
  case LDAP_INSUFFICIENT_ACCESS:
    return SYNCD_E_FORBIDDEN;
  case LDAP_STRONG_AUTH_REQUIRED:
  case LDAP_CONFIDENTIALITY_REQUIRED:
  case LDAP_NO_SUCH_OBJECT:
  case LDAP_INVALID_DN_SYNTAX:
  case LDAP_FILTER_ERROR:
  case LDAP_REFERRAL:
  case LDAP_UNAVAILABLE_CRITICAL_EXTENSION:
    return SYNCD_E_CONFIG;
  case LDAP_TIMELIMIT_EXCEEDED:
  case LDAP_SIZELIMIT_EXCEEDED:
  case LDAP_ADMINLIMIT_EXCEEDED:
    return SYNCD_E_LIMIT;
  case LDAP_PROTOCOL_ERROR:
  case LDAP_DECODING_ERROR:
    return SYNCD_E_PROTOCOL;
  case LDAP_NO_MEMORY:
    return SYNCD_E_INTERNAL;
  default:
    return SYNCD_E_UNREACHABLE;
  }
}

void
error_describe (LDAP *ld, int result, const char *diagnostic, struct text *text)
{
  char *own = NULL;
  const char *meaning, *hint = advice (result);

  if (!diagnostic && ld)
    ldap_get_option (ld, LDAP_OPT_DIAGNOSTIC_MESSAGE, &own);
  if (!diagnostic)
    diagnostic = own;
  text_print (text, "%s (%d)", ldap_err2string (result), result);
  if (diagnostic && *diagnostic)
    text_print (text, "%s \"%.300s\"", result > 0 ? ": the server says" : ":", diagnostic);
  if ((meaning = ad_meaning (diagnostic)))
    text_print (text, ", which means that %s", meaning);
  if (hint)
    text_print (text, "; %s", hint);
  ldap_memfree (own);
}

int32_t
error_fail (struct syncd_ctx *ctx, const struct instance *instance, LDAP *ld, int result,
            const char *doing)
{
  struct text text = { 0 };
  int32_t rc;

  if (HOST->cancelled (ctx))
    return HOST->fail (ctx, SYNCD_E_CANCELLED, "%s was cancelled", doing);
  error_describe (ld, result, NULL, &text);
  rc = HOST->fail (ctx, error_class (result), "%s: %s failed: %s", instance->name, doing,
                   text.data ? text.data : ldap_err2string (result));
  text_fini (&text);
  return rc;
}

int32_t
error_memory (struct syncd_ctx *ctx)
{
  return HOST->fail (ctx, SYNCD_E_INTERNAL, "memory ran out");
}
