/* One request, and what its answer says; below logins and calls. */
#include "common/sys/clock.h"
#include "vim-drivers/openstack/os.h"

#include <stdlib.h>
#include <string.h>

enum {
    REQUEST_MS = 60000,
    ANSWER_MAX = 32 * 1024 * 1024,
    KEPT_MAX = 128 * 1024 * 1024,
    FAULT_TRIES = 6, /* of a call, when the service says 500 again and again */
    PAUSE_MAX_S = 60,
    PAUSE_DEFAULT_S = 1
};

const char *os_pop_metadata(const struct os_conn *c, const char *key)
{
    for (size_t i = 0; i < c->pop->metadata_n; i++)
        if (strcmp(c->pop->metadata[i].key, key) == 0 && c->pop->metadata[i].value[0])
            return c->pop->metadata[i].value;
    return NULL;
}

enum err_code os_http(struct os_conn *c, const char *url, const struct os_request *want,
                      const struct os_headers *headers, struct err *err)
{
    int64_t left = ob_cloud_left_ms(c->call);
    int64_t timeout = want->timeout_ms ? want->timeout_ms : REQUEST_MS;
    struct http_call call = {.method = want->method,
                             .url = url,
                             .headers = headers->of,
                             .header_n = headers->n,
                             .body = want->body,
                             .body_len = want->body_len,
                             .body_fd = want->body_fd,
                             .type = want->type   ? want->type
                                     : want->body ? HTTP_TYPE_JSON
                                                  : NULL,
                             .is_once = want->method && strcmp(want->method, "POST") == 0,
                             .timeout_ms = timeout < left ? timeout : left,
                             .max_body = ANSWER_MAX,
                             .ca_pem = c->pop->ca,
                             .is_insecure = !c->os->o->is_tls_checked,
                             .cancel_fd = c->os->stop_fd};
    return http_client_call(c->http, &call, &c->res, err);
}

enum err_code os_read(struct os_conn *c, const struct proto_type *type, struct arena *a, void *ret,
                      struct err *err)
{
    if (c->arena.used > KEPT_MAX || a->used > KEPT_MAX) {
        err_set(err, ERR_LIMIT, "the cloud's answers to one call are more than %d MB",
                KEPT_MAX >> 20);
        return err_hint(err, "give this PoP a project of its own");
    }
    enum err_code rc = proto_decode(type, c->res.body.s, c->res.body.len, 0, a, ret, err);
    return rc == ERR_OK ? rc : err_add(err, "answer of the cloud");
}

/* The cloud asks us to wait: no call begins until then. */
static void pause_session(struct os_conn *c)
{
    const char *after = http_response_header(&c->res, "Retry-After");
    long s = after ? strtol(after, NULL, 10) : PAUSE_DEFAULT_S;
    if (s < 1)
        s = PAUSE_DEFAULT_S;
    if (s > PAUSE_MAX_S)
        s = PAUSE_MAX_S;
    int64_t until = clock_mono_us() + s * USEC_PER_SEC;
    pthread_mutex_lock(&c->session->lock);
    if (c->session->pause_until_us < until)
        c->session->pause_until_us = until;
    pthread_mutex_unlock(&c->session->lock);
}

enum err_code os_said(struct os_conn *c, const char *who, struct err *err)
{
    char words[200], type[60];
    int status = c->res.status;
    const char *id = http_response_header(&c->res, "X-Openstack-Request-Id");
    if (!id)
        id = http_response_header(&c->res, "X-Compute-Request-Id");
    os_words(c->res.body.s, c->res.body.len, words, sizeof(words), type, sizeof(type));
    enum err_code rc = os_code(status, words, type);
    if (status == 429)
        pause_session(c);
    if (status == 500 && ob_cloud_tries(c->call) >= FAULT_TRIES)
        rc = ERR_PEER;
    err_set(err, rc, "%s says: %s (%d%s%.48s)", who, words[0] ? words : "nothing", status,
            id ? ", " : "", id ? id : "");
    if (rc == ERR_DENIED)
        err_hint(err, "the PoP's user has not the right to do this; ask the cloud's operator");
    if (rc == ERR_LIMIT)
        err_hint(err, "delete something, or ask the cloud's operator for a larger quota");
    return rc;
}
