/* connect.c: from a list of URIs to a session.
 *
 * libldap's own fail-over does not work together with CONNECT_ASYNC, without which silent
 * servers hang it; so each handle gets one URI, and the list is gone through here, beginning
 * with the server that answered last. */
#include "source-ldap.h"

#include <netdb.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

static bool
set_number (LDAP *ld, int option, int value)
{
  return ldap_set_option (ld, option, &value) == LDAP_OPT_SUCCESS;
}

/* Keepalive notices peers that went without a word; its options depend on the system. */
static void
set_keepalive (LDAP *ld)
{
  set_number (ld, LDAP_OPT_X_KEEPALIVE_IDLE, 60);
  set_number (ld, LDAP_OPT_X_KEEPALIVE_PROBES, 3);
  set_number (ld, LDAP_OPT_X_KEEPALIVE_INTERVAL, 10);
}

/* In the middle of a TLS record the library waits for the rest of it in read(), where no time-out of
 * libldap's and no signal reaches it. So read() gives up for a moment now and then, the library goes on
 * where it was, and the silence is counted like any other (search.c). */
static void
limit_reads (LDAP *ld)
{
  const struct timeval moment = { 0, 500000 };
  int fd = -1;

  if (ldap_get_option (ld, LDAP_OPT_DESC, &fd) == LDAP_OPT_SUCCESS && fd >= 0)
    setsockopt (fd, SOL_SOCKET, SO_RCVTIMEO, &moment, sizeof moment);
}

int32_t
connect_prepare (struct syncd_ctx *ctx, const struct instance *instance,
                 const struct endpoint *endpoint, LDAP **ret_ld)
{
  struct timeval timeout = { instance->timeout_ms / 1000,
                             (suseconds_t) (instance->timeout_ms % 1000) * 1000 };
  LDAP *ld = NULL;
  int rc = ldap_initialize (&ld, endpoint->uri);

  if (rc != LDAP_SUCCESS)
    return HOST->fail (ctx, SYNCD_E_CONFIG, "uri: \"%s\": %s", endpoint->uri, ldap_err2string (rc));
  if (!set_number (ld, LDAP_OPT_PROTOCOL_VERSION, LDAP_VERSION3) ||
      ldap_set_option (ld, LDAP_OPT_REFERRALS, LDAP_OPT_OFF) != LDAP_OPT_SUCCESS ||
      ldap_set_option (ld, LDAP_OPT_RESTART, LDAP_OPT_ON) != LDAP_OPT_SUCCESS ||
      ldap_set_option (ld, LDAP_OPT_CONNECT_ASYNC, LDAP_OPT_ON) != LDAP_OPT_SUCCESS ||
      ldap_set_option (ld, LDAP_OPT_NETWORK_TIMEOUT, &timeout) != LDAP_OPT_SUCCESS ||
      ldap_set_option (ld, LDAP_OPT_TIMEOUT, &timeout) != LDAP_OPT_SUCCESS) {
    ldap_unbind_ext (ld, NULL, NULL);
    return HOST->fail (ctx, SYNCD_E_INTERNAL, "libldap refuses options of a connection");
  }
  set_keepalive (ld);
  *ret_ld = ld;
  return SYNCD_OK;
}

/* "Who am I?", whose answer nobody waits for. */
static int
send_first (const struct endpoint *endpoint, LDAP *ld)
{
  int id, rc;

  if (endpoint->mode == TLS_STARTTLS)
    return ldap_start_tls_s (ld, NULL, NULL);
  rc = ldap_whoami (ld, NULL, NULL, &id);
  if (rc == LDAP_SUCCESS)
    ldap_abandon_ext (ld, id, NULL, NULL);
  return rc;
}

/* An asynchronous connection is finished by its first request: until the socket is ready
 * libldap says that it is connecting. The request makes libldap do the TLS handshake, too. */
int
connect_establish (struct syncd_ctx *ctx, const struct endpoint *endpoint, LDAP *ld,
                   struct watch *watch)
{
  int rc;

  while ((rc = send_first (endpoint, ld)) == LDAP_X_CONNECTING)
    if (watch_connected (watch) != SYNCD_OK || HOST->cancelled (ctx))
      return LDAP_TIMEOUT;
  return rc;
}

