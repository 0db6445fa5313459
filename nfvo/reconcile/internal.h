/* Between the files of this folder. */
#ifndef NFVO_RECONCILE_INTERNAL_H
#define NFVO_RECONCILE_INTERNAL_H

#include <pthread.h>
#include <stdatomic.h>

#include "common/base/table.h"
#include "common/metrics/metrics.h"
#include "common/sys/clock.h"
#include "common/sys/ids.h"
#include "nfvo/reconcile/reconciler.h"
#include "nfvo/store/store_alarm.h"
#include "nfvo/store/store_findings.h"
#include "nfvo/store/store_heal.h"
#include "nfvo/store/store_orphan.h"
#include "nfvo/store/store_reconcile.h"

#define NEVER_US (INT64_C(3650) * 86400 * USEC_PER_SEC)

enum { M_LOOKS, M_FAILED, M_DRIFT, M_ALARMS, M_ORPHANS, M_OUTAGES, M_HEALS, M_N };

/* What the engine said of something that was asked of it; its thread takes it. */
struct outcome {
    struct outcome *next;
    struct reconciler *r;
    char id[64];   /* alarm, or subject of a heal */
    char told[32]; /* what its service was told of that alarm; "": it is a heal */
    bool is_refused;
    char text[256];
};

struct reconciler {
    struct reconciler_setup setup;
    struct db *db;
    struct metrics *metrics;
    struct table addresses;   /* instance -> addresses that were listed and are its record's */
    struct outcome *outcomes; /* under lock */
    int64_t follow_at, heal_at, sweep_at, forget_at;
    pthread_mutex_t lock;
    pthread_cond_t idle; /* in_flight is 0 */
    int in_flight;       /* under lock: outcomes that are still to come */
    int wake_fd;
    atomic_bool is_stopping;
    pthread_t thread;
};

/* --- turn.c --- */
/* Everything whose time has come, once; now: of a clock that only goes forward. Blocks for the
 * database. */
MUST_USE enum err_code reconciler_turn(struct reconciler *r, int64_t now, struct err *err);

/* --- look.c --- */
/* Reads one listing that has come. *ret: was there one? */
MUST_USE enum err_code look_at_one(struct reconciler *r, bool *ret, struct err *err);
void look_forget(struct reconciler *r);

/* --- heal.c --- */
MUST_USE enum err_code heal_round(struct reconciler *r, struct err *err);
/* --- outcome.c --- */
/* Writes what has come. */
MUST_USE enum err_code outcomes_take(struct reconciler *r, struct err *err);
/* told NULL: of a heal. */
struct outcome *outcome_new(struct reconciler *r, const char *id, const char *told);
void outcome_done(void *arg, const struct err *err); /* of type reconcile_done_fn */

#endif
