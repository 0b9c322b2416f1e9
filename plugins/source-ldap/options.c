/* options.c: the options of the LDAP source and the settings made of them.
 * No network. Called by create(); the settings are read-only afterwards. */
#include "grade.h"

#include <stdlib.h>
#include <string.h>

#define TEXT SYNCD_OPT_STRING
#define DEFAULT_FILTER "(&(objectClass=person)(objectClass=organizationalPerson))"

const struct syncd_option ldap_options[LDAP_OPTION_COUNT] = {
  { "uri", SYNCD_OPT_URI | SYNCD_OPT_LIST | SYNCD_OPT_REQUIRED, 0, NULL, NULL, "LDAP_HOST",
    "servers to try in this order: ldaps://, ldap:// or ldapi:// URIs" },
  { "base", TEXT | SYNCD_OPT_REQUIRED, 0, NULL, NULL, "LDAP_BASE_DN",
    "DN below which the entries are" },
  { "scope", SYNCD_OPT_ENUM, 0, "subtree", "subtree onelevel base", NULL,
    "how deep below the base to look" },
  { "filter", TEXT, 0, DEFAULT_FILTER, NULL, NULL, "which entries are people (RFC 4515)" },
  { "bind_dn", TEXT, 0, NULL, NULL, "LDAP_BIND_DN", "who to bind as; not set: anonymous" },
  { "bind_password", TEXT | SYNCD_OPT_SECRET, 0, NULL, NULL, "LDAP_BIND_PW",
    "password of bind_dn" },
  { "sasl.mechanism", SYNCD_OPT_ENUM, 0, NULL, "GSSAPI EXTERNAL", NULL,
    "bind with SASL instead of bind_dn and bind_password" },
  { "tls.mode", SYNCD_OPT_ENUM, 0, NULL, "ldaps starttls none", NULL,
    "how the connection is encrypted; not set: as the URI says" },
  { "tls.ca_file", SYNCD_OPT_PATH, 0, NULL, NULL, "LDAP_CA_CERT",
    "CA certificates that servers are checked with; not set: the system's bundle" },
  { "tls.cert_file", SYNCD_OPT_PATH, 0, NULL, NULL, NULL, "client certificate (PEM)" },
  { "tls.key_file", SYNCD_OPT_PATH, 0, NULL, NULL, NULL, "key of the client certificate (PEM)" },
  { "tls.min_version", SYNCD_OPT_ENUM, 0, "1.2", "1.2 1.3", NULL,
    "oldest TLS version that is accepted" },
  { "tls.verify", SYNCD_OPT_BOOL, 0, "true", NULL, NULL,
    "check the server's certificate and name; false is unsafe" },
  { "page_size", SYNCD_OPT_INT, 0, "1000", NULL, NULL,
    "entries asked for at a time (RFC 2696); 0: no paging" },
  { "id_attribute", TEXT, 0, "auto", NULL, NULL,
    "attribute that holds an entry's stable id; auto: found out" },
  { "changes", SYNCD_OPT_ENUM, 0, "auto",
    "auto syncrepl dirsync usn changelog timestamp inventory full", NULL,
    "how changes are found" },
  { "referrals", SYNCD_OPT_ENUM, 0, "report", "report ignore", NULL,
    "what references to other servers mean: report makes a read incomplete" },
};
_Static_assert (sizeof ldap_options / sizeof *ldap_options == LDAP_OPTION_COUNT, "count");

static bool
is_set (const char *text)
{
  return text && *text;
}

static bool
is_loopback (const char *host)
{
  return strcmp (host, "localhost") == 0 || strcmp (host, "::1") == 0 ||
         (strncmp (host, "127.", 4) == 0 && strspn (host, "0123456789.") == strlen (host));
}

static int32_t
mode_of (struct syncd_ctx *ctx, const char *uri, const char *scheme, const char *word,
         enum tls_mode *ret_mode)
{
  bool ldaps = strcmp (scheme, "ldaps") == 0, local = strcmp (scheme, "ldapi") == 0;

  if (is_set (word) && !local && ldaps != (strcmp (word, "ldaps") == 0))
    return HOST->fail (ctx, SYNCD_E_CONFIG,
                       "tls.mode is %s, but the uri is %s: use %s, or leave tls.mode out", word,
                       uri, ldaps ? "tls.mode: ldaps" : "an ldaps:// uri");
  *ret_mode = ldaps ? TLS_LDAPS : TLS_NONE;
  if (!local && is_set (word) && strcmp (word, "starttls") == 0)
    *ret_mode = TLS_STARTTLS;
  return SYNCD_OK;
}

