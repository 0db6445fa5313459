/* TLS over a non-blocking socket, by GnuTLS; nowhere else is its header included. Private to
 * common/http. */
#ifndef COMMON_HTTP_TLS_H
#define COMMON_HTTP_TLS_H

#include "common/base/err.h"

#include <stdbool.h>
#include <sys/types.h>

struct http_tls;         /* opaque: certificate, key and what is allowed */
struct http_tls_session; /* opaque: a connection */

/* TLS 1.2 and 1.3 (decisions.md D6). */
#define HTTP_TLS_PRIORITIES "NORMAL:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2"

/* cert_file, key_file: PEM. priorities: GnuTLS syntax; NULL: HTTP_TLS_PRIORITIES. Given. Errors:
 * ERR_INVALID, with the file or the place in the priorities. */
MUST_USE enum err_code http_tls_open(struct http_tls **ret, const char *cert_file,
                                     const char *key_file, const char *priorities, struct err *err);
void http_tls_close(struct http_tls *t); /* NULL is fine */

#define HTTP_TLS_AGAIN (-1)
#define HTTP_TLS_ERROR (-2)

struct http_tls_session *http_tls_accept(struct http_tls *t, int fd); /* given; NULL: no memory */
/* 0: done; else HTTP_TLS_AGAIN, HTTP_TLS_ERROR. */
int http_tls_handshake(struct http_tls_session *s);
/* Why it failed, in words (static); *ret_is_closed: the client went without a word, as a probe of a
 * port does. */
const char *http_tls_why(const struct http_tls_session *s, bool *ret_is_closed);
ssize_t http_tls_read(struct http_tls_session *s, void *buf,
                      size_t n); /* 0: the other side ended */
/* After HTTP_TLS_AGAIN the same data comes again. */
ssize_t http_tls_write(struct http_tls_session *s, const void *buf, size_t n);
bool http_tls_has_more(struct http_tls_session *s); /* read and not handed on: no event tells it */
void http_tls_bye(struct http_tls_session *s);
void http_tls_free(struct http_tls_session *s); /* NULL is fine */

#endif
