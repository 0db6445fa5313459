/* Between the files of watch.h. */
#ifndef TESTS_SIM_WATCH_PRIVATE_H
#define TESTS_SIM_WATCH_PRIVATE_H

#include "nfvo/lifecycle/domain.h"
#include "nfvo/lifecycle/operation/operation.h"
#include "tests/sim/store.h"
#include "tests/sim/watch.h"

/* A step of an operation, as long as the run lasts. */
struct seen_step {
    struct seen_step *next;
    const char *operation;
    uint16_t n;
    int state;
    const char *command;    /* the last one that is not of its undo */
    struct named *commands; /* all of these */
    bool is_newly_done;     /* in this transaction */
    bool has_run;           /* its peer did something, or may have */
    bool is_undone;         /* since then it was asked to undo that */
};
struct change { /* of an instance of a record, or of a step, in this transaction */
    struct change *next;
    const char *vnfr, *instance; /* of a step: NULL: of all */
    const char *from, *to;       /* of an instance */
};
struct said {
    struct said *next;
    const char *nsr, *vnfr, *command, *text;
    bool is_read;
};
struct named {
    struct named *next;
    const char *name;
};
struct wiped { /* a VNFR that an operation rebuilds, to install it again */
    struct wiped *next;
    const char *vnfr;
    bool is_empty; /* rebuilt, and not installed since */
};
struct watch {
    struct seen_step *steps;
    struct wiped *wiped;
    struct said *errors;
    struct named *consents, *vouched, *dropped; /* operations, operations; instances */
    struct named *cancelled;                    /* services */
    struct snapshot *snapshots;
    /* of this transaction */
    struct change *instances, *ended;
    const char *nsr;             /* whose operation changed */
    int completed[ACTION_N];     /* operations that did, by the event that tells it */
    int told[ACTION_N];          /* such events */
    struct named *moved, *begun; /* operations: they changed, out of STARTING or new */
    struct old_row *olds;        /* VNFRs */
    const char *difference;      /* what an operation that was rolled back says of itself */
};

/* What is decoded here is not needed behind the call. */
extern struct arena watch_scratch;

struct operation *watch_read(struct sim *s, const struct row *r); /* NULL: violates */
const struct vnfr *watch_record(const struct row *r);             /* or NULL */
void watch_step_violates(struct sim *s, const struct operation *op, const struct plan_step *x,
                         const char *what);

struct seen_step *watch_step_of(struct sim *s, const char *operation, uint16_t n);
struct wiped *watch_wiped(struct sim *s, const char *vnfr);
void watch_add_name(struct sim *s, struct named **list, const char *name);
bool watch_has(const struct named *list, const char *name);

/* watch_back.c */
void watch_old(struct sim *s, const struct row *before);     /* a VNFR that changes */
void watch_moves(struct sim *s, const struct operation *op); /* it changed, and not in the queue */
void watch_ends(struct sim *s);                              /* the transaction does */

void watch_statuses(struct sim *s); /* watch_status.c: of the service whose operation changed */
void watch_open(struct sim *s);     /* watch_open.c: its operations that are open */

#endif
