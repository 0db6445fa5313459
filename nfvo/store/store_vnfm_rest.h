/* What is stored of VNFMs over HTTP (nfvo/vnfm/rest.h): their rows in vnfm_endpoint, kind REST, and
 * the requests to them that processes have in hand. */
#ifndef NFVO_STORE_STORE_VNFM_REST_H
#define NFVO_STORE_STORE_VNFM_REST_H

#include "nfvo/store/store.h"

struct vnfm_endpoint;

enum { STORE_VNFM_REST_MAX = 256, STORE_VNFM_REST_TYPE_MAX = 16 };

/* Insert, or the same one again, which is active from now on. *ret_is_new: it was not there, or not
 * active; VNFMs on our SDK say every 30 s that they are here. ERR_STATE: the type is another's, who
 * is enrolled for it or serves it on the broker; ERR_LIMIT: there are too many. */
MUST_USE enum err_code store_vnfm_rest_put(struct db *db, const struct vnfm_endpoint *e,
                                           bool *ret_is_new, struct err *err);
/* endpoint NULL: the first one of the type. Absent is fine. */
MUST_USE enum err_code store_vnfm_rest_leave(struct db *db, const char *type, const char *endpoint,
                                             struct err *err);

struct store_vnfm_rest {
    const char *id, *type, *url;
    bool active, enabled, correlates;
};
/* All, by type and age; in the arena. */
MUST_USE enum err_code store_vnfm_rest_list(struct db *db, struct arena *a,
                                            struct store_vnfm_rest **ret, size_t *ret_n,
                                            struct err *err);
/* Whether somebody listens there. One that does not is inactive when it was missed for grace_us. */
MUST_USE enum err_code store_vnfm_rest_seen(struct db *db, const char *id, bool is_there,
                                            int64_t grace_us, struct err *err);
/* May a VNFM over HTTP speak of that VNFR of that service? Not of one that is another's. id, name:
 * NULL or "" as the message has none. What is not there it may name. */
MUST_USE enum err_code store_vnfm_rest_may_speak(struct db *db, const char *nsr, const char *id,
                                                 const char *name, bool *ret, struct err *err);

/* --- a request in hand --- */
enum store_vnfm_call {
    STORE_CALL_OURS,     /* in our hand, and not sent yet */
    STORE_CALL_IN_DOUBT, /* in our hand; a process that ended had sent it, or we have ourselves */
    STORE_CALL_OTHERS,   /* another process has it in hand */
    STORE_CALL_CLOSED,   /* nobody waits for its answer any more */
};
/* left_us: until the command's deadline. */
MUST_USE enum err_code store_vnfm_call_take(struct db *db, const char *command, const char *sender,
                                            enum store_vnfm_call *ret, int64_t *ret_left_us,
                                            struct err *err);
/* is_lasting: also if the database's machine loses its power now, and of the same call what was stored
 * before. What may be sent twice need not last, and does not wait for the disk. */
MUST_USE enum err_code store_vnfm_call_sent(struct db *db, const char *command, bool is_sent,
                                            bool is_lasting, struct err *err);
/* Does anybody wait for its answer? */
MUST_USE enum err_code store_vnfm_call_is_open(struct db *db, const char *command, bool *ret,
                                               struct err *err);
/* Those of this process are in hand still; those whose command is closed go. */
MUST_USE enum err_code store_vnfm_calls_tend(struct db *db, const char *sender, struct err *err);

#endif
