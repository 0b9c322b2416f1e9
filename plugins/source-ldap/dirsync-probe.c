/* dirsync-probe.c: does this domain controller answer DirSync to us, and does it tell of deletes? */
#include "dirsync.h"

#include <strings.h>

#include "ad.h"

#define OBJECT_SECURITY 1 /* what the account may see, and no more */

bool
dirsync_possible (const struct session *session, struct text *why)
{
  if (session->vendor != VENDOR_AD)
    return false;
  if (strcasecmp (session->id_attribute, "objectGUID") == 0 && session->context_id)
    return true;
  if (session->context_id)
    text_print (why, "it knows entries by objectGUID, not by the id_attribute %s",
                session->id_attribute);
  else
    text_print (why, "the bind identity cannot read the objectGUID of %s", session->context);
  return false;
}

/* One question that nobody answers to: is it allowed? */
static int32_t
ask (struct syncd_ctx *ctx, struct session *session, int flags, struct text *why)
{
  char name[] = "objectGUID", *attributes[] = { name, NULL };
  struct dirsync dirsync = { .attributes = attributes };
  int32_t rc;

  session->dirsync_flags = flags;
  rc = dirsync_page_of_nobody (ctx, session, &dirsync);
  why->len = 0;
  if (rc == SEARCH_REFUSED)
    text_print (why, "%s", dirsync.search.why.data ? dirsync.search.why.data : "refused");
  else if (rc >= 0 && !dirsync_page_end (&dirsync))
    text_print (why, "the server ignores the control");
  dirsync.attributes = NULL;
  dirsync_clear (&dirsync);
  return rc < 0 ? rc : SYNCD_OK;
}

/* With the right to replicate everything is told; without it, what the account may see. Samba tells
 * who may replicate no more of deleted objects than it tells anybody, and says nothing of it. */
int32_t
dirsync_probe (struct syncd_ctx *ctx, struct session *session, struct text *why)
{
  int32_t rc = ask (ctx, session, 0, why);

  session->deletes_seen = rc == SYNCD_OK && !why->len && !session->samba;
  if (session->deletes_seen)
    return rc;
  if (rc == SYNCD_OK && why->len)
    rc = ask (ctx, session, OBJECT_SECURITY, why);
  return rc == SYNCD_OK && !why->len ? ad_probe_deleted (ctx, session) : rc;
}

void
dirsync_because (const struct session *session, struct text *text)
{
  bool replicates = session->dirsync_flags == 0;

  text_print (text, "the domain controller answers DirSync; %s",
              replicates && !session->deletes_seen
                  ? "the account has the right Replicating Directory Changes, and yet Samba shows it "
                    "no deleted objects, which takes the right to list them: the inventory finds who "
                    "is gone"
              : replicates ? "the account has the right Replicating Directory Changes"
              : session->deletes_seen
                  ? "the account sees deleted objects"
                  : "the account lacks the right Replicating Directory Changes and sees no deleted "
                    "objects: the inventory finds who is gone");
}
