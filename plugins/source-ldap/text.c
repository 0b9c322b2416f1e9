/* text.c: text that grows, JSON strings, fingerprints. Any thread; no waiting. */
#include "source-ldap.h"

#include <openssl/evp.h>
#include <openssl/sha.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool
text_reserve (struct text *text, size_t more)
{
  size_t size = text->size ? text->size : 128;
  char *data;

  if (text->failed || more >= SIZE_MAX / 2 - text->len)
    return !(text->failed = true);
  while (size < text->len + more + 1)
    size *= 2;
  if (size == text->size)
    return true;
  data = realloc (text->data, size);
  if (!data)
    return !(text->failed = true);
  text->data = data;
  text->size = size;
  return true;
}

void
text_add (struct text *text, const void *bytes, size_t len)
{
  if (!text_reserve (text, len))
    return;
  if (len)
    memcpy (text->data + text->len, bytes, len);
  text->len += len;
  text->data[text->len] = '\0';
}

void
text_print (struct text *text, const char *fmt, ...)
{
  va_list args;
  int len;

  va_start (args, fmt);
  len = vsnprintf (NULL, 0, fmt, args);
  va_end (args);
  if (len < 0 || !text_reserve (text, (size_t) len))
    return;
  va_start (args, fmt);
  vsnprintf (text->data + text->len, (size_t) len + 1, fmt, args);
  va_end (args);
  text->len += (size_t) len;
}

void
text_json (struct text *text, const char *value)
{
  text_add (text, "\"", 1);
  for (; *value; value++) {
    unsigned char c = (unsigned char) *value;

    if (c == '"' || c == '\\')
      text_print (text, "\\%c", c);
    else if (c < 0x20)
      text_print (text, "\\u%04x", c);
    else
      text_add (text, value, 1);
  }
  text_add (text, "\"", 1);
}

void
text_fini (struct text *text)
{
  free (text->data);
  memset (text, 0, sizeof *text);
}

void
text_fingerprint (const struct text *text, char ret_hex[65])
{
  unsigned char hash[SHA256_DIGEST_LENGTH];

  SHA256 ((const unsigned char *) (text->data ? text->data : ""), text->len, hash);
  for (size_t i = 0; i < sizeof hash; i++)
    snprintf (ret_hex + 2 * i, 3, "%02x", hash[i]);
}

void
text_base64 (struct text *text, const struct berval *bytes)
{
  unsigned char *out = malloc (bytes->bv_len / 3 * 4 + 5);
  int len = 0;

  if (out)
    len = EVP_EncodeBlock (out, (const unsigned char *) bytes->bv_val, (int) bytes->bv_len);
  text->failed = text->failed || !out;
  text_add (text, out ? (const char *) out : "", (size_t) len);
  free (out);
}

/* EVP_DecodeBlock counts the padding as bytes. */
bool
text_from_base64 (const struct berval *text, size_t max, struct berval *ret_bytes)
{
  const char *data = text->bv_val;
  size_t len = text->bv_len;
  unsigned char *out;
  int size;

  if (!len || len % 4 || len > max / 3 * 4 + 4 || !(out = malloc (len / 4 * 3 + 1)))
    return false;
  size = EVP_DecodeBlock (out, (const unsigned char *) data, (int) len);
  if (size < 3) {
    free (out);
    return false;
  }
  size -= (data[len - 1] == '=') + (data[len - 2] == '=');
  *ret_bytes = (struct berval){ (ber_len_t) size, (char *) out };
  return true;
}
