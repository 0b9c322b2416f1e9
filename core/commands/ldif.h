/* Reads one entry of LDIF (RFC 2849): dn, attributes, base64 values, folded lines. */
#ifndef SYNCD_COMMANDS_LDIF_H
#define SYNCD_COMMANDS_LDIF_H

#include <stdio.h>

#include "map/map.h"

/* The first entry; attributes that the mapping does not need are passed over. */
int ldif_read (FILE *, const struct mapping *, struct entry *ret_entry, struct error *);

#endif
