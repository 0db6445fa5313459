/* multipart/form-data (RFC 7578) as it comes in: the one part that is wanted is handed on, the
 * others are dropped. Memory is bounded: a delimiter and the head of a part. Private to
 * common/http; pure. */
#ifndef COMMON_HTTP_MULTIPART_H
#define COMMON_HTTP_MULTIPART_H

#include "common/base/sbuf.h"

#include <stdbool.h>

struct http_multipart; /* opaque */

struct http_multipart_sink {
    void *arg;
    /* The wanted part begins; filename: "" when none is said. false: stop. */
    bool (*begin)(void *arg, const char *filename);
    bool (*data)(void *arg, const char *data, size_t len);
};

/* wanted: the part's name, borrowed until free. NULL: the Content-Type has no good boundary. Given.
 */
struct http_multipart *http_multipart_new(const char *content_type, const char *wanted,
                                          const struct http_multipart_sink *sink);
/* false: not well-formed, or the sink said stop. */
bool http_multipart_add(struct http_multipart *m, const char *data, size_t len);
bool http_multipart_is_complete(const struct http_multipart *m);
void http_multipart_free(struct http_multipart *m); /* NULL is fine */

#endif
