/* libmicrohttpd: requests in, replies out, and those that wait. */
#ifndef SIM_HTTP_H
#define SIM_HTTP_H

#include "sim.h"

struct server_options {
  const char *address;
  uint16_t port;
  char *certificate, *key; /* PEM text, or NULL */
};
struct server;
/* NULL and a message on standard error where it cannot listen. */
struct server *server_new (struct sim *sim, const struct server_options *options);
uint16_t server_port (const struct server *server);
/* Until a signal comes in on signal_fd. */
void server_run (struct server *server, int signal_fd);
void server_free (struct server *server);

/* response.c: sends the reply, or cuts the connection where it says so. */
enum MHD_Result request_send (struct request *request);

#endif
