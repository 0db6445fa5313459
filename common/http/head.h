/* The head of a request and the framing of its body, read as RFC 9112 says and no more leniently:
 * what two readers could understand in two ways is refused (request smuggling). Private to
 * common/http; pure, so that it can be fuzzed. */
#ifndef COMMON_HTTP_HEAD_H
#define COMMON_HTTP_HEAD_H

#include "common/http/http.h"

#include <stdbool.h>
#include <stdint.h>

#define HTTP_LINE_MAX    ((size_t)16 * 1024) /* the request line: 414 */
#define HTTP_HEAD_MAX    ((size_t)32 * 1024) /* all lines together: 431 */
#define HTTP_HEADERS_MAX 100                 /* 431 */

struct http_head {
    char *method, *target; /* in the text, as sent */
    bool is_http10, wants_close, wants_keep_alive, expects_continue, is_chunked, has_length;
    uint64_t length; /* Content-Length */
    int refused;     /* 0: it is good; else the status, and why */
    const char *why;
    unsigned header_n;
    struct http_header headers[HTTP_HEADERS_MAX];
};

/* How far a head has been looked at while it comes in; zeros at its beginning. */
struct http_head_scan {
    size_t at, line; /* the next byte, the beginning of its line */
    int refused;     /* with status and reason: what comes behind is no request */
    const char *why;
};

/* The length of the head in text, with its empty line; 0: more is needed, or scan->refused. Each
 * byte is looked at once over all calls. */
size_t http_head_end(struct http_head_scan *scan, const char *text, size_t len);

/* Cuts text[0..len), as http_head_end found it, and a NUL behind, in place; ret points into it. */
void http_head_parse(char *text, size_t len, struct http_head *ret);

/* NULL: it is not there. Any case. */
const char *http_head_get(const struct http_head *h, const char *name);

/* --- chunked bodies --------------------------------------------------------------------------- */

struct http_chunks { /* zeros at the beginning */
    enum {
        CHUNK_SIZE,
        CHUNK_EXTENSION,
        CHUNK_SIZE_LF,
        CHUNK_DATA,
        CHUNK_DATA_CR,
        CHUNK_DATA_LF,
        CHUNK_TRAILER, /* at the beginning of a line */
        CHUNK_TRAILER_LINE,
        CHUNK_TRAILER_LF,
        CHUNK_END_LF,
        CHUNK_DONE,
        CHUNK_BAD
    } state;
    uint64_t left;   /* of this chunk */
    unsigned digits; /* of its size */
    size_t extra;    /* bytes of extensions and trailers so far: bounded */
};

/* Takes from data until a piece of the body is found (*ret_piece, *ret_n > 0), or all is taken, or
 * the state is CHUNK_DONE or CHUNK_BAD. Returns how many bytes were taken. */
size_t http_chunks_take(struct http_chunks *c, const char *data, size_t len, const char **ret_piece,
                        size_t *ret_n);

#endif
