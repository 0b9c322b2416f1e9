/* The HTTP side: one thread, an epoll loop of libmicrohttpd driven from here, so that nothing needs
   a lock. Replies that are to be late wait in a list, sorted by their time. */
#include <config.h>
#include "http.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#define CONTROL_BODY_MAX  (256u << 20)
#define CONNECTIONS_MAX   8192
#define IDLE_SECONDS      300
#define CONNECTION_MEMORY 16384 /* cleared after each request: more makes every request slower */

struct server {
  struct sim *sim;
  struct MHD_Daemon *daemon;
  struct request waiting; /* head of a ring */
};

const char *
request_header (const struct request *request, const char *name)
{
  return MHD_lookup_connection_value (request->connection, MHD_HEADER_KIND, name);
}

const char *
request_argument (const struct request *request, const char *name)
{
  return MHD_lookup_connection_value (request->connection, MHD_GET_ARGUMENT_KIND, name);
}

static void *
request_new (void *context, const char *target, struct MHD_Connection *connection)
{
  struct server *server = context;
  struct request *request = mem_new (sizeof *request);
  request->sim = server->sim;
  request->connection = connection;
  request->raw = mem_copy (target);
  const char *mark = strchr (request->raw, '?');
  request->query = mark != NULL ? mark + 1 : NULL;
  request->reply.retry_after = -1;
  return request;
}

static void
wait_leave (struct request *request)
{
  if (request->next == NULL)
    return;
  request->previous->next = request->next;
  request->next->previous = request->previous;
  request->next = request->previous = NULL;
}

static void
request_done (void *context, struct MHD_Connection *connection, void **state,
              enum MHD_RequestTerminationCode code)
{
  struct request *request = *state;
  (void)context, (void)connection, (void)code;
  if (request == NULL)
    return;
  wait_leave (request);
  reply_reset (&request->reply);
  buffer_fini (&request->body);
  json_decref (request->json);
  free (request->raw);
  free (request->path);
  free (request->user_name);
  free (request->external_id);
  free (request);
  *state = NULL;
}

static enum verb
verb_of (const char *method, const char **ret_name)
{
  static const char *const names[] = {"GET", "POST", "PUT", "PATCH", "DELETE"};
  for (size_t i = 0; i < sizeof names / sizeof *names; i++)
    if (strcmp (method, names[i]) == 0) {
      *ret_name = names[i];
      return (enum verb)i;
    }
  *ret_name = strcmp (method, "HEAD") == 0      ? "HEAD"
              : strcmp (method, "OPTIONS") == 0 ? "OPTIONS"
                                                : "OTHER";
  return VERB_OTHER;
}

static void
body_add (struct request *request, const char *data, size_t length)
{
  size_t max = (size_t)request->sim->switches.max_body;
  if (strncmp (request->path, "/_sim/", 6) == 0)
    max = CONTROL_BODY_MAX;
  request->too_large = request->too_large || length > max || request->body.length > max - length;
  if (!request->too_large)
    buffer_add (&request->body, data, length);
}

static void
wait_enter (struct server *server, struct request *request)
{
  struct request *after = server->waiting.previous;
  request->due = clock_steady () + request->delay;
  while (after != &server->waiting && after->due > request->due)
    after = after->previous;
  request->previous = after;
  request->next = after->next;
  after->next->previous = request;
  after->next = request;
  MHD_suspend_connection (request->connection);
}

static enum MHD_Result
request_handle (void *context, struct MHD_Connection *connection, const char *path,
                const char *method, const char *version, const char *data, size_t *length,
                void **state)
{
  struct server *server = context;
  struct request *request = *state;
  (void)connection, (void)version;
  if (!request->started) {
    request->started = true;
    request->verb = verb_of (method, &request->method);
    request->path = mem_copy (path);
    return MHD_YES;
  }
  if (*length > 0) {
    body_add (request, data, *length);
    *length = 0;
    return MHD_YES;
  }
  if (!request->processed) {
    request->processed = true;
    request_process (request);
    if (request->delay > 0) {
      wait_enter (server, request);
      return MHD_YES;
    }
  }
  return request_send (request);
}

static void
wait_resume (struct server *server, bool all)
{
  int64_t now = clock_steady ();
  struct request *first;
  while ((first = server->waiting.next) != &server->waiting && (all || first->due <= now)) {
    wait_leave (first);
    MHD_resume_connection (first->connection);
  }
}

