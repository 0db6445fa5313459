/* What projects use of their quotas, and what PoPs have left. */
#ifndef NFVO_STORE_STORE_QUOTA_H
#define NFVO_STORE_STORE_QUOTA_H

#include "nfvo/store/store.h"

struct project_quota;

/* Deploying a service takes its share before anything runs, under a lock of its project, so that
 * two deployments at once do not both get what is left for one. The share stands until the service
 * is gone; that of one that never came to be is forgotten after STORE_CLAIM_US. A service without
 * a share (deployed while its project had no quota) counts by its instances and their flavours. */
#define STORE_CLAIM_US (INT64_C(600) * 1000000)

struct store_use {
    int64_t services, instances, vcpus, ram; /* MB */
};

/* Of a project, but without this service (may be NULL). */
MUST_USE enum err_code store_project_use(struct db *db, const char *project_id,
                                         const char *except_nsr, struct store_use *ret,
                                         struct err *err);
/* In a transaction of its own. ERR_LIMIT: what is bounded, how much is used, how much is wanted.
 * ERR_NOT_FOUND: the project is gone. The same nsr_id again: once. */
MUST_USE enum err_code store_quota_claim(struct db *db, const char *project_id, const char *nsr_id,
                                         const struct store_use *wanted, struct err *err);
/* The same for more of a service that is there. is_dry: looked at only. While one of its operations is
 * open the share stands as it was raised; when none is, its instances are counted themselves, so
 * what was rolled back, or scaled in, is given back. */
MUST_USE enum err_code store_quota_claim_more(struct db *db, const char *project_id,
                                              const char *nsr_id, const struct store_use *wanted,
                                              bool is_dry, struct err *err);
/* It was not deployed. */
MUST_USE enum err_code store_quota_drop(struct db *db, const char *nsr_id, struct err *err);

/* Appends {"total":Quota,"left":Quota} of rest-api.md 2.8: the sums over the PoPs of a project
 * ("*": all) but those of type test, as far as their drivers told one. */
MUST_USE enum err_code store_pop_quotas(struct db *db, const char *project_id, struct sbuf *out,
                                        struct err *err);

#endif