/* To libldap a name that nobody knows is a server that is down. */
static bool
is_unknown_name (const struct endpoint *endpoint, int result, struct text *why)
{
  struct addrinfo hints = { .ai_socktype = SOCK_STREAM }, *found = NULL;
  int rc = result == LDAP_SERVER_DOWN && endpoint->host && *endpoint->host
               ? getaddrinfo (endpoint->host, NULL, &hints, &found) : 0;

  if (rc == 0 && found)
    freeaddrinfo (found);
  if (rc != 0)
    text_print (why, "the name %s cannot be resolved: %s; check the uri and the DNS", endpoint->host,
                gai_strerror (rc));
  return rc != 0;
}

static int32_t
fail_connect (struct syncd_ctx *ctx, const struct instance *instance,
              const struct endpoint *endpoint, LDAP *ld, int result, bool reached)
{
  struct text why = { 0 };
  int32_t rc;

  if (HOST->cancelled (ctx))
    return HOST->fail (ctx, SYNCD_E_CANCELLED, "connecting to %s was cancelled", endpoint->uri);
  if (!is_unknown_name (endpoint, result, &why) && endpoint->mode != TLS_NONE && reached &&
      (result == LDAP_SERVER_DOWN || result == LDAP_CONNECT_ERROR || result == LDAP_LOCAL_ERROR))
    diagnose_tls (ctx, instance, endpoint, &why);
  if (!why.len) /* what a TLS library says of a connection that there is not leads astray */
    error_describe (ld, result, reached ? NULL : "", &why);
  if (!reached && result == LDAP_SERVER_DOWN)
    text_print (&why, "; nobody answers there: check the server, the port and the network");
  if (instance->endpoint_count > 1)
    HOST->log (ctx, SYNCD_LOG_WARNING, "%s: %s", endpoint->uri, why.data ? why.data : "");
  rc = HOST->fail (ctx, result < 0 ? SYNCD_E_UNREACHABLE : error_class (result),
                   "%s: cannot connect to %s: %s", instance->name, endpoint->uri,
                   why.data ? why.data : ldap_err2string (result));
  text_fini (&why);
  return rc;
}

static int32_t
connect_watched (struct syncd_ctx *ctx, const struct instance *instance,
                 const struct endpoint *endpoint, LDAP *ld, struct watch *watch,
                 bool *ret_unconnected)
{
  int result = connect_establish (ctx, endpoint, ld, watch);
  int32_t rc = SYNCD_OK;

  if (result != LDAP_SUCCESS) {
    *ret_unconnected = watch_unconnected (watch);
    return fail_connect (ctx, instance, endpoint, ld, result, !*ret_unconnected);
  }
  if (endpoint->mode != TLS_NONE)
    rc = tls_check (ctx, instance, ld);
  return rc == SYNCD_OK ? bind_session (ctx, instance, endpoint, ld) : rc;
}

/* Connection, TLS and bind with one server. */
static int32_t
connect_once (struct syncd_ctx *ctx, const struct instance *instance,
              const struct endpoint *endpoint, bool asynchronous, LDAP **ret_ld,
              bool *ret_unconnected)
{
  struct watch *watch;
  LDAP *ld;
  int32_t rc = connect_prepare (ctx, instance, endpoint, &ld);

  if (rc != SYNCD_OK)
    return rc;
  if (!asynchronous)
    ldap_set_option (ld, LDAP_OPT_CONNECT_ASYNC, LDAP_OPT_OFF);
  if (endpoint->mode != TLS_NONE)
    rc = tls_prepare (ctx, instance, ld, false);
  if (rc == SYNCD_OK) {
    watch = watch_start (ctx, ld, instance->timeout_ms * 2);
    rc = watch ? connect_watched (ctx, instance, endpoint, ld, watch, ret_unconnected)
               : error_memory (ctx);
    if (watch)
      watch_end (watch);
  }
  if (rc == SYNCD_OK) {
    limit_reads (ld);
    *ret_ld = ld;
  } else
    ldap_unbind_ext (ld, NULL, NULL);
  return rc;
}

