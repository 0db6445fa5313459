/* Private to common/http: one call in the hands of libcurl, for the blocking client (client.c) and for
 * many calls on one thread (calls.c).
 *
 *     rc = http_transfer_begin(&t, easy, call, &res, err);    then the multi handle runs t.easy
 *     rc = http_transfer_end(&t, result, err);                what became of it
 *     http_transfer_release(&t);                              always, in front of the handle's end */
#ifndef COMMON_HTTP_TRANSFER_H
#define COMMON_HTTP_TRANSFER_H

#include "common/http/client.h"

#include <curl/curl.h>

struct http_transfer {
    const struct http_call *call;
    struct http_response *ret;
    CURL *easy;
    struct curl_slist *headers;
    curl_mime *mime;
    size_t max;
    off_t sent; /* of call->body_fd */
    bool is_too_long, is_enough, is_cancelled;
    struct err refused; /* by call->dial; the last address of several */
    char text[CURL_ERROR_SIZE];
};

void http_transfer_init(void); /* of libcurl; once a process is enough */
/* call and ret are borrowed until the end; ret is cleared. t must stay where it is. */
MUST_USE enum err_code http_transfer_begin(struct http_transfer *t, CURL *easy,
                                           const struct http_call *call, struct http_response *ret,
                                           struct err *err);
MUST_USE enum err_code http_transfer_end(struct http_transfer *t, CURLcode result, struct err *err);
void http_transfer_release(struct http_transfer *t);

#endif
