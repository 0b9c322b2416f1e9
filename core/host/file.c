/* Finding and trusting plugin files; see file.h. */
#include "config.h"
#include "host/file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "util/buffer.h"
#include "util/mem.h"
#include "util/text.h"

#define PREFIX "syncd-"
#define SUFFIX ".so"
#define NAME_MAX_LEN 64

static void
add_folder (struct file_folders *folders, const char *name)
{
  if (name && *name)
    folders->names[folders->count++] = mem_copy_text (name);
}

void
file_folders_init (struct file_folders *folders, const char *plugin_dir)
{
  memset (folders, 0, sizeof *folders);
  add_folder (folders, plugin_dir);
  add_folder (folders, secure_getenv ("SYNCD_PLUGIN_DIR"));
  add_folder (folders, PLUGINDIR);
}

void
file_folders_fini (struct file_folders *folders)
{
  for (size_t i = 0; i < folders->count; i++)
    free (folders->names[i]);
  folders->count = 0;
}

bool
file_name_ok (const char *name)
{
  size_t len = strspn (name, "abcdefghijklmnopqrstuvwxyz0123456789-");
  return len > 0 && len <= NAME_MAX_LEN && name[len] == '\0';
}

/* ---- listing ---- */

struct names {
  char **items;
  size_t count;
};

static bool
names_have (const struct names *names, const char *name)
{
  for (size_t i = 0; i < names->count; i++)
    if (!strcmp (names->items[i], name))
      return true;
  return false;
}

static void
add_file (struct names *names, const char *file)
{
  size_t len = strlen (file), extra = strlen (PREFIX) + strlen (SUFFIX);
  if (len <= extra || strncmp (file, PREFIX, strlen (PREFIX))
      || strcmp (file + len - strlen (SUFFIX), SUFFIX))
    return;
  char *name = mem_copy (file + strlen (PREFIX), len - extra);
  if (names_have (names, name)) {
    free (name);
    return;
  }
  names->items = mem_resize (names->items, names->count + 1, sizeof *names->items);
  names->items[names->count++] = name;
}

static void
add_folder_names (struct names *names, const char *folder)
{
  DIR *dir = opendir (folder);
  if (!dir)
    return;
  for (struct dirent *file; (file = readdir (dir));)
    add_file (names, file->d_name);
  closedir (dir);
}

static int
compare_names (const void *a, const void *b)
{
  return strcmp (*(char *const *) a, *(char *const *) b);
}

char **
file_names (const struct file_folders *folders, size_t *ret_count)
{
  struct names names = { mem_new (1, sizeof (char *)), 0 };
  for (size_t i = 0; i < folders->count; i++)
    add_folder_names (&names, folders->names[i]);
  qsort (names.items, names.count, sizeof *names.items, compare_names);
  *ret_count = names.count;
  return names.items;
}

/* ---- finding ---- */

static int
not_found (const struct file_folders *folders, const char *name, struct error *error)
{
  size_t count;
  char **names = file_names (folders, &count);
  const char *nearest = text_nearest (name, (const char *const *) names, count);
  BUFFER_AUTO struct buffer text;
  buffer_init (&text, sizeof error->text);
  for (size_t i = 0; i < folders->count; i++)
    buffer_printf (&text, "%s%s%s", i ? ", " : "", folders->names[i],
                   access (folders->names[i], X_OK) ? " (no such folder)" : "");
  if (nearest)
    error_config (error, "there is no plugin \"%s\" (%s%s%s) in %s: did you mean \"%s\"?", name,
                  PREFIX, name, SUFFIX, buffer_text (&text), nearest);
  else
    error_config (error, "there is no plugin \"%s\" (%s%s%s) in %s: install it, or give its folder"
                  " with --plugin-dir", name, PREFIX, name, SUFFIX, buffer_text (&text));
  for (size_t i = 0; i < count; i++)
    free (names[i]);
  free (names);
  return -1;
}

/* A name from a configuration file may hold anything. */
static int
bad_name (const char *name, struct error *error)
{
  MEM_AUTO char *shown = mem_format ("%.*s", NAME_MAX_LEN, name);
  for (char *c = shown; *c; c++)
    if ((unsigned char) *c < ' ' || *c == 0x7f)
      *c = '?';
  return error_config (error, "\"%s\" is no plugin's name: lower-case letters, digits and hyphens, at"
                       " most %d of them; where the files are is said with --plugin-dir", shown,
                       NAME_MAX_LEN);
}

