#include "tests/sim/drift.h"

#include "nfvo/lifecycle/operate.h"
#include "tests/sim/crowd.h"

#include <string.h>

uint64_t drift_counts[DC_N];
const char *const drift_count_names[DC_N] = {"looks", "disasters", "alarms",      "outages seen",
                                             "heals", "orphans",   "killed in it"};

/* --- chances: of its own, so that the other runs are the same ----------------------------------- */

int64_t drift_between(struct sim *s, int64_t lo, int64_t hi)
{
    uint64_t others = s->rng;
    s->rng = s->drift->rng;
    int64_t n = sim_between(s, lo, hi);
    s->drift->rng = s->rng;
    s->rng = others;
    return n;
}

bool drift_chance(struct sim *s, int per_mille)
{
    return drift_between(s, 0, 999) < per_mille;
}

int64_t drift_delay(struct sim *s)
{
    return s->drift && drift_chance(s, 300) ? drift_between(s, 0, 1500 * SEC) : 0;
}

const char *drift_policy(struct sim *s)
{
    static const char *const words[] = {"", "instance", "instance", "vnf"};
    return s->drift ? words[drift_between(s, 0, ARRAY_LEN(words) - 1)] : "";
}

/* --- what the reconciler asks of the engine ----------------------------------------------------- */

struct errand {
    reconcile_done_fn *done; /* NULL: nobody waits */
    void *arg;
};

static void errand_done(struct engine_request *r, const struct err *err, const char *text)
{
    struct errand *e = r->arg;
    (void)text;
    if (e->done)
        e->done(e->arg, err);
}

static void submit(struct aide *a, int kind, const char *agg, int event, const void *payload,
                   struct errand errand)
{
    struct sim *s = a->p->f->s;
    struct engine_request *r = arena_alloc(&s->arena, sizeof(*r));
    struct errand *e = arena_alloc(&s->arena, sizeof(*e));
    *e = errand;
    *r = (struct engine_request){.done = errand_done, .arg = e};
    r->intent = (struct intent){.agg_kind = (uint8_t)kind,
                                .agg = arena_strdup(&s->arena, agg),
                                .event = event,
                                .facts = FACT_SUBSCRIPTIONS | FACT_DRIVERS |
                                         (kind == AGG_NSR ? FACT_POPS | FACT_VNFMS : 0),
                                .payload = payload};
    fleet_submit(a->p, r);
}

static void make_id(void *ctx, char out[ID_SIZE])
{
    sim_id(((struct aide *)ctx)->db.s, out);
}

static void list(void *ctx, const char *operation, const char *pop)
{
    struct aide *a = ctx;
    struct pop_request *rq = proto_new(&pop_request_type, &a->db.s->arena);
    rq->operation = arena_strdup(&a->db.s->arena, operation);
    rq->full = true;
    submit(a, AGG_POP, pop, EV_POP_LIST, rq, (struct errand){0});
}

static void refresh(void *ctx, const char *pop)
{
    struct aide *a = ctx;
    submit(a, AGG_POP, pop, EV_POP_REFRESH, proto_new(&pop_request_type, &a->db.s->arena),
           (struct errand){0});
}

static void collect(void *ctx, const char *pop, const struct proto_strs *servers)
{
    struct aide *a = ctx;
    struct pop_request *rq = proto_new(&pop_request_type, &a->db.s->arena);
    for (uint32_t i = 0; i < servers->n; i++)
        proto_list_add(&rq->servers, arena_strdup(&a->db.s->arena, servers->at[i]),
                       &a->db.s->arena);
    submit(a, AGG_POP, pop, EV_POP_COLLECT, rq, (struct errand){0});
}

static const char *copied(struct aide *a, const char *text)
{
    return text ? arena_strdup(&a->db.s->arena, text) : NULL;
}

