#include "vim-drivers/docker/docker.h"

#include "common/log/log.h"

#include <stdio.h>
#include <string.h>

enum { REQUEST_MS = 60000, ANSWER_MAX = 32 * 1024 * 1024, KEPT_MAX = 128 * 1024 * 1024 };

void engine_show(const struct engine *e, char out[120])
{
    if (e->at.socket[0])
        snprintf(out, 120, "unix://%s", e->at.socket);
    else
        snprintf(out, 120, "%s", e->at.url);
}

/* --- clients: one thread's at a time --- */

static struct http_client *take_client(struct dk *d)
{
    struct http_client *c = NULL;
    pthread_mutex_lock(&d->lock);
    if (d->client_n)
        c = d->clients[--d->client_n];
    pthread_mutex_unlock(&d->lock);
    return c ? c : http_client_new();
}

static void give_client(struct dk *d, struct http_client *c)
{
    pthread_mutex_lock(&d->lock);
    if (c && d->client_n < DK_CLIENTS_MAX) {
        d->clients[d->client_n++] = c;
        c = NULL;
    }
    pthread_mutex_unlock(&d->lock);
    http_client_free(c);
}

/* --- a request --- */

static bool on_data(void *arg, const char *data, size_t len)
{
    return dk_stream_take(arg, data, len);
}

static enum err_code request(struct engine *e, const struct dk_request *want, const char *url,
                             struct err *err)
{
    int64_t left = ob_cloud_left_ms(e->call);
    int64_t timeout = want->timeout_ms ? want->timeout_ms : REQUEST_MS;
    struct http_call call = {.method = want->method,
                             .url = url,
                             .unix_socket = e->at.socket[0] ? e->at.socket : NULL,
                             .headers = &want->header,
                             .header_n = want->header.name ? 1 : 0,
                             .body = want->body,
                             .body_len = want->body_len,
                             .body_fd = want->body_fd,
                             .type = want->type   ? want->type
                                     : want->body ? HTTP_TYPE_JSON
                                                  : NULL,
                             .timeout_ms = timeout < left ? timeout : left,
                             .max_body = ANSWER_MAX,
                             .ca_pem = e->at.is_tls ? e->pop->ca : NULL,
                             .cert_pem = e->at.is_tls ? e->pop->cert : NULL,
                             .key_pem = e->at.is_tls ? e->pop->key : NULL,
                             .cancel_fd = e->d->stop_fd,
                             .on_data = want->stream ? on_data : NULL,
                             .on_data_arg = want->stream};
    return http_client_call(e->http, &call, &e->res, err);
}

static enum err_code code_of(int status)
{
    switch (status) {
    case 401:
        return ERR_AUTH;
    case 403:
        return ERR_STATE;
    case 404:
        return ERR_NOT_FOUND;
    case 409:
        return ERR_EXISTS;
    default:
        return ERR_PEER;
    }
}

/* Its own words: {"message":...}, or a line of text. */
static enum err_code said(struct engine *e, struct err *err)
{
    AUTO(arena_release) struct arena a = ARENA_INIT;
    struct dk_message *m = NULL;
    const struct sbuf *body = &e->res.body;
    char plain[160];
    size_t n = strcspn(body->s, "\r\n");
    snprintf(plain, sizeof(plain), "%.*s", (int)(n < 150 ? n : 150), body->s);
    if (proto_decode(&dk_message_type, body->s, body->len, 0, &a, &m, NULL) != ERR_OK)
        m = NULL;
    const char *words = m && m->message ? m->message : plain;
    return err_set(err, code_of(e->res.status), "the engine says: %s (%d)",
                   words[0] ? words : "nothing", e->res.status);
}

enum err_code engine_ask(struct engine *e, const struct dk_request *want, struct err *err)
{
    AUTO(sbuf_release) struct sbuf url = SBUF_INIT;
    char where[120];
    sbuf_addf(&url, "%s/v%s%s", e->at.url, e->version, want->path);
    enum err_code rc = request(e, want, url.s, err);
    if (rc != ERR_OK) {
        engine_show(e, where);
        return err_add(err, "engine '%s'", where);
    }
    return e->res.status / 100 == 2 || e->res.status == 304 ? ERR_OK : said(e, err);
}

enum err_code engine_get(struct engine *e, const char *path, struct err *err)
{
    return engine_ask(e, &(struct dk_request){.path = path}, err);
}

/* One answer is bounded by the codec; but a call reads many, and keeps them to its end. */
static enum err_code check_kept(const struct engine *e, struct err *err)
{
    if (e->arena.used <= KEPT_MAX)
        return ERR_OK;
    err_set(err, ERR_LIMIT, "the engine's answers to one call are more than %d MB", KEPT_MAX >> 20);
    return err_hint(err, "docker system df; is it an engine at all?");
}

