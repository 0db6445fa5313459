/* FNV-1a, 64 bits: a hash of bytes that nobody aims at. Its values never change: some are compared
 * between processes of different versions, or name files. Against those who choose what is hashed
 * take a keyed one (libsodium's).
 *
 *     uint64_t h = hash_text(hash_text(HASH_START, name), "/");     of a text made of two */
#ifndef COMMON_BASE_HASH_H
#define COMMON_BASE_HASH_H

#include <stddef.h>
#include <stdint.h>

#define HASH_START UINT64_C(14695981039346656037)

static inline uint64_t hash_byte(uint64_t h, unsigned char byte)
{
    return (h ^ byte) * UINT64_C(1099511628211);
}

/* Both go on from h. Pure. */
uint64_t hash_bytes(uint64_t h, const void *bytes, size_t n);
uint64_t hash_text(uint64_t h, const char *text); /* without its NUL */

#endif