static void tell(void *ctx, const char *nsr, const struct alarm_news *news, reconcile_done_fn *done,
                 void *arg)
{
    struct aide *a = ctx;
    struct alarm_news *copy = arena_alloc(&a->db.s->arena, sizeof(*copy));
    *copy = (struct alarm_news){.word = copied(a, news->word),
                                .kind = copied(a, news->kind),
                                .instance = copied(a, news->instance),
                                .vnfr = copied(a, news->vnfr),
                                .host = copied(a, news->host),
                                .text = copied(a, news->text),
                                .body = copied(a, news->body)};
    submit(a, AGG_NSR, nsr, EV_NSR_ALARM, copy, (struct errand){done, arg});
}

/* As nfvo/context.c. */
static void heal(void *ctx, const struct reconcile_heal *h, reconcile_done_fn *done, void *arg)
{
    struct aide *a = ctx;
    struct operate_request *rq = arena_alloc(&a->db.s->arena, sizeof(*rq));
    *rq =
        (struct operate_request){.operation_id = copied(a, h->operation),
                                 .asked_by = "reconciler",
                                 .origin = "reconciler",
                                 .cause = copied(a, h->cause),
                                 .missing = h->is_gone ? copied(a, h->instance) : NULL,
                                 .plan = {.kind = h->is_whole ? OPERATION_RESTART : OPERATION_HEAL,
                                          .vnfr = copied(a, h->vnfr),
                                          .instance = h->is_whole ? NULL : copied(a, h->instance),
                                          .is_rebuilt = !h->is_whole}};
    submit(a, AGG_NSR, h->nsr, EV_NSR_OPERATE, rq, (struct errand){done, arg});
}

/* --- one process's ------------------------------------------------------------------------------ */

static void resume(struct sim *s, void *arg, uint64_t wait)
{
    struct aide *a = arg;
    (void)s;
    if (!a->is_dead && a->wait == wait)
        fiber_resume(a->fiber);
}

static void sleep_until(struct aide *a, int64_t at)
{
    sim_at(a->db.s, at, resume, a, ++a->wait);
    fiber_yield();
}

void drift_pass(struct db *db)
{
    struct sim *s = db->s;
    struct drift_world *d = s->drift;
    if (!s->calm && d->kills_left > 0 && --d->kill_after <= 0) {
        d->kills_left--;
        d->kill_after = (int)drift_between(s, 1, 200);
        drift_counts[DC_KILLS]++;
        sim_tell(s, db->aide->p->workers[0]->name, "", "KILLED in its reconciler");
        fleet_kill(db->aide->p);
        fiber_yield(); /* never comes back */
    }
    if (drift_chance(s, 100))
        sleep_until(db->aide, s->now + drift_between(s, 1, 20 * MSEC));
}

static void live(void *arg)
{
    struct aide *a = arg;
    struct sim *s = a->db.s;
    for (;;) {
        struct err err = ERR_INIT;
        if (s->drift->has_ended)
            sleep_until(a, s->now + 3600 * SEC);
        else if (reconciler_turn(&a->r, s->now, &err) != ERR_OK)
            sleep_until(a, s->now + SEC);
        else
            sleep_until(a, rec_next_at(s));
    }
}

static const char *const severities[] = {"critical", "major", "minor", "warning", NULL};
static const struct metric_def defs[M_N] = {
    [M_LOOKS] = {METRIC_COUNTER, "looks", ""},
    [M_FAILED] = {METRIC_COUNTER, "failed", ""},
    [M_DRIFT] = {METRIC_GAUGE, "drift", ""},
    [M_ALARMS] = {METRIC_GAUGE, "alarms", "", .labels = {{"severity", severities}}},
    [M_ORPHANS] = {METRIC_GAUGE, "orphans", ""},
    [M_OUTAGES] = {METRIC_GAUGE, "outages", ""},
    [M_HEALS] = {METRIC_COUNTER, "heals", ""},
};
static struct metrics *metrics; /* of all runs: nobody reads them */

