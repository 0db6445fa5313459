/* The JSON scanner under the decoder: one pass over the text, strict RFC 8259, no allocation but
 * for the strings asked for. Internal to proto/codec (and its tests). */
#ifndef PROTO_CODEC_SCAN_H
#define PROTO_CODEC_SCAN_H

#include "proto/codec/codec.h"

struct scan {
    const char *at, *end, *begin;
    struct arena *arena;
    size_t arena_limit; /* arena->used must stay below: see scan_room */
    unsigned flags;     /* proto_decode_flags */
    int depth;
    struct {
        const char *key;
        int key_len;
        long index; /* -1: a member */
    } path[PROTO_DEPTH_MAX + 1];
    struct err *err;
};

enum scan_token {
    SCAN_OBJECT,
    SCAN_ARRAY,
    SCAN_STRING,
    SCAN_NUMBER,
    SCAN_TRUE,
    SCAN_FALSE,
    SCAN_NULL,
    SCAN_BAD
};

void scan_init(struct scan *s, const char *text, size_t len, unsigned flags, struct arena *a,
               struct err *err);
/* What value comes next (white space skipped, nothing consumed). SCAN_BAD: not yet reported. */
enum scan_token scan_peek(struct scan *s);
/* Report at the current path and offset. Returns code. */
enum err_code scan_fail(struct scan *s, enum err_code code, const char *fmt, ...) PRINTF_LIKE(3, 4);
const char *scan_token_name(enum scan_token t);
void scan_path(const struct scan *s, char *out, size_t size);

/* Ask before taking `more` bytes from the arena: ERR_LIMIT when the document would need too much.
 * Whatever a peer can make arbitrarily often has to ask: containers, strings, unknown members. */
MUST_USE enum err_code scan_room(struct scan *s, size_t more);
/* The same before an array of n elements grows by one (arena_grow_array). */
MUST_USE enum err_code scan_room_to_grow(struct scan *s, size_t n, size_t size);

/* Objects and arrays: open, then next until *more is false. Members' keys are given as slices of
 * the text when they hold no escape, else copied. depth and path are kept here. */
MUST_USE enum err_code scan_open(struct scan *s, char bracket);
MUST_USE enum err_code scan_member(struct scan *s, bool *more, const char **key, size_t *key_len);
MUST_USE enum err_code scan_element(struct scan *s, bool *more);

/* A string, copied to the arena. */
MUST_USE enum err_code scan_string(struct scan *s, const char **ret, size_t *ret_len);
/* A number, true, false or null: a slice of the text. */
MUST_USE enum err_code scan_scalar_slice(struct scan *s, const char **ret, size_t *ret_len);
MUST_USE enum err_code scan_skip(struct scan *s); /* one value, checked like any other */
MUST_USE enum err_code scan_end(struct scan *s);  /* nothing but white space may follow */
/* Is all of the text one number, as JSON spells it (no sign +, no hex, no blanks)? */
bool scan_is_number(const char *text, size_t len);

#endif
