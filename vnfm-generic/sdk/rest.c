/* A VNFM over HTTP: its life, its registration, the thread that carries its calls. */
#include "vnfm-generic/sdk/rest.h"

#include "common/base/mem.h"
#include "common/base/secret.h"
#include "common/base/text.h"
#include "common/http/url.h"
#include "common/sys/clock.h"
#include "proto/records/manager.h"
#include "proto/records/package.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* Registering is repeated: it is how a lost row comes back, and how we see that the NFVO is away. */
#define AGAIN_US     (30 * USEC_PER_SEC)
#define REGISTER_MS  10000
#define LEAVE_MS     2000
#define DISCARD_MS   5000
#define RETRY_MIN_MS 200
#define RETRY_MAX_MS 10000
#define BODIES_MAX   ((size_t)256 << 20) /* of all requests that are read */
#define ANSWERS_MAX  ((size_t)4 << 20)   /* kept for requests that come again */
#define THREADS      4                   /* as common/peer */
#define PREFETCH     512

/* --- registration ----------------------------------------------------------------------------- */

static void registered(void *arg, const struct http_response *res, const struct err *failed)
{
    struct rest *r = arg;
    struct err err = ERR_INIT;
    int64_t now = clock_mono_us();
    r->is_registering = false;
    if (!failed && res->status / 100 == 2) {
        if (!r->is_registered || r->is_lost)
            rest_report(r, OB_SERVING, 0, r->url);
        r->is_registered = true;
        r->is_lost = false;
        r->registrations++;
        backoff_reset(&r->backoff);
        r->register_at_us = now + AGAIN_US;
        return;
    }
    if (r->is_leaving)
        return;
    if (failed)
        err = *failed;
    else
        rest_refusal(res, &err);
    bool is_news = r->is_registered && !r->is_lost;
    rest_report(r, is_news ? OB_LOST : OB_FAULT, res->status, err.msg);
    r->is_lost = r->is_registered;
    r->register_at_us = now + backoff_next_ms(&r->backoff) * USEC_PER_MS;
}

static void left(void *arg, const struct http_response *res, const struct err *failed)
{
    struct rest *r = arg;
    (void)res, (void)failed; /* the NFVO sees by itself that the address is closed */
    pthread_mutex_lock(&r->lock);
    r->has_left = true;
    pthread_cond_broadcast(&r->changed);
    pthread_mutex_unlock(&r->lock);
}

static void post_registration(struct rest *r, const char *url, int64_t timeout_ms,
                              http_called_fn *done)
{
    http_calls_begin(r->calls,
                     &(struct http_call){.method = "POST",
                                         .url = url,
                                         .headers = &r->authorization,
                                         .header_n = r->token ? 1 : 0,
                                         .type = HTTP_TYPE_JSON,
                                         .body = r->registration.s,
                                         .body_len = r->registration.len,
                                         .ca_file = r->ca,
                                         .timeout_ms = timeout_ms},
                     done, r);
}

static void write_registration(struct rest *r)
{
    const char *words[] = {"correlation"};
    struct vnfm_endpoint me = {.type = r->vnfm->type,
                               .endpoint = r->url,
                               .endpoint_type = "REST",
                               .description = r->vnfm->description,
                               .enabled = true,
                               .active = true,
                               .capabilities = {.at = words, .n = ARRAY_LEN(words)}};
    proto_encode(&vnfm_endpoint_type, &me, PROTO_COMPLETE, &r->registration);
}

/* --- the I/O thread --------------------------------------------------------------------------- */

static void register_when_due(struct rest *r)
{
    if (r->is_leaving || r->is_registering || clock_mono_us() < r->register_at_us)
        return;
    r->is_registering = true;
    post_registration(r, r->register_url, REGISTER_MS, registered);
}

static void end_calls(struct rest *r)
{
    pthread_mutex_lock(&r->lock);
    r->is_ended = true;
    pthread_mutex_unlock(&r->lock);
    http_calls_free(r->calls); /* what was open ends: asks are tried again, and then aborted */
    rest_asks_abort(r);
}

