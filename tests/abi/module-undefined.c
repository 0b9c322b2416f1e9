/* Calls a function that nobody has: it has to be refused when it is loaded, not when it calls. */
#include "syncd/plugin.h"

const struct syncd_plugin *nobody_has_this_function (void);
SYNCD_EXTERN_C SYNCD_EXPORT const struct syncd_plugin *syncd_plugin_entry (void);

const struct syncd_plugin *
syncd_plugin_entry (void)
{
  return nobody_has_this_function ();
}
