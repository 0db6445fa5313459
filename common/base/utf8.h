/* UTF-8: what is a character and what is not. Pure. */
#ifndef COMMON_BASE_UTF8_H
#define COMMON_BASE_UTF8_H

#include "common/base/macros.h"

/* The character at the start of s (n bytes): its length in bytes (1..4) and, unless ret_char is
 * NULL, its code point. 0: s does not start with a well-formed character (overlong forms,
 * surrogates and values above U+10FFFF are not), or n is 0. */
size_t utf8_char(const char *s, size_t n, uint32_t *ret_char);

/* The largest m <= n so that the first m bytes of s do not end inside a character: for cutting. */
size_t utf8_cut(const char *s, size_t n);

#endif
