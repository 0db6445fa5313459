/* Views for operators, made of what is stored; each is one round trip, and JSON as it goes out. */
#ifndef NFVO_STORE_STORE_EXPLAIN_H
#define NFVO_STORE_STORE_EXPLAIN_H

#include "nfvo/store/store.h"

/* What the numbers in the rows are called; each ends with NULL. The store does not know the
 * lifecycle. */
struct store_words {
    const char *const *nsr_phases, *const *vnfr_phases, *const *instance_phases, *const *commands;
};

/* Everything about the one thing that bears this id or name: NSR, VNFR, VNFC instance (id,
 * hostname, the cloud's id), PoP, VNFM (id, type, endpoint), driver (queue, type), command id; an
 * NSR that is gone, by its id, as long as its history is kept.
 *
 *   {"now":us, "hits":[{"kind","id","name","nsr","nsrName"},...],
 *    "nsr":{..}, "vnfrs":[{..,"instances":[..]}], "pop":{..}, "vnfm":{..}, "driver":{..},
 *    "waits":[{"id","kind","subject","opened","due",..}], "outbox":[..],
 *    "history":[{"id","at","entry"},...]}
 *
 * With several hits, or none, the rest is null: an id beats a name. Times are microseconds since
 * the epoch, database clock. history: those with an id above `after`, the newest `limit` of them.
 * No message bodies and no configurations: they may hold secrets. Appended. */
struct store_question {
    const char *id_or_name, *kind, *project; /* kind: "nsr", "vnfr", ...; "": any */
    int64_t after, limit;
};
MUST_USE enum err_code store_explain(struct db *db, const struct store_question *q,
                                     const struct store_words *words, struct sbuf *out,
                                     struct err *err);

/* {"now", "processes":[..], "vnfms":[..], "missing":[..], "drivers":[..], "pops":[..],
 * "nsrs":{"ACTIVE":2,..}, "phases":{"ACTIVE":2,..}, "inFlight":[..], "waiting":{..}, "outbox":{..},
 * "events":{..}, "operations"}. Appended. */
MUST_USE enum err_code store_status(struct db *db, const char *project,
                                    const struct store_words *words, struct sbuf *out,
                                    struct err *err);

/* Lines of the history of all network services. Ids are given before they are committed, so a lower
 * one may appear later: everything above `after` that is there is reported, in order of id. */
struct store_history_line {
    int64_t id, at;
    const char *nsr_id, *nsr_name, *project,
        *doc; /* borrowed for the call; nsr_name "": it is gone */
};
MUST_USE enum err_code store_history_read(struct db *db, int64_t after, int64_t limit,
                                          void (*report)(void *arg,
                                                         const struct store_history_line *line),
                                          void *arg, struct err *err);
/* The highest id there is; 0: none. */
MUST_USE enum err_code store_history_end(struct db *db, int64_t *ret, struct err *err);

#endif
