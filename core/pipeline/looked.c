/* Who was looked at in this pass, and who may be; see looked.h. Kept by hashes of a fixed number:
 * who takes another's place has it looked at once more. */
#include "config.h"
#include "pipeline/looked.h"

#include <stdlib.h>
#include <string.h>

#include "util/mem.h"
#include "util/text.h"

#define REMEMBERED 1024 /* a power of two */
#define UNNAMED_MOST 16 /* in a pass */

struct place {
  uint64_t account; /* hash of its id; 0: nobody's */
  enum looked_answer answer;
};

struct looked {
  struct place places[REMEMBERED];
  int unnamed; /* so many, less those that were gone */
};

static struct looked *
looked_of (struct pass *pass)
{
  if (!pass->looked)
    pass->looked = mem_new (1, sizeof *pass->looked);
  return pass->looked;
}

void
looked_free (struct pass *pass)
{
  free (pass->looked);
  pass->looked = NULL;
}

static struct place *
place_of (struct pass *pass, const char *account, uint64_t *ret_hash)
{
  *ret_hash = hasher_leaf (pass->p->hasher, account, strlen (account));
  return &looked_of (pass)->places[*ret_hash % REMEMBERED];
}

enum looked_answer
looked_at (struct pass *pass, const char *account)
{
  uint64_t hash;
  const struct place *place = place_of (pass, account, &hash);
  return place->account == hash ? place->answer : LOOKED_NOT;
}

void
looked_note (struct pass *pass, const char *account, enum looked_answer answer)
{
  uint64_t hash;
  struct place *place = place_of (pass, account, &hash);
  *place = (struct place){ .account = hash, .answer = answer };
}

void
looked_forget_pending (struct pass *pass, const char *account)
{
  if (looked_at (pass, account) == LOOKED_PENDING)
    looked_note (pass, account, LOOKED_NOT);
}

static bool
mentions (const char *words, const char *word)
{
  MEM_AUTO char *text = text_fold (words);
  MEM_AUTO char *part = text_fold (word);
  return *part && strstr (text, part);
}

/* "urn:…:User:manager.value" → "manager". */
static char *
attribute_of (const char *path)
{
  const char *colon = strrchr (path, ':');
  const char *name = colon ? colon + 1 : path;
  return mem_copy (name, strcspn (name, ".["));
}

bool
looked_speak_of (const char *words, const char *path, const char *account)
{
  MEM_AUTO char *attribute = attribute_of (path);
  return (account && mentions (words, account)) || mentions (words, attribute);
}

bool
looked_may (struct pass *pass, bool named)
{
  return named || looked_of (pass)->unnamed++ < UNNAMED_MOST;
}

void
looked_was_worth_it (struct pass *pass)
{
  struct looked *looked = looked_of (pass);
  looked->unnamed -= looked->unnamed > 0;
}
