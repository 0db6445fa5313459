/* Views for operators, made of what is stored; each is one round trip, and JSON as it goes out. */
#ifndef NFVO_STORE_STORE_EXPLAIN_H
#define NFVO_STORE_STORE_EXPLAIN_H

#include "nfvo/store/store.h"

/* Everything about the one thing that bears this id or name: NSR, VNFR, VNFC instance (id,
 * hostname, the cloud's id), PoP, VNFM (id, type, endpoint), driver (queue, type), command id; an
 * NSR that is gone, by its id, as long as its history is kept.
 *
 *   {"now":us, "hits":[{"kind","id","name","nsr","nsrName"},...],
 *    "nsr":{..}, "vnfrs":[{..,"instances":[..]}], "pop":{..}, "vnfm":{..}, "driver":{..},
 *    "waits":[{"id","kind","subject","opened","due",..}], "outbox":[..],
 *    "refusals":[{"account","object","needs","hint","n","first","last",..}],
 *    "history":[{"id","at","entry"},...]}
 *
 * With several hits, or none, the rest is null: an id beats a name. Times are microseconds since
 * the epoch, database clock. history: those with an id above `after`, the newest `limit` of them.
 * No message bodies and no configurations: they may hold secrets. Appended. ret_nsr, appended: the
 * id of the NSR that it is, or belongs to; "" if none. */
struct store_question {
    const char *id_or_name, *kind, *project; /* kind: "nsr", "vnfr", ...; "": any */
    int64_t after, limit;
};
MUST_USE enum err_code store_explain(struct db *db, const struct store_question *q,
                                     struct sbuf *out, struct sbuf *ret_nsr, struct err *err);

/* {"now", "processes":[..], "vnfms":[..], "missing":[..], "drivers":[..], "pops":[..],
 * "nsrs":{"ACTIVE":2,..}, "phases":{"ACTIVE":2,..}, "inFlight":[..], "waiting":{..}, "outbox":{..},
 * "events":{..}, "refusals":[..], "agentsGone":[{"host","since","nsr","nsrName"}],
 * "serversGone":[{"host","pop","since","nsr","nsrName"}],
 * "alarms":[{"id","kind","severity","raised","host","nsr","nsrName","pop","text","healing","isRoot",
 * "acked"}], "alarmsOpen", "operations"}.
 * Refusals are those of the last minutes and those of who is still missed; agents those that are
 * gone for longer than STORE_AGENT_GRACE_US. Appended. */
#define STORE_AGENT_GRACE_US (30 * USEC_PER_SEC)
MUST_USE enum err_code store_status(struct db *db, const char *project, struct sbuf *out,
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
/* What the scripts of a host that was released have said: a JSON array of lines, appended.
 * ERR_NOT_FOUND: nothing was kept, or not so long. */
MUST_USE enum err_code store_history_logs(struct db *db, const char *nsr_id, const char *vnfr_name,
                                          const char *hostname, const char *project,
                                          struct sbuf *out, struct err *err);
/* The highest id there is; 0: none. */
MUST_USE enum err_code store_history_end(struct db *db, int64_t *ret, struct err *err);

#endif
