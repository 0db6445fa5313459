/* Deliveries of QUEUE_MANAGER_HANDLING: done at once, or held and tried again. A held one stays
 * unacknowledged, so it survives us, and the broker's delivery limit does not count our tries. */
#include <string.h>

#include "common/base/mem.h"
#include "common/log/log.h"
#include "common/sys/clock.h"
#include "nfvo/audit/audit.h"
#include "nfvo/store/store_watch.h"
#include "nfvo/vnfm/internal.h"

/* SERVED: so long another peer that serves what is asked for may be one that is just ending. */
enum { RETRY_MIN_MS = 100, RETRY_MAX_MS = 5000, SERVED_MS = 3000 };
enum outcome { DONE, AGAIN, REFUSED };

static bool is_direct_reply(const char *reply_to)
{
    return strncmp(reply_to, "amq.rabbitmq.reply-to", 21) == 0;
}

static enum err_code answer(const struct registry_room *room, const struct bus_delivery *d,
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
    return bus_publish(room->bus, &m, &seq, err);
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

static void forget_held_unregister(struct registry *r, const struct registry_room *room,
                                   const char *username);

static void tell_audit(const struct registry *r, const struct registry_room *room,
                       const struct manager_request *q, const struct err *why)
{
    audit_write(r->setup.audit, &(struct audit_record){.kind = AUDIT_ENROL,
                                                       .outcome = why ? AUDIT_REFUSED : AUDIT_OK,
                                                       .who = q->author,
                                                       .from = account_vhost(&r->setup, room->name),
                                                       .what = "register",
                                                       .object = q->username,
                                                       .detail = why ? why->msg : NULL});
}

static enum outcome do_register(struct registry *r, struct enroll_try *t,
                                const struct bus_delivery *d, const struct manager_request *q,
                                struct arena *a, struct err *err)
{
    AUTO(sbuf_release) struct sbuf body = SBUF_INIT;
    enum err_code rc = enroll_register(r, t, q, a, &body, err);
    if (rc == ERR_OK)
        rc = answer(t->room, d, &body, err);
    explicit_bzero(body.s, body.len);
    bool passes = rc == ERR_UNAVAIL || rc == ERR_TIMEOUT || (rc == ERR_STATE && !t->is_refused);
    if (rc != ERR_OK && !passes) /* those show elsewhere */
        err_ignore(store_refusal_tell(r->db, "registration", q->username,
                                      q->is_vnfm ? "vnfm" : "driver", q->username, err),
                   "the log has it");
    if (t->is_refused) {
        metric_add(r->metrics, M_REFUSED, 1, 0, 0);
        tell_audit(r, t->room, q, err);
        return REFUSED;
    }
    if (rc != ERR_OK)
        return judge(r, rc, err);
    r->is_management_away = false;
    metric_add(r->metrics, M_REGISTRATIONS, 1, q->is_vnfm ? 0 : 1, 0);
    tell_audit(r, t->room, q, NULL);
    forget_held_unregister(r, t->room, t->account);
    /* It will declare its queue in a moment. */
    r->check_soon_until_us = clock_mono_us() + 10 * USEC_PER_SEC;
    return DONE;
}

/* Silence would have the peer wait, some for ever and with a core each. */
static void answer_refused(const struct registry_room *room, const struct bus_delivery *d,
                           const char *manager, const struct err *why, struct arena *a)
{
    AUTO(sbuf_release) struct sbuf body = SBUF_INIT;
    struct err err = ERR_INIT;
    struct manager_credentials refusal = {.fault = fault_from_err(why, "nfvo", manager, a)};
    proto_encode(&manager_credentials_type, &refusal, 0, &body);
    if (answer(room, d, &body, &err) != ERR_OK)
        log_warn(LOG_VNFM, "refusal_not_answered", KV_S("manager", manager), KV_ERR(&err));
}

static bool is_ours(const struct registry *r, const char *user)
{
    const char *ours = r->setup.bus->user;
    return user && strcmp(user, ours && *ours ? ours : "guest") == 0;
}

static enum outcome handle(struct registry *r, struct registry_room *room,
                           const struct bus_delivery *d, int64_t since_us, struct err *err)
{
    AUTO(arena_release) struct arena a = ARENA_INIT;
    struct manager_request q;
    int64_t waited_us = clock_mono_us() - since_us;
    struct enroll_try t = {.room = room};
    if (is_ours(r, d->user_id)) { /* a dead letter of ours, sent here by somebody's queue */
        err_set(err, ERR_DENIED, "a registration that the NFVO wrote itself");
        metric_add(r->metrics, M_REFUSED, 1, 0, 0);
        return REFUSED;
    }
    bool wants_answer = d->reply_to && *d->reply_to; /* else it is done, and nobody told */
    bool may_answer = !wants_answer || topology_check_reply_to(d->reply_to, err) == ERR_OK;
    if (!may_answer || manager_request_read(d->body, d->len, &r->setup, &a, &q, err) != ERR_OK) {
        log_warn(LOG_SEC, "registration_refused", KV_ERR(err));
        err_ignore(store_refusal_tell(r->db, "registration", "", "", "", err), "the log has it");
        metric_add(r->metrics, M_REFUSED, 1, 0, 0);
        if (may_answer)
            answer_refused(room, d, NULL, err, &a);
        return REFUSED;
    }
    q.author = d->user_id;
    if (q.is_register) {
        t.is_last = waited_us >= SERVED_MS * USEC_PER_MS;
        enum outcome outcome = do_register(r, &t, d, &q, &a, err);
        if (outcome == REFUSED)
            answer_refused(room, d, q.username, err, &a);
        return outcome;
    }
    t.is_last = waited_us >= r->setup.options->unregister_grace_ms * USEC_PER_MS;
    enum err_code rc = enroll_unregister(r, &t, &q, &a, err);
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
static void forget_held_unregister(struct registry *r, const struct registry_room *room,
                                   const char *username)
{
    for (size_t i = r->held_n; i-- > 0;) {
        AUTO(arena_release) struct arena a = ARENA_INIT;
        const struct bus_delivery *d = r->held[i].delivery;
        struct manager_request q;
        if (manager_request_read(d->body, d->len, &r->setup, &a, &q, NULL) != ERR_OK ||
            q.is_register || q.instance || r->held[i].room != room ||
            strcmp(q.username, username) != 0)
            continue;
        bus_ack(room->bus, d->tag, d->epoch);
        drop_held(r, i);
    }
}

static void hold(struct registry *r, struct registry_room *room, struct bus_delivery *taken)
{
    int64_t now = clock_mono_us();
    if (r->held_n == r->held_cap) {
        r->held_cap = r->held_cap ? 2 * r->held_cap : REGISTRY_PREFETCH;
        r->held = xrealloc(r->held, r->held_cap * sizeof(r->held[0]));
    }
    struct held *h = &r->held[r->held_n++];
    *h = (struct held){.room = room,
                       .delivery = taken,
                       .since_us = now,
                       .backoff = BACKOFF_INIT(RETRY_MIN_MS, RETRY_MAX_MS, (uint64_t)now)};
    h->retry_at_us = now + backoff_next_ms(&h->backoff) * USEC_PER_MS;
}

/* True: it is settled. */
static bool settle(struct registry_room *room, const struct bus_delivery *d, enum outcome outcome,
                   const struct err *err)
{
    if (outcome == DONE)
        bus_ack(room->bus, d->tag, d->epoch);
    else if (outcome == REFUSED)
        dead_letter(&room->dead, room->bus, d, err);
    return outcome != AGAIN;
}

void registry_serve_delivery(struct registry *r, struct registry_room *room)
{
    struct bus_delivery *d = bus_take(room->bus);
    struct err err = ERR_INIT;
    if (peer_refusal_take(r, room, d)) {
        bus_delivery_free(d);
        return;
    }
    enum outcome outcome = handle(r, room, d, clock_mono_us(), &err);
    if (settle(room, d, outcome, &err))
        bus_delivery_free(d);
    else
        hold(r, room, d); /* as many in a room as are handed out unacknowledged */
}

void serve_held(struct registry *r, int64_t now_us)
{
    for (size_t i = r->held_n; i-- > 0;) {
        struct held *h = &r->held[i];
        struct err err = ERR_INIT;
        if (h->retry_at_us > now_us)
            continue;
        struct bus_delivery *d = h->delivery;
        struct registry_room *room = h->room;
        enum outcome outcome = handle(r, room, d, h->since_us, &err);
        /* Handling may have dropped others, and so moved this one. */
        for (i = 0; i < r->held_n && r->held[i].delivery != d; i++)
            ;
        h = &r->held[i];
        if (settle(room, d, outcome, &err))
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

void serve_drop_all(struct registry *r, const struct registry_room *room)
{
    for (size_t i = r->held_n; i-- > 0;)
        if (!room || r->held[i].room == room)
            drop_held(r, i);
}
