/* The reconciler's rows (migrations/0047_reconcile.sql): which PoP is looked at when, what differs
 * there. Who decides is nfvo/reconcile; its other rows: store_alarm.h, store_heal.h, store_orphan.h. */
#ifndef NFVO_STORE_STORE_RECONCILE_H
#define NFVO_STORE_STORE_RECONCILE_H

#include "nfvo/store/store.h"
#include "proto/codec/codec.h"

/* --- which PoP, when --------------------------------------------------------------------------- */

/* A row for each PoP that users see, its first look after from_us, spread over within_us; none for
 * others. One that has servers of ours is looked at within within_us (0: when its time comes). */
MUST_USE enum err_code store_watch_follow(struct db *db, int64_t from_us, int64_t within_us,
                                          struct err *err);

struct store_due {               /* texts in the arena */
    const char *pop, *operation; /* operation: a rest_call that was made for it */
    bool has_ours;               /* it has servers of ours */
};
/* PoPs whose time has come, at most max, and a call for each that lasts lease_us; what was waited
 * for before is given up, and counts as a failure. */
MUST_USE enum err_code store_watch_take(struct db *db, int64_t max, int64_t lease_us,
                                        struct arena *a, struct store_due **ret, size_t *ret_n,
                                        struct err *err);
/* This PoP (NULL: all of this type; both NULL: all) is looked at now. is_back: its driver was away,
 * so its listings have to be good anew before anything is healed. */
MUST_USE enum err_code store_watch_soon(struct db *db, const char *pop, const char *type,
                                        bool is_back, struct err *err);

struct store_looked { /* a listing that came; texts in the arena */
    const char *pop, *name, *body, *networks;
    int64_t status, asked_at, good_since, failures, outage_at, now;
};
/* At most one that is finished, locked until the transaction ends, which the caller has begun.
 * *ret NULL: none. */
MUST_USE enum err_code store_watch_finished(struct db *db, struct arena *a,
                                            struct store_looked **ret, struct err *err);

/* --- what should be there ---------------------------------------------------------------------- */

struct store_expected {
    const char *id, *hostname, *vc_id, *nsr, *vnfr;
    const char *kind, *believed, *detail; /* of its drift; "" */
    int64_t weight;
    bool is_judged, is_of_vnfm; /* is_of_vnfm: its VNFM launched it: known by its id only */
};
MUST_USE enum err_code store_expected_read(struct db *db, const char *pop, struct arena *a,
                                           struct store_expected **ret, size_t *ret_n,
                                           struct err *err);
/* The addresses in the records of these instances (of these VNFRs): report(index, "net=10.0.0.2 .."). */
MUST_USE enum err_code
store_expected_addresses(struct db *db, struct db_array *vnfrs, struct db_array *instances,
                         void (*report)(void *arg, int64_t index, const char *addresses), void *arg,
                         struct err *err);

struct store_network {
    const char *id, *name, *ext_id, *nsr; /* id: of the virtual link's record */
    const char *kind, *believed;
    int64_t weight;
    bool is_listed;
};
/* Networks of services on that PoP, if the PoP's are not those of `digest` (then *ret_digest is
 * another), or if one is missed already; by a snapshot that is younger than the one of `digest`, so that
 * each counts once. Not younger than the listing: where a refresh takes longer, that would never come. */
MUST_USE enum err_code store_networks_read(struct db *db, const char *pop, const char *digest,
                                           struct arena *a, struct store_network **ret,
                                           size_t *ret_n, const char **ret_digest, struct err *err);

/* --- what was found ---------------------------------------------------------------------------- */

struct store_findings; /* store_findings.h */
struct store_look_end {
    const char *pop, *fault, *networks;
    int64_t next_us; /* until it is asked again */
    int64_t good_since, failures, outage_at, servers, expected;
    bool is_good; /* there was a listing, so orphans are as it says */
};
/* Queues all of it in the open transaction; now: of the database, when the listing was taken. */
void store_look_write(struct db *db, const struct store_look_end *end, struct store_findings *f,
                      int64_t now);

/* --- for people, and the end ------------------------------------------------------------------- */

/* {"pop","name","now","lookedAt",..,"drift":[..],"orphans":[..]}, appended, of a PoP that the project
 * may see: ERR_NOT_FOUND. */
MUST_USE enum err_code store_pop_reconcile(struct db *db, const char *pop, const char *project,
                                           struct sbuf *out, struct err *err);
/* Forgets cleared alarms, attempts and servers that are older. */
MUST_USE enum err_code store_reconcile_sweep(struct db *db, int64_t keep_us, struct err *err);

#endif
