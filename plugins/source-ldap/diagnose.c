/* diagnose.c: says why a TLS handshake fails.
 *
 * libldap with GnuTLS says "Can't contact LDAP server" for an unknown CA, a wrong name and an
 * expired certificate alike. A second handshake that accepts anything shows the server's
 * certificate, which is then judged here. Nothing but the handshake is sent. */
#include "source-ldap.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>
#include <string.h>

static void
add_name (struct text *text, X509_NAME *name)
{
  BIO *bio = BIO_new (BIO_s_mem ());
  char *data;
  long len;

  if (!bio)
    return;
  X509_NAME_print_ex (bio, name, 0, XN_FLAG_RFC2253 & ~ASN1_STRFLGS_ESC_MSB);
  len = BIO_get_mem_data (bio, &data);
  if (len > 0)
    text_add (text, data, (size_t) len);
  BIO_free (bio);
}

static void
add_time (struct text *text, const ASN1_TIME *time)
{
  struct tm tm;

  if (ASN1_TIME_to_tm (time, &tm))
    text_print (text, "%04d-%02d-%02d", tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday);
}

static void
add_subject_names (struct text *text, X509 *certificate)
{
  GENERAL_NAMES *names = X509_get_ext_d2i (certificate, NID_subject_alt_name, NULL, NULL);
  int n = names ? sk_GENERAL_NAME_num (names) : 0;

  for (int i = 0; i < n && i < 10; i++) {
    const GENERAL_NAME *name = sk_GENERAL_NAME_value (names, i);

    if (name->type == GEN_DNS)
      text_print (text, "%s%.*s", i ? ", " : "", ASN1_STRING_length (name->d.dNSName),
                  (const char *) ASN1_STRING_get0_data (name->d.dNSName));
    else if (name->type == GEN_IPADD && ASN1_STRING_length (name->d.iPAddress) == 4) {
      const unsigned char *ip = ASN1_STRING_get0_data (name->d.iPAddress);

      text_print (text, "%s%d.%d.%d.%d", i ? ", " : "", ip[0], ip[1], ip[2], ip[3]);
    }
  }
  if (!n)
    add_name (text, X509_get_subject_name (certificate));
  GENERAL_NAMES_free (names);
}

static bool
judge_dates (struct text *text, X509 *certificate)
{
  const ASN1_TIME *from = X509_get0_notBefore (certificate), *to = X509_get0_notAfter (certificate);

  if (X509_cmp_current_time (to) < 0) {
    text_print (text, "the server's certificate expired on ");
    add_time (text, to);
    text_print (text, ": renew it on the server");
    return true;
  }
  if (X509_cmp_current_time (from) > 0) {
    text_print (text, "the server's certificate is not valid before ");
    add_time (text, from);
    text_print (text, ": check this machine's clock");
    return true;
  }
  return false;
}

/* Signed, directly, by a certificate of the file? Intermediates that the server sent are not
 * seen here, so a "no" is only said where nothing else is wrong. */
static bool
judge_chain (struct text *text, X509 *certificate, const char *ca_file)
{
  X509_STORE *store = X509_STORE_new ();
  X509_STORE_CTX *check = X509_STORE_CTX_new ();
  bool trusted = false;

  if (store && check && ca_file && X509_STORE_load_file (store, ca_file) == 1) {
    X509_STORE_set_flags (store, X509_V_FLAG_NO_CHECK_TIME | X509_V_FLAG_PARTIAL_CHAIN);
    if (X509_STORE_CTX_init (check, store, certificate, NULL) == 1)
      trusted = X509_verify_cert (check) == 1;
  }
  X509_STORE_CTX_free (check);
  X509_STORE_free (store);
  ERR_clear_error ();
  if (trusted)
    return false;
  text_print (text, "the server's certificate is issued by ");
  add_name (text, X509_get_issuer_name (certificate));
  text_print (text, ", which %s does not vouch for: put that CA's certificate into tls.ca_file",
              ca_file ? ca_file : "the system's bundle of CA certificates");
  return true;
}

static bool
judge_host (struct text *text, X509 *certificate, const char *host)
{
  if (X509_check_host (certificate, host, 0, 0, NULL) == 1 ||
      X509_check_ip_asc (certificate, host, 0) == 1)
    return false;
  text_print (text, "the server's certificate is for ");
  add_subject_names (text, certificate);
  text_print (text, ", not for %s: write the server's own name in the uri, or give it a "
              "certificate with this one", host);
  return true;
}

static void
judge (const struct instance *instance, const struct endpoint *endpoint, LDAP *ld,
       struct text *text)
{
  struct berval der = { 0, NULL };
  const unsigned char *at;
  X509 *certificate = NULL;

  if (ldap_get_option (ld, LDAP_OPT_X_TLS_PEERCERT, &der) == LDAP_OPT_SUCCESS && der.bv_val) {
    at = (const unsigned char *) der.bv_val;
    certificate = d2i_X509 (NULL, &at, (long) der.bv_len);
  }
  if (tls_version (ld) && tls_version (ld) < instance->minimum_tls)
    text_print (text, "the server speaks no TLS version that tls.min_version allows: bring the "
                "server up to date, or lower tls.min_version to 1.2");
  else if (certificate && !judge_dates (text, certificate) &&
           !judge_host (text, certificate, endpoint->host))
    judge_chain (text, certificate, instance->ca_file);
  X509_free (certificate);
  ldap_memfree (der.bv_val);
  ERR_clear_error ();
}

void
diagnose_tls (struct syncd_ctx *ctx, const struct instance *instance,
              const struct endpoint *endpoint, struct text *text)
{
  struct watch *watch;
  LDAP *ld = NULL;

  if (connect_prepare (ctx, instance, endpoint, &ld) != SYNCD_OK)
    return;
  if (tls_prepare (ctx, instance, ld, true) == SYNCD_OK &&
      (watch = watch_start (ctx, ld, instance->timeout_ms * 2))) {
    int result = connect_establish (ctx, endpoint, ld, watch);

    if (ldap_tls_inplace (ld))
      judge (instance, endpoint, ld, text);
    else if (result != LDAP_SUCCESS)
      text_print (text, "the TLS handshake fails whatever the certificate: the server may speak "
                  "no TLS on this port, only versions older than 1.2, or ask for a client "
                  "certificate (tls.cert_file)");
    watch_end (watch);
  }
  ldap_unbind_ext (ld, NULL, NULL);
}
