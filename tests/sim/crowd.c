#include "tests/sim/crowd.h"

#include "nfvo/lifecycle/operate.h"
#include "tests/sim/drift.h"
#include "tests/sim/registry.h"
#include "tests/sim/stranger.h"
#include "tests/sim/watch.h"

#include <stdio.h>
#include <string.h>

static const char *const wish_names[] = {"register PoP", "deploy", "release", "operate on"};
static const int wish_events[] = {EV_POP_REGISTER, EV_NSR_DEPLOY, EV_NSR_RELEASE, EV_NSR_OPERATE};

static void submit(struct sim *s, void *arg, uint64_t tag);
static void open_up(struct sim *s, void *arg, uint64_t tag);

static int64_t some_time(struct sim *s) /* log-uniform, 10 ms to 100 s */
{
    int64_t t = 10 * MSEC << sim_between(s, 0, 13);
    return sim_between(s, t / 2, t);
}

static bool is_unwanted(const struct wish *deploy)
{
    for (const struct wish *w = deploy->crowd->wishes; w; w = w->next)
        if (w->kind == WISH_RELEASE && w->tries && strcmp(w->agg, deploy->agg) == 0)
            return true;
    return false;
}

/* --- one command --- */
static void done(struct engine_request *r, const struct err *err, const char *text)
{
    struct wish *w = r->arg;
    struct sim *s = w->crowd->s;
    (void)text;
    if (!w->is_pending || w->request != r) {
        sim_violate(s, "a user's %s was completed twice", wish_names[w->kind]);
        return;
    }
    w->is_pending = false;
    bool ok = !err || err->code == ERR_OK;
    sim_tell(s, "nfvo", "user", "%s %.8s: %s", wish_names[w->kind], w->agg,
             ok ? "accepted" : err->msg);
    if (!ok && (err->code == ERR_UNAVAIL || err->code == ERR_IO || err->code == ERR_INTERNAL)) {
        sim_at(s, s->now + sim_delay(s, 2 * SEC), submit, w, 0);
        return;
    }
    if (!ok && w->kind == WISH_OPERATE && err->code == ERR_STATE && w->tries < 20) {
        sim_at(s, s->now + some_time(s), submit, w, 0);
        return;
    }
    w->is_done = true;
    if (!ok) {
        w->is_refused = true;
        snprintf(w->why, sizeof(w->why), "%s", err->msg);
    } else if (w->kind == WISH_DEPLOY && !store_row(s, ROW_NSR, w->agg) && !is_unwanted(w)) {
        sim_violate(s, "deploy of %.8s was accepted, but there is no record", w->agg);
    }
}

static void submit(struct sim *s, void *arg, uint64_t tag)
{
    struct wish *w = arg;
    struct process *p = fleet_any(s);
    (void)tag;
    if (w->is_done || w->is_pending)
        return;
    const void *verb = w->kind == WISH_OPERATE && sim_chance(s, 500) ? crowd_verb(s, w->agg) : NULL;
    if (w->kind == WISH_OPERATE)
        w->payload = verb ? verb : crowd_operation(s, w->agg); /* again: another one */
    if (w->after && !w->after->is_done) { /* who deletes knows the id: out of the answer */
        sim_at(s, s->now + sim_delay(s, SEC / 10), submit, w, 0);
        return;
    }
    if (!p) {
        sim_at(s, s->now + SEC, submit, w, 0);
        return;
    }
    struct engine_request *r = arena_alloc(&s->arena, sizeof(*r));
    *r = (struct engine_request){.done = done, .arg = w};
    r->intent = (struct intent){.agg_kind = w->kind == WISH_POP ? AGG_POP : AGG_NSR,
                                .agg = w->agg,
                                .event = verb ? EV_NSR_OPERATION_VERB : wish_events[w->kind],
                                .facts = FACT_POPS | FACT_DRIVERS | FACT_SUBSCRIPTIONS | FACT_VNFMS,
                                .payload = w->payload};
    w->request = r;
    w->is_pending = true;
    w->with = p;
    w->generation = p->generation;
    w->tries++;
    sim_tell(s, "user", "nfvo", "%s %.8s%s", wish_names[w->kind], w->agg,
             w->tries > 1 ? " (again)" : "");
    fleet_submit(p, r);
}

void crowd_process_died(struct sim *s, struct process *p)
{
    for (struct wish *w = s->crowd->wishes; w; w = w->next)
        if (w->is_pending && w->with == p && w->generation == p->generation) {
            w->is_pending = false; /* the connection broke: what became of it is not known; the same
                                      again, same id */
            sim_at(s, s->now + sim_delay(s, 2 * SEC), submit, w, 0);
        }
}

