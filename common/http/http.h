/* What the server and the client face share. */
#ifndef COMMON_HTTP_HTTP_H
#define COMMON_HTTP_HTTP_H

#include "common/base/err.h"
#include "common/base/sbuf.h"

#include <stdint.h>

#define HTTP_TYPE_JSON "application/json;charset=UTF-8"
#define HTTP_TYPE_TEXT "text/plain;charset=UTF-8"
#define HTTP_TYPE_SSE  "text/event-stream;charset=UTF-8"

struct http_header {
    const char *name, *value;
};

const char *http_status_text(int status); /* 404: "Not Found"; unknown: "Status" */

/* Percent-decode in place. false: bad escape or a NUL (then *s is unspecified). plus_is_blank: as
 * in queries. */
bool http_percent_decode(char *s, bool plus_is_blank);
bool http_percent_is_good(const char *s); /* it can be decoded */
/* Append s with everything but unreserved characters encoded: safe as path segment, query value,
 * form value. */
void http_percent_encode(struct sbuf *out, const char *s);
/* Append s as a quoted-string of a header (RFC 9110, 5.6.4): '"' and '\\' escaped, control characters
 * as blanks. */
void http_quoted_string(struct sbuf *out, const char *s);

/* ADDRESS:PORT of an option, IPv6 in brackets. ERR_INVALID. */
#define HTTP_ADDRESS_SIZE 64
MUST_USE enum err_code http_read_address(const char *where, char ret[HTTP_ADDRESS_SIZE],
                                         uint16_t *ret_port, struct err *err);

#endif
