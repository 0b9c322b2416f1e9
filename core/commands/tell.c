/* Lines for people or members for programs; see tell.h. */
#include "config.h"
#include "commands/tell.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "util/clock.h"
#include "util/mem.h"
#include "util/suggest.h"

void
tell_begin (struct telling *t, bool json)
{
  t->json = json;
  t->all = json ? json_object () : NULL;
}

int
tell_end (struct telling *t)
{
  if (t->json) {
    json_dumpf (t->all, stdout, JSON_INDENT (1));
    putchar ('\n');
  }
  json_decref (t->all);
  t->all = NULL;
  return fflush (stdout) == 0 ? 0 : 1;
}

static char *
key_of (const char *label)
{
  char *key = mem_copy_text (label);
  for (char *at = key; *at; at++)
    if (*at == ' ')
      *at = '_';
  return key;
}

static void
put (struct telling *t, const char *label, json_t *value)
{
  MEM_AUTO char *key = key_of (label);
  json_object_set_new (t->all, key, value);
}

static void
print (const char *label, const char *text)
{
  MEM_AUTO char *whole = suggest_whole (text);
  printf ("%-12s %s\n", label, whole);
}

void
tell_text (struct telling *t, const char *label, const char *text)
{
  if (!text || !*text)
    return;
  if (t->json)
    put (t, label, json_string (text));
  else
    print (label, text);
}

void
tell_format (struct telling *t, const char *label, const char *format, ...)
{
  va_list arguments;
  char text[4096];
  va_start (arguments, format);
  vsnprintf (text, sizeof text, format, arguments);
  va_end (arguments);
  tell_text (t, label, text);
}

char *
tell_distance (int64_t ms)
{
  int64_t seconds = (ms - clock_now_ms ()) / 1000, far = seconds < 0 ? -seconds : seconds;
  const char *unit = far < 120 ? "s" : far < 7200 ? "min" : far < 172800 ? "h" : "days";
  int64_t number = far < 120 ? far : far < 7200 ? far / 60 : far < 172800 ? far / 3600 : far / 86400;
  return seconds > 0 ? mem_format ("in %" PRId64 " %s", number, unit)
                     : mem_format ("%" PRId64 " %s ago", number, unit);
}

void
tell_when (struct telling *t, const char *label, int64_t ms)
{
  char when[21];
  if (ms <= 1 || ms == INT64_MAX)
    return;
  clock_format (ms, when);
  if (t->json) {
    put (t, label, json_string (when));
    return;
  }
  MEM_AUTO char *distance = tell_distance (ms);
  MEM_AUTO char *text = mem_format ("%s (%s)", when, distance);
  print (label, text);
}

void
tell_number (struct telling *t, const char *label, int64_t number)
{
  if (t->json)
    put (t, label, json_integer ((json_int_t) number));
  else
    printf ("%-12s %" PRId64 "\n", label, number);
}

void
tell_flag (struct telling *t, const char *label, bool is, const char *words)
{
  if (t->json)
    put (t, label, json_boolean (is));
  else if (is)
    print (label, words);
}

void
tell_item (struct telling *t, const char *label, const char *text)
{
  if (!t->json) {
    print (label, text);
    return;
  }
  MEM_AUTO char *key = key_of (label);
  json_t *list = json_object_get (t->all, key);
  if (!list) {
    list = json_array ();
    json_object_set_new (t->all, key, list);
  }
  json_array_append_new (list, json_string (text));
}
