/* Drift: clouds that lose, stop, rename and hide servers, and the reconciler (nfvo/reconcile) that has
 * to see it. The reconciler's own turn runs here, one in each NFVO process, over its rows in memory
 * (drift_store.c): killed inside of any call, beside the others. In a ninth of the runs; the others
 * are as if it were not there. */
#ifndef TESTS_SIM_DRIFT_H
#define TESTS_SIM_DRIFT_H

#include "nfvo/reconcile/internal.h"
#include "tests/sim/cloud.h"
#include "tests/sim/fleet.h"

/* --- its rows: migrations/0047_reconcile.sql --- */
struct rec_watch {
    const char *pop, *operation, *fault, *networks;
    int64_t next_at, asked_at, wanted_at, looked_at, good_since, failures, outage_at;
    struct db *locked_by;
};
struct rec_drift {
    const char *subject, *pop, *kind, *believed, *detail;
    int64_t weight, since;
};
struct rec_alarm {
    const char *id, *subject, *kind, *pop, *nsr, *vnfr, *host, *resource, *detail, *healing, *told;
    int64_t changed_at, cleared_at, acked_at, telling_at; /* 0: not */
};
struct rec_heal {
    const char *subject, *pop, *nsr, *operation;
    int64_t recent[32], last_at; /* recent: a ring, 0: none */
    size_t n;
};
struct rec_orphan {
    const char *pop, *id, *host, *mark;
    int64_t since, seen_at, times, asked_at;
};
struct rec_past {
    const char *instance, *hostname, *pop, *vc;
    int64_t gone_at;
};
#define REC_LIST(type)                                                                             \
    struct {                                                                                       \
        struct type *at;                                                                           \
        size_t n;                                                                                  \
    }
struct rec {
    REC_LIST(rec_watch) watch;
    REC_LIST(rec_drift) drift;
    REC_LIST(rec_alarm) alarm;
    REC_LIST(rec_heal) heal;
    REC_LIST(rec_orphan) orphan;
    REC_LIST(rec_past) past;
};

struct db { /* common/db's, as the reconciler sees it: one connection */
    struct sim *s;
    struct aide *aide;
    bool in_tx;
    const struct store_look_end *end; /* what look_write has queued */
    struct store_findings *findings;
    int64_t now;
};

struct aide { /* the reconciler of one process, in one life of it */
    struct process *p;
    struct db db;
    struct reconciler r;
    struct fiber *fiber;
    uint64_t wait;
    bool is_dead;
};

/* --- what clouds do --- */
struct pop_weather {
    const char *pop;
    int64_t dark_until; /* listings fail */
    int64_t away_until; /* no server is listed, networks are: an outage, or a cloud that lies */
    int64_t away_from;
    int64_t few_at; /* so few servers are judged that it cannot be an outage */
    int lies;       /* so many more listings show nothing */
};
struct begun { /* a heal that was accepted */
    const char *instance, *operation, *pop;
    int64_t at;
};
struct missed { /* since when a server is not as it should be, and could have been seen */
    const char *id;
    int64_t since;
    bool is_seen;
};
struct heard { /* what a service's history said of a server's alarm last */
    const char *host, *kind, *what;
};

struct drift_world {
    struct sim *s;
    uint64_t rng;
    struct reconcile_options options;
    struct rec rec;
    struct pop_weather pops[4];
    int n_pops;
    int disasters, kills_left, kill_after;
    bool has_ended;      /* no process asks any more */
    int64_t net_lost_at; /* the first network; 0: none */
    int64_t upset_at;    /* when something happened the last time by which a look may be late */
    uint64_t hides, foreigners;
    REC_LIST(begun) begun;
    REC_LIST(missed) missed;
    REC_LIST(heard) heard;
};

extern uint64_t drift_counts[]; /* over all runs, by enum drift_count */
extern const char *const drift_count_names[];
enum drift_count {
    DC_LOOKS,
    DC_DISASTERS,
    DC_ALARMS,
    DC_OUTAGES,
    DC_HEALS,
    DC_ORPHANS,
    DC_KILLS,
    DC_N
};

/* NULL-safe where s->drift is. */
bool drift_is_in(uint64_t seed); /* runs with this seed have it */
void drift_start(struct sim *s); /* draws whether and what; before the fleet */
void drift_open(struct sim *s);  /* services are deployed: disasters begin */
void drift_again(struct sim *s); /* the second storm */
void drift_end(struct sim *s);   /* everything is released; no process asks any more */
void drift_stop(struct sim *s);  /* gives back what a run's end leaves */
void drift_process_started(struct sim *s, struct process *p);
void drift_process_died(struct sim *s, struct process *p);
int64_t drift_between(struct sim *s, int64_t lo, int64_t hi);
bool drift_chance(struct sim *s, int per_mille);
void drift_pass(struct db *db);          /* a point: takes time, may be the last */
int64_t drift_delay(struct sim *s);      /* of a deployment: some PoPs have none for a while */
const char *drift_policy(struct sim *s); /* for metadata: "", "instance", "vnf" */

/* disaster.c: what a driver's listing does with it */
struct pop_weather *drift_weather(struct sim *s, const char *pop); /* NULL: nothing ever happened */
bool drift_is_hidden(struct sim *s, const struct cloud_server *v);
bool drift_has_dark(struct sim *s, const char *pop);
void drift_hide_all(struct sim *s, const char *pop); /* this listing shows none of them */
void disasters_plan(struct sim *s, int64_t within);

/* drift_store.c */
void rec_row(struct sim *s, const struct row *before, const struct row *after); /* its triggers */
const struct rec_drift *rec_drift_of(const struct sim *s, const char *subject);
const struct rec_alarm *rec_alarm_of(const struct sim *s, const char *subject); /* open */
const struct rec_orphan *rec_orphan_of(const struct sim *s, const char *id);
bool rec_is_changing(const struct sim *s, const char *nsr);
bool rec_is_running(const struct sim *s, const char *operation); /* it has not ended, or failed */
int64_t rec_next_at(struct sim *s); /* when a turn has something to do (run's time) */

/* drift_watch.c */
void drift_row_changed(struct sim *s, const struct row *before, const struct row *after);
void drift_note(struct sim *s, const char *doc);
void drift_watch(struct sim *s); /* now and then */
void drift_settled(struct sim *s);
/* Of a server that is left at the end: NULL, or what is wrong with it. */
const char *drift_left(struct sim *s, const struct cloud_server *v);
uint64_t drift_foreigners(const struct sim *s); /* that are there */

#endif
