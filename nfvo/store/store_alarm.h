/* Alarms (migrations/0047_reconcile.sql: alarm). Those of a PoP's listing are raised, changed and
 * cleared by store_look_write. */
#ifndef NFVO_STORE_STORE_ALARM_H
#define NFVO_STORE_STORE_ALARM_H

#include "nfvo/store/store.h"

struct store_untold {
    const char *id, *nsr, *vnfr, *instance, *host, *kind, *word, *text, *body;
    int64_t telling_at;
};
/* Alarms of which their services were not told yet, and that nobody tells since lease_us; at most
 * max. */
MUST_USE enum err_code store_alarms_untold(struct db *db, int64_t max, int64_t lease_us,
                                           struct arena *a, struct store_untold **ret,
                                           size_t *ret_n, struct err *err);
/* It is told now. false: another process is faster. */
MUST_USE enum err_code store_alarm_telling(struct db *db, const struct store_untold *u, bool *ret,
                                           struct err *err);
MUST_USE enum err_code store_alarm_told(struct db *db, const char *id, const char *word_or_kind,
                                        struct err *err);
/* Appended. ERR_NOT_FOUND. */
MUST_USE enum err_code store_alarm_get(struct db *db, const char *id, const char *project,
                                       struct sbuf *out, struct err *err);
/* by NULL: it is not acknowledged any more. ERR_NOT_FOUND. */
MUST_USE enum err_code store_alarm_ack(struct db *db, const char *id, const char *project,
                                       const char *by, struct err *err);
/* For metrics: alarms that are not cleared, by severity; what is believed to differ; PoPs. */
struct store_alarm_counts {
    int64_t critical, major, minor, warning, drifts, orphans, outages;
};
MUST_USE enum err_code store_alarm_count(struct db *db, struct store_alarm_counts *ret,
                                         struct err *err);

#endif
