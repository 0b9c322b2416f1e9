/* Runs a fuzz target over every file of the folders and files in its arguments, without a
 * fuzzer: each finding of the past stays a test. Given a number with -r, each input is also
 * tried with as many small damages, the same ones every time. One TAP case. */
#include "config.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "fuzz.h"

#define MAX_BYTES (2 * 1024 * 1024)

static unsigned long inputs;

static uint32_t
next_random (uint32_t *seed)
{
  *seed ^= *seed << 13;
  *seed ^= *seed >> 17;
  *seed ^= *seed << 5;
  return *seed;
}

/* An exact copy on the heap, so that reading behind its end is noticed. */
static void
try_bytes (const uint8_t *bytes, size_t len)
{
  uint8_t *copy = malloc (len ? len : 1);
  if (!copy)
    abort ();
  memcpy (copy, bytes, len);
  LLVMFuzzerTestOneInput (copy, len);
  free (copy);
  inputs++;
}

/* Changes, cuts or repeats a few bytes. */
static void
try_damaged (const uint8_t *bytes, size_t len, uint32_t *seed)
{
  static const char favourites[] = "\n\t :-[]{}\"'$&*!|>#%@\\\0\xff";
  uint8_t *copy = malloc (len + 1);
  if (!copy)
    abort ();
  memcpy (copy, bytes, len);
  for (uint32_t i = next_random (seed) % 4; len && i < 4; i++)
    copy[next_random (seed) % len] = (uint8_t) favourites[next_random (seed) % sizeof favourites];
  size_t end = len && next_random (seed) % 3 == 0 ? next_random (seed) % len : len;
  try_bytes (copy, end);
  free (copy);
}

static int
try_file (const char *file, unsigned long rounds)
{
  FILE *stream = fopen (file, "rb");
  uint8_t *bytes = malloc (MAX_BYTES);
  if (!stream || !bytes) {
    printf ("Bail out! cannot read %s\n", file);
    exit (1);
  }
  size_t len = fread (bytes, 1, MAX_BYTES, stream);
  fclose (stream);
  uint32_t seed = 2463534242u;
  try_bytes (bytes, len);
  for (unsigned long i = 0; i < rounds && len < 65536; i++)
    try_damaged (bytes, len, &seed);
  free (bytes);
  return 0;
}

static void
try_path (const char *path, unsigned long rounds)
{
  struct stat status;
  if (stat (path, &status) == 0 && !S_ISDIR (status.st_mode)) {
    try_file (path, rounds);
    return;
  }
  struct dirent **entries = NULL;
  int count = scandir (path, &entries, NULL, alphasort);
  if (count < 0)
    printf ("Bail out! cannot read %s\n", path);
  for (int i = 0; i < count; i++) {
    char name[4096];
    snprintf (name, sizeof name, "%s/%s", path, entries[i]->d_name);
    if (entries[i]->d_name[0] != '.')
      try_file (name, rounds);
    free (entries[i]);
  }
  free (entries);
}

int
main (int argc, char **argv)
{
  int first = 1;
  unsigned long rounds = 0;
  if (argc > 2 && strcmp (argv[1], "-r") == 0) {
    rounds = strtoul (argv[2], NULL, 10);
    first = 3;
  }
  printf ("1..1\n");
  fflush (stdout);
  for (int i = first; i < argc; i++)
    try_path (argv[i], rounds);
  printf ("%sok 1 - %lu inputs\n", inputs ? "" : "not ", inputs);
  return inputs ? 0 : 1;
}