static struct wish *wish(struct sim *s, enum wish_kind kind, const char *agg, const void *payload,
                         int64_t at)
{
    struct wish *w = arena_alloc(&s->arena, sizeof(*w));
    *w = (struct wish){
        .next = s->crowd->wishes, .crowd = s->crowd, .kind = kind, .agg = agg, .payload = payload};
    s->crowd->wishes = w;
    sim_at(s, at, submit, w, 0);
    return w;
}

/* --- PoPs --- */
static void register_pop(struct sim *s, int i)
{
    struct crowd *c = s->crowd;
    struct pop_request *rq = proto_new(&pop_request_type, &s->arena);
    struct vim_instance *v = proto_new(&vim_instance_type, &s->arena);
    char *id = arena_alloc(&s->arena, 37), *op = arena_alloc(&s->arena, 37);
    sim_id(s, id);
    sim_id(s, op);
    c->pops[i] = id;
    c->pop_driver[i] = &s->cloud->drivers[sim_between(s, 0, s->cloud->n_drivers - 1)];
    v->id = id;
    v->name = arena_printf(&s->arena, "pop%d-%.8s", i, id);
    v->type = c->pop_driver[i]->type;
    v->auth_url = "http://cloud";
    v->project_id = "project";
    v->active = true;
    rq->operation = op;
    rq->pop = v;
    wish(s, WISH_POP, id, rq, s->now + sim_between(s, 0, SEC));
}

static void await_pops(struct sim *s, void *arg, uint64_t tag)
{
    struct crowd *c = arg;
    bool all = true;
    for (int i = 0; i < c->n_pops; i++) {
        const struct row *r = store_row(s, ROW_POP, c->pops[i]);
        bool ready = r && r->phase == POP_READY;
        all &= ready;
        if (!ready && tag % 60 == 59) /* a minute has passed: it was refused, or is lost */
            register_pop(s, i);
    }
    if (all || c->is_open)
        open_up(s, c, 0);
    else
        sim_at(s, s->now + SEC, await_pops, c, tag + 1);
}

/* --- services --- */
static void storm_ends(struct sim *s, void *arg, uint64_t tag)
{
    (void)arg, (void)tag;
    s->calm = true;
    sim_tell(s, "", "", "-- the storm is over --");
}

/* Every connection breaks at once; quorum queues keep what they had, auto-delete queues do not. */
static void broker_restarts(struct sim *s, void *arg, uint64_t tag)
{
    (void)arg, (void)tag;
    if (s->calm)
        return;
    sim_tell(s, "broker", "", "RESTARTS");
    for (int i = 0; i < s->fleet->n; i++)
        for (int k = 0; s->fleet->at[i].is_alive && k < s->fleet->at[i].n_workers; k++)
            fake_bus_lose(&s->fleet->at[i].workers[k]->bus);
    for (int i = 0; i < s->cloud->n_vnfms; i++)
        vnfm_crash(&s->cloud->vnfms[i]);
    for (int i = 0; i < s->cloud->n_drivers; i++)
        driver_crash(&s->cloud->drivers[i]);
}

static void open_up(struct sim *s, void *arg, uint64_t tag)
{
    struct crowd *c = arg;
    (void)tag;
    if (c->is_open)
        return;
    c->is_open = true;
    s->calm = false;
    c->n_nsrs = (int)sim_between(s, 1, NSRS_MAX);
    for (int i = 0; i < c->n_nsrs; i++) {
        struct wanted *n = &c->nsrs[i];
        char *id = arena_alloc(&s->arena, 37);
        sim_id(s, id);
        n->id = id;
        n->request = crowd_descriptor(s, i, &n->servers);
        int64_t at = s->now + some_time(s) / 10 + drift_delay(s);
        n->deploy = wish(s, WISH_DEPLOY, id, n->request, at);
        for (int64_t k = sim_between(s, 0, s->weather.user_operates); k > 0; k--)
            wish(s, WISH_OPERATE, id, NULL, at + 20 * some_time(s))->after = n->deploy;
        if (sim_chance(s, s->weather.user_deletes)) {
            n->release = wish(s, WISH_RELEASE, id, NULL, at + some_time(s));
            n->release->after = n->deploy;
            if (sim_chance(s, 300))
                wish(s, WISH_RELEASE, id, NULL, at + some_time(s))->after = n->deploy;
        }
    }
    sim_at(s, s->now + sim_between(s, 60 * SEC, 2000 * SEC), storm_ends, c, 0);
    if (s->weather.crashes && s->weather.peer_crash && sim_chance(s, 300))
        sim_at(s, s->now + some_time(s), broker_restarts, c, 0);
    drift_open(s);
}

