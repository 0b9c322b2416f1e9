/* Why something failed; see error.h. */
#include "config.h"
#include "util/error.h"

#include <stdarg.h>
#include <stdio.h>

static void
set (struct error *error, int exit_status, const char *fmt, va_list args)
{
  error->exit_status = exit_status;
  vsnprintf (error->text, sizeof error->text, fmt, args);
}

int
error_set (struct error *error, const char *fmt, ...)
{
  va_list args;
  va_start (args, fmt);
  set (error, 1, fmt, args);
  va_end (args);
  return -1;
}

int
error_config (struct error *error, const char *fmt, ...)
{
  va_list args;
  va_start (args, fmt);
  set (error, 2, fmt, args);
  va_end (args);
  return -1;
}
