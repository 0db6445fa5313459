/* Our own questions, and delays. */
#include "common/base/mem.h"
#include "common/peer/internal.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

static void fired(struct peer *p, struct timer *timer)
{
    struct ask *ask = CONTAINER_OF(timer, struct ask, timer);
    if (peer_now_us() >= ask->deadline_us) {
        p->timeouts++;
        ask_finish(p, ask, ERR_TIMEOUT, "no answer in time");
        return;
    }
    timers_set(&p->timers, &ask->timer, ask->deadline_us);
    send_later(p, &ask->send);
}

static void run(struct job *job)
{
    struct ask *ask = CONTAINER_OF(job, struct ask, job);
    struct peer_answer answer = {.code = ask->err.code, .err = &ask->err};
    if (ask->answer) {
        answer.body = ask->answer->body;
        answer.len = ask->answer->len;
    }
    ask->done(ask->arg, &answer);
    ask_free(ask);
}

struct ask *ask_new(struct peer *p, const char *key, struct sbuf *body, int64_t timeout_ms)
{
    struct ask *ask = xcalloc(1, sizeof(*ask));
    *ask = (struct ask){.peer = p,
                        .key = key,
                        .body = *body,
                        .send = {.kind = SEND_ASK},
                        .timer = {.fire = fired},
                        .job = {.run = run}};
    *body = (struct sbuf)SBUF_INIT;
    ask->deadline_us = peer_now_us() + timeout_ms * USEC_PER_MS;
    return ask;
}

void ask_free(struct ask *ask)
{
    sbuf_release(&ask->body);
    bus_delivery_free(ask->answer);
    free(ask);
}

void ask_begin(struct peer *p, struct ask *ask)
{
    snprintf(ask->id, sizeof(ask->id), "%s-%" PRIu64, p->instance, ++p->ask_n);
    table_put(&p->asks, &ask->entry, ask->id);
    if (p->is_discarding) {
        ask_finish(p, ask, ERR_UNAVAIL, "stopping");
        return;
    }
    p->asked++;
    timers_set(&p->timers, &ask->timer, ask->deadline_us);
    send_later(p, &ask->send);
}

void ask_finish(struct peer *p, struct ask *ask, enum err_code code, const char *text)
{
    send_cancel(p, &ask->send);
    timers_unset(&p->timers, &ask->timer);
    table_remove(&p->asks, &ask->entry);
    ask->err = (struct err)ERR_INIT;
    if (code != ERR_OK)
        err_set(&ask->err, code, "question to '%s': %s", ask->key, text);
    if (ask == p->registration)
        session_registered(p, ask);
    else
        jobs_add(&p->jobs, &ask->job);
}

void ask_answer(struct peer *p)
{
    struct bus_delivery *d = bus_take(p->bus);
    bus_ack(p->bus, d->tag, d->epoch);
    struct table_entry *e = d->correlation_id ? table_find(&p->asks, d->correlation_id) : NULL;
    if (!e) { /* late, or a second one */
        bus_delivery_free(d);
        return;
    }
    struct ask *ask = CONTAINER_OF(e, struct ask, entry);
    ask->answer = d;
    p->answered++;
    ask_finish(p, ask, ERR_OK, NULL);
}

/* The reply queue went with the connection: whatever waits for an answer has to be asked again. */
void ask_resend_all(struct peer *p)
{
    for (size_t i = 0; i < p->asks.cap; i++)
        for (struct table_entry *e = p->asks.buckets[i]; e; e = e->next)
            send_later(p, &CONTAINER_OF(e, struct ask, entry)->send);
}

void ask_abort_all(struct peer *p)
{
    for (size_t i = 0; i < p->asks.cap; i++)
        for (struct table_entry *e = p->asks.buckets[i], *next; e; e = next) {
            next = e->next;
            ask_finish(p, CONTAINER_OF(e, struct ask, entry), ERR_UNAVAIL, "stopping");
        }
}

static void after_run(struct job *job)
{
    struct after *after = CONTAINER_OF(job, struct after, job);
    after->fn(after->arg);
    free(after);
}

static void after_due(struct peer *p, struct timer *timer)
{
    struct after *after = CONTAINER_OF(timer, struct after, timer);
    timers_unset(&p->timers, timer);
    *(after->prev ? &after->prev->next : &p->afters) = after->next;
    if (after->next)
        after->next->prev = after->prev;
    jobs_add(&p->jobs, &after->job);
}

void after_begin(struct peer *p, struct after *after)
{
    after->job.run = after_run;
    after->timer.fire = after_due;
    after->next = p->afters;
    if (p->afters)
        p->afters->prev = after;
    p->afters = after;
    timers_set(&p->timers, &after->timer,
               peer_now_us() + (p->is_discarding ? 0 : after->delay_ms * USEC_PER_MS));
}

void after_abort_all(struct peer *p)
{
    while (p->afters)
        after_due(p, &p->afters->timer);
}