static char *
plain_host (const char *host)
{
  size_t len = host ? strlen (host) : 0;

  if (len > 2 && host[0] == '[' && host[len - 1] == ']')
    return strndup (host + 1, len - 2);
  return strdup (host ? host : "");
}

static int32_t
read_endpoint (struct syncd_ctx *ctx, const char *uri, const char *word, struct endpoint *endpoint)
{
  LDAPURLDesc *url = NULL;
  int32_t rc;

  if (ldap_url_parse (uri, &url) != LDAP_URL_SUCCESS || !url->lud_scheme)
    rc = HOST->fail (ctx, SYNCD_E_CONFIG,
                     "uri: \"%s\" is not an LDAP URI: write ldaps://HOST or ldaps://HOST:PORT",
                     uri);
  else if (is_set (url->lud_dn) || url->lud_filter || url->lud_attrs)
    rc = HOST->fail (ctx, SYNCD_E_CONFIG,
                     "uri: \"%s\" holds more than a server: base, scope and filter are options of "
                     "their own", uri);
  else
    rc = mode_of (ctx, uri, url->lud_scheme, word, &endpoint->mode);
  if (rc == SYNCD_OK) {
    bool local = strcmp (url->lud_scheme, "ldapi") == 0;

    endpoint->uri = uri;
    endpoint->host = plain_host (local ? "" : url->lud_host);
    endpoint->loopback = endpoint->host && (local || is_loopback (endpoint->host));
    if (!endpoint->host)
      rc = error_memory (ctx);
  }
  if (url)
    ldap_free_urldesc (url);
  return rc;
}

/* With GSSAPI the bind itself encrypts: bind.c asks for that and checks it. */
static int32_t
check_plaintext (struct syncd_ctx *ctx, const struct instance *instance,
                 const struct endpoint *endpoint)
{
  bool sealed = instance->mechanism && strcmp (instance->mechanism, "GSSAPI") == 0;

  if (endpoint->mode != TLS_NONE || endpoint->loopback || instance->plaintext_allowed || sealed)
    return SYNCD_OK;
  return HOST->fail (ctx, SYNCD_E_CONFIG,
                     "%s would send the password and all data unencrypted: use ldaps://, or "
                     "tls.mode: starttls, or (unsafe) allow_plaintext: true", endpoint->uri);
}

static int32_t
read_endpoints (struct syncd_ctx *ctx, const struct syncd_config *config,
                struct instance *instance)
{
  size_t n = HOST->config_count (config, "uri");
  int32_t rc = SYNCD_OK;

  if (!n)
    return HOST->fail (ctx, SYNCD_E_CONFIG, "uri is not set: write the servers to read from");
  instance->endpoints = calloc (n, sizeof *instance->endpoints);
  if (!instance->endpoints)
    return error_memory (ctx);
  for (size_t i = 0; i < n && rc == SYNCD_OK; i++) {
    instance->endpoint_count = i + 1;
    rc = read_endpoint (ctx, HOST->config_item (config, "uri", i),
                        HOST->config_text (config, "tls.mode"), &instance->endpoints[i]);
    if (rc == SYNCD_OK)
      rc = check_plaintext (ctx, instance, &instance->endpoints[i]);
  }
  return rc;
}

static int32_t
check_bind (struct syncd_ctx *ctx, const struct instance *instance)
{
  if (instance->mechanism && (instance->bind_dn || instance->bind_password))
    return HOST->fail (ctx, SYNCD_E_CONFIG,
                       "sasl.mechanism and bind_dn are both set: only one of them can be used");
  if (instance->bind_dn && !instance->bind_password)
    return HOST->fail (ctx, SYNCD_E_CONFIG,
                       "bind_dn is set and bind_password is empty: servers take that for an "
                       "anonymous bind; set bind_password, or remove bind_dn");
  if (instance->bind_password && !instance->bind_dn)
    return HOST->fail (ctx, SYNCD_E_CONFIG,
                       "bind_password is set and bind_dn is not: say who the password is of");
  if (!instance->cert_file != !instance->key_file)
    return HOST->fail (ctx, SYNCD_E_CONFIG, "tls.cert_file and tls.key_file belong together: %s "
                       "is missing", instance->cert_file ? "tls.key_file" : "tls.cert_file");
  return SYNCD_OK;
}