enum err_code engine_read(struct engine *e, const struct proto_type *type, void *ret,
                          struct err *err)
{
    enum err_code rc = check_kept(e, err);
    if (rc == ERR_OK)
        rc = proto_decode(type, e->res.body.s, e->res.body.len, 0, &e->arena, ret, err);
    return rc == ERR_OK ? rc : err_add(err, "answer of the engine");
}

enum err_code engine_read_list(struct engine *e, const struct proto_type *type, void *ret,
                               struct err *err)
{
    enum err_code rc = check_kept(e, err);
    if (rc == ERR_OK)
        rc = proto_decode_list(type, e->res.body.s, e->res.body.len, &e->arena, ret, err);
    return rc == ERR_OK ? rc : err_add(err, "answer of the engine");
}

/* --- the version --- */

static bool known_version(struct engine *e, const char *at)
{
    bool is_known = false;
    pthread_mutex_lock(&e->d->lock);
    for (unsigned i = 0; i < DK_VERSIONS_MAX && !is_known; i++)
        if (strcmp(e->d->versions[i].at, at) == 0) {
            memcpy(e->version, e->d->versions[i].version, sizeof(e->version));
            is_known = true;
        }
    pthread_mutex_unlock(&e->d->lock);
    return is_known;
}

static void remember_version(struct engine *e, const char *at)
{
    pthread_mutex_lock(&e->d->lock);
    unsigned i = e->d->version_next++ % DK_VERSIONS_MAX;
    snprintf(e->d->versions[i].at, sizeof(e->d->versions[i].at), "%s", at);
    memcpy(e->d->versions[i].version, e->version, sizeof(e->version));
    pthread_mutex_unlock(&e->d->lock);
}

/* Both paths have no version in them. The least one that it takes is only in the second. */
static enum err_code negotiate(struct engine *e, struct err *err)
{
    AUTO(sbuf_release) struct sbuf url = SBUF_INIT;
    struct dk_version *v = NULL;
    char high[DK_VERSION_MAX] = "";
    sbuf_addf(&url, "%s/_ping", e->at.url);
    enum err_code rc = request(e, &(struct dk_request){.path = ""}, url.s, err);
    const char *told = rc == ERR_OK ? http_response_header(&e->res, "Api-Version") : NULL;
    if (rc == ERR_OK && e->res.status != 200)
        return said(e, err);
    snprintf(high, sizeof(high), "%s", told ? told : "");
    sbuf_clear(&url);
    sbuf_addf(&url, "%s/version", e->at.url);
    if (rc == ERR_OK)
        rc = request(e, &(struct dk_request){.path = ""}, url.s, err);
    if (rc == ERR_OK && e->res.status != 200)
        return said(e, err);
    if (rc == ERR_OK)
        rc = engine_read(e, &dk_version_type, &v, err);
    if (rc != ERR_OK)
        return rc;
    return dk_version_choose(high[0] ? high : v->api, v->api_min, e->version, err);
}

/* --- open, close --- */

/* Who may have a PoP here may not thereby have this machine. */
static enum err_code check_allowed(const struct engine *e, struct err *err)
{
    const struct dk_options *o = e->d->o;
    bool is_listed = false;
    if (!e->at.socket[0]) {
        if (e->at.is_tls || o->may_be_plain)
            return ERR_OK;
        err_set(err, ERR_DENIED, "'%s' has no TLS", e->at.url);
        return err_hint(err, "write https:// and give the PoP ca, cert and dockerKey, or set the "
                             "driver's option plain-tcp");
    }
    for (size_t i = 0; i < o->sockets.n; i++)
        is_listed = is_listed || strcmp(o->sockets.items[i], e->at.socket) == 0;
    if (is_listed)
        return ERR_OK;
    err_set(err, ERR_DENIED, "'unix://%s' is not among the engines of this driver", e->at.socket);
    return err_hint(err, "the driver's option sockets lists them");
}

enum err_code engine_open(struct engine *e, struct dk *d, struct ob_cloud_call *call,
                          struct err *err)
{
    char where[120];
    *e =
        (struct engine){.d = d, .call = call, .pop = ob_cloud_pop(call), .res = HTTP_RESPONSE_INIT};
    enum err_code rc = dk_address_read(e->pop->auth_url, e->pop->ca && e->pop->ca[0], &e->at, err);
    if (rc == ERR_OK)
        rc = check_allowed(e, err);
    if (rc != ERR_OK)
        return rc;
    char at[sizeof(d->versions[0].at)];
    snprintf(at, sizeof(at), "%s %s", e->at.socket, e->at.url);
    e->http = take_client(d);
    if (known_version(e, at))
        return ERR_OK;
    engine_show(e, where);
    rc = negotiate(e, err);
    if (rc != ERR_OK)
        return err_add(err, "engine '%s'", where);
    remember_version(e, at);
    log_info(LOG_DRIVER, "engine", KV_S("at", where), KV_S("api", e->version));
    return ERR_OK;
}

void engine_close(struct engine *e)
{
    if (e->http)
        give_client(e->d, e->http);
    http_response_release(&e->res);
    arena_release(&e->arena);
}
