/* Deliveries of QUEUE_MANAGER_HANDLING: done at once, or held and tried again. A held one stays
 * unacknowledged, so it survives us, and the broker's delivery limit does not count our tries. */
#include <string.h>

#include "common/log/log.h"
#include "common/sys/clock.h"
#include "nfvo/vnfm/internal.h"

enum { RETRY_MIN_MS = 100, RETRY_MAX_MS = 5000 };
enum outcome { DONE, AGAIN, REFUSED };

static bool is_direct_reply(const char *reply_to)
{
    return strncmp(reply_to, "amq.rabbitmq.reply-to", 21) == 0;
}

/* A peer could have us write into a queue that it must not write to. */
static enum err_code check_reply_to(const char *reply_to, struct err *err)
{
    static const char *const reserved[] = {"nfvo.", "vnfm.", "ems.", QUEUE_VIM_DRIVER_PREFIX,
                                           QUEUE_MONITOR_PREFIX};
    for (size_t i = 0; reply_to && i < ARRAY_LEN(reserved); i++)
        if (strncmp(reply_to, reserved[i], strlen(reserved[i])) == 0)
            return err_set(err, ERR_DENIED, "'%.64s' is no reply queue", reply_to);
    return ERR_OK;
}

static enum err_code answer(struct registry *r, const struct bus_delivery *d,
                            const struct sbuf *body, struct err *err)
{
    uint64_t seq = 0;
    struct bus_message m = {.routing_key = d->reply_to,
                            .body = body->s,
                            .len = body->len,
                            .correlation_id = d->correlation_id,
                            .is_transient = true};
    if (!d->reply_to || !*d->reply_to)
        return ERR_OK;
    /* The broker returns what goes to a direct reply-to although it delivers it. */
    m.is_mandatory = !is_direct_reply(d->reply_to);
    return bus_publish(r->bus, &m, &seq, err);
}

static enum outcome judge(struct registry *r, enum err_code rc, const struct err *err)
{
    if (rc == ERR_OK)
        return DONE;
    bool may_pass = enroll_may_pass(rc);
    metric_add(r->metrics, may_pass ? M_RETRIES : M_REFUSED, 1, 0, 0);
    if (rc != ERR_STATE && (!may_pass || !r->is_management_away))
        log_warn(LOG_VNFM, may_pass ? "manager_retried" : "manager_refused", KV_ERR(err));
    r->is_management_away = may_pass && rc != ERR_STATE;
    return may_pass ? AGAIN : REFUSED;
}

static void forget_held_unregister(struct registry *r, const char *username);

static enum outcome do_register(struct registry *r, const struct bus_delivery *d,
                                const struct manager_request *q, struct arena *a, struct err *err)
{
    AUTO(sbuf_release) struct sbuf body = SBUF_INIT;
    enum err_code rc = enroll_register(r, q, a, &body, err);
    if (rc == ERR_OK)
        rc = answer(r, d, &body, err);
    explicit_bzero(body.s, body.len);
    if (rc != ERR_OK)
        return judge(r, rc, err);
    r->is_management_away = false;
    metric_add(r->metrics, M_REGISTRATIONS, 1, q->is_vnfm ? 0 : 1, 0);
    forget_held_unregister(r, q->username);
    /* It will declare its queue in a moment. */
    r->check_soon_until_us = clock_mono_us() + 10 * USEC_PER_SEC;
    return DONE;
}