static void
log_quietly (void *context, const char *format, va_list values)
{
  (void)context, (void)format, (void)values; /* cut connections are wanted here */
}

static bool
address_make (const struct server_options *options, struct sockaddr_storage *ret_address)
{
  struct addrinfo hints = {.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV, .ai_socktype = SOCK_STREAM},
                  *found;
  char port[8];
  snprintf (port, sizeof port, "%u", options->port);
  if (getaddrinfo (options->address, port, &hints, &found) != 0)
    return false;
  memcpy (ret_address, found->ai_addr, found->ai_addrlen);
  freeaddrinfo (found);
  return true;
}

static struct MHD_Daemon *
daemon_start (struct server *server, const struct server_options *options,
              const struct sockaddr_storage *address)
{
  unsigned flags = MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_ERROR_LOG;
  struct MHD_OptionItem tls[] = {{MHD_OPTION_HTTPS_MEM_CERT, 0, options->certificate},
                                 {MHD_OPTION_HTTPS_MEM_KEY, 0, options->key},
                                 {MHD_OPTION_END, 0, NULL}};
  struct MHD_OptionItem none[] = {{MHD_OPTION_END, 0, NULL}};
  flags |= options->certificate != NULL ? MHD_USE_TLS : 0u;
  flags |= address->ss_family == AF_INET6 ? MHD_USE_IPv6 : 0u;
  return MHD_start_daemon (
      flags, options->port, NULL, NULL, request_handle, server, MHD_OPTION_EXTERNAL_LOGGER,
      log_quietly, NULL, MHD_OPTION_SOCK_ADDR, (const struct sockaddr *)address,
      MHD_OPTION_URI_LOG_CALLBACK, request_new, server, MHD_OPTION_NOTIFY_COMPLETED, request_done,
      server, MHD_OPTION_CONNECTION_LIMIT, (unsigned)CONNECTIONS_MAX, MHD_OPTION_CONNECTION_TIMEOUT,
      (unsigned)IDLE_SECONDS, MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)CONNECTION_MEMORY,
      MHD_OPTION_LISTEN_BACKLOG_SIZE, 1024u, MHD_OPTION_ARRAY,
      options->certificate != NULL ? tls : none, MHD_OPTION_END);
}

struct server *
server_new (struct sim *sim, const struct server_options *options)
{
  struct server *server = mem_new (sizeof *server);
  struct sockaddr_storage address;
  server->sim = sim;
  server->waiting.next = server->waiting.previous = &server->waiting;
  if (!address_make (options, &address))
    fprintf (stderr, "genesys-sim: \"%s\" is no numeric address\n", options->address);
  else if ((server->daemon = daemon_start (server, options, &address)) == NULL)
    fprintf (stderr, "genesys-sim: cannot listen on %s port %u%s\n", options->address,
             options->port, options->certificate != NULL ? " (or certificate or key is bad)" : "");
  if (server->daemon != NULL)
    return server;
  free (server);
  return NULL;
}

uint16_t
server_port (const struct server *server)
{
  const union MHD_DaemonInfo *info =
      MHD_get_daemon_info (server->daemon, MHD_DAEMON_INFO_BIND_PORT);
  return info != NULL ? info->port : 0;
}

static int
wait_time (const struct server *server)
{
  MHD_UNSIGNED_LONG_LONG limit;
  int64_t wait = 60000;
  if (MHD_get_timeout (server->daemon, &limit) == MHD_YES && (int64_t)limit < wait)
    wait = (int64_t)limit;
  if (server->waiting.next != &server->waiting) {
    int64_t left = server->waiting.next->due - clock_steady ();
    wait = left < wait ? left : wait;
  }
  return wait < 0 ? 0 : (int)wait;
}

void
server_run (struct server *server, int signal_fd)
{
  const union MHD_DaemonInfo *info = MHD_get_daemon_info (server->daemon, MHD_DAEMON_INFO_EPOLL_FD);
  struct pollfd fds[2] = {{info->epoll_fd, POLLIN, 0}, {signal_fd, POLLIN, 0}};
  while (fds[1].revents == 0) {
    poll (fds, 2, wait_time (server));
    wait_resume (server, false);
    MHD_run (server->daemon);
  }
}

void
server_free (struct server *server)
{
  wait_resume (server, true);
  MHD_run (server->daemon);
  MHD_stop_daemon (server->daemon);
  free (server);
}
