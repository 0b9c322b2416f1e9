/* url: the base of a service, taken apart. Pure. */
#ifndef COMMON_URL_H
#define COMMON_URL_H

#include <stdbool.h>
#include <stddef.h>

struct url {
  bool https;
  bool loopback;  /* localhost, 127.0.0.0/8 or ::1 */
  char host[256]; /* "[::1]" for an IPv6 address */
  char port[8];   /* ":8443", "" where the scheme's own */
  char path[512]; /* without a slash at the end; "" for none */
};

/* http and https, no user, query or fragment. False with WHY. */
bool url_parse (const char *text, struct url *ret, char *why, size_t size);

/* Writes "scheme://host:port" to OUT. */
void url_origin (const struct url *, char *out, size_t size);

#endif