static void *run_io(void *arg)
{
    struct rest *r = arg;
    rest_report(r, OB_REGISTERING, 0, r->nfvo);
    for (;;) {
        pthread_mutex_lock(&r->lock);
        bool is_ending = r->is_ending, begins_to_leave = r->wants_to_leave && !r->is_leaving;
        pthread_mutex_unlock(&r->lock);
        if (is_ending)
            break;
        r->is_leaving |= begins_to_leave;
        register_when_due(r);
        if (begins_to_leave)
            post_registration(r, r->unregister_url, LEAVE_MS, left);
        int64_t next_us = rest_asks_go_on(r), now = clock_mono_us();
        if (!r->is_leaving && !r->is_registering && r->register_at_us < next_us)
            next_us = r->register_at_us;
        int64_t wait_us = next_us <= now                 ? 0
                          : next_us - now > USEC_PER_SEC ? USEC_PER_SEC
                                                         : next_us - now;
        http_calls_run(r->calls, wait_us / USEC_PER_MS + 1);
    }
    end_calls(r);
    return NULL;
}

/* --- its life --------------------------------------------------------------------------------- */

static void tls_failed(void *ctx, const char *from, const char *why)
{
    AUTO(sbuf_release) struct sbuf text = SBUF_INIT;
    sbuf_addf(&text, "TLS handshake with %s: %s", from ? from : "a client", why);
    rest_report(ctx, OB_FAULT, 0, text.s);
}

static enum err_code open_server(struct rest *r, struct err *err)
{
    enum err_code rc = http_server_open(
        &r->server,
        &(struct http_server_options){.address = r->address,
                                      .port = (uint16_t)r->port,
                                      .tls_cert_file = r->cert,
                                      .tls_key_file = r->key,
                                      .threads = 2,
                                      .work_threads = 1,
                                      .wait_threads = 1,
                                      .work_body = SIZE_MAX, /* nothing here takes long */
                                      .memory = {.all = BODIES_MAX},
                                      .max_body = PACKAGE_MESSAGE_MAX,
                                      .routes = rest_routes,
                                      .ctx = r,
                                      .before = rest_admit,
                                      .on_error = rest_refuse,
                                      .tls_failed = tls_failed},
        err);
    return rc == ERR_OK ? rc : err_add(err, "listen for the NFVO");
}

static char *url_of(const char *base, const char *path)
{
    struct sbuf s = SBUF_INIT;
    sbuf_addf(&s, "%s%s", base, path);
    return s.s;
}

static void find_url(struct rest *r)
{
    struct sbuf s = SBUF_INIT;
    bool is_v6 = strchr(r->address, ':') != NULL;
    if (r->url)
        return;
    sbuf_addf(&s, "%s://%s%s%s:%d", r->cert ? "https" : "http", is_v6 ? "[" : "", r->address,
              is_v6 ? "]" : "", (int)http_server_port(r->server));
    r->url = s.s;
}

/* Lock held. */
static void wait_for(struct rest *r, int64_t ms, bool (*is_done)(const struct rest *r))
{
    int64_t until_us = clock_mono_us() + ms * USEC_PER_MS;
    struct timespec until = {.tv_sec = (time_t)(until_us / USEC_PER_SEC),
                             .tv_nsec = (long)(until_us % USEC_PER_SEC) * 1000};
    while (!is_done(r) && pthread_cond_timedwait(&r->changed, &r->lock, &until) == 0)
        ;
}

static bool has_nothing_in_hand(const struct rest *r)
{
    return r->in_hand_n == 0;
}

static bool has_left(const struct rest *r)
{
    return r->has_left;
}

