/* Memory, clocks and random ids. One thread. */
#include <config.h>
#include "util.h"

#include <locale.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/random.h>
#include <time.h>
#include <wchar.h>
#include <wctype.h>

static uint64_t random_state = 0x9e3779b97f4a7c15u;

static void *
mem_checked (void *memory)
{
  if (memory == NULL) {
    fputs ("genesys-sim: out of memory\n", stderr);
    abort ();
  }
  return memory;
}

void *
mem_new (size_t size)
{
  return mem_checked (calloc (1, size > 0 ? size : 1));
}

void *
mem_resize (void *memory, size_t size)
{
  return mem_checked (realloc (memory, size > 0 ? size : 1));
}

char *
mem_copy (const char *text)
{
  return mem_copy_n (text, strlen (text));
}

char *
mem_copy_n (const char *text, size_t length)
{
  char *copy = mem_resize (NULL, length + 1);
  if (length > 0)
    memcpy (copy, text, length);
  copy[length] = '\0';
  return copy;
}

static int64_t
clock_read (clockid_t id)
{
  struct timespec now;
  clock_gettime (id, &now);
  return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

int64_t
clock_steady (void)
{
  return clock_read (CLOCK_MONOTONIC);
}

int64_t
clock_wall (void)
{
  return clock_read (CLOCK_REALTIME);
}

void
clock_format (int64_t wall_ms, char ret_text[TIME_SIZE])
{
  static time_t last = -1;
  static char text[64];
  time_t second = (time_t)(wall_ms / 1000);
  if (second != last) {
    struct tm tm;
    gmtime_r (&second, &tm);
    strftime (text, sizeof text, "%Y-%m-%dT%H:%M:%S", &tm);
    last = second;
  }
  memcpy (ret_text, text, 19);
  int ms = (int)(wall_ms % 1000);
  ret_text[19] = '.';
  ret_text[20] = (char)('0' + ms / 100);
  ret_text[21] = (char)('0' + ms / 10 % 10);
  ret_text[22] = (char)('0' + ms % 10);
  ret_text[23] = 'Z';
  ret_text[24] = '\0';
}

void
random_seed (uint64_t seed)
{
  if (seed == 0 && getrandom (&seed, sizeof seed, 0) != (ssize_t)sizeof seed)
    seed = (uint64_t)clock_wall ();
  random_state = seed;
}

/* splitmix64: one add and two multiplications, good enough for ids and dice. */
uint64_t
random_next (uint64_t *state)
{
  uint64_t z = (*state += 0x9e3779b97f4a7c15u);
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
  return z ^ (z >> 31);
}

void
random_uuid (char ret_uuid[UUID_SIZE])
{
  static const char digits[] = "0123456789abcdef";
  uint64_t words[2] = {random_next (&random_state), random_next (&random_state)};
  for (size_t i = 0, n = 0; i < 36; i++) {
    if (i == 8 || i == 13 || i == 18 || i == 23) {
      ret_uuid[i] = '-';
      continue;
    }
    ret_uuid[i] = digits[(words[n / 16] >> (n % 16 * 4)) & 15];
    n++;
  }
  ret_uuid[14] = '4';
  ret_uuid[19] = digits[8 + (words[1] & 3)];
  ret_uuid[36] = '\0';
}

void
random_text (char *ret_text, size_t length)
{
  static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  for (size_t i = 0; i < length; i++)
    ret_text[i] = letters[random_next (&random_state) & 63];
}

static char *
fold_wide (const char *text)
{
  struct buffer out = {0};
  mbstate_t in = {0}, back = {0};
  size_t left = strlen (text);
  while (left > 0) {
    wchar_t wide;
    char bytes[16];
    size_t taken = mbrtowc (&wide, text, left, &in);
    if (taken == 0 || taken > left) { /* no character: kept as it is */
      memset (&in, 0, sizeof in);
      buffer_add (&out, text, taken = 1);
    } else {
      size_t made = wcrtomb (bytes, (wchar_t)towlower ((wint_t)wide), &back);
      buffer_add (&out, bytes, made == (size_t)-1 ? 0 : made);
    }
    text += taken;
    left -= taken;
  }
  return out.data != NULL ? out.data : mem_copy ("");
}

char *
text_fold (const char *text)
{
  size_t length = strlen (text);
  char *copy = mem_resize (NULL, length + 1);
  for (size_t i = 0; i <= length; i++) {
    unsigned char c = (unsigned char)text[i];
    if (c >= 0x80) {
      free (copy);
      return fold_wide (text);
    }
    copy[i] = (char)(c >= 'A' && c <= 'Z' ? c + 32 : c);
  }
  return copy;
}

bool
text_equal_fold (const char *a, const char *b, size_t length)
{
  return strncasecmp (a, b, length) == 0;
}

bool
problem_set (struct problem *problem, int status, const char *type, const char *format, ...)
{
  va_list values;
  problem->status = status;
  problem->type = type;
  va_start (values, format);
  vsnprintf (problem->detail, sizeof problem->detail, format, values);
  va_end (values);
  return false;
}
