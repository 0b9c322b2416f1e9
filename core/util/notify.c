/* systemd's protocol; see notify.h. A message that cannot be sent is no reason to stop. */
#include "config.h"
#include "util/notify.h"

#include <inttypes.h>
#include <pthread.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "util/clock.h"
#include "util/mem.h"

static struct sockaddr_un address;
static socklen_t address_len; /* 0: nobody listens */
static int64_t alive_every_us, alive_last_us;
static pthread_t alive_thread; /* the one whose life counts */

static void
send_text (const char *text)
{
  if (!address_len)
    return;
  const struct timeval at_most = { .tv_usec = 200000 }; /* a manager that does not read stops nobody */
  int fd = socket (AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (fd < 0)
    return;
  setsockopt (fd, SOL_SOCKET, SO_SNDTIMEO, &at_most, sizeof at_most);
  (void) sendto (fd, text, strlen (text), MSG_NOSIGNAL, (const struct sockaddr *) &address,
                 address_len);
  close (fd);
}

/* "@name" is an abstract address: its first byte is a NUL. */
static void
take_socket (const char *path)
{
  size_t len = path ? strlen (path) : 0;
  if ((len < 2 || (path[0] != '/' && path[0] != '@')) || len >= sizeof address.sun_path)
    return;
  address.sun_family = AF_UNIX;
  memcpy (address.sun_path, path, len);
  if (path[0] == '@')
    address.sun_path[0] = '\0';
  address_len = (socklen_t) (offsetof (struct sockaddr_un, sun_path) + len);
}

void
notify_setup (void)
{
  const char *usec = getenv ("WATCHDOG_USEC"), *pid = getenv ("WATCHDOG_PID");
  take_socket (getenv ("NOTIFY_SOCKET"));
  alive_thread = pthread_self ();
  if (usec && (!pid || strtoll (pid, NULL, 10) == (long long) getpid ()))
    alive_every_us = strtoll (usec, NULL, 10) / 2;
}

void
notify_ready (void)
{
  send_text ("READY=1");
}

void
notify_reloading (void)
{
  MEM_AUTO char *text = mem_format ("RELOADING=1\nMONOTONIC_USEC=%" PRId64, clock_monotonic_us ());
  send_text (text);
}

void
notify_stopping (void)
{
  send_text ("STOPPING=1\nSTATUS=stopping: what is in flight is finished");
}

void
notify_status (const char *text)
{
  MEM_AUTO char *line = mem_format ("STATUS=%s", text);
  send_text (line);
}

long long
notify_every_us (void)
{
  return alive_every_us > 0 ? alive_every_us / 2 : 0;
}

void
notify_alive (void)
{
  if (alive_every_us <= 0 || !pthread_equal (pthread_self (), alive_thread))
    return;
  int64_t now = clock_monotonic_us ();
  if (alive_last_us && now - alive_last_us < alive_every_us)
    return;
  alive_last_us = now;
  send_text ("WATCHDOG=1");
}
