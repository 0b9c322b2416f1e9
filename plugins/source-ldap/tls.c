/* tls.c: TLS settings of a handle. Every option is set on the handle, every return code is looked at,
 * and the context is made last: whatever cannot be had as asked for ends the connection.
 *
 * libldap is built with GnuTLS or with OpenSSL. GnuTLS builds accept PROTOCOL_MIN and ignore
 * it, so the minimum is given in that library's own words, and what was negotiated is checked
 * before any secret leaves. */
#include "source-ldap.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char *const system_bundles[] = {
  "/etc/ssl/certs/ca-certificates.crt",
  "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
  "/etc/pki/tls/certs/ca-bundle.crt",
  "/etc/ssl/ca-bundle.pem",
  "/etc/ssl/cert.pem",
};

static int32_t
refused (struct syncd_ctx *ctx, const char *what, const char *value)
{
  return HOST->fail (ctx, SYNCD_E_CONFIG, "TLS cannot be set up: libldap refuses %s %s", what,
                     value ? value : "");
}

static int32_t
set_file (struct syncd_ctx *ctx, LDAP *ld, int option, const char *key, const char *path)
{
  if (!path)
    return SYNCD_OK;
  if (access (path, R_OK) != 0)
    return HOST->fail (ctx, SYNCD_E_CONFIG, "%s: %s cannot be read: %s", key, path,
                       strerror (errno));
  if (ldap_set_option (ld, option, path) != LDAP_OPT_SUCCESS)
    return refused (ctx, key, path);
  return SYNCD_OK;
}

const char *
tls_ca_file (const struct instance *instance)
{
  if (instance->ca_file)
    return instance->ca_file;
  for (size_t i = 0; i < sizeof system_bundles / sizeof *system_bundles; i++)
    if (access (system_bundles[i], R_OK) == 0)
      return system_bundles[i];
  return NULL;
}

static int32_t
set_files (struct syncd_ctx *ctx, const struct instance *instance, LDAP *ld)
{
  const char *ca = tls_ca_file (instance);
  int32_t rc;

  if (!ca && instance->verify)
    return HOST->fail (ctx, SYNCD_E_CONFIG, "tls.ca_file is not set and the system has no bundle "
                       "of CA certificates: set tls.ca_file");
  if ((rc = set_file (ctx, ld, LDAP_OPT_X_TLS_CACERTFILE, "tls.ca_file", ca)) ||
      (rc = set_file (ctx, ld, LDAP_OPT_X_TLS_CERTFILE, "tls.cert_file", instance->cert_file)))
    return rc;
  return set_file (ctx, ld, LDAP_OPT_X_TLS_KEYFILE, "tls.key_file", instance->key_file);
}

int32_t
tls_set_checks (struct syncd_ctx *ctx, LDAP *ld, bool verify)
{
  int certificate = verify ? LDAP_OPT_X_TLS_DEMAND : LDAP_OPT_X_TLS_NEVER;
  int name = verify ? LDAP_OPT_X_TLS_TRY : LDAP_OPT_X_TLS_NEVER;

  if (ldap_set_option (ld, LDAP_OPT_X_TLS_REQUIRE_CERT, &certificate) != LDAP_OPT_SUCCESS)
    return refused (ctx, "the check of certificates", NULL);
  if (ldap_set_option (ld, LDAP_OPT_X_TLS_REQUIRE_SAN, &name) != LDAP_OPT_SUCCESS)
    return refused (ctx, "the check of names", NULL);
  return SYNCD_OK;
}

static int32_t
set_minimum (struct syncd_ctx *ctx, LDAP *ld, int minimum)
{
  char *package = NULL;
  bool gnutls;
  int rc;

  if (ldap_get_option (NULL, LDAP_OPT_X_TLS_PACKAGE, &package) != LDAP_OPT_SUCCESS || !package)
    return HOST->fail (ctx, SYNCD_E_CONFIG, "this libldap is built without TLS");
  gnutls = strcmp (package, "GnuTLS") == 0;
  ldap_memfree (package);
  if (gnutls)
    rc = ldap_set_option (ld, LDAP_OPT_X_TLS_CIPHER_SUITE,
                          minimum >= LDAP_OPT_X_TLS_PROTOCOL_TLS1_3
                              ? "NORMAL:-VERS-ALL:+VERS-TLS1.3"
                              : "NORMAL:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2");
  else
    rc = ldap_set_option (ld, LDAP_OPT_X_TLS_PROTOCOL_MIN, &minimum);
  return rc == LDAP_OPT_SUCCESS ? SYNCD_OK : refused (ctx, "tls.min_version", NULL);
}

int32_t
tls_configure (struct syncd_ctx *ctx, const struct instance *instance, LDAP *ld, bool diagnosing)
{
  int client = 0;
  int32_t rc = SYNCD_OK;

  if (!diagnosing)
    rc = set_files (ctx, instance, ld);
  if (rc || (rc = tls_set_checks (ctx, ld, instance->verify && !diagnosing)) ||
      (rc = set_minimum (ctx, ld, diagnosing ? LDAP_OPT_X_TLS_PROTOCOL_TLS1_2
                                             : instance->minimum_tls)))
    return rc;
  if (ldap_set_option (ld, LDAP_OPT_X_TLS_NEWCTX, &client) == LDAP_OPT_SUCCESS)
    return SYNCD_OK;
  return HOST->fail (ctx, SYNCD_E_CONFIG, "TLS cannot be set up: the contents of %s%s%s %s not "
                     "usable (PEM certificates, and the key that belongs to them)",
                     tls_ca_file (instance) ? tls_ca_file (instance) : "the TLS options",
                     instance->cert_file ? ", " : "",
                     instance->cert_file ? instance->cert_file : "",
                     instance->cert_file ? "are" : "is");
}

/* "TLS1.3" (GnuTLS) or "TLSv1.3" (OpenSSL). */
int
tls_version (LDAP *ld)
{
  char *text = NULL;
  const char *digits;
  int version = 0;

  if (ldap_get_option (ld, LDAP_OPT_X_TLS_VERSION, &text) != LDAP_OPT_SUCCESS || !text)
    return 0;
  digits = text + strcspn (text, "0123456789");
  if (strncmp (text, "TLS", 3) == 0 && digits[0] == '1' && digits[1] == '.' && digits[2] >= '0' &&
      digits[2] <= '9')
    version = LDAP_OPT_X_TLS_PROTOCOL_TLS1_0 + (digits[2] - '0');
  else if (strncmp (text, "TLS", 3) == 0 && digits[0] == '1' && !digits[1])
    version = LDAP_OPT_X_TLS_PROTOCOL_TLS1_0;
  ldap_memfree (text);
  return version;
}

int32_t
tls_check (struct syncd_ctx *ctx, const struct instance *instance, LDAP *ld)
{
  int version;

  if (!ldap_tls_inplace (ld))
    return HOST->fail (ctx, SYNCD_E_UNREACHABLE, "the connection is not encrypted although TLS "
                       "was asked for; nothing was sent");
  version = tls_version (ld);
  if (version >= instance->minimum_tls)
    return SYNCD_OK;
  return HOST->fail (ctx, SYNCD_E_CONFIG, "the server negotiated TLS %s, and tls.min_version is "
                     "1.%d: bring the server up to date",
                     version == LDAP_OPT_X_TLS_PROTOCOL_TLS1_2 ? "1.2" : "older than 1.2",
                     instance->minimum_tls - LDAP_OPT_X_TLS_PROTOCOL_TLS1_0);
}
