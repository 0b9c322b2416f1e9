/* Memory of the host; see mem.h. */
#include "config.h"
#include "util/mem.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void __attribute__ ((__noreturn__))
out_of_memory (void)
{
  static const char text[] = "syncd: out of memory; what was done is recorded, run again\n";
  ssize_t ignored = write (STDERR_FILENO, text, sizeof text - 1);
  (void) ignored;
  _exit (1);
}

void *
mem_new (size_t count, size_t size)
{
  void *memory = calloc (count ? count : 1, size ? size : 1);
  if (!memory)
    out_of_memory ();
  return memory;
}

void *
mem_resize (void *array, size_t count, size_t size)
{
  if (size && count > SIZE_MAX / size)
    out_of_memory ();
  size_t bytes = count * size;
  void *memory = realloc (array, bytes ? bytes : 1);
  if (!memory)
    out_of_memory ();
  return memory;
}

char *
mem_copy (const void *bytes, size_t len)
{
  if (len == SIZE_MAX)
    out_of_memory ();
  char *copy = malloc (len + 1);
  if (!copy)
    out_of_memory ();
  if (len)
    memcpy (copy, bytes, len);
  copy[len] = '\0';
  return copy;
}

char *
mem_copy_text (const char *text)
{
  return text ? mem_copy (text, strlen (text)) : NULL;
}

char *
mem_vformat (const char *fmt, va_list args)
{
  char *text = NULL;
  if (vasprintf (&text, fmt, args) < 0)
    out_of_memory ();
  return text;
}

char *
mem_format (const char *fmt, ...)
{
  va_list args;
  va_start (args, fmt);
  char *text = mem_vformat (fmt, args);
  va_end (args);
  return text;
}

void
mem_set_text (char **text, const char *value)
{
  char *copy = mem_copy_text (value);
  free (*text);
  *text = copy;
}

void
mem_wipe (void *bytes, size_t len)
{
  if (bytes && len)
    explicit_bzero (bytes, len);
}

void
mem_free_secret (char *text)
{
  if (text)
    mem_wipe (text, strlen (text));
  free (text);
}

void
mem_auto_free (void *pointer_to_pointer)
{
  free (*(void **) pointer_to_pointer);
}
