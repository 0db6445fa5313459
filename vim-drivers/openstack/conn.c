/* One call of the NFVO at one cloud: requests, with the session's token, and what their answers
 * mean. */
#include "common/log/log.h"
#include "common/sys/clock.h"
#include "vim-drivers/openstack/os.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    CUT_TRIES = 3, /* of a GET or DELETE whose answer did not come */
    /* Clouds may say much, and a user may name many: beyond this each call drops what it had listed. */
    LISTED_MAX = 128 * 1024 * 1024
};

unsigned os_minor(const struct os_conn *c, unsigned minor)
{
    pthread_mutex_lock(&c->session->lock);
    unsigned most = c->session->nova_minor;
    pthread_mutex_unlock(&c->session->lock);
    return most >= minor ? minor : 0;
}

/* --- clients: one thread's at a time --- */

static struct http_client *take_client(struct os *os)
{
    struct http_client *c = NULL;
    pthread_mutex_lock(&os->lock);
    if (os->client_n)
        c = os->clients[--os->client_n];
    pthread_mutex_unlock(&os->lock);
    return c ? c : http_client_new();
}

static void give_client(struct os *os, struct http_client *c)
{
    pthread_mutex_lock(&os->lock);
    if (os->client_n < OS_CLIENTS_MAX) {
        os->clients[os->client_n++] = c;
        c = NULL;
    }
    pthread_mutex_unlock(&os->lock);
    http_client_free(c);
}

enum err_code os_conn_open(struct os_conn *c, struct os *os, struct ob_cloud_call *call,
                           struct err *err)
{
    *c = (struct os_conn){
        .os = os, .call = call, .pop = ob_cloud_pop(call), .res = HTTP_RESPONSE_INIT};
    c->http = take_client(os);
    c->session = os_session_ref(c);
    pthread_mutex_lock(&c->session->lock);
    bool is_paused = clock_mono_us() < c->session->pause_until_us;
    pthread_mutex_unlock(&c->session->lock);
    return is_paused ? err_set(err, ERR_UNAVAIL, "the cloud asks for fewer requests (429)")
                     : ERR_OK;
}

void os_conn_close(struct os_conn *c)
{
    pthread_mutex_lock(&c->session->lock);
    for (size_t i = 0; i < OS_LIST_N; i++)
        os_listing_unref(c->held[i]);
    pthread_mutex_unlock(&c->session->lock);
    if (c->os->listed > LISTED_MAX)
        os_listings_drop(c->session, INT64_MAX);
    os_session_unref(c->session);
    give_client(c->os, c->http);
    http_response_release(&c->res);
    arena_release(&c->arena);
}

/* --- a request, with the session's token --- */

static const char *name_of(enum os_service service)
{
    static const char *const names[OS_SERVICE_N] = {"keystone", "nova", "neutron", "glance"};
    return names[service];
}

static enum err_code ask_once(struct os_conn *c, const struct os_request *want, const char *token,
                              struct err *err)
{
    AUTO(sbuf_release) struct sbuf url = SBUF_INIT;
    char version[40];
    struct os_headers headers = {.of = {{"X-Auth-Token", token}, {"Accept", "application/json"}},
                                 .n = 2};
    if (want->minor) {
        snprintf(version, sizeof(version), "compute 2.%u", want->minor);
        headers.of[headers.n++] = (struct http_header){"OpenStack-API-Version", version};
    }
    pthread_mutex_lock(&c->session->lock);
    sbuf_addf(&url, "%s%s", c->session->urls[want->service], want->path);
    pthread_mutex_unlock(&c->session->lock);
    enum err_code rc = os_http(c, url.s, want, &headers, err);
    return rc == ERR_OK ? rc : err_add(err, "%s", name_of(want->service));
}

static bool may_repeat(const struct os_request *want)
{
    return !want->method || strcmp(want->method, "DELETE") == 0;
}

/* A connection that was reset before a byte of the answer came: some servers end kept connections
 * without saying so. */
static enum err_code ask_by_token(struct os_conn *c, const struct os_request *want,
                                  const char *token, struct err *err)
{
    for (int tries = 1;; tries++) {
        enum err_code rc = ask_once(c, want, token, err);
        if (rc != ERR_UNKNOWN || !may_repeat(want) || tries == CUT_TRIES)
            return rc;
        if (err)
            *err = (struct err)ERR_INIT;
    }
}

enum err_code os_ask(struct os_conn *c, const struct os_request *want, struct err *err)
{
    const char *token;
    uint64_t generation;
    enum err_code rc = os_session_token(c, 0, &token, &generation, err);
    if (rc != ERR_OK)
        return rc;
    rc = ask_by_token(c, want, token, err);
    if (rc == ERR_OK && c->res.status == 401) { /* it did nothing */
        rc = os_session_token(c, generation, &token, &generation, err);
        if (rc == ERR_OK)
            rc = ask_by_token(c, want, token, err);
    }
    if (rc == ERR_UNKNOWN || rc == ERR_TIMEOUT) { /* asked again, the call finds what there is */
        rc = ERR_UNAVAIL;
        if (err)
            err->code = rc;
    }
    if (rc != ERR_OK || c->res.status / 100 == 2)
        return rc;
    return os_said(c, name_of(want->service), err);
}

enum err_code os_ask_one(struct os_conn *c, const struct os_request *want, struct os_one **ret,
                         struct err *err)
{
    enum err_code rc = os_ask(c, want, err);
    return rc == ERR_OK ? os_read(c, &os_one_type, &c->arena, ret, err) : rc;
}

enum err_code os_delete(struct os_conn *c, enum os_service service, const char *folder,
                        const char *id, struct err *err)
{
    enum err_code rc = os_ask(c,
                              &(struct os_request){.service = service,
                                                   .method = "DELETE",
                                                   .path = os_path(&c->arena, folder, id, "")},
                              err);
    if (rc != ERR_NOT_FOUND)
        return rc;
    if (err)
        *err = (struct err)ERR_INIT;
    return ERR_OK;
}
