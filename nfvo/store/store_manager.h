/* What the registry writes about managers: broker users, VNFM endpoints, driver queues. Reading
 * them for users: store_misc.h. */
#ifndef NFVO_STORE_STORE_MANAGER_H
#define NFVO_STORE_STORE_MANAGER_H

#include "nfvo/store/store.h"

/* A broker user made for a manager. Texts of `get` live in the arena. */
struct store_manager {
    const char *username, *kind; /* vnfm, plugin */
    const char *sealed;          /* password, sealed for the owner STORE_MANAGER_OWNER username */
    const char *instances;       /* blank-separated */
    const char *doc;             /* the registration, without secrets */
};
#define STORE_MANAGER_OWNER "manager:"

/* ERR_NOT_FOUND. */
MUST_USE enum err_code store_manager_get(struct db *db, const char *username, struct arena *a,
                                         struct store_manager *ret, struct err *err);
/* Insert or replace; the password of a row that exists stays as it is: ret_sealed, appended, is the
 * one that counts. */
MUST_USE enum err_code store_manager_put(struct db *db, const struct store_manager *m,
                                         struct sbuf *ret_sealed, struct err *err);
/* Absent is fine. */
MUST_USE enum err_code store_manager_delete(struct db *db, const char *username, struct err *err);

struct vnfm_endpoint;
/* Insert, or take over what it says: active as given; enabled stays as the administrator left it.
 * e->id is used for a new row only. */
MUST_USE enum err_code store_vnfm_put(struct db *db, const struct vnfm_endpoint *e,
                                      struct err *err);
/* All endpoints of a type; absent is fine. */
MUST_USE enum err_code store_vnfm_delete_type(struct db *db, const char *type, struct err *err);
/* Those that listen on a queue: their names, in the arena. */
MUST_USE enum err_code store_vnfm_queues(struct db *db, struct arena *a, const char ***ret,
                                         size_t *ret_n, struct err *err);
/* active = is the endpoint among the queues? Of all endpoints on queues. ret_changed: rows changed;
 * ret_gone: those that are not active any more, in the arena. */
struct store_vnfm_gone {
    const char *type, *queue;
};
MUST_USE enum err_code store_vnfm_mark_active(struct db *db, struct db_array *queues,
                                              struct arena *a, struct store_vnfm_gone **ret_gone,
                                              size_t *ret_n_gone, int64_t *ret_changed,
                                              struct err *err);

/* A driver that registered: its capabilities; a new row is not active before its queue is. */
MUST_USE enum err_code store_driver_put(struct db *db, const char *queue, const char *type,
                                        const char *capabilities, struct err *err);
MUST_USE enum err_code store_driver_delete(struct db *db, const char *queue, struct err *err);
/* Driver queues that are there, with the type of each: inserted or made active, all others
 * inactive. back(arg, type) for each that was not active before. */
MUST_USE enum err_code
store_driver_mark_active(struct db *db, struct db_array *queues, struct db_array *types,
                         void (*back)(void *arg, const char *queue, const char *type), void *arg,
                         int64_t *ret_gone, struct err *err);
/* For metrics: how many are active. */
MUST_USE enum err_code store_managers_count(struct db *db, int64_t *ret_vnfms, int64_t *ret_drivers,
                                            struct err *err);

#endif
