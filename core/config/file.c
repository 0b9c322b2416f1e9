/* Reading a small file whole. What it holds may be secret: nothing is left behind in memory. */
#include "config.h"
#include "config/internal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "util/mem.h"

/* Reads until the end or until SIZE bytes are there. */
static ssize_t
read_fully (int fd, char *bytes, size_t size)
{
  size_t len = 0;
  while (len < size) {
    ssize_t got = read (fd, bytes + len, size - len);
    if (got < 0 && errno == EINTR)
      continue;
    if (got < 0)
      return -1;
    if (got == 0)
      break;
    len += (size_t) got;
  }
  return (ssize_t) len;
}

int
file_read (const char *path, size_t max, char **ret_bytes, size_t *ret_len)
{
  int fd = open (path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
  if (fd < 0)
    return errno;
  char *bytes = mem_new (max + 2, 1);
  ssize_t len = read_fully (fd, bytes, max + 1);
  int failure = len < 0 ? errno : (size_t) len > max ? EFBIG : 0;
  close (fd);
  if (failure) {
    mem_wipe (bytes, max + 2);
    free (bytes);
    return failure;
  }
  *ret_bytes = bytes;
  *ret_len = (size_t) len;
  return 0;
}
