#include "common/http/calls.h"

#include "common/base/mem.h"
#include "common/http/transfer.h"

#include <stdlib.h>

enum { IDLE_MAX = 16 /* handles that are kept for the next calls */ };

struct open_call {
    struct open_call *next, *prev;
    struct http_transfer transfer;
    struct http_call call;
    struct http_response res;
    struct err err; /* it could not even begin */
    http_called_fn *done;
    void *arg;
};

struct http_calls {
    CURLM *multi;
    struct open_call *open, *stillborn;
    CURL *idle[IDLE_MAX];
    unsigned idle_n;
};

struct http_calls *http_calls_new(unsigned open_max)
{
    struct http_calls *c = xcalloc(1, sizeof(*c));
    http_transfer_init();
    c->multi = curl_multi_init();
    if (!c->multi)
        abort(); /* out of memory: the policy of xmalloc */
    curl_multi_setopt(c->multi, CURLMOPT_MAX_TOTAL_CONNECTIONS, (long)open_max);
    return c;
}

static CURL *take_handle(struct http_calls *c)
{
    CURL *easy = c->idle_n ? c->idle[--c->idle_n] : curl_easy_init();
    if (!easy)
        abort();
    return easy;
}

static void give_handle(struct http_calls *c, CURL *easy)
{
    if (c->idle_n < IDLE_MAX)
        c->idle[c->idle_n++] = easy;
    else
        curl_easy_cleanup(easy);
}

static void push(struct open_call **list, struct open_call *o)
{
    o->prev = NULL;
    o->next = *list;
    if (o->next)
        o->next->prev = o;
    *list = o;
}

static void unlink_from(struct open_call **list, struct open_call *o)
{
    *(o->prev ? &o->prev->next : list) = o->next;
    if (o->next)
        o->next->prev = o->prev;
}

void http_calls_begin(struct http_calls *c, const struct http_call *call, http_called_fn *done,
                      void *arg)
{
    struct open_call *o = xcalloc(1, sizeof(*o));
    CURL *easy = take_handle(c);
    *o = (struct open_call){
        .call = *call, .res = HTTP_RESPONSE_INIT, .err = ERR_INIT, .done = done, .arg = arg};
    if (http_transfer_begin(&o->transfer, easy, &o->call, &o->res, &o->err) != ERR_OK) {
        push(&c->stillborn, o);
        return;
    }
    curl_easy_setopt(easy, CURLOPT_PRIVATE, o);
    if (curl_multi_add_handle(c->multi, easy) != CURLM_OK) {
        err_set(&o->err, ERR_NOMEM, "begin a call");
        push(&c->stillborn, o);
        return;
    }
    push(&c->open, o);
}

/* o is in no list any more, its handle not in the multi one. */
static void finish(struct http_calls *c, struct open_call *o, enum err_code rc)
{
    CURL *easy = o->transfer.easy;
    http_transfer_release(&o->transfer);
    give_handle(c, easy);
    o->done(o->arg, &o->res, rc == ERR_OK ? NULL : &o->err);
    http_response_release(&o->res);
    free(o);
}

static bool finish_stillborn(struct http_calls *c)
{
    struct open_call *o = c->stillborn;
    if (!o)
        return false;
    unlink_from(&c->stillborn, o);
    finish(c, o, o->err.code);
    return true;
}

static bool finish_ended(struct http_calls *c)
{
    bool has = false;
    int left;
    for (CURLMsg *m; (m = curl_multi_info_read(c->multi, &left));) {
        if (m->msg != CURLMSG_DONE)
            continue;
        struct open_call *o = NULL;
        CURLcode result = m->data.result; /* m is gone with the handle */
        curl_easy_getinfo(m->easy_handle, CURLINFO_PRIVATE, (char **)&o);
        enum err_code rc = http_transfer_end(&o->transfer, result, &o->err);
        curl_multi_remove_handle(c->multi, o->transfer.easy);
        unlink_from(&c->open, o);
        finish(c, o, rc);
        has = true;
    }
    return has;
}

void http_calls_run(struct http_calls *c, int64_t timeout_ms)
{
    int running;
    bool has = false;
    while (finish_stillborn(c))
        has = true;
    curl_multi_perform(c->multi, &running);
    if (finish_ended(c) || has)
        return;
    curl_multi_poll(c->multi, NULL, 0, timeout_ms > 60000 ? 60000 : (int)timeout_ms, NULL);
    curl_multi_perform(c->multi, &running);
    finish_ended(c);
}

void http_calls_wake(struct http_calls *c)
{
    curl_multi_wakeup(c->multi);
}

void http_calls_free(struct http_calls *c)
{
    if (!c)
        return;
    while (finish_stillborn(c))
        ;
    while (c->open) {
        struct open_call *o = c->open;
        curl_multi_remove_handle(c->multi, o->transfer.easy);
        unlink_from(&c->open, o);
        err_set(&o->err, ERR_UNAVAIL, "stopping");
        finish(c, o, ERR_UNAVAIL);
    }
    while (c->idle_n)
        curl_easy_cleanup(c->idle[--c->idle_n]);
    curl_multi_cleanup(c->multi);
    free(c);
}
