/* UTF-8: what is a character and what is not. Pure. */
#ifndef COMMON_BASE_UTF8_H
#define COMMON_BASE_UTF8_H

#include "common/base/macros.h"

#include <stdbool.h>

/* The character at the start of s (n bytes): its length in bytes (1..4) and, unless ret_char is
 * NULL, its code point. 0: s does not start with a well-formed character (overlong forms,
 * surrogates and values above U+10FFFF are not), or n is 0. */
size_t utf8_char(const char *s, size_t n, uint32_t *ret_char);

/* Is it a character that is not seen but changes how others are shown, or what a terminal or a
 * viewer does: C0, DEL, C1, line and paragraph separator, direction marks and overrides, invisible
 * spaces and tags? Not the joiners, which scripts and emoji need. */
bool utf8_steers(uint32_t c);

/* The largest m <= n so that the first m bytes of s do not end inside a character: for cutting. */
size_t utf8_cut(const char *s, size_t n);

#endif
