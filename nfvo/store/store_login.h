/* Logins that failed, and from where users have logged in: what nfvo/api/auth/login_throttle.h decides
 * by. Bounded: a row is forgotten STORE_LOGIN_WINDOW_US after its last failure, and a failure costs
 * an argon2, of which a process does some 20 a second; a user has STORE_LOGIN_CLIENTS clients. */
#ifndef NFVO_STORE_STORE_LOGIN_H
#define NFVO_STORE_STORE_LOGIN_H

#include "nfvo/store/store_access.h"

#define STORE_LOGIN_WINDOW_US  (INT64_C(3600) * 1000000)
#define STORE_LOGIN_CLIENTS    32
#define STORE_LOGIN_CLIENTS_US (INT64_C(90) * 24 * 3600 * 1000000) /* since the last login */

struct store_login_standing {
    bool is_known;                                   /* the user has logged in from this client */
    int64_t pair, client, account;                   /* failures */
    int64_t pair_at_us, client_at_us, account_at_us; /* the last of them; 0: none */
    int64_t now_us;
};

/* The user of this name (*ret_is_there false: none; the rest is as if there were one) and how the
 * client stands. One round trip. client: net_client of common/base/net_list.h. */
MUST_USE enum err_code store_login_find(struct db *db, const char *name, const char *client,
                                        struct arena *a, struct store_person *ret,
                                        bool *ret_is_there, struct store_login_standing *ret_s,
                                        struct err *err);
/* A wrong password. person_id NULL: there is no user of this name. is_known as it was found. */
MUST_USE enum err_code store_login_failed(struct db *db, const char *name, const char *person_id,
                                          const char *client, bool is_known, struct err *err);
/* A right one: remembers the client, and forgets the failures of the pair. */
MUST_USE enum err_code store_login_succeeded(struct db *db, const char *person_id,
                                             const char *client, struct err *err);

#endif
