/* Records as REST shows them. The engine writes the rows (common/engine); here their texts are put
 * together without decoding them, in one round trip:
 *
 *     nsr.doc  {"id":"n",...}   +   vnfr.doc of that NSR   =   {"id":"n",...,"vnfr":[{...},{...}]}
 *
 * and each vnfr.doc with the last lines of record_history as its lifecycle_event_history.
 *
 * nsr.doc is a complete document without `vnfr`; a VNFR without document is not granted yet. Rows
 * in a phase of 100 or more are tombstones, which users do not see. All append to *out. */
#ifndef NFVO_STORE_STORE_RECORD_H
#define NFVO_STORE_STORE_RECORD_H

#include "nfvo/store/store.h"

MUST_USE enum err_code store_nsr_get(struct db *db, const char *id, const char *project,
                                     struct sbuf *out, struct err *err);
/* nsr.doc alone, without vnfr. */
MUST_USE enum err_code store_nsr_doc(struct db *db, const char *id, const char *project,
                                     struct sbuf *out, struct err *err);
/* The VNFRs of an NSR, as an array. ERR_NOT_FOUND: no such NSR. */
MUST_USE enum err_code store_vnfr_list(struct db *db, const char *nsr_id, const char *project,
                                       struct sbuf *out, struct err *err);
MUST_USE enum err_code store_vnfr_get(struct db *db, const char *nsr_id, const char *vnfr_id,
                                      const char *project, struct sbuf *out, struct err *err);
/* [{"id":7,"at":<us>,"entry":<doc>},...], oldest first. It survives the NSR.
 * ERR_NOT_FOUND: no such NSR, or nothing known of it. */
MUST_USE enum err_code store_nsr_history(struct db *db, const char *nsr_id, const char *project,
                                         struct sbuf *out, struct err *err);

/* What a service consists of, itself and its VNFRs, with their versions; of no service: none. */
struct store_version {
    const char *id, *phase; /* phase NULL: of the service itself */
    int64_t version;
};
struct arena;
MUST_USE enum err_code store_nsr_versions(struct db *db, const char *id, struct arena *a,
                                          struct store_version **ret, uint32_t *ret_n,
                                          struct err *err);

#endif