static int32_t
read_changes (struct syncd_ctx *ctx, const struct syncd_config *config, struct instance *instance)
{
  const char *word = HOST->config_text (config, "changes");
  const struct grade *grade = NULL;

  instance->changes = CHANGES_AUTO;
  if (!is_set (word) || strcmp (word, "auto") == 0)
    return SYNCD_OK;
  grade = grade_named (word);
  if (!grade)
    return HOST->fail (ctx, SYNCD_E_CONFIG, "changes: there is no %s: use auto", word);
  instance->changes = grade->is;
  return SYNCD_OK;
}

static const char *
set_text (const struct syncd_config *config, const char *key)
{
  const char *text = HOST->config_text (config, key);

  return is_set (text) ? text : NULL;
}

static int32_t
read_numbers (struct syncd_ctx *ctx, const struct syncd_config *config, struct instance *instance)
{
  int64_t page = HOST->config_number (config, "page_size");
  int64_t timeout = HOST->config_number (config, "timeout");

  if (page < 0 || page > 100000)
    return HOST->fail (ctx, SYNCD_E_CONFIG, "page_size is %lld: it is 0 (no paging) to 100000",
                       (long long) page);
  instance->page_size = (int) page;
  instance->timeout_ms = timeout <= 0 ? 30000 : timeout > 3600000 ? 3600000 : (uint32_t) timeout;
  instance->verify = HOST->config_number (config, "tls.verify") != 0;
  instance->plaintext_allowed = HOST->config_number (config, "allow_plaintext") != 0;
  return SYNCD_OK;
}

static void
read_words (const struct syncd_config *config, struct instance *instance)
{
  const char *scope = set_text (config, "scope"), *version = set_text (config, "tls.min_version");
  const char *referrals = set_text (config, "referrals"), *id = set_text (config, "id_attribute");

  instance->scope = !scope || strcmp (scope, "subtree") == 0 ? LDAP_SCOPE_SUBTREE
                    : strcmp (scope, "onelevel") == 0        ? LDAP_SCOPE_ONELEVEL
                                                             : LDAP_SCOPE_BASE;
  instance->minimum_tls = version && strcmp (version, "1.3") == 0 ? LDAP_OPT_X_TLS_PROTOCOL_TLS1_3
                                                                  : LDAP_OPT_X_TLS_PROTOCOL_TLS1_2;
  instance->referrals_ignored = referrals && strcmp (referrals, "ignore") == 0;
  instance->id_attribute = id && strcmp (id, "auto") != 0 ? id : NULL;
}

static void
read_texts (const struct syncd_config *config, struct instance *instance)
{
  instance->name = HOST->config_name (config);
  instance->base = HOST->config_text (config, "base");
  instance->filter = set_text (config, "filter");
  if (!instance->filter)
    instance->filter = DEFAULT_FILTER;
  instance->bind_dn = set_text (config, "bind_dn");
  instance->bind_password = set_text (config, "bind_password");
  instance->mechanism = set_text (config, "sasl.mechanism");
  instance->ca_file = set_text (config, "tls.ca_file");
  instance->cert_file = set_text (config, "tls.cert_file");
  instance->key_file = set_text (config, "tls.key_file");
}

static int32_t
check_dn (struct syncd_ctx *ctx, const char *key, const char *text)
{
  LDAPDN dn = NULL;

  if (!text)
    return SYNCD_OK;
  if (ldap_str2dn (text, &dn, LDAP_DN_FORMAT_LDAPV3) != LDAP_SUCCESS)
    return HOST->fail (ctx, SYNCD_E_CONFIG, "%s: \"%s\" is not a DN (such as dc=example,dc=com)",
                       key, text);
  ldap_dnfree (dn);
  return SYNCD_OK;
}

int32_t
options_read (struct syncd_ctx *ctx, const struct syncd_config *config, struct instance *instance)
{
  int32_t rc;

  read_texts (config, instance);
  read_words (config, instance);
  if (!instance->base)
    return HOST->fail (ctx, SYNCD_E_CONFIG, "base is not set: write the DN below which the people "
                       "are, such as ou=people,dc=example,dc=com");
  if ((rc = read_numbers (ctx, config, instance)) || (rc = read_changes (ctx, config, instance)) ||
      (rc = check_bind (ctx, instance)) || (rc = check_dn (ctx, "base", instance->base)) ||
      (rc = read_endpoints (ctx, config, instance)))
    return rc;
  return filter_check_syntax (ctx, instance);
}

void
options_fini (struct instance *instance)
{
  for (size_t i = 0; i < instance->endpoint_count; i++)
    free (instance->endpoints[i].host);
  free (instance->endpoints);
}
