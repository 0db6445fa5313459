/* Identifiers and randomness of the operating system. Logic is given ids (design.md section 3) and
 * does not call this. */
#ifndef COMMON_SYS_IDS_H
#define COMMON_SYS_IDS_H

#include "common/base/macros.h"

#include <stdbool.h>

#define ID_SIZE 37 /* 36 characters of a UUID and the NUL */

void id_new(char out[ID_SIZE]);  /* a random UUID (version 4), lower case */
bool id_is_valid(const char *s); /* UUID text in the 8-4-4-4-12 form, either case; NULL is not */
void id_random(void *buf,
               size_t n); /* from getrandom(2), good for keys; aborts when the kernel has none */

/* A secret token for URLs and headers: size - 1 characters of [0-9a-zA-Z] (5.95 bits each) and the
 * NUL. */
void id_token(char *out, size_t size);

#endif
