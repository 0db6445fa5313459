/* Decoding of members that hold no record. Each takes one value from the scanner; null was skipped
 * before. *ret_present becomes false when the value stands for "absent" ("" for a number).
 * Internal to proto/codec. */
#ifndef PROTO_CODEC_LEAF_H
#define PROTO_CODEC_LEAF_H

#include "proto/codec/scan.h"

/* Eat a null, if that is what comes. */
bool leaf_null(struct scan *s);
/* "expected an array, found a number". */
enum err_code leaf_wrong(struct scan *s, const char *wanted);

/* flags: NAME_OF_OBJECT, FIRST_OF_ARRAY. *ret is NULL when such an object or array holds none. */
MUST_USE enum err_code leaf_str(struct scan *s, unsigned flags, const char **ret);
MUST_USE enum err_code leaf_integer(struct scan *s, int64_t *ret, bool *ret_present);
MUST_USE enum err_code leaf_real(struct scan *s, double *ret, bool *ret_present);
MUST_USE enum err_code leaf_boolean(struct scan *s, bool *ret);
MUST_USE enum err_code leaf_bytes(struct scan *s, struct proto_bytes *ret);
MUST_USE enum err_code leaf_raw(struct scan *s, struct proto_raw *ret);

#endif
