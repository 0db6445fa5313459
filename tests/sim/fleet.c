#include "tests/sim/fleet.h"

#include "proto/topology.h"
#include "tests/sim/drift.h"

#include <stdio.h>
#include <string.h>

const char *const point_names[POINT_N] = {
#define X(name) #name,
    POINTS(X)
#undef X
};
uint64_t fleet_passed[POINT_N], fleet_killed[POINT_N];

static const char *const queues[] = {QUEUE_REPLIES, QUEUE_ACTIONS, QUEUE_ACTIONS_REPLY,
                                     QUEUE_INTERNAL, NULL};

#define IDLE_US (2 * SEC)

static void start(struct sim *s, void *arg, uint64_t tag);

/* --- waiting --- */
static void resume(struct sim *s, void *arg, uint64_t wait)
{
    struct worker *w = arg;
    (void)s;
    if (w->wait != wait || !w->fiber)
        return;
    w->is_waiting = false;
    fiber_resume(w->fiber);
}

static void sleep_for(struct worker *w, int64_t us)
{
    struct sim *s = w->p->f->s;
    sim_at(s, s->now + us, resume, w, ++w->wait);
    fiber_yield();
}

static void gate_wait(void *arg, int64_t us)
{
    struct worker *w = arg;
    struct sim *s = w->p->f->s;
    if (!w->p->is_alive)
        return;
    /* Nothing will be due for a while: sleep on instead of turning the wheel (at most a minute). */
    int64_t next = store_next_at(s), most = s->now + 60 * SEC;
    if (us >= IDLE_US && next > s->now + us)
        us = (next < most ? next : most) - s->now;
    w->is_waiting = true;
    sleep_for(w, us);
}

static void gate_wake(void *arg)
{
    struct worker *w = arg;
    struct sim *s = w->p->f->s;
    if (!w->is_waiting)
        return;
    w->is_waiting = false;
    sim_at(s, s->now + sim_between(s, 1, 50), resume, w, ++w->wait);
}

/* --- dying --- */
static void bury(struct sim *s, void *arg, uint64_t generation)
{
    struct process *p = arg;
    (void)s;
    if (p->generation != (int)generation)
        return;
    for (int i = 0; i < p->n_workers; i++) {
        struct worker *w = p->workers[i];
        engine_worker_free(w->engine);
        fake_bus_close(&w->bus);
        session_close(&w->session);
        fiber_free(w->fiber);
        w->fiber = NULL;
    }
    engine_queue_free(p->queue);
    p->queue = NULL;
    p->n_workers = 0;
}

static void die(struct process *p)
{
    struct sim *s = p->f->s;
    p->is_alive = false;
    for (int i = 0; i < p->n_workers; i++) {
        struct worker *w = p->workers[i];
        w->wait++; /* is never resumed */
        w->is_waiting = false;
        w->bus.is_closed = true;
        broker_drop(w->bus.conn, sim_between(s, 0, 20 * MSEC));
        session_close(&w->session);
    }
    sim_at(s, s->now, bury, p, (uint64_t)p->generation);
    sim_at(s, s->now + sim_delay(s, SEC), start, p, 0);
    if (p->f->died)
        p->f->died(s, p);
    drift_process_died(s, p);
}

void fleet_kill(struct process *p)
{
    if (p->is_alive)
        die(p);
}

static void next_kill(struct fleet *f)
{
    struct sim *s = f->s;
    f->kill_at = sim_chance(s, 300) ? POINT_N : (int)sim_between(s, 0, POINT_N - 1);
    f->kill_after = (int)sim_between(s, 1, f->kill_at == POINT_N ? 600 : 30);
}

static void gate_pass_point(void *arg, enum point at)
{
    struct worker *w = arg;
    struct fleet *f = w->p->f;
    struct sim *s = f->s;
    if (!w->p->is_alive)
        return;
    fleet_passed[at]++;
    if (!s->calm && f->kills_left > 0 && (f->kill_at == POINT_N || f->kill_at == (int)at) &&
        --f->kill_after <= 0) {
        fleet_killed[at]++;
        f->kills_left--;
        next_kill(f);
        sim_tell(s, w->name, "", "KILLED at %s", point_names[at]);
        die(w->p);
        fiber_yield(); /* never comes back */
    }
    if (at == POINT_BEFORE_LOAD || at == POINT_BEFORE_SAVE)
        sleep_for(w, sim_delay(s, MSEC));
    else if (at == POINT_AFTER_MARK && sim_faulty(s, s->weather.freezes))
        sleep_for(w, sim_between(s, SEC, 30 * SEC));
    else if (at == POINT_BEFORE_WRITE && sim_faulty(s, s->weather.freezes))
        sleep_for(w, sim_between(s, SEC, 6 * SEC));
    else if (sim_chance(s, 100))
        sleep_for(w, sim_delay(s, 100));
}

