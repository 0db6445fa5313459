/* Managers, REST calls that wait for the engine, and the history of requests. */
#ifndef NFVO_STORE_STORE_MISC_H
#define NFVO_STORE_STORE_MISC_H

#include "nfvo/store/store.h"

/* --- VNFMs and VIM drivers that registered (the rows are written by the registry) --- */
struct vnfm_endpoint_list;
/* The document with active and enabled as the row has them. */
MUST_USE enum err_code store_vnfm_list(struct db *db, struct arena *a,
                                       struct vnfm_endpoint_list *ret, struct err *err);
/* ERR_NOT_FOUND. */
MUST_USE enum err_code store_vnfm_delete(struct db *db, const char *id, struct err *err);

/* --- synchronous REST calls that wait for the engine --- */
#define STORE_REST_CALL_CHANNEL "operation" /* NOTIFY, payload = id */
/* project: of the request; "*": of all projects; NULL: none. */
MUST_USE enum err_code store_rest_call_add(struct db *db, const char *id, const char *project,
                                           int64_t ttl_us, struct err *err);
struct store_rest_call {
    int64_t status; /* 0: not finished */
    const char *body;
    const char *project, *project_name; /* "", "*" or an id; NULL: it has none, or is deleted */
};
/* ERR_NOT_FOUND, in these words of an id. */
#define STORE_NO_REST_CALL "No operation found with ID %s"
MUST_USE enum err_code store_rest_call_get(struct db *db, const char *id, struct arena *a,
                                           struct store_rest_call *ret, struct err *err);
/* Finish it and announce it, in the caller's transaction if one is open. */
MUST_USE enum err_code store_rest_call_finish(struct db *db, const char *id, int status,
                                              const char *body, struct err *err);
/* Those of `ids` that are finished: calls report for each. */
MUST_USE enum err_code store_rest_call_finished(struct db *db, struct db_array *ids,
                                                void (*report)(void *arg, const char *id,
                                                               int64_t status, const char *body),
                                                void *arg, struct err *err);

/* --- history of requests (rest-api.md 2.10) --- */
struct store_request {
    int64_t at_us; /* wall clock */
    const char *username, *method, *path;
    int64_t result; /* HTTP status */
};
enum { STORE_REQUESTS_KEPT = 250 };
MUST_USE enum err_code store_requests_add(struct db *db, const struct store_request *rows, size_t n,
                                          struct err *err);
/* The first n (0: all) as a JSON array of {id,username,method,path,result,timestamp}, appended. */
MUST_USE enum err_code store_requests_list(struct db *db, int64_t n, struct sbuf *out,
                                           struct err *err);

#endif
