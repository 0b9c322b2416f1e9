/* Plugin files: where they are, and whether one may be trusted enough to be loaded.
 *
 * Loading runs the file's code: so it has to be a regular file that only root or we can write,
 * in a folder that not everybody can write. Main thread only. */
#ifndef SYNCD_HOST_FILE_H
#define SYNCD_HOST_FILE_H

#include <stdbool.h>
#include <stddef.h>

#include "util/error.h"

#define FILE_FOLDERS_MAX 3

struct file_folders {
  char *names[FILE_FOLDERS_MAX]; /* in the order in which they are looked through */
  size_t count;
};

/* PLUGIN_DIR (may be NULL), $SYNCD_PLUGIN_DIR, the built-in folder. */
void file_folders_init (struct file_folders *, const char *plugin_dir);
void file_folders_fini (struct file_folders *);

/* May a plugin have this name: [a-z0-9-]+? Nothing else becomes part of a path. */
bool file_name_ok (const char *name);
/* The absolute path of syncd-NAME.so in the first folder that has something of that name. */
int file_find (const struct file_folders *, const char *name, char **ret_path, struct error *);
/* The names of all syncd-*.so, sorted, each once; free each and the array. */
char **file_names (const struct file_folders *, size_t *ret_count);

/* Checks type, owner, permissions and the first bytes. The open file is *ret_fd: close it. */
int file_open (const char *path, int *ret_fd, struct error *);
/* Is PATH still the file that FD has open? */
int file_same (const char *path, int fd, struct error *);

#endif
