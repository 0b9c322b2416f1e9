/* Secrets: read from files of their own, and never in a file that others can read.
 *
 * No message of this file may show what a secret is. */
#include "config.h"
#include "config/internal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "util/mem.h"

#define SECRET_MAX_BYTES 65536

/* Relative names are looked for among the service manager's credentials first. */
static int
read_secret (const char *path, char **ret_bytes, size_t *ret_len)
{
  const char *folder = getenv ("CREDENTIALS_DIRECTORY");
  if (*path != '/' && folder && *folder) {
    MEM_AUTO char *inside = mem_format ("%s/%s", folder, path);
    int failure = file_read (inside, SECRET_MAX_BYTES, ret_bytes, ret_len);
    if (failure != ENOENT)
      return failure;
  }
  return file_read (path, SECRET_MAX_BYTES, ret_bytes, ret_len);
}

static void
drop_newline (char *bytes, size_t *len)
{
  size_t ending = 0;
  if (*len && bytes[*len - 1] == '\n')
    ending = *len > 1 && bytes[*len - 2] == '\r' ? 2 : 1;
  *len -= ending;
  bytes[*len] = '\0';
}

static int
check_secret (const struct option_value *value, const char *bytes, size_t len, struct error *error)
{
  const struct node *node = value->file_node;
  int64_t number = 0;
  MEM_AUTO char *why = NULL;
  if (len == 0)
    return node_error (node, error, "the file %s (%s_file) is empty", node->text,
                       value->option.key);
  if (memchr (bytes, '\0', len))
    return node_error (node, error, "the file %s (%s_file) has a NUL byte in it; it must be text",
                       node->text, value->option.key);
  if (option_parse (&value->option, bytes, &number, &why) < 0)
    return node_error (node, error, "the file %s (%s_file) must hold %s", node->text,
                       value->option.key, why);
  return 0;
}

int
secret_from_file (struct option_value *value, struct error *error)
{
  const struct node *node = value->file_node;
  char *bytes = NULL;
  size_t len = 0;
  if (node->kind != NODE_SCALAR || !*node->text)
    return node_error (node, error, "%s_file wants a file's name", value->option.key);
  int failure = read_secret (node->text, &bytes, &len);
  bool sought = failure == ENOENT && *node->text != '/';
  if (failure)
    return node_error (node, error, "cannot read the file %s (%s_file): %s%s", node->text,
                       value->option.key, failure == EFBIG ? "larger than 64 KiB" : strerror (failure),
                       sought ? "; a relative name is looked for in $CREDENTIALS_DIRECTORY, then in the "
                                "working directory" : "");
  drop_newline (bytes, &len);
  int result = check_secret (value, bytes, len, error);
  if (result == 0) {
    value->set = true;
    option_add_take (value, NULL, mem_copy (bytes, len));
  }
  mem_wipe (bytes, len);
  free (bytes);
  return result;
}

/* Is a secret written out in the file, here or in an item of the list? */
static bool
is_literal (const struct node *node)
{
  if (node->kind == NODE_SCALAR)
    return !node->from_environment && *node->text;
  for (size_t i = 0; i < node->count; i++)
    if (is_literal (node->items[i]))
      return true;
  return false;
}

int
secret_check_literal (const struct option_value *value, struct error *error)
{
  const struct node *node = value->node;
  struct stat status;
  if (!(value->option.type & SYNCD_OPT_SECRET) || !is_literal (node))
    return 0;
  if (stat (node->file, &status) < 0 || !(status.st_mode & (S_IRGRP | S_IROTH)))
    return 0;
  return node_key_error (node, error,
                         "%s stands here and others can read this file: chmod 600 %s, or give "
                         "%s_file or ${NAME} of the environment instead",
                         value->option.key, node->file, value->option.key);
}