static enum outcome handle(struct registry *r, const struct bus_delivery *d, int64_t since_us,
                           struct err *err)
{
    AUTO(arena_release) struct arena a = ARENA_INIT;
    struct manager_request q;
    if (check_reply_to(d->reply_to, err) != ERR_OK ||
        manager_request_read(d->body, d->len, &r->setup, &a, &q, err) != ERR_OK) {
        log_warn(LOG_SEC, "registration_refused", KV_ERR(err));
        metric_add(r->metrics, M_REFUSED, 1, 0, 0);
        return REFUSED;
    }
    if (q.is_register)
        return do_register(r, d, &q, &a, err);
    int64_t grace_us = r->setup.options->unregister_grace_ms * USEC_PER_MS;
    bool is_last_try = clock_mono_us() - since_us >= grace_us;
    enum err_code rc = enroll_unregister(r, &q, is_last_try, &a, err);
    if (rc == ERR_OK)
        metric_add(r->metrics, M_UNREGISTRATIONS, 1, 0, 0);
    return judge(r, rc, err);
}

/* --- holding ---------------------------------------------------------------------------------- */

static void drop_held(struct registry *r, size_t i)
{
    bus_delivery_free(r->held[i].delivery);
    r->held[i] = r->held[--r->held_n];
}

/* Whoever registers is here again: his goodbye of before no longer holds. */
static void forget_held_unregister(struct registry *r, const char *username)
{
    for (size_t i = r->held_n; i-- > 0;) {
        AUTO(arena_release) struct arena a = ARENA_INIT;
        const struct bus_delivery *d = r->held[i].delivery;
        struct manager_request q;
        if (manager_request_read(d->body, d->len, &r->setup, &a, &q, NULL) != ERR_OK ||
            q.is_register || q.instance || strcmp(q.username, username) != 0)
            continue;
        bus_ack(r->bus, d->tag, d->epoch);
        drop_held(r, i);
    }
}

static void hold(struct registry *r, struct bus_delivery *taken)
{
    int64_t now = clock_mono_us();
    struct held *h = &r->held[r->held_n++];
    *h = (struct held){.delivery = taken,
                       .since_us = now,
                       .backoff = BACKOFF_INIT(RETRY_MIN_MS, RETRY_MAX_MS, (uint64_t)now)};
    h->retry_at_us = now + backoff_next_ms(&h->backoff) * USEC_PER_MS;
}

/* True: it is settled. */
static bool settle(struct registry *r, const struct bus_delivery *d, enum outcome outcome,
                   const struct err *err)
{
    if (outcome == DONE)
        bus_ack(r->bus, d->tag, d->epoch);
    else if (outcome == REFUSED)
        dead_letter(&r->dead, r->bus, d, err);
    return outcome != AGAIN;
}

void registry_serve_delivery(struct registry *r)
{
    struct bus_delivery *d = bus_take(r->bus);
    struct err err = ERR_INIT;
    enum outcome outcome = handle(r, d, clock_mono_us(), &err);
    if (settle(r, d, outcome, &err))
        bus_delivery_free(d);
    else if (r->held_n < REGISTRY_PREFETCH)
        hold(r, d);
    else { /* cannot be: no more are handed out */
        bus_reject(r->bus, d->tag, d->epoch, true);
        bus_delivery_free(d);
    }
}

void serve_held(struct registry *r, int64_t now_us)
{
    for (size_t i = r->held_n; i-- > 0;) {
        struct held *h = &r->held[i];
        struct err err = ERR_INIT;
        if (h->retry_at_us > now_us)
            continue;
        struct bus_delivery *d = h->delivery;
        enum outcome outcome = handle(r, d, h->since_us, &err);
        /* Handling may have dropped others, and so moved this one. */
        for (i = 0; i < r->held_n && r->held[i].delivery != d; i++)
            ;
        h = &r->held[i];
        if (settle(r, d, outcome, &err))
            drop_held(r, i);
        else
            h->retry_at_us = clock_mono_us() + backoff_next_ms(&h->backoff) * USEC_PER_MS;
    }
}

int64_t serve_next_us(const struct registry *r)
{
    int64_t next = INT64_MAX;
    for (size_t i = 0; i < r->held_n; i++)
        next = r->held[i].retry_at_us < next ? r->held[i].retry_at_us : next;
    return next;
}

void serve_drop_all(struct registry *r)
{
    while (r->held_n)
        drop_held(r, r->held_n - 1);
}
