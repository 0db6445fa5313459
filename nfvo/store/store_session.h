/* Sessions: what a login makes, a token and its refresh token, until it is ended. A refresh token
 * is good once: who presents one a second time, or the one whom it was stolen from, ends the
 * session (OAuth 2.0 Security BCP, RFC 9700 section 4.14). */
#ifndef NFVO_STORE_STORE_SESSION_H
#define NFVO_STORE_STORE_SESSION_H

#include "nfvo/store/store.h"

/* The answer to a refresh may be lost on its way: for so long the last refresh token that was used
 * is good once more, and what was made of it the first time is good no more. */
#define STORE_REFRESH_GRACE_US (INT64_C(10) * 1000000)
#define STORE_REFRESH_USED_MAX 50 /* used ones of a session that are remembered */

enum store_refresh {
    STORE_REFRESH_DONE,
    STORE_REFRESH_UNKNOWN, /* or expired, or its user is disabled */
    STORE_REFRESH_REUSED   /* the session is ended */
};
struct store_refresh_outcome {
    enum store_refresh what;
    const char *username; /* NULL: unknown */
};
/* The session gets these tokens for the ones that it had. Texts of *ret: in the arena. */
MUST_USE enum err_code store_session_refresh(struct db *db, const char *refresh_hash,
                                             const char *new_hash, const char *new_refresh_hash,
                                             int64_t ttl_us, struct arena *a,
                                             struct store_refresh_outcome *ret, struct err *err);
/* Ends the session of a token or refresh token. *ret_username NULL: there is none. */
MUST_USE enum err_code store_session_revoke(struct db *db, const char *hash, struct arena *a,
                                            const char **ret_username, struct err *err);
/* Ends the session of this id. person_id: only if it is theirs; NULL: anybody's. ERR_NOT_FOUND. */
MUST_USE enum err_code store_session_delete(struct db *db, const char *id, const char *person_id,
                                            struct err *err);

#endif