void drift_process_started(struct sim *s, struct process *p)
{
    if (!s->drift)
        return;
    metrics = metrics ? metrics : metrics_new(defs, M_N);
    struct aide *a = arena_alloc(&s->arena, sizeof(*a));
    *a = (struct aide){.p = p, .db = {.s = s, .aide = a}};
    a->r.setup = (struct reconciler_setup){.options = &s->drift->options,
                                           .engine = {.ctx = a,
                                                      .make_id = make_id,
                                                      .list = list,
                                                      .refresh = refresh,
                                                      .collect = collect,
                                                      .tell = tell,
                                                      .heal = heal}};
    a->r.db = &a->db;
    a->r.metrics = metrics;
    pthread_mutex_init(&a->r.lock, NULL);
    pthread_cond_init(&a->r.idle, NULL);
    a->fiber = fiber_new(live, a);
    p->aide = a;
    sim_at(s, s->now + drift_between(s, 0, SEC), resume, a, a->wait);
}

static void bury(struct sim *s, void *arg, uint64_t tag)
{
    struct aide *a = arg;
    (void)s, (void)tag;
    if (a->fiber)
        fiber_free(a->fiber);
    a->fiber = NULL;
    look_forget(&a->r);
    table_release(&a->r.addresses);
}

/* Perhaps by itself: its fiber is given back when it does not run any more. */
void drift_process_died(struct sim *s, struct process *p)
{
    struct aide *a = p->aide;
    if (!a)
        return;
    p->aide = NULL;
    a->is_dead = true;
    db_rollback(&a->db);
    s->drift->upset_at = s->now;
    sim_at(s, s->now, bury, a, 0);
}

void drift_stop(struct sim *s)
{
    for (int i = 0; s->drift && i < s->fleet->n; i++)
        if (s->fleet->at[i].aide)
            bury(s, s->fleet->at[i].aide, 0);
}

/* --- the run ------------------------------------------------------------------------------------ */

bool drift_is_in(uint64_t seed)
{
    return seed / 5 % 9 == 1;
}

void drift_start(struct sim *s)
{
    if (!drift_is_in(s->seed))
        return;
    struct drift_world *d = arena_alloc(&s->arena, sizeof(*d));
    s->drift = d;
    *d = (struct drift_world){.s = s, .rng = (s->seed + 1) * UINT64_C(0x9e3779b97f4a7c15) | 1};
    d->options = (struct reconcile_options){.interval_ms = 45000,
                                            .confirm_ms = 2000,
                                            .outage_percent = 50,
                                            .outage_least = 3,
                                            .heal_per_hour = 3,
                                            .heal_at_once = drift_between(s, 1, 2),
                                            .heal_pause_ms = 120000,
                                            .heal_settle_ms = 60000,
                                            .heal_outage_ms = 1800000,
                                            .collect_after_ms = drift_chance(s, 500) ? 600000 : 0,
                                            .alarm_keep_ms = INT64_C(86400000)};
    d->kills_left = s->weather.crashes ? (int)drift_between(s, 0, 4) : 0;
    d->kill_after = (int)drift_between(s, 1, 200);
}

static void look_around(struct sim *s, void *arg, uint64_t tag)
{
    (void)arg;
    drift_watch(s);
    sim_at(s, s->now + 10 * SEC, look_around, NULL, tag);
}

/* Seldom, when nothing happens any more: a look costs. */
static void slows_down(struct sim *s, void *arg, uint64_t tag)
{
    (void)arg, (void)tag;
    s->drift->options.interval_ms = 600000;
}

static void begin(struct sim *s)
{
    s->drift->options.interval_ms = 45000;
    s->drift->upset_at = s->now;
    disasters_plan(s, 3600 * SEC);
    sim_at(s, s->now + 9200 * SEC, slows_down, NULL, 0);
}

void drift_open(struct sim *s)
{
    if (!s->drift)
        return;
    begin(s);
    sim_at(s, s->now + SEC, look_around, NULL, 0);
}

void drift_again(struct sim *s)
{
    if (s->drift)
        begin(s);
}

/* Listings that are under way come back within their deadline. */
void drift_end(struct sim *s)
{
    if (!s->drift)
        return;
    s->drift->has_ended = true;
    sim_run(s, s->now + 1300 * SEC);
}
