/* Servers that are down, and what was done to heal them (migrations/0047_reconcile.sql: heal). Who
 * decides is nfvo/reconcile/heal.c. */
#ifndef NFVO_STORE_STORE_HEAL_H
#define NFVO_STORE_STORE_HEAL_H

#include "nfvo/store/store.h"

struct store_heal {
    const char *subject, *kind, *detail, *pop, *pop_name, *nsr, *vnfr, *host, *policy_vdu,
        *policy_vnfd, *healing;
    int64_t now, good_since, outage_at, looked_at, changed_at, running;
    int64_t attempts, hour_at, last_at; /* within the last hour; the first of those; the last one */
    bool is_outage_acked, is_busy;
};
/* Servers that are down, with what decides whether they are healed; at most max, the oldest first. */
MUST_USE enum err_code store_heals_read(struct db *db, int64_t max, struct arena *a,
                                        struct store_heal **ret, size_t *ret_n, struct err *err);
/* An attempt is begun: counted before it is asked for. false: another process was faster, or others
 * are healed on its PoP, at_once by now. */
MUST_USE enum err_code store_heal_begin(struct db *db, const struct store_heal *h,
                                        const char *operation, int64_t at_once, bool *ret,
                                        struct err *err);
/* There is no operation; the attempt counts. */
MUST_USE enum err_code store_heal_refused(struct db *db, const char *subject, const char *text,
                                          struct err *err);
/* Why it is not healed now, or what is done: shown with its alarm. */
MUST_USE enum err_code store_heal_note(struct db *db, const char *subject, const char *text,
                                       struct err *err);

#endif
