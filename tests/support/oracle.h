/* jansson as the judge of proto/codec: what is JSON, and are two documents the same? */
#ifndef TESTS_SUPPORT_ORACLE_H
#define TESTS_SUPPORT_ORACLE_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

/* Given: json_decref it. NULL when jansson refuses the text. Any value may stand at the top. */
json_t *oracle_parse(const char *text, size_t len);
/* Equal, where null counts as absent (in objects and arrays) and 5 is 5.0. */
bool oracle_equal(const json_t *a, const json_t *b);
/* Both are JSON and equal. */
bool oracle_same(const char *a, size_t a_len, const char *b, size_t b_len);
/* An object or array nested deeper than `depth` or with more than `count` elements inside? */
bool oracle_exceeds(const json_t *value, int depth, size_t count);

#endif
