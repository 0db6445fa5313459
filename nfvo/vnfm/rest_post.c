/* One request to a VNFM over HTTP, from the moment that it is taken to what came of it. */
#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/mem.h"
#include "common/base/text.h"
#include "common/http/client.h"
#include "common/log/log.h"
#include "common/sys/backoff.h"
#include "common/sys/clock.h"
#include "nfvo/vnfm/rest_internal.h"
#include "proto/messages/vnfm_or.h"
#include "proto/records/fault.h"

#define RETRY_MIN_MS 200
#define RETRY_MAX_MS 10000
#define LOOK_MS      500                      /* while an outcome is awaited */
#define BEFORE_US    (USEC_PER_SEC)           /* a cause is told so long before the deadline */
#define LONGEST_US   (25 * 60 * USEC_PER_SEC) /* the broker takes back what is longer in hand */
#define UNNAMED_US   (60 * USEC_PER_SEC)      /* of what no command waits for */
#define SHOWN_MAX    512                      /* bytes of an answer that is an error */

/* What is read of the request itself. */
#define SEEN_FIELDS(X)                                                                             \
    X(STR, action, "action", _, OPTIONAL)                                                          \
    X(RAW, vnfr, "vnfr", _, OPTIONAL)                                                              \
    X(RAW, record, "virtualNetworkFunctionRecord", _, OPTIONAL)
PROTO_RECORD(rest_seen, SEEN_FIELDS)
#define PROTO_THIS struct rest_seen
PROTO_RECORD_DEFINE(rest_seen, SEEN_FIELDS)
#undef PROTO_THIS

struct
try {
    struct post *p;
    struct rest_vnfms *r;
    struct http_client *client;
    enum action action;
    struct proto_raw record;
    int64_t until_us;       /* monotonic: the deadline, or so long it is tried */
    int64_t doubt_until_us; /* 0: there is none */
    unsigned number;
    struct backoff backoff;
    struct err why; /* the last time */
};

static bool is_stopping(const struct try *t)
{
    return atomic_load(&t->r->is_stopping);
}

static void rest(const struct try *t, int64_t ms)
{
    struct pollfd p = {.fd = t->r->stop_fd, .events = POLLIN};
    poll(&p, 1, (int)ms);
}

/* --- what comes of it ----------------------------------------------------------------------- */

static void answer(struct try *t, const char *text, size_t len)
{
    t->p->has_answer = true;
    sbuf_add(&t->p->answer, text, len);
}

/* As a VNFM's ERROR: the operation ends with this cause. */
static void answer_error(struct try *t, const struct err *why)
{
    AUTO(arena_release) struct arena a = ARENA_INIT;
    struct sbuf *out = &t->p->answer;
    char now[CLOCK_TEXT_SIZE];
    clock_text(clock_wall_us(), now);
    struct fault *f = fault_from_err(why, arena_printf(&a, "vnfm:%s", t->p->type), NULL, &a);
    f->at = now;
    t->p->has_answer = true;
    sbuf_adds(out, "{\"action\":\"ERROR\"");
    if (t->record.n) {
        sbuf_adds(out, ",\"virtualNetworkFunctionRecord\":");
        sbuf_add(out, t->record.at, t->record.n);
    }
    sbuf_adds(out, ",\"exception\":{\"detailMessage\":");
    proto_quotes(out, why->msg);
    sbuf_adds(out, "},\"fault\":");
    proto_encode(&fault_type, f, 0, out);
    sbuf_addc(out, '}');
    log_warn(LOG_VNFM, "rest_request_failed", KV_S("type", t->p->type),
             KV_S("action", action_word(t->action)), KV_S("command", t->p->command), KV_ERR(why));
}

/* What an answer without a body says: that it is done, or nothing. */
static bool is_done_by_nothing(enum action a)
{
    return a != ACTION_INSTANTIATE && a != ACTION_MODIFY && a != ACTION_START && a != ACTION_STOP &&
           a != ACTION_HEAL && a != ACTION_SCALE_OUT && a != ACTION_RESUME;
}

static bool may_be_repeated(const struct try *t, const struct store_vnfm_rest *to)
{
    return t->action == ACTION_INSTANTIATE || t->action == ACTION_LOG_REQUEST || !t->p->command ||
           (to && to->correlates);
}

/* --- whom to ask ---------------------------------------------------------------------------- */

static unsigned hash_of(const char *command)
{
    unsigned h = 5381;
    for (; command && *command && *command != ':'; command++)
        h = h * 33 + (unsigned char)*command;
    return h;
}

/* Of several VNFMs of one type each service has its own, as long as that is there; the next one when
 * a try has failed. Copied; NULL: there is none. */
