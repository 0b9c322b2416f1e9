/* dirsync.h: the dirsync grade (MS-ADTS 3.1.1.3.4.1.3): its control, its state in a scan. */
#ifndef SYNCD_SOURCE_LDAP_DIRSYNC_H
#define SYNCD_SOURCE_LDAP_DIRSYNC_H

#include "reread.h"

struct dirsync {
  bool more;            /* the server has more pages */
  bool read;            /* the page is read, and told id by id */
  struct berval cookie; /* where to go on */
  LDAPControl *control;
  struct search search;
  char **attributes;    /* ends in NULL */
  struct text ids;      /* of a page: '+' (has another name or place) or ' ', the id, NUL */
  size_t id_count, next;   /* next: byte of ids */
  struct text moved;    /* those that were not found again, and may be containers: ids with NUL */
  struct reread reread;
};

/* ---- dirsync-control.c ---- */

LDAPControl *dirsync_control (int flags, const struct berval *cookie); /* NULL: no memory */
/* The value of the control of an answer; false: it is not of that form. */
bool dirsync_answer (const struct berval *value, bool *ret_more, struct berval *ret_cookie);
/* What is asked for: what the host wants and the filter looks at, as far as it is stored and
 * not made up, and what tells of a rename, a move or a delete. */
char **dirsync_attributes (const struct scan *scan);
void dirsync_free_names (char **names);

#endif
