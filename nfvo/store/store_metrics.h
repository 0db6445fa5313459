/* How much of everything there is, for /metrics: one look over all projects. */
#ifndef NFVO_STORE_STORE_METRICS_H
#define NFVO_STORE_STORE_METRICS_H

#include "nfvo/store/store.h"

struct store_count {
    enum {
        COUNT_SERVICES, /* of: the word of their phase; so the next three */
        COUNT_VNFRS,
        COUNT_INSTANCES,
        COUNT_POPS,
        COUNT_COMMANDS,      /* of: their kind; so the next */
        COUNT_OVERDUE,       /* of those: their deadline was more than 30 s ago */
        COUNT_OUTBOX,        /* "" */
        COUNT_OUTBOX_AGE_US, /* how long ago the first of them should have been sent */
        COUNT_EVENTS,
        COUNT_EVENTS_AGE_US, /* since when the first of them waits */
        COUNT_UNREADABLE,
        COUNT_DATABASE_CONNECTIONS, /* of all clients to our database */
        COUNT_AGENTS,               /* that are connected */
        COUNT_N
    } what;
    const char *of;
    int64_t n;
};
/* What there is none of is not among them. */
MUST_USE enum err_code store_counts_read(struct db *db, struct arena *a, struct store_count **ret,
                                         size_t *ret_n, struct err *err);

struct store_pop_name {
    const char *id, *name, *type;
};
/* At most max. */
MUST_USE enum err_code store_pops_named(struct db *db, int64_t max, struct arena *a,
                                        struct store_pop_name **ret, size_t *ret_n,
                                        struct err *err);

#endif
