/* URLs that people wrote: are they such, and how they are shown. */
#ifndef COMMON_HTTP_URL_H
#define COMMON_HTTP_URL_H

#include "common/base/err.h"
#include "common/base/sbuf.h"

/* The host of an http or https URL as the client will understand it: "http://0x7f.1/" is
 * "127.0.0.1", "http://[::1]:80/x" is "::1". ERR_INVALID: not such a URL; the text holds no
 * credentials. */
MUST_USE enum err_code http_url_host(const char *url, char host[static 256], struct err *err);

/* Append url without what may be secret; login and values of the query become "***". For lists,
 * logs and faults. Pure; any text is taken. */
void http_url_mask(struct sbuf *out, const char *url);

#endif