/* No call is open any more, and what is in hand goes nowhere. */
static void end_serving(struct rest *r)
{
    task_queue_stop(r->workers); /* and what waited runs here: delays, answers */
    pthread_mutex_lock(&r->lock);
    wait_for(r, DISCARD_MS, has_nothing_in_hand); /* deferred ones, in threads of the user */
    pthread_mutex_unlock(&r->lock);
    http_server_close(r->server);
    r->server = NULL;
}

static enum err_code start_io(struct rest *r, struct err *err)
{
    find_url(r);
    write_registration(r);
    int failed = pthread_create(&r->io, NULL, run_io, r);
    return failed ? err_set_errno(err, ERR_IO, failed, "start the I/O thread") : ERR_OK;
}

/* The server may have been open: what came in meanwhile has to end, too. Then it may be started
 * again: no other thread is left. */
static void give_up(struct rest *r)
{
    pthread_mutex_lock(&r->lock);
    r->is_stopping = true;
    r->is_discarding = true;
    pthread_mutex_unlock(&r->lock);
    rest_give_back(r);
    end_calls(r);
    end_serving(r);
    task_queue_free(r->workers);
    r->workers = NULL;
    sbuf_clear(&r->registration);
    r->is_stopping = r->is_discarding = r->is_ended = false;
}

static enum err_code rest_start(struct transport *t, struct err *err)
{
    struct rest *r = rest_of(t);
    r->workers = task_queue_new(r->threads, UINT32_MAX);
    if (!r->workers)
        return err_set_errno(err, ERR_IO, errno, "start %u workers", r->threads);
    r->calls = http_calls_new(REST_CALLS_MAX); /* a request that comes in at once may ask */
    enum err_code rc = open_server(r, err);
    if (rc == ERR_OK)
        rc = start_io(r, err);
    r->is_started = rc == ERR_OK;
    if (rc != ERR_OK)
        give_up(r);
    return rc;
}

/* What is not finished goes back to the NFVO, which asks a sibling, or the next that registers. */
static void rest_stop(struct transport *t, int grace_ms)
{
    struct rest *r = rest_of(t);
    if (!r->is_started)
        return;
    pthread_mutex_lock(&r->lock);
    r->is_stopping = true;
    wait_for(r, grace_ms < 0 ? 0 : grace_ms, has_nothing_in_hand);
    r->wants_to_leave = true;
    http_calls_wake(r->calls);
    wait_for(r, LEAVE_MS, has_left);
    r->is_discarding = true;
    r->is_ending = true;
    http_calls_wake(r->calls);
    pthread_mutex_unlock(&r->lock);
    rest_give_back(r);
    pthread_join(r->io, NULL);
    end_serving(r);
    r->is_started = false;
}

static void rest_free(struct transport *t)
{
    struct rest *r = rest_of(t);
    http_server_close(r->server);
    task_queue_free(r->workers);
    table_release(&r->in_hand);
    answers_release(&r->answers);
    sbuf_release(&r->registration);
    char *const texts[] = {r->nfvo, r->address, r->url,          r->ca,
                           r->cert, r->key,     r->register_url, r->unregister_url};
    for (size_t i = 0; i < ARRAY_LEN(texts); i++)
        free(texts[i]);
    secret_free(r->token);
    secret_free((char *)(uintptr_t)r->authorization.value); // NOLINT(performance-no-int-to-ptr)
    pthread_cond_destroy(&r->changed);
    pthread_mutex_destroy(&r->lock);
    free(r);
}

static void rest_tell_manager(struct transport *t, struct sbuf *body)
{
    (void)t; /* there is no path for it */
    sbuf_release(body);
    *body = (struct sbuf)SBUF_INIT;
}

static void rest_get_stats(struct transport *t, struct peer_stats *ret)
{
    struct rest *r = rest_of(t);
    pthread_mutex_lock(&r->lock);
    uint64_t in_hand = r->in_hand_n;
    pthread_mutex_unlock(&r->lock);
    *ret = (struct peer_stats){.requests = r->requests_n,
                               .repeats = r->repeats,
                               .replies = r->replies,
                               .asks = r->asked,
                               .answers = r->answered,
                               .timeouts = r->timeouts,
                               .dropped = r->dropped,
                               .registrations = r->registrations,
                               .in_hand = in_hand};
}

