/* The accounts of the test sink "memory".
 *
 * Kept in a file of JSON lines: each line is the newest state of one account (the last line with
 * an id counts), written with one write() before the change is answered, so that it is there
 * after SIGKILL. A deleted account has "deleted": true. "id" and "meta.version" are the store's.
 * Not for several threads at once: the sink locks. */
#ifndef SYNCD_TESTS_MEMORY_STORE_H
#define SYNCD_TESTS_MEMORY_STORE_H

#include <jansson.h>
#include <stddef.h>

struct memory_store {
  json_t *accounts; /* id -> document, deleted ones too */
  json_t *by_name;  /* userName in lower case -> id, of accounts that are not deleted */
  int fd;
  long next;        /* the next id */
};

/* 0, or -1 with a reason in TEXT of SIZE bytes. The file is made where there is none. */
int memory_open (struct memory_store *, const char *file, char *text, size_t size);
void memory_close (struct memory_store *);
/* The account, or NULL where there is none or it is deleted. */
json_t *memory_get (const struct memory_store *, const char *id);
/* The account with that user name (without case), or NULL; DELETED: among the deleted ones. */
json_t *memory_by_name (const struct memory_store *, const char *name, int deleted);
/* Stores DOCUMENT under ID (NULL: a new one), with a new version. The stored account, or NULL
 * with errno where it cannot be written. */
json_t *memory_put (struct memory_store *, const char *id, json_t *document);
const char *memory_text (json_t *account, const char *member);
const char *memory_version (json_t *account);

#endif