void crowd_resume_all(struct sim *s)
{
    struct crowd *c = s->crowd;
    for (int i = 0; s->weather.user_operates && i < c->n_nsrs; i++)
        for (int64_t k = sim_between(s, 1, 4); k > 0 && !c->nsrs[i].release; k--)
            if (store_row(s, ROW_NSR, c->nsrs[i].id))
                wish(s, WISH_OPERATE, c->nsrs[i].id, NULL, s->now + 40 * some_time(s));
    s->calm = sim_chance(s, 500);
    sim_at(s, s->now + sim_between(s, 60 * SEC, 2000 * SEC), storm_ends, c, 0);
    drift_again(s);
}

void crowd_release_all(struct sim *s)
{
    struct crowd *c = s->crowd;
    for (int i = 0; i < c->n_nsrs; i++)
        if (store_row(s, ROW_NSR, c->nsrs[i].id))
            c->nsrs[i].release = wish(s, WISH_RELEASE, c->nsrs[i].id, NULL, s->now + some_time(s));
}

/* --- the scenario --- */
static void weather(struct sim *s)
{
    struct weather *w = &s->weather;
    int kind = (int)(s->seed % 5); /* 0 calm, 1 ours fail but the peers are ours, 2 ours fail, 3
                                      theirs fail, 4 all */
    bool ours = kind == 1 || kind == 2 || kind == 4, theirs = kind >= 3;
    *w = (struct weather){.net_us = (int)(500 << sim_between(s, 0, 8)),
                          .user_deletes = sim_chance(s, 500) ? 500 : 0};
    w->user_operates = sim_chance(s, 500) ? 16 : 0;
    w->step_fails = w->user_operates && sim_chance(s, 500) ? (int)sim_between(s, 50, 400) : 0;
    w->relaxed = kind <= 1;
    w->peers_are_well = kind <= 2;
    if (ours) {
        w->crashes = (int)sim_between(s, 0, 6);
        w->losses = (int)sim_between(s, 0, 4);
        w->commit_fails = sim_chance(s, 400) ? (int)sim_between(s, 1, 100) : 0;
        w->commit_unknown = sim_chance(s, 400) ? (int)sim_between(s, 1, 100) : 0;
        w->store_away = sim_chance(s, 400) ? (int)sim_between(s, 1, 100) : 0;
        w->nack = sim_chance(s, 300) ? (int)sim_between(s, 1, 50) : 0;
        w->freezes = sim_chance(s, 300) ? (int)sim_between(s, 1, 100) : 0;
    }
    if (theirs) {
        int scale = sim_chance(s, 500) ? 30 : 150;
        w->peer_fails = (int)sim_between(s, 0, scale);
        w->peer_silent = (int)sim_between(s, 0, scale);
        w->peer_slow = (int)sim_between(s, 0, scale);
        w->peer_crash = (int)sim_between(s, 0, scale);
        w->peer_twice = (int)sim_between(s, 0, scale);
    }
}

static void peers(struct sim *s)
{
    bool ours_only = s->seed % 5 == 1;
    int n = (int)sim_between(s, 1, 3);
    cloud_init(s);
    for (int i = 0; i < MANNER_N; i++)
        if (ours_only ? i == MANNER_C
                      : sim_between(s, 0, MANNER_N - 1) < n || i == (int)(s->seed % MANNER_N))
            cloud_add_vnfm(s, (enum manner)i, false);
    if (s->cloud->n_vnfms < PEERS_MAX && sim_chance(s, 200))
        cloud_add_vnfm(s, MANNER_C, true);
    static const enum manner kinds[] = {MANNER_C, MANNER_PYTHON, MANNER_GO};
    for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
        if (ours_only ? kinds[i] == MANNER_C
                      : i == s->seed / 5 % ARRAY_LEN(kinds) || sim_chance(s, 300))
            cloud_add_driver(s, kinds[i]);
    registry_start(s);
}

void crowd_start(struct sim *s)
{
    struct crowd *c = arena_alloc(&s->arena, sizeof(*c));
    s->crowd = c;
    *c = (struct crowd){.s = s, .settings = LIFECYCLE_SETTINGS_DEFAULT};
    weather(s);
    c->settings.ordered_start = sim_chance(s, 250);
    (void)sim_chance(s, 250); /* once an option: without this draw each seed would be another run */
    nfvo_domain_init(&c->dom, &c->settings);
    broker_init(s);
    store_init(s, &c->dom);
    peers(s);
    s->calm =
        s->weather.relaxed || sim_chance(s, 700); /* registering in a storm is another matter */
    drift_start(s);
    fleet_start(s, &c->dom, crowd_process_died);
    stranger_start(s);
    c->n_pops = (int)sim_between(s, 1, POPS_MAX);
    for (int i = 0; i < c->n_pops; i++)
        register_pop(s, i);
    sim_at(s, SEC, await_pops, c, 0);
}
