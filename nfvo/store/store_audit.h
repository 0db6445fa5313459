/* The rows of the audit log: nfvo/audit/audit.h says what they are. */
#ifndef NFVO_STORE_STORE_AUDIT_H
#define NFVO_STORE_STORE_AUDIT_H

#include "nfvo/store/store.h"

struct store_audit {
    int64_t n;     /* the number of the row; 0: it is none yet */
    int64_t at_us; /* wall clock */
    const char *kind, *outcome;
    const char *who, *from, *what, *object, *project, *detail; /* never NULL; "": not known */
    int64_t status, times;
};

MUST_USE enum err_code store_audit_add(struct db *db, const struct store_audit *rows, size_t n,
                                       struct err *err);
/* Removes what is older than keep_us, and of each kind and outcome all but the newest `max`. */
MUST_USE enum err_code store_audit_trim(struct db *db, int64_t keep_us, int64_t max,
                                        struct err *err);
/* One row as a JSON object, appended. */
void store_audit_json(const struct store_audit *row, struct sbuf *out);

#endif
