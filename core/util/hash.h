/* Keyed hashes: fingerprints (SHA-256 strength, kept in 16 bytes) and 64 bits for a leaf.
 *
 * The key is made with the state file, so that nobody can guess attribute values from the
 * state. A hasher belongs to one thread. OpenSSL does the work. */
#ifndef SYNCD_UTIL_HASH_H
#define SYNCD_UTIL_HASH_H

#include <stddef.h>
#include <stdint.h>

#define HASH_KEY_LEN 32
#define FINGERPRINT_LEN 16

struct hasher;

struct hasher *hasher_new (const unsigned char key[HASH_KEY_LEN]);
void hasher_free (struct hasher *);

/* One fingerprint: begin, any number of adds (one after another, without a mark between them), end.
 * The same bytes give another one under another label, which is at most 79 bytes long. */
void hasher_begin (struct hasher *, const char *label);
void hasher_add (struct hasher *, const void *bytes, size_t len);
void hasher_end (struct hasher *, unsigned char ret_fingerprint[FINGERPRINT_LEN]);

/* 64 bits of a leaf's value (SipHash-2-4); never 0, which stands for an absent value. */
uint64_t hasher_leaf (const struct hasher *, const void *bytes, size_t len);

/* Random bytes of the quality that keys need. */
void hash_random (unsigned char *ret_bytes, size_t len);
/* Unkeyed SHA-256 in lower-case hex, of one text; for versions and tokens. */
void hash_sha256_hex (const void *bytes, size_t len, char ret_hex[65]);

#endif
