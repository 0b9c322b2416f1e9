/* Ids of entries that are to be asked for: as many as a directory has, in little memory. What does
 * not fit into a block goes to a file without a name, which vanishes with the process. Where there
 * is no room for it memory has to do: nobody is left out. */
#include "config.h"
#include "pipeline/ids.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "util/mem.h"

#define BLOCK ((size_t) 256 << 10)
#define PAGE ((size_t) 128 << 10) /* an id is shorter */

static int
open_file (void)
{
  const char *folder = getenv ("TMPDIR");
  MEM_AUTO char *name = mem_format ("%s/syncd-XXXXXX", folder && *folder ? folder : "/tmp");
  int file = mkostemp (name, O_CLOEXEC);
  if (file >= 0)
    unlink (name);
  return file;
}

static bool
write_all (struct ids *list)
{
  size_t done = 0;
  while (done < list->used) {
    ssize_t n = pwrite (list->file, list->block + done, list->used - done,
                        (off_t) list->filed + (off_t) done);
    if (n <= 0 && errno != EINTR)
      return false;
    done += n > 0 ? (size_t) n : 0;
  }
  return true;
}

/* Takes the block to the file; false: it stays where it is, and grows. */
static bool
spill (struct ids *list)
{
  if (!list->spilled && !list->kept) {
    list->file = open_file ();
    list->spilled = list->file >= 0;
  }
  if (!list->spilled || list->kept || !write_all (list)) {
    list->kept = true;
    return false;
  }
  list->filed += (int64_t) list->used;
  list->used = 0;
  return true;
}

void
ids_add (struct ids *list, const char *id)
{
  size_t len = strlen (id) + 1, need = list->used + len;
  if (need > BLOCK && list->used && spill (list))
    need = len;
  if (need > list->size) {
    list->size = list->size ? list->size * 2 : 4096;
    while (list->size < need)
      list->size *= 2;
    list->block = mem_resize (list->block, list->size, 1);
  }
  memcpy (list->block + list->used, id, len);
  list->used += len;
  list->count++;
}

void
ids_fini (struct ids *list)
{
  if (list->spilled)
    close (list->file);
  free (list->block);
  free (list->page);
  memset (list, 0, sizeof *list);
}

void
ids_rewind (struct ids *list)
{
  list->at = 0;
}

/* A piece of the file from AT on; the last id in it may be cut. */
static int
read_page (struct ids *list)
{
  ssize_t n;
  if (!list->page)
    list->page = mem_new (PAGE, 1);
  errno = 0;
  do
    n = pread (list->file, list->page, PAGE, (off_t) list->at);
  while (n < 0 && errno == EINTR);
  list->page_at = list->at;
  list->page_len = n > 0 ? n : 0;
  return n > 0 ? 0 : -1;
}

/* The id at AT among LEN bytes of TEXT, which begin at FROM; NULL: it is not there, or not to its
 * end. */
static char *
take (struct ids *list, char *text, int64_t from, int64_t len)
{
  int64_t at = list->at - from;
  if (at < 0 || at >= len)
    return NULL;
  char *stop = memchr (text + at, '\0', (size_t) (len - at));
  if (stop)
    list->at = from + (stop - text) + 1;
  return stop ? text + at : NULL;
}

int
ids_read (struct ids *list, char **ret_ids, size_t count, struct error *error)
{
  int found = 0;
  for (char *id; (size_t) found < count; ret_ids[found++] = id) {
    if (list->at >= list->filed)
      id = take (list, list->block, list->filed, (int64_t) list->used);
    else
      id = take (list, list->page, list->page_at, list->page_len);
    if (id)
      continue;
    if (found || list->at >= list->filed) /* what was found lies in the page */
      break;
    if (read_page (list) == 0)
      id = take (list, list->page, list->page_at, list->page_len);
    if (!id)
      return error_set (error, "the list of entries to be asked for cannot be read back from a temporary"
                        " file: %s", strerror (errno));
  }
  return found;
}
