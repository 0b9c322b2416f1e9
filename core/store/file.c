/* The state's file before SQLite sees it: folder, file system, permissions, lock.
 *
 * The lock is flock() on a file of its own, which is never removed (removing it would let two
 * writers lock two files of one name) and is free as soon as its holder is gone. The text in it
 * only serves the message. */
#include "config.h"
#include "store/internal.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>
#ifdef __linux__
#include <sys/vfs.h>
#endif

#include "util/clock.h"
#include "util/mem.h"

const char *
store_file_network (unsigned long magic)
{
  static const struct { unsigned long magic; const char *name; } known[] = {
    { 0x6969, "NFS" }, { 0x517b, "SMB" }, { 0xff534d42, "CIFS" }, { 0xfe534d42, "SMB" },
    { 0x5346414f, "AFS" }, { 0x6b414653, "AFS" }, { 0x73757245, "Coda" }, { 0x01021997, "9P" },
    { 0x00c36400, "Ceph" }, { 0x0bd00bd0, "Lustre" }, { 0x01161970, "GFS2" },
    { 0x7461636f, "OCFS2" }, { 0x47504653, "GPFS" }, { 0x564c, "NCP" },
  };
  for (size_t i = 0; i < sizeof known / sizeof *known; i++)
    if (known[i].magic == (magic & 0xffffffffUL))
      return known[i].name;
  return NULL;
}

static int
check_local (const char *folder, const char *path, struct error *error)
{
#ifdef __linux__
  struct statfs about;
  if (statfs (folder, &about))
    return error_config (error, "%s: cannot look at the file system: %s", folder, strerror (errno));
  const char *name = store_file_network ((unsigned long) about.f_type);
  if (name)
    return error_config (error, "%s: the state cannot live on a network file system (%s), where locks"
                         " and memory maps do not hold; set state.path to a local disk", path, name);
#else
  (void) folder, (void) path, (void) error;
#endif
  return 0;
}

/* One level only: a misspelt path should be an error and not a tree of folders. */
static int
make_folder (const char *folder, struct error *error)
{
  if (mkdir (folder, 0700) == 0 || errno == EEXIST)
    return 0;
  if (errno == ENOENT)
    return error_config (error, "%s: cannot make the state's folder, for the folder above it does not"
                         " exist; make it, or set state.path", folder);
  return error_config (error, "%s: cannot make the state's folder: %s; make it writable, or set"
                       " state.path", folder, strerror (errno));
}

static char *
folder_of (const char *path)
{
  const char *slash = strrchr (path, '/');
  if (!slash)
    return mem_copy_text (".");
  return slash == path ? mem_copy_text ("/") : mem_copy (path, (size_t) (slash - path));
}

/* The file does not exist: its folder's real path and its name. */
static int
find_new (const char *path, enum store_mode mode, char **ret_path, struct error *error)
{
  struct stat about;
  const char *slash = strrchr (path, '/');
  const char *base = slash ? slash + 1 : path;
  MEM_AUTO char *folder = folder_of (path);
  if (lstat (path, &about) == 0)
    return error_config (error, "%s: is a symbolic link to nothing; remove it", path);
  if (!*base)
    return error_config (error, "%s: state.path names a folder and not a file", path);
  if (mode == STORE_WRITE && make_folder (folder, error))
    return -1;
  char *real = realpath (folder, NULL);
  if (!real)
    return mode == STORE_READ && errno == ENOENT ? 0
        : error_config (error, "%s: cannot reach the state's folder: %s", folder, strerror (errno));
  *ret_path = mem_format ("%s/%s", strcmp (real, "/") ? real : "", base);
  free (real);
  return 0;
}

int
store_file_find (const char *path, enum store_mode mode, char **ret_path, bool *ret_exists,
                 struct error *error)
{
  *ret_path = realpath (path, NULL);
  *ret_exists = *ret_path != NULL;
  if (!*ret_path && errno != ENOENT)
    return error_config (error, "%s: cannot reach the state: %s", path, strerror (errno));
  if (!*ret_path && find_new (path, mode, ret_path, error))
    return -1;
  if (!*ret_path)
    return 0;
  MEM_AUTO char *folder = folder_of (*ret_path);
  if (check_local (folder, path, error)) {
    free (*ret_path);
    *ret_path = NULL;
    return -1;
  }
  return 0;
}

int
store_file_check (const char *path, struct error *error)
{
  struct stat about;
  if (stat (path, &about))
    return error_config (error, "%s: cannot look at the state: %s", path, strerror (errno));
  if (!S_ISREG (about.st_mode))
    return error_config (error, "%s: the state must be a regular file; set state.path", path);
  if (about.st_mode & 077)
    return error_config (error, "%s: the state holds personal data and others have access to it"
                         " (mode %04o); run: chmod 600 %s", path, (unsigned) about.st_mode & 07777,
                         path);
  if (about.st_size == 0)
    return error_set (error, "%s: the state is empty, so it was damaged. " STORE_MENDED, path);
  return 0;
}

static int
held_by_another (int lock, const char *path, struct error *error)
{
  char text[256];
  ssize_t len = pread (lock, text, sizeof text - 1, 0);
  text[len > 0 ? len : 0] = '\0';
  text[strcspn (text, "\n")] = '\0';
  return error_set (error, "%s: the state is locked by %s; wait for it to end, or end it. (Only one"
                    " syncd may write a state; the lock goes with its process)", path,
                    *text ? text : "another syncd");
}

static void
sign (int lock)
{
  char text[256], host[128] = "", time[21];
  clock_format (clock_now_ms (), time);
  if (gethostname (host, sizeof host - 1))
    strcpy (host, "?");
  int len = snprintf (text, sizeof text, "pid %ld on %s (since %s)\n", (long) getpid (), host, time);
  if (ftruncate (lock, 0) || pwrite (lock, text, (size_t) len, 0) != len)
    return; /* it only serves the message */
}

int
store_file_lock (const char *path, struct error *error)
{
  MEM_AUTO char *name = mem_format ("%s.lock", path);
  int lock = open (name, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (lock < 0)
    return error_config (error, "%s: cannot open the lock: %s; look at the permissions of the folder",
                         name, strerror (errno));
  if (flock (lock, LOCK_EX | LOCK_NB)) {
    int result = errno == EWOULDBLOCK ? held_by_another (lock, path, error)
        : error_config (error, "%s: cannot lock: %s; set state.path to a local disk", name,
                        strerror (errno));
    close (lock);
    return result;
  }
  sign (lock);
  return lock;
}

void
store_file_unlock (int lock)
{
  if (lock < 0)
    return;
  if (ftruncate (lock, 0))
    (void) 0; /* a stale text does no harm */
  close (lock);
}

char *
store_lock_holder (const char *path)
{
  char text[256], *real = realpath (path, NULL);
  MEM_AUTO char *name = mem_format ("%s.lock", real ? real : path);
  int lock = open (name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
  free (real);
  bool locked = lock >= 0 && flock (lock, LOCK_SH | LOCK_NB) && errno == EWOULDBLOCK;
  ssize_t len = locked ? pread (lock, text, sizeof text - 1, 0) : 0;
  if (lock >= 0)
    close (lock);
  if (!locked)
    return NULL;
  text[len > 0 ? len : 0] = '\0';
  text[strcspn (text, "\n")] = '\0';
  return mem_copy_text (*text ? text : "another syncd");
}

bool
store_is_locked (const char *path)
{
  MEM_AUTO char *holder = store_lock_holder (path);
  return holder != NULL;
}
