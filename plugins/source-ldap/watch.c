/* watch.c: keeps blocking calls of libldap from lasting longer than they may.
 *
 * libldap waits inside TLS handshakes, StartTLS and SASL binds without asking anybody. While
 * such calls run, a thread looks at cancelled() and at the clock; when it is time, it shuts
 * the socket down, and the call returns. The thread has its own duplicate of the socket, so
 * it can never hit another one that was given the same number meanwhile. */
#include "source-ldap.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

struct watch {
  pthread_t thread;
  pthread_mutex_t lock;
  pthread_cond_t wake;
  struct syncd_ctx *ctx;
  LDAP *ld;
  ldap_conncb callback;
  int64_t deadline, connect_by;
  int socket; /* a duplicate; -1: none yet */
  bool reached; /* the socket was connected; only the caller's thread looks at it */
  bool stop;
  int32_t verdict;
};

int64_t
now_ms (void)
{
  struct timespec now;

  clock_gettime (CLOCK_MONOTONIC, &now);
  return (int64_t) now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static bool
is_connected (int fd)
{
  struct sockaddr_storage peer;
  socklen_t len = sizeof peer;

  return getpeername (fd, (struct sockaddr *) &peer, &len) == 0;
}

/* libldap calls this when a socket is connected, or about to be. */
static int
watch_add (LDAP *ld, Sockbuf *sb, LDAPURLDesc *url, struct sockaddr *address,
           struct ldap_conncb *callback)
{
  struct watch *watch = callback->lc_arg;
  ber_len_t maximum = MAX_INCOMING;
  int fd = -1;

  (void) ld, (void) url, (void) address;
  ber_sockbuf_ctrl (sb, LBER_SB_OPT_SET_MAX_INCOMING, &maximum);
  if (!watch || ber_sockbuf_ctrl (sb, LBER_SB_OPT_GET_FD, &fd) != 1 || fd < 0)
    return 0;
  pthread_mutex_lock (&watch->lock);
  if (watch->socket >= 0)
    close (watch->socket);
  watch->socket = dup (fd);
  watch->reached = is_connected (fd);
  if (watch->verdict && watch->socket >= 0)
    shutdown (watch->socket, SHUT_RDWR);
  pthread_mutex_unlock (&watch->lock);
  return 0;
}

static void
watch_del (LDAP *ld, Sockbuf *sb, struct ldap_conncb *callback)
{
  (void) ld, (void) sb, (void) callback;
}

static void *
watch_run (void *data)
{
  struct watch *watch = data;

  pthread_mutex_lock (&watch->lock);
  while (!watch->stop && !watch->verdict) {
    struct timespec until;

    clock_gettime (CLOCK_MONOTONIC, &until);
    until.tv_nsec += SLICE_MS * 1000000L;
    until.tv_sec += until.tv_nsec / 1000000000L;
    until.tv_nsec %= 1000000000L;
    pthread_cond_timedwait (&watch->wake, &watch->lock, &until);
    if (HOST->cancelled (watch->ctx))
      watch->verdict = SYNCD_E_CANCELLED;
    else if (now_ms () > watch->deadline)
      watch->verdict = SYNCD_E_UNREACHABLE;
  }
  if (watch->verdict && watch->socket >= 0)
    shutdown (watch->socket, SHUT_RDWR);
  pthread_mutex_unlock (&watch->lock);
  return NULL;
}

static bool
watch_init (struct watch *watch)
{
  pthread_condattr_t attributes;
  bool ok = pthread_mutex_init (&watch->lock, NULL) == 0;

  pthread_condattr_init (&attributes);
  pthread_condattr_setclock (&attributes, CLOCK_MONOTONIC);
  ok = ok && pthread_cond_init (&watch->wake, &attributes) == 0;
  pthread_condattr_destroy (&attributes);
  return ok && pthread_create (&watch->thread, NULL, watch_run, watch) == 0;
}

struct watch *
watch_start (struct syncd_ctx *ctx, LDAP *ld, uint32_t timeout_ms)
{
  struct watch *watch = calloc (1, sizeof *watch);

  if (!watch)
    return NULL;
  watch->ctx = ctx;
  watch->ld = ld;
  watch->socket = -1;
  watch->connect_by = now_ms () + timeout_ms / 2;
  watch->deadline = now_ms () + timeout_ms;
  watch->callback = (ldap_conncb){ watch_add, watch_del, watch };
  if (!watch_init (watch)) {
    free (watch);
    return NULL;
  }
  ldap_set_option (ld, LDAP_OPT_CONNECT_CB, &watch->callback);
  return watch;
}

static int
watch_socket (struct watch *watch, int32_t *ret_verdict)
{
  int fd;

  pthread_mutex_lock (&watch->lock);
  fd = watch->socket;
  *ret_verdict = watch->verdict;
  pthread_mutex_unlock (&watch->lock);
  return fd;
}

int32_t
watch_connected (struct watch *watch)
{
  struct pollfd waiting = { .events = POLLOUT };
  int32_t verdict;

  for (;;) {
    waiting.fd = watch_socket (watch, &verdict);
    if (verdict)
      return verdict;
    if (waiting.fd < 0 || now_ms () > watch->connect_by)
      return SYNCD_E_UNREACHABLE;
    if (poll (&waiting, 1, SLICE_MS) > 0) {
      watch->reached = is_connected (waiting.fd);
      return SYNCD_OK;
    }
  }
}

bool
watch_unconnected (struct watch *watch)
{
  int32_t verdict;

  return watch_socket (watch, &verdict) >= 0 && !watch->reached;
}

/* The handle must forget the callback before the memory behind it goes: in libldap, getting
 * this option is how a callback is taken off. */
int32_t
watch_end (struct watch *watch)
{
  int32_t verdict;

  pthread_mutex_lock (&watch->lock);
  watch->stop = true;
  pthread_cond_signal (&watch->wake);
  pthread_mutex_unlock (&watch->lock);
  pthread_join (watch->thread, NULL);
  verdict = watch->verdict;
  ldap_get_option (watch->ld, LDAP_OPT_CONNECT_CB, &watch->callback);
  if (watch->socket >= 0)
    close (watch->socket);
  pthread_cond_destroy (&watch->wake);
  pthread_mutex_destroy (&watch->lock);
  free (watch);
  return verdict;
}
