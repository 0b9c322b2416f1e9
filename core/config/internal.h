/* What the files of this room share, and nobody else needs. */
#ifndef SYNCD_CONFIG_INTERNAL_H
#define SYNCD_CONFIG_INTERNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "config/node.h"
#include "config/settings.h"
#include "util/error.h"

#define CONFIG_MAX_BYTES (1024 * 1024) /* of a file, and of all text after ${NAME} */
#define CONFIG_MAX_LEVELS 32
#define CONFIG_MAX_MEMBERS 10000 /* of one object: looking for duplicates stays cheap */

/* file.c: a whole file of at most MAX bytes; 0, or an errno (EFBIG: larger). The caller wipes and
 * frees the bytes, which have a NUL behind them. */
int file_read (const char *path, size_t max, char **ret_bytes, size_t *ret_len);

/* yaml.c: text to tree, nothing replaced yet. */
int yaml_read (const char *name, const char *text, size_t len, struct node **ret_root,
               struct error *);
/* yaml_words.c: what a syntax error means, for people. LINE is the line where it was noticed. */
const char *yaml_words (const char *problem, const char *line);

/* expand.c: ${NAME}, ${NAME:-default} and $${ in all scalars but those under mapping:. */
int expand_tree (struct node *root, struct error *);

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

#define COUNT(array) (sizeof (array) / sizeof *(array))

#endif