static struct store_vnfm_rest *choose(const struct try *t, struct arena *a)
{
    struct rest_vnfms *r = t->r;
    struct store_vnfm_rest *ret = NULL;
    pthread_mutex_lock(&r->lock);
    for (int active = 1; active >= 0 && !ret; active--) {
        size_t n = 0, k = 0;
        for (size_t i = 0; i < r->list_n; i++)
            n += strcmp(r->list[i].type, t->p->type) == 0 && r->list[i].active == active;
        size_t wanted = n ? (hash_of(t->p->command) + t->number) % n : 0;
        for (size_t i = 0; n && i < r->list_n && !ret; i++)
            if (strcmp(r->list[i].type, t->p->type) == 0 && r->list[i].active == active &&
                k++ == wanted) {
                ret = arena_alloc(a, sizeof(*ret));
                *ret = r->list[i];
                ret->url = arena_strdup(a, r->list[i].url);
                ret->id = ret->type = NULL;
            }
    }
    pthread_mutex_unlock(&r->lock);
    return ret;
}

/* --- one try -------------------------------------------------------------------------------- */

enum step { ENDED, AGAIN, AWAIT /* the outcome is not known */ };

static enum step refuse(struct try *t, const struct err *why)
{
    answer_error(t, why);
    return ENDED;
}

static enum step answered(struct try *t, const char *url, const struct http_response *res)
{
    const struct sbuf *body = &res->body;
    struct err err = ERR_INIT;
    char shown[TEXT_SHOWN_SIZE];
    if (res->status / 100 == 2 && proto_is_nothing(body->s, body->len)) {
        if (is_done_by_nothing(t->action))
            answer(t, "null", 4);
        return ENDED;
    }
    if (res->status / 100 == 2) {
        answer(t, body->s, body->len);
        return ENDED;
    }
    text_show(body->s, body->len, shown);
    err_set(&err, ERR_PEER, "VNFM '%s' at %.100s answered %s with status %d%s%s", t->p->type, url,
            action_word(t->action), res->status, body->len ? ": " : "", body->len ? shown : "");
    if (res->status == 429 || res->status == 503) {
        t->why = err;
        return AGAIN;
    }
    err_hint(&err, res->status / 100 == 3 ? "it registers with the address that it serves itself: "
                                            "redirects are not followed"
                   : res->status == 404   ? "its endpoint is the base of /core-rest-actions"
                                          : "what failed is in its own log");
    return refuse(t, &err);
}

static enum step not_answered(struct try *t, const char *url, const struct err *err)
{
    t->why = *err;
    err_add(&t->why, "VNFM '%s' at %.100s, asked to %s", t->p->type, url, action_word(t->action));
    switch (err->code) {
    case ERR_UNAVAIL: /* it never had it */
        err_hint(&t->why, "is it running? baton manager list");
        return AGAIN;
    case ERR_TIMEOUT:
    case ERR_UNKNOWN:
        return AWAIT;
    case ERR_LIMIT:
        err_set(&t->why, ERR_LIMIT, "VNFM '%s' answered %s with more than %d bytes", t->p->type,
                action_word(t->action), REST_BODY_MAX);
        return refuse(t, &t->why);
    default:
        return refuse(t, &t->why);
    }
}

static enum err_code mark_sent(struct try *t, bool is_sent, bool is_lasting, struct err *err)
{
    if (!t->p->command)
        return ERR_OK;
    pthread_mutex_lock(&t->r->db_lock);
    enum err_code rc = store_vnfm_call_sent(t->r->db, t->p->command, is_sent, is_lasting, err);
    pthread_mutex_unlock(&t->r->db_lock);
    return rc;
}

static enum step post(struct try *t, const struct store_vnfm_rest *to)
{
    AUTO(sbuf_release) struct sbuf url = SBUF_INIT;
    struct http_response res = HTTP_RESPONSE_INIT;
    struct err err = ERR_INIT;
    AUTO(sbuf_release) struct sbuf bearer = SBUF_INIT;
    const char *token = t->r->setup.token;
    struct http_header headers[2];
    size_t header_n = 0;
    int64_t left_us = t->until_us - clock_mono_us();
    sbuf_addf(&url, "%s/core-rest-actions", to->url);
    sbuf_addf(&bearer, "Bearer %s", token ? token : "");
    if (t->p->command)
        headers[header_n++] = (struct http_header){"Idempotency-Key", t->p->command};
    if (token && *token)
        headers[header_n++] = (struct http_header){"Authorization", bearer.s};
    if (mark_sent(t, true, !may_be_repeated(t, to), &t->why) != ERR_OK)
        return AGAIN;
    enum err_code rc = http_client_call(t->client,
                                        &(struct http_call){.method = "POST",
                                                            .url = url.s,
                                                            .headers = headers,
                                                            .header_n = header_n,
                                                            .type = HTTP_TYPE_JSON,
                                                            .body = t->p->body,
                                                            .body_len = t->p->len,
                                                            .dial = t->r->setup.dial,
                                                            .timeout_ms = left_us / USEC_PER_MS + 1,
                                                            .connect_timeout_ms = 3000,
                                                            .max_body = REST_BODY_MAX,
                                                            .cancel_fd = t->r->stop_fd},
                                        &res, &err);
    enum step step = is_stopping(t) && rc != ERR_OK ? AWAIT
                     : rc == ERR_OK                 ? answered(t, to->url, &res)
                                                    : not_answered(t, to->url, &err);
    http_response_release(&res);
    if (step == AGAIN && mark_sent(t, false, false, &err) != ERR_OK)
        step = AWAIT;
    return step;
}

