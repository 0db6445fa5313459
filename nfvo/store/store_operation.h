/* Operations on network services, for lists and for one. The rows are the engine's; the document is
 * read with nfvo/lifecycle/operation/document.h. An operation outlives its service, until
 * operation-keep is over. */
#ifndef NFVO_STORE_STORE_OPERATION_H
#define NFVO_STORE_STORE_OPERATION_H

#include "nfvo/store/store.h"

struct store_operation {
    const char *id, *project, *nsr, *nsr_name;
    const char *kind, *state;     /* words of operation/kinds.h, operation/states.h */
    const char *vnfr, *vnfr_name; /* "": not of one VNFR; its name "" when it is gone */
    const char *instance;         /* "": not of one instance */
    const char *hostname;         /* of the instance; "" when it is gone */
    /* Of open ones: "<VNFR's id>:<sdk>", of each VNFR of the service, separated by commas; sdk of its
     * VNFM (operation/answers.h), "": not known. */
    const char *sdks;
    /* Of a deployment on its way: what has become of its steps since doc was written
     * (nfvo/lifecycle/operation/progress.h); "": nothing. */
    const char *progress;
    const char *origin, *asked_by;        /* user, reconciler, engine: who and which */
    int64_t asked_at, state_at, ended_at; /* database clock, us; ended_at 0: it has not */
    bool is_open;
    const char *doc;
    const char *request; /* JSON as it came, secrets masked; "": none. Not set in lists */
};
struct store_operations {
    struct store_operation *at;
    uint32_t n;
};

struct store_operation_query {
    const char *project;      /* "*": all */
    const char *nsr, *vnfr;   /* ids; NULL: any */
    const char *state, *kind; /* words; NULL: any. state "open": those that have not ended */
    int64_t since, until;     /* asked for then; database clock, us. 0: any */
    const char *after;        /* id of the last one of the page before; NULL: from the youngest */
    int64_t limit;            /* at most STORE_OPERATIONS_MAX */
};
enum { STORE_OPERATIONS_MAX = 500 };

/* The youngest first. */
MUST_USE enum err_code store_operation_list(struct db *db, const struct store_operation_query *q,
                                            struct arena *a, struct store_operations *ret,
                                            struct err *err);
/* ERR_NOT_FOUND: none of that id in the project. */
MUST_USE enum err_code store_operation_get(struct db *db, const char *id, const char *project,
                                           struct arena *a, struct store_operation *ret,
                                           struct err *err);
/* How many are open, by state; none of those that have none. */
struct store_operation_counts {
    struct {
        const char *state;
        int64_t n;
    } * at;
    uint32_t n;
};
MUST_USE enum err_code store_operation_count(struct db *db, struct arena *a,
                                             struct store_operation_counts *ret, struct err *err);
/* Those that ended longer ago, at most max. */
MUST_USE enum err_code store_operation_expire(struct db *db, int64_t keep_us, int64_t max,
                                              int64_t *ret_gone, struct err *err);

#endif
