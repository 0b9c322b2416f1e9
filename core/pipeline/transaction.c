/* What a pass writes between its steps: all of it is kept, or nothing (G2). Main thread only. */
#include "config.h"

#include "pipeline/pass.h"

int
pass_transaction (struct pass *pass, int (*write) (struct pass *, struct error *),
                  struct error *error)
{
  struct store *store = pass->p->store; /* also before a pass has its own */
  if (store_begin (store, error) < 0)
    return -1;
  if (write (pass, error) == 0)
    return store_commit (store, error);
  store_rollback (store);
  return -1;
}
