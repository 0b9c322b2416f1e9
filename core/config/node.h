/* A configuration tree: what the YAML file said, with the place where it said it.
 *
 * Built by config/yaml.c; read by settings, options and the mapping's compiler. Nodes are
 * owned by their root. Read-only after loading; any thread. */
#ifndef SYNCD_CONFIG_NODE_H
#define SYNCD_CONFIG_NODE_H

#include <stdbool.h>
#include <stddef.h>

#include "util/error.h"

enum node_kind { NODE_SCALAR, NODE_LIST, NODE_OBJECT };

struct node {
  enum node_kind kind;
  char *file;        /* for messages: shared text of the root; "environment" for defaults  */
  int line, column;  /* from 1                                                             */
  int key_line, key_column; /* of its key, where it is a member of an object               */
  char *text;        /* SCALAR: after ${NAME} of the environment (not under mapping:)      */
  bool plain;        /* SCALAR: written without quotes: true, 12 and ~ have their YAML sense */
  bool from_environment; /* SCALAR: a ${NAME} was replaced: not a literal secret           */
  char **keys;       /* OBJECT                                                             */
  struct node **items; /* LIST, OBJECT                                                     */
  size_t count;
};

/* The member KEY of an object (NULL gives NULL). */
const struct node *node_get (const struct node *object, const char *key);
/* Is it absent (NULL), or written without a value (nothing, ~ or null, not in quotes)? Both
 * mean: not given. */
bool node_is_null (const struct node *);
/* "a list", "an object", "a single value": for messages. */
const char *node_kind_name (const struct node *);
/* Writes "file:line:column: " and the message; returns -1 with exit status 2. */
int node_error (const struct node *, struct error *, const char *fmt, ...)
    __attribute__ ((__format__ (__printf__, 3, 4)));
/* The same with the place of a member's key. */
int node_key_error (const struct node *, struct error *, const char *fmt, ...)
    __attribute__ ((__format__ (__printf__, 3, 4)));
/* Frees a whole tree from its root, wiping all text: there may be secrets in it. */
void node_free (struct node *);

/* Reads a whole file; the root is always an object (empty for an empty file). -1 with a message
 * that has file:line:column. Refuses aliases and anchors, tags, duplicate keys, more than one
 * document, more than 1 MiB, more than 32 levels. ${NAME} of the environment is put in
 * everywhere but in keys and under the top-level mapping:. */
int node_load_file (const char *file, struct node **ret_root, struct error *);
/* The same, but what is below sources: and sinks: stays as it was written: for commands that open
 * neither, and must do without their variables. */
int node_load_file_without_ends (const char *file, struct node **ret_root, struct error *);
/* The same for text in memory, NAME standing for the file in messages. */
int node_load_text (const char *name, const char *text, size_t len, struct node **ret_root,
                    struct error *);

#endif