static const struct transport_ops ops = {.start = rest_start,
                                         .stop = rest_stop,
                                         .free = rest_free,
                                         .ask = rest_ask,
                                         .after = rest_after,
                                         .tell_manager = rest_tell_manager,
                                         .get_stats = rest_get_stats,
                                         .body = rest_body,
                                         .id = rest_id,
                                         .reply = rest_reply,
                                         .drop = rest_drop};

/* --- made of options -------------------------------------------------------------------------- */

static char *dup_unless_empty(const char *s)
{
    return xstrdup_or_null(text_or_null(s));
}

/* A base of URLs: without the slashes at its end. */
static char *dup_base(const char *s)
{
    char *base = dup_unless_empty(s);
    for (size_t n = base ? strlen(base) : 0; n && base[n - 1] == '/'; n--)
        base[n - 1] = '\0';
    return base;
}

static enum err_code check(const struct ob_http *o, struct err *err)
{
    char host[256];
    const char *address = text_or_empty(o->address);
    enum err_code rc = http_url_host(o->nfvo, host, err);
    if (rc != ERR_OK)
        return err_add(err, "http.nfvo");
    if (text_or_null(o->url) && http_url_host(o->url, host, err) != ERR_OK)
        return err_add(err, "http.url");
    if (o->port < 0 || o->port > 65535)
        return err_set(err, ERR_INVALID, "http.port: %d is no port", o->port);
    if (!text_or_null(o->cert) != !text_or_null(o->key))
        return err_set(err, ERR_INVALID, "http.cert and http.key go together");
    if ((strcmp(address, "0.0.0.0") == 0 || strcmp(address, "::") == 0) && !text_or_null(o->url)) {
        err_set(err, ERR_INVALID, "http.address: '%s' is not where the NFVO finds us", address);
        return err_hint(err, "set http.url as well: http://HOST:PORT");
    }
    return ERR_OK;
}

struct transport *transport_rest_new(struct ob_vnfm *v, const struct ob_vnfm_options *o,
                                     struct err *err)
{
    const struct ob_http *h = &o->http;
    pthread_condattr_t monotonic;
    if (check(h, err) != ERR_OK)
        return NULL;
    struct rest *r = xcalloc(1, sizeof(*r));
    *r = (struct rest){.base = {&ops},
                       .vnfm = v,
                       .nfvo = dup_base(h->nfvo),
                       .address = xstrdup(text_or_null(h->address) ? h->address : "127.0.0.1"),
                       .url = dup_base(h->url),
                       .token = dup_unless_empty(h->token),
                       .ca = dup_unless_empty(h->ca),
                       .cert = dup_unless_empty(h->cert),
                       .key = dup_unless_empty(h->key),
                       .port = h->port,
                       .threads = o->threads ? o->threads : THREADS,
                       .prefetch = o->prefetch ? o->prefetch : PREFETCH,
                       .answers = {.max = ANSWERS_MAX},
                       .registration = SBUF_INIT,
                       .backoff = BACKOFF_INIT(RETRY_MIN_MS, RETRY_MAX_MS, 0)};
    id_random(&r->backoff.seed, sizeof(r->backoff.seed));
    r->new_asks_tail = &r->new_asks;
    r->register_url = url_of(r->nfvo, "/admin/v1/vnfm-register");
    r->unregister_url = url_of(r->nfvo, "/admin/v1/vnfm-unregister");
    r->authorization =
        (struct http_header){"Authorization", r->token ? url_of("Bearer ", r->token) : NULL};
    pthread_mutex_init(&r->lock, NULL);
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&r->changed, &monotonic);
    pthread_condattr_destroy(&monotonic);
    return &r->base;
}