static bool
has_more_addresses (const char *host)
{
  struct addrinfo hints = { .ai_socktype = SOCK_STREAM }, *list = NULL;
  bool several = false;

  if (*host && getaddrinfo (host, NULL, &hints, &list) == 0)
    several = list->ai_next != NULL;
  if (list)
    freeaddrinfo (list);
  return several;
}

/* Asynchronously libldap tries only the first address of a name. Where that one cannot be
 * reached and there are others, it is asked once more to go through all of them. */
static int32_t
connect_endpoint (struct syncd_ctx *ctx, const struct instance *instance,
                  const struct endpoint *endpoint, LDAP **ret_ld)
{
  bool unconnected = false;
  int32_t rc = connect_once (ctx, instance, endpoint, true, ret_ld, &unconnected);

  if (rc == SYNCD_E_UNREACHABLE && unconnected && has_more_addresses (endpoint->host))
    rc = connect_once (ctx, instance, endpoint, false, ret_ld, &unconnected);
  return rc;
}

/* Only what may be different at the next server is worth trying there. */
static bool
worth_another (int32_t rc)
{
  return rc == SYNCD_E_UNREACHABLE || rc == SYNCD_E_PROTOCOL;
}

static int32_t
session_connect (struct syncd_ctx *ctx, struct session *session)
{
  struct instance *instance = session->instance;
  size_t n = instance->endpoint_count, first = atomic_load (&instance->preferred) % n;
  int32_t rc = SYNCD_E_UNREACHABLE;

  for (size_t i = 0; i < n; i++) {
    const struct endpoint *endpoint = &instance->endpoints[(first + i) % n];

    rc = connect_endpoint (ctx, instance, endpoint, &session->ld);
    if (rc == SYNCD_OK) {
      atomic_store (&instance->preferred, (first + i) % n);
      session->endpoint = endpoint;
      session->broken = false;
      return SYNCD_OK;
    }
    if (!worth_another (rc))
      return rc;
    if (i + 1 < n)
      HOST->log (ctx, SYNCD_LOG_WARNING, "%s does not serve: trying %s", endpoint->uri,
                 instance->endpoints[(first + i + 1) % n].uri);
  }
  return rc;
}

static void
session_disconnect (struct session *session)
{
  if (session->ld)
    ldap_unbind_ext (session->ld, NULL, NULL);
  session->ld = NULL;
  server_forget (session);
}

static int32_t
session_start (struct syncd_ctx *ctx, struct session *session)
{
  int32_t rc = session_connect (ctx, session);

  if (rc == SYNCD_OK)
    rc = server_discover (ctx, session);
  if (rc != SYNCD_OK)
    session_disconnect (session);
  return rc;
}

int32_t
session_open (struct syncd_ctx *ctx, struct instance *instance, struct session **ret)
{
  struct session *session = calloc (1, sizeof *session);
  int32_t rc;

  if (!session)
    return error_memory (ctx);
  session->instance = instance;
  if (!instance->verify)
    HOST->log (ctx, SYNCD_LOG_WARNING, "tls.verify is false: whoever answers for the server gets "
               "the password and decides what is read");
  rc = session_start (ctx, session);
  if (rc == SYNCD_OK)
    *ret = session;
  else
    free (session);
  return rc;
}

void
session_close (struct session *session)
{
  session_disconnect (session);
  free (session);
}

/* A socket that is readable while nothing was asked was closed by the server. */
static bool
went_away (const struct session *session)
{
  struct pollfd idle = { .fd = -1, .events = POLLIN };

  if (session->scanning)
    return false;
  if (!session->ld || session->broken ||
      ldap_get_option (session->ld, LDAP_OPT_DESC, &idle.fd) != LDAP_OPT_SUCCESS || idle.fd < 0)
    return true;
  return poll (&idle, 1, 0) != 0;
}

int32_t
session_ensure (struct syncd_ctx *ctx, struct session *session)
{
  if (!went_away (session))
    return SYNCD_OK;
  HOST->log (ctx, SYNCD_LOG_DEBUG, "the connection is gone: connecting again");
  session_disconnect (session);
  return session_start (ctx, session);
}