/* --- living --- */
static int64_t clock_now(void *ctx)
{
    return ((struct sim *)ctx)->now;
}
static void ids_make(void *ctx, char out[ID_SIZE])
{
    sim_id(ctx, out);
}
static int64_t ids_number(void *ctx)
{
    return ++((struct sim *)ctx)->numbers;
}

static void live(void *arg)
{
    struct worker *w = arg;
    for (;;)
        engine_worker_step(w->engine);
}

static void tell_decision(void *arg, const struct decision *d)
{
    struct worker *w = arg;
    w->p->f->s->doubts +=
        d->in->event == w->p->f->dom->event_in_doubt && d->outcome == DECISION_APPLIED;
    sim_tell(w->p->f->s, w->name, "", "decided kind %d %.8s event %d%s%s%s%s", d->in->agg_kind,
             d->in->agg, d->in->event, d->in->command ? " cmd " : "",
             d->in->command && strlen(d->in->command) > 36 ? d->in->command + 36 : "",
             d->outcome == DECISION_STALE   ? " STALE"
             : d->outcome == DECISION_EMPTY ? " EMPTY"
                                            : "",
             d->err.code ? d->err.msg : "");
}

static void start_worker(struct process *p, int i)
{
    struct sim *s = p->f->s;
    struct worker *w = arena_alloc(&s->arena, sizeof(*w));
    p->workers[i] = w;
    w->p = p;
    snprintf(w->name, sizeof(w->name), "nfvo%d.%d", p->number, i);
    w->gate = (struct gate){gate_pass_point, gate_wait, gate_wake, w};
    session_open(&w->session, s, w->name, &w->gate);
    fake_bus_open(&w->bus, s, w->name, &w->gate, queues);
    w->clock = (struct engine_clock){s, clock_now};
    w->ids = (struct ids){s, ids_make, ids_number};
    struct engine_options o = {
        .sweep_every_us = SEC, .due_every_us = SEC / 2, .grace_us = 2 * SEC, .idle_us = IDLE_US};
    o.log = tell_decision;
    o.log_arg = w;
    w->engine = engine_worker_new(p->f->dom, &w->session.port, &w->bus.port, &w->clock, &w->ids,
                                  p->queue, &o);
    w->fiber = fiber_new(live, w);
    sim_at(s, s->now + sim_between(s, 0, 1000), resume, w, w->wait);
}

static void start(struct sim *s, void *arg, uint64_t tag)
{
    struct process *p = arg;
    (void)tag;
    p->generation++;
    p->is_alive = true;
    p->queue = engine_queue_new();
    p->n_workers = sim_chance(s, 250) ? 2 : 1;
    for (int i = 0; i < p->n_workers; i++)
        start_worker(p, i);
    sim_tell(s, p->workers[0]->name, "", "started, %d workers", p->n_workers);
    drift_process_started(s, p);
}

static void lose_some(struct sim *s, void *arg, uint64_t tag)
{
    struct fleet *f = arg;
    struct process *p = &f->at[sim_between(s, 0, f->n - 1)];
    (void)tag;
    if (!s->calm && p->is_alive)
        fake_bus_lose(&p->workers[sim_between(s, 0, p->n_workers - 1)]->bus);
}

void fleet_start(struct sim *s, const struct domain *dom,
                 void (*died)(struct sim *s, struct process *p))
{
    struct fleet *f = arena_alloc(&s->arena, sizeof(*f));
    s->fleet = f;
    *f = (struct fleet){.s = s,
                        .dom = dom,
                        .n = (int)sim_between(s, 1, FLEET_MAX),
                        .kills_left = s->weather.crashes,
                        .died = died};
    next_kill(f);
    for (int q = 0; queues[q]; q++)
        broker_declare(s, queues[q], NULL, false);
    for (int i = 0; i < f->n; i++) {
        f->at[i] = (struct process){.f = f, .number = i + 1};
        start(s, &f->at[i], 0);
    }
    for (int i = 0; i < s->weather.losses; i++)
        sim_at(s, sim_between(s, 0, sim_chance(s, 500) ? 10 * SEC : 600 * SEC), lose_some, f, 0);
}

void fleet_stop(struct sim *s)
{
    drift_stop(s);
    for (int i = 0; i < s->fleet->n; i++) {
        struct process *p = &s->fleet->at[i];
        if (!p->is_alive && !p->queue)
            continue;
        p->is_alive = false;
        for (int k = 0; k < p->n_workers; k++)
            p->workers[k]->bus.is_closed = true;
        bury(s, p, (uint64_t)p->generation);
    }
}

void fleet_submit(struct process *p, struct engine_request *r)
{
    engine_submit(p->queue, r);
    for (int i = 0; i < p->n_workers; i++)
        gate_wake(p->workers[i]);
}

struct process *fleet_any(struct sim *s)
{
    struct fleet *f = s->fleet;
    int first = (int)sim_between(s, 0, f->n - 1);
    for (int i = 0; i < f->n; i++)
        if (f->at[(first + i) % f->n].is_alive)
            return &f->at[(first + i) % f->n];
    return NULL;
}
