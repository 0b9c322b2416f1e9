/* Keyed hashes; see hash.h. */
#include "config.h"
#include "util/hash.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/rand.h>

#include "util/mem.h"

#define LABEL_MAX 80

struct hasher {
  EVP_MAC_CTX *keyed;         /* by a key made of ours and the label */
  char label[LABEL_MAX];
  unsigned char key[HASH_KEY_LEN];
  bool blake;
  uint64_t sip_key[2];
};

static void __attribute__ ((__noreturn__))
no_openssl (void)
{
  fputs ("syncd: OpenSSL computes neither BLAKE2b nor HMAC-SHA-256; "
         "is its default provider installed?\n", stderr);
  exit (1);
}

static void
set_key (struct hasher *hasher, const unsigned char key[HASH_KEY_LEN])
{
  char digest[] = "SHA256";
  size_t size = 32;
  OSSL_PARAM params[] = { hasher->blake
                              ? OSSL_PARAM_construct_size_t (OSSL_MAC_PARAM_SIZE, &size)
                              : OSSL_PARAM_construct_utf8_string (OSSL_MAC_PARAM_DIGEST, digest, 0),
                          OSSL_PARAM_construct_end () };
  if (EVP_MAC_init (hasher->keyed, key, HASH_KEY_LEN, params) != 1)
    no_openssl ();
}

/* BLAKE2b costs half of HMAC-SHA-256 for what an entry of the ordinary kind has. Where only
 * approved algorithms are to be had (FIPS) it is HMAC; a state that meets the other one takes every
 * entry for changed once, finds that no leaf is, and keeps the new fingerprints. */
struct hasher *
hasher_new (const unsigned char key[HASH_KEY_LEN])
{
  struct hasher *hasher = mem_new (1, sizeof *hasher);
  EVP_MAC *mac = EVP_MAC_fetch (NULL, "BLAKE2BMAC", NULL);
  hasher->blake = mac != NULL;
  if (!mac)
    mac = EVP_MAC_fetch (NULL, "HMAC", NULL);
  hasher->keyed = mac ? EVP_MAC_CTX_new (mac) : NULL;
  EVP_MAC_free (mac);
  if (!hasher->keyed)
    no_openssl ();
  memcpy (hasher->key, key, sizeof hasher->key);
  set_key (hasher, key);
  memcpy (hasher->sip_key, key, sizeof hasher->sip_key);
  return hasher;
}

void
hasher_free (struct hasher *hasher)
{
  if (!hasher)
    return;
  EVP_MAC_CTX_free (hasher->keyed);
  mem_wipe (hasher, sizeof *hasher);
  free (hasher);
}

static void
finish (struct hasher *hasher, unsigned char ret_full[EVP_MAX_MD_SIZE])
{
  size_t len = 0;
  if (EVP_MAC_final (hasher->keyed, ret_full, &len, EVP_MAX_MD_SIZE) != 1)
    no_openssl ();
}

static void
take_label (struct hasher *hasher, const char *label)
{
  unsigned char made[EVP_MAX_MD_SIZE];
  set_key (hasher, hasher->key);
  EVP_MAC_update (hasher->keyed, (const unsigned char *) label, strlen (label));
  finish (hasher, made);
  set_key (hasher, made);
  mem_wipe (made, sizeof made);
  snprintf (hasher->label, sizeof hasher->label, "%s", label);
}

void
hasher_begin (struct hasher *hasher, const char *label)
{
  if (strcmp (hasher->label, label) != 0)
    take_label (hasher, label);
  else if (EVP_MAC_init (hasher->keyed, NULL, 0, NULL) != 1)
    no_openssl ();
}

void
hasher_add (struct hasher *hasher, const void *bytes, size_t len)
{
  EVP_MAC_update (hasher->keyed, bytes, len);
}

void
hasher_end (struct hasher *hasher, unsigned char ret_fingerprint[FINGERPRINT_LEN])
{
  unsigned char full[EVP_MAX_MD_SIZE];
  finish (hasher, full);
  memcpy (ret_fingerprint, full, FINGERPRINT_LEN);
}

#define ROTATE(x, b) (((x) << (b)) | ((x) >> (64 - (b))))

static void
sip_round (uint64_t v[4])
{
  v[0] += v[1]; v[1] = ROTATE (v[1], 13); v[1] ^= v[0]; v[0] = ROTATE (v[0], 32);
  v[2] += v[3]; v[3] = ROTATE (v[3], 16); v[3] ^= v[2];
  v[0] += v[3]; v[3] = ROTATE (v[3], 21); v[3] ^= v[0];
  v[2] += v[1]; v[1] = ROTATE (v[1], 17); v[1] ^= v[2]; v[2] = ROTATE (v[2], 32);
}

static void
sip_word (uint64_t v[4], uint64_t word)
{
  v[3] ^= word;
  sip_round (v);
  sip_round (v);
  v[0] ^= word;
}

/* SipHash-2-4 (Aumasson and Bernstein, 2012). Written out because OpenSSL's costs a context
 * set-up for each of a million times a dozen leaves. */
uint64_t
hasher_leaf (const struct hasher *hasher, const void *bytes, size_t len)
{
  uint64_t k0 = hasher->sip_key[0], k1 = hasher->sip_key[1];
  uint64_t v[4] = { k0 ^ UINT64_C (0x736f6d6570736575), k1 ^ UINT64_C (0x646f72616e646f6d),
                    k0 ^ UINT64_C (0x6c7967656e657261), k1 ^ UINT64_C (0x7465646279746573) };
  const unsigned char *at = bytes;
  size_t left = len;
  uint64_t word;
  for (; left >= 8; left -= 8, at += 8) {
    memcpy (&word, at, 8);
    sip_word (v, word);
  }
  word = (uint64_t) len << 56;
  for (size_t i = 0; i < left; i++)
    word |= (uint64_t) at[i] << (8 * i);
  sip_word (v, word);
  v[2] ^= 0xff;
  for (int i = 0; i < 4; i++)
    sip_round (v);
  uint64_t hash = v[0] ^ v[1] ^ v[2] ^ v[3];
  return hash ? hash : 1;
}

void
hash_random (unsigned char *ret_bytes, size_t len)
{
  if (RAND_bytes (ret_bytes, (int) len) != 1)
    no_openssl ();
}

void
hash_sha256_hex (const void *bytes, size_t len, char ret_hex[65])
{
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned digest_len = 0;
  if (EVP_Digest (bytes, len, digest, &digest_len, EVP_sha256 (), NULL) != 1)
    no_openssl ();
  for (unsigned i = 0; i < 32; i++)
    snprintf (ret_hex + 2 * i, 3, "%02x", digest[i]);
}