int
file_find (const struct file_folders *folders, const char *name, char **ret_path,
           struct error *error)
{
  if (!file_name_ok (name))
    return bad_name (name, error);
  for (size_t i = 0; i < folders->count; i++) {
    MEM_AUTO char *folder = realpath (folders->names[i], NULL);
    if (!folder)
      continue;
    char *path = mem_format ("%s/%s%s%s", folder, PREFIX, name, SUFFIX);
    struct stat st;
    if (!lstat (path, &st)) {
      *ret_path = path;
      return 0;
    }
    free (path);
  }
  return not_found (folders, name, error);
}

/* ---- trusting ---- */

static bool
owner_ok (const struct stat *st)
{
  return st->st_uid == 0 || st->st_uid == geteuid ();
}

static int
check_folder (const char *path, struct error *error)
{
  MEM_AUTO char *folder = mem_copy (path, (size_t) (strrchr (path, '/') - path));
  struct stat st;
  if (stat (folder, &st))
    return error_config (error, "%s: %s", folder, strerror (errno));
  if (!owner_ok (&st))
    return error_config (error, "%s: the plugin folder belongs to user %lu, so others than root and"
                         " user %lu can put files into it: chown root %s", folder,
                         (unsigned long) st.st_uid, (unsigned long) geteuid (), folder);
  if (st.st_mode & S_IWOTH)
    return error_config (error, "%s: everybody can write into the plugin folder (mode %04o), so"
                         " anybody's code could be loaded: chmod o-w %s", folder,
                         (unsigned) st.st_mode & 07777, folder);
  return 0;
}

static const char *
type_name (mode_t mode)
{
  return S_ISLNK (mode) ? "a symbolic link" : S_ISDIR (mode) ? "a folder"
         : S_ISFIFO (mode) ? "a pipe" : S_ISSOCK (mode) ? "a socket" : "a device";
}

static int
check_file (const char *path, const struct stat *st, struct error *error)
{
  if (!S_ISREG (st->st_mode))
    return error_config (error, "%s: is %s, and a plugin has to be a regular file: put the file"
                         " itself there", path, type_name (st->st_mode));
  if (!owner_ok (st))
    return error_config (error, "%s: belongs to user %lu, and a plugin has to belong to root or to"
                         " user %lu, who runs syncd: chown root %s", path,
                         (unsigned long) st->st_uid, (unsigned long) geteuid (), path);
  if (st->st_mode & (S_IWGRP | S_IWOTH))
    return error_config (error, "%s: others than its owner can write it (mode %04o), and a plugin's"
                         " code runs as syncd: chmod go-w %s", path,
                         (unsigned) st->st_mode & 07777, path);
  if (st->st_size == 0)
    return error_config (error, "%s: is empty: install the plugin again", path);
  return 0;
}

static int
check_start (const char *path, int fd, struct error *error)
{
#ifdef __ELF__
  char start[4] = { 0 };
  if (pread (fd, start, sizeof start, 0) < 0)
    return error_config (error, "%s: cannot be read: %s", path, strerror (errno));
  if (memcmp (start, "\177ELF", sizeof start))
    return error_config (error, "%s: is not a shared object: install the plugin again", path);
#else
  (void) path, (void) fd, (void) error;
#endif
  return 0;
}

static int
check_all (const char *path, int fd, struct error *error)
{
  struct stat st;
  if (fstat (fd, &st))
    return error_config (error, "%s: %s", path, strerror (errno));
  return check_file (path, &st, error) || check_start (path, fd, error) ? -1 : 0;
}

int
file_open (const char *path, int *ret_fd, struct error *error)
{
  struct stat st;
  if (lstat (path, &st))
    return error_config (error, "%s: %s", path, strerror (errno));
  if (check_folder (path, error) || check_file (path, &st, error))
    return -1;
  int fd = open (path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
  if (fd < 0)
    return error_config (error, "%s: cannot be read: %s: chmod a+r %s, or run as its owner", path,
                         strerror (errno), path);
  if (check_all (path, fd, error)) {
    close (fd);
    return -1;
  }
  *ret_fd = fd;
  return 0;
}

int
file_same (const char *path, int fd, struct error *error)
{
  struct stat now, then;
  if (!lstat (path, &now) && !fstat (fd, &then) && now.st_dev == then.st_dev
      && now.st_ino == then.st_ino)
    return 0;
  return error_config (error, "%s: was replaced while it was loaded: run again", path);
}
