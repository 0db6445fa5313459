#include "common/http/client.h"

#include "common/base/mem.h"
#include "common/http/transfer.h"

#include <stdlib.h>

struct http_client {
    CURLM *multi; /* holds the connections that are kept */
    CURL *easy;
};

struct http_client *http_client_new(void)
{
    struct http_client *c = xcalloc(1, sizeof(*c));
    http_transfer_init();
    c->multi = curl_multi_init();
    c->easy = curl_easy_init();
    if (!c->multi || !c->easy)
        abort(); /* out of memory: the policy of xmalloc */
    return c;
}

void http_client_free(struct http_client *c)
{
    if (!c)
        return;
    curl_easy_cleanup(c->easy);
    curl_multi_cleanup(c->multi);
    free(c);
}

void http_client_freep(struct http_client **c)
{
    http_client_free(*c);
}

static CURLcode perform(struct http_client *c, struct http_transfer *t)
{
    struct curl_waitfd cancel = {.fd = t->call->cancel_fd, .events = CURL_WAIT_POLLIN};
    unsigned extra = t->call->cancel_fd > 0 ? 1 : 0;
    CURLcode result = CURLE_FAILED_INIT;
    int running = 1, left;
    if (curl_multi_add_handle(c->multi, c->easy) != CURLM_OK)
        return result;
    while (curl_multi_perform(c->multi, &running) == CURLM_OK && running) {
        cancel.revents = 0;
        if (curl_multi_poll(c->multi, extra ? &cancel : NULL, extra, 1000, NULL) != CURLM_OK)
            break;
        if (cancel.revents) {
            t->is_cancelled = true;
            break;
        }
    }
    for (CURLMsg *m; (m = curl_multi_info_read(c->multi, &left));)
        if (m->msg == CURLMSG_DONE)
            result = m->data.result;
    return result;
}

enum err_code http_client_call(struct http_client *c, const struct http_call *call,
                               struct http_response *ret, struct err *err)
{
    struct http_transfer t;
    enum err_code rc = http_transfer_begin(&t, c->easy, call, ret, err);
    if (rc == ERR_OK) {
        CURLcode result = perform(c, &t);
        rc = http_transfer_end(&t, result, err);
        curl_multi_remove_handle(c->multi, c->easy);
    }
    http_transfer_release(&t);
    return rc;
}
