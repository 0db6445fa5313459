/* What one listing of a PoP showed (nfvo/reconcile/look.c): rows that store_look_write
 * (store_reconcile.h) writes. */
#ifndef NFVO_STORE_STORE_FINDINGS_H
#define NFVO_STORE_STORE_FINDINGS_H

#include "common/db/db.h"

/* One column each; all of one length. Alarms: raised or changed. */
struct store_findings {
    struct db_array subject, kind, weight, believed, detail; /* drift */
    struct db_array over;                                    /* subjects without one any more */
    struct {
        struct db_array subject, kind, nsr, vnfr, host, resource, severity, type, cause, detail;
    } alarm;
    struct db_array cleared; /* subjects of alarms */
    struct {
        struct db_array id, host, status, mark;
    } orphan; /* all of them */
};
void store_findings_init(struct store_findings *f);
void store_findings_release(struct store_findings *f);

#endif
