/* A VIM driver at work: takes a call, does it after a while, answers in its manner. Or not. One on
 * our SDK does a call once in its life: a repetition joins the one in hand, or gets the answer that
 * was given (common/peer/peer.h, "Requests"). */
#include "tests/sim/cloud.h"

#include "proto/topology.h"
#include "tests/sim/registry.h"

#include <string.h>

#define DEADLINE (300 * SEC)

struct call {
    struct driver *d;
    int incarnation;
    struct bconsumer *consumer; /* ours acknowledges after the work */
    struct bmsg *m;
    struct driver_request *rq;
    struct fate fate;
    struct call *next;    /* of all that this driver ever took on our SDK */
    struct call *repeats; /* joined it; by their own next */
    const char *body;     /* answered with; NULL: in hand, or the answer stays away */
    bool is_over;
};

static void take(void *ctx, struct bconsumer *c, struct bmsg *m);
static const struct bconn_events events = {.delivery = take};

void driver_start(struct driver *d)
{
    struct sim *s = d->s;
    d->is_alive = true;
    d->incarnation++;
    d->conn = broker_connect(s, d->type, &events, d);
    broker_declare(s, d->queue, NULL, d->manner != MANNER_C);
    broker_consume(d->conn, d->queue, d->manner == MANNER_C ? 16 : 1000, d->manner != MANNER_C);
    sim_tell(s, d->queue, "", "started");
    if (d->incarnation > 1 && sim_faulty(s, s->weather.peer_silent)) {
        d->mute_until = s->now + sim_between(s, SEC, 1500 * SEC);
        sim_tell(s, d->queue, "", "is MUTE for %lld s",
                 (long long)((d->mute_until - s->now) / SEC));
    }
}

static void come_back(struct sim *s, void *arg, uint64_t tag)
{
    struct driver *d = arg;
    (void)s, (void)tag;
    if (d->manner != MANNER_C) /* ours gets them again from the broker */
        registry_driver_died(d);
    driver_start(d);
}

void driver_crash(struct driver *d)
{
    struct sim *s = d->s;
    if (!d->is_alive)
        return;
    sim_tell(s, d->queue, "", "CRASHED");
    d->is_alive = false;
    broker_drop(d->conn, sim_between(s, 0, 50 * MSEC));
    sim_at(s, s->now + sim_between(s, SEC, 60 * SEC), come_back, d, 0);
}

static void answer(struct call *k, const char *body)
{
    struct driver *d = k->d;
    if (!k->m->reply_to) {
        sim_violate(d->s, "%s: %s without reply_to makes a Python driver deaf", d->queue,
                    k->rq->method_name);
        return;
    }
    body = cloud_garbled(d->s, &k->fate, body);
    struct publish p = {.exchange = d->manner == MANNER_GO ? "" : TOPOLOGY_EXCHANGE,
                        .key = k->m->reply_to,
                        .correlation_id = k->m->correlation_id,
                        .body = body,
                        .len = strlen(body)};
    sim_tell(d->s, d->queue, p.key, "%s: %.60s", k->rq->method_name, *body ? body : "(empty body)");
    broker_publish(d->conn, &p);
}

/* As the first: answered or not. */
static void repeat_over(const struct call *first, struct call *repeat)
{
    struct driver *d = repeat->d;
    if (first->body)
        answer(repeat, first->body);
    broker_ack(d->conn, repeat->consumer, repeat->m);
}

static bool is_repeat(struct driver *d, struct call *k)
{
    const char *id = k->m->correlation_id;
    for (struct call *first = d->calls; id && first; first = first->next) {
        if (first->incarnation != k->incarnation || !first->m->correlation_id ||
            strcmp(first->m->correlation_id, id) != 0)
            continue;
        if (first->is_over) {
            repeat_over(first, k);
        } else {
            k->next = first->repeats;
            first->repeats = k;
        }
        return true;
    }
    k->next = d->calls;
    d->calls = k;
    return false;
}

static void work(struct sim *s, void *arg, uint64_t tag)
{
    struct call *k = arg;
    struct driver *d = k->d;
    (void)tag;
    if (!d->is_alive || d->incarnation != k->incarnation)
        return;
    if (k->fate.crashes_before) {
        driver_crash(d);
        return;
    }
    const char *body = driver_perform(d, k->rq, &k->fate);
    if (body && k->fate.silent) {
        sim_tell(s, d->queue, "", "stays SILENT after %s", k->rq->method_name);
    } else if (body) {
        k->body = body;
        answer(k, body);
        if (k->fate.twice)
            answer(k, body);
    }
    if (k->consumer)
        broker_ack(d->conn, k->consumer, k->m);
    k->is_over = true;
    for (struct call *r = k->repeats; r; r = r->next)
        repeat_over(k, r);
    if (k->fate.crashes_after)
        driver_crash(d);
}

static void take(void *ctx, struct bconsumer *c, struct bmsg *m)
{
    struct driver *d = ctx;
    struct sim *s = d->s;
    struct call *k = arena_alloc(&s->arena, sizeof(*k));
    *k = (struct call){.d = d,
                       .incarnation = d->incarnation,
                       .m = m,
                       .consumer = d->manner == MANNER_C ? c : NULL};
    if (proto_decode(&driver_request_type, m->body, m->len, 0, &s->arena, &k->rq, NULL) != ERR_OK) {
        sim_violate(s, "%s: request is not readable: %.80s", d->queue, m->body);
        return;
    }
    bool is_launch = strncmp(k->rq->method_name, "launch", 6) == 0;
    k->fate = cloud_fate(s, is_launch ? 3 * SEC : SEC / 5, DEADLINE);
    k->fate.message = m->id;
    k->fate.published_at = m->published_at;
    sim_tell(s, "broker", d->queue, "took #%llu %s%s", (unsigned long long)m->id,
             k->rq->method_name, m->deliveries > 1 ? " (again)" : "");
    if (d->manner == MANNER_C && s->plant != 9 && is_repeat(d, k))
        return;
    if (!s->calm && s->now < d->mute_until) { /* connected, and silent */
        if (d->manner != MANNER_C)
            return;
        k->fate.takes_us += d->mute_until - s->now;
    }
    sim_at(s, s->now + k->fate.takes_us, work, k, 0);
}
