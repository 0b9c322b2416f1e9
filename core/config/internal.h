/* What the files of this room share, and nobody else needs. */
#ifndef SYNCD_CONFIG_INTERNAL_H
#define SYNCD_CONFIG_INTERNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "config/node.h"
#include "config/options.h"
#include "config/settings.h"
#include "syncd/plugin.h"
#include "util/error.h"

#define CONFIG_MAX_BYTES (1024 * 1024) /* of a file, and of all text after ${NAME} */
#define CONFIG_MAX_LEVELS 32
#define CONFIG_MAX_MEMBERS 10000 /* of one object: looking for duplicates stays cheap */

/* file.c: a whole file of at most MAX bytes; 0, or an errno (EFBIG: larger). The caller wipes and
 * frees the bytes, which have a NUL behind them. */
int file_read (const char *path, size_t max, char **ret_bytes, size_t *ret_len);

/* node.c: a tree while it is read. Takes ITEM, and KEY (NULL: NODE is a list), over. */
void node_append (struct node *, char *key, struct node *item);
/* Frees a half-made tree, but not the file's name, which is the reader's until it has a root. */
void node_discard (struct node *);

/* yaml.c: text to tree, nothing replaced yet. */
int yaml_read (const char *name, const char *text, size_t len, struct node **ret_root,
               struct error *);
/* yaml_words.c: what a syntax error means, for people. LINE is the line where it was noticed. */
const char *yaml_words (const char *problem, const char *line);

/* expand.c: ${NAME}, ${NAME:-default} and $${ in all scalars but those under mapping:; without ENDS
 * not below sources: and sinks: either. */
int expand_tree (struct node *root, bool ends, struct error *);

/* value.c: typed values of core's own keys. OBJECT may be NULL; an absent key leaves the output
 * (its default) as it is. PATH is the object's name for messages ("brakes.leavers"), "" for the
 * root. */
int value_object (const struct node *object, const char *path, const char *key,
                  const char *const *known, size_t known_count, const struct node **ret_member,
                  struct error *);
int value_known_keys (const struct node *object, const char *path, const char *const *known,
                      size_t known_count, struct error *);
int value_text (const struct node *object, const char *key, char **ret_text, struct error *);
int value_bool (const struct node *object, const char *key, bool *ret_value, struct error *);
int value_integer (const struct node *object, const char *key, int64_t min, int64_t max,
                   int64_t *ret_number, struct error *);
int value_word (const struct node *object, const char *key, const char *const *words, size_t count,
                int *ret_index, struct error *);
/* WORDS: which of "never" and "auto" it may be besides a time of more than 0. */
int value_duration (const struct node *object, const char *key, const char *words, int64_t *ret_ms,
                    struct error *);
/* A list of texts (a single text is a list of one); replaces the list that is there. */
int value_texts (const struct node *object, const char *key, char ***ret_texts, size_t *ret_count,
                 struct error *);
void value_free_texts (char **texts, size_t count);

/* parse.c: single words. 0, or -1 with the output untouched. */
int parse_integer (const char *text, int64_t *ret_number);
int parse_bool (const char *text, bool *ret_value);
int parse_size (const char *text, int64_t *ret_bytes);
int parse_percent (const char *text, int *ret_percent);
bool parse_uri (const char *text);

/* words.c: "; did you mean \"WORD\"?" for the nearest word, or "" : a text of its own. */
char *nearest_hint (const char *word, const char *const *words, size_t count);
/* "a, b or c": a text of its own. */
char *list_words (const char *const *words, size_t count);

/* The sections of the settings. */
int endpoint_choose (const struct node *root, const char *section, const char *wanted,
                     const char *fallback, struct endpoint *ret_endpoint, struct error *);
int policies_load (const struct node *root, struct settings *, struct error *);
int places_load (const struct node *root, const struct settings_request *, struct settings *,
                 struct error *);

/* ---- options ---- */

/* One option of an endpoint, declared and given. */
struct option_value {
  struct syncd_option option; /* a copy: plugins' arrays have a stride of their own */
  bool host_owned;
  const struct node *node;      /* where the file has it, under KEY */
  const struct node *file_node; /* a secret's KEY_file */
  bool set;                     /* by file or environment */
  size_t count;                 /* texts; 1 for a single value, 0: neither set nor default */
  char **keys;                  /* MAP */
  char **texts;
  int64_t number;               /* INT, BOOL, DURATION, SIZE: of the first text */
};

struct syncd_config {
  char *name;    /* of the endpoint */
  const char *section; /* "sources" or "sinks" */
  struct option_value *values;
  size_t count;
};

struct option_value *option_find (const struct syncd_config *, const char *key);
/* option_match.c: finds each key of the file's object among the options. */
int option_match (struct syncd_config *, const struct node *object, struct error *);
/* Takes TEXT (and KEY, of a MAP) over as one more text. */
void option_add_take (struct option_value *, char *key, char *text);
/* option_default.c: what the environment or the declaration says, where the file is silent. */
int option_from_environment (struct option_value *, struct error *);
int option_from_default (struct option_value *, struct error *);
/* secret.c: reads KEY_file; refuses a literal secret in a file that others can read. */
int secret_from_file (struct option_value *, struct error *);
int secret_check_literal (const struct option_value *, struct error *);

#define COUNT(array) (sizeof (array) / sizeof *(array))

#endif