/* --- until it is done ----------------------------------------------------------------------- */

/* false: nobody waits for it any more. */
static bool take(struct try *t, enum store_vnfm_call *ret)
{
    struct err err = ERR_INIT;
    int64_t left_us = 0;
    *ret = STORE_CALL_OURS;
    if (!t->p->command)
        return true;
    pthread_mutex_lock(&t->r->db_lock);
    enum err_code rc =
        store_vnfm_call_take(t->r->db, t->p->command, t->r->sender, ret, &left_us, &err);
    pthread_mutex_unlock(&t->r->db_lock);
    if (rc != ERR_OK) {
        t->why = err;
        *ret = STORE_CALL_OTHERS; /* the database is away: later */
        return true;
    }
    if (*ret == STORE_CALL_CLOSED)
        return false;
    left_us = left_us < LONGEST_US ? left_us : LONGEST_US;
    t->until_us = clock_mono_us() + left_us - BEFORE_US;
    return true;
}

static void give_up(struct try *t)
{
    if (t->why.code == ERR_OK) {
        err_set(&t->why, ERR_UNAVAIL, "no VNFM of type '%s' is registered", t->p->type);
        err_hint(&t->why, "is it running? baton manager list");
    }
    answer_error(t, &t->why);
}

/* It may have been carried out. The VNFM may say so itself: then its command is closed. */
static bool await(struct try *t)
{
    int64_t now = clock_mono_us();
    if (!t->doubt_until_us)
        t->doubt_until_us = now + t->r->setup.doubt_ms * USEC_PER_MS;
    if (now < t->doubt_until_us && now < t->until_us) {
        rest(t, LOOK_MS);
        return true;
    }
    struct err err = ERR_INIT;
    err_set(
        &err, ERR_UNKNOWN,
        "it is not known what became of %s at VNFM '%s': it was sent, and there is no answer%s%s",
        action_word(t->action), t->p->type, t->why.code ? ": " : "", t->why.code ? t->why.msg : "");
    err_hint(&err, "see what the VNFM did, then retry, roll back or release");
    answer_error(t, &err);
    return false;
}

static void again(struct try *t)
{
    t->number++;
    rest(t, backoff_next_ms(&t->backoff));
}

/* Returns whether to go on. */
static bool go_on(struct try *t)
{
    AUTO(arena_release) struct arena a = ARENA_INIT;
    enum store_vnfm_call state;
    if (!take(t, &state))
        return false;
    if (clock_mono_us() >= t->until_us) {
        give_up(t);
        return false;
    }
    if (state == STORE_CALL_OTHERS) {
        rest(t, LOOK_MS);
        return true;
    }
    const struct store_vnfm_rest *to = choose(t, &a);
    if (state == STORE_CALL_IN_DOUBT && !may_be_repeated(t, to))
        return await(t);
    enum step step = to ? post(t, to) : AGAIN;
    if (step != ENDED && !is_stopping(t))
        again(t);
    return step != ENDED;
}

static void end(struct post *p, bool is_kept)
{
    struct rest_vnfms *r = p->of; /* which may free p at once */
    p->is_kept = is_kept;
    p->state = POST_ENDED;
    rest_wake(r->wake_fd);
}

void *post_run(void *arg)
{
    struct post *p = arg;
    AUTO(arena_release) struct arena a = ARENA_INIT;
    struct rest_seen *seen = NULL;
    struct err err = ERR_INIT;
    struct try t = {.p = p,
                    .r = p->of,
                    .client = http_client_new(),
                    .until_us = clock_mono_us() + UNNAMED_US,
                    .backoff = BACKOFF_INIT(RETRY_MIN_MS, RETRY_MAX_MS, (uint64_t)clock_mono_us())};
    if (proto_decode(&rest_seen_type, p->body, p->len, 0, &a, &seen, &err) == ERR_OK) {
        t.action = action_parse(seen->action);
        t.record = seen->record.n ? seen->record : seen->vnfr;
    }
    bool goes_on = true;
    while (goes_on && !is_stopping(&t))
        goes_on = go_on(&t);
    http_client_free(t.client);
    end(p, goes_on);
    return NULL;
}
