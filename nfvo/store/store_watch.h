/* What was seen from outside: what the broker refused, which agents are gone. Written by
 * nfvo/vnfm/broker_watch.c, read by store_explain.h. */
#ifndef NFVO_STORE_STORE_WATCH_H
#define NFVO_STORE_STORE_WATCH_H

#include "nfvo/store/store.h"

/* --- refusals --- */

enum {
    STORE_REFUSALS_MAX = 200, /* rows in all; the oldest go, those of unknown accounts first */
    STORE_REFUSALS_PER_ACCOUNT = 8, /* and of those that nobody knows, all together: */
    STORE_REFUSALS_OF_STRANGERS = 20
};

struct store_refusal {
    const char *kind, *account, *about, *subject, *vhost, *operation, *needs, *object, *words,
        *hint;
    int64_t n; /* so many since the last time */
};
/* Sums them up with what is there; no two of `rows` are alike in kind, account, vhost, operation
 * and object. report(index) for each that is new, or is there again after 10 minutes. Drops what is
 * older than a day, and what is too much. */
MUST_USE enum err_code store_refusals_add(struct db *db, const struct store_refusal *rows, size_t n,
                                          void (*report)(void *arg, const char *account,
                                                         const char *object, const char *words,
                                                         const char *hint, int64_t n),
                                          void *arg, struct err *err);
/* nfvo itself refuses: a registration ("registration"), a login that it cannot make ("account"), a
 * subscription ("subscription"). Made printable and short first; how often is counted. */
MUST_USE enum err_code store_refusal_tell(struct db *db, const char *kind, const char *account,
                                          const char *about, const char *subject,
                                          const struct err *why);
/* Whose accounts are these? report is called for those that are an agent's ("agent", hostname),
 * were one until its server was deleted, a moment ago ("left", hostname), a VNFM's ("vnfm", type)
 * or a driver's ("driver", its type or queue). login_us: how long an agent's login has been made;
 * of others, and of agents that get none, STORE_LOGIN_OLD. */
#define STORE_LOGIN_NOT_MADE ((int64_t)-1)
#define STORE_LOGIN_OLD      INT64_MAX
MUST_USE enum err_code store_accounts_about(struct db *db, struct db_array *accounts,
                                            void (*report)(void *arg, const char *account,
                                                           const char *about, const char *subject,
                                                           int64_t login_us),
                                            void *arg, struct err *err);

/* --- accounts that are shut out --- */

enum { STORE_SHUT_MAX = 256 /* at a time; more are let be */ };

struct store_shut { /* texts live in the arena */
    const char *account, *room;
    bool is_agent, is_due; /* is_due: it is to be let in again */
};
/* For pause_us, and twice as long each time that it happens again within an hour of the end of the
 * last one, up to 64 times. One that is shut out already stays so. *ret_until: database clock. */
MUST_USE enum err_code store_shut_add(struct db *db, const struct store_shut *shut,
                                      int64_t pause_us, int64_t *ret_until, struct err *err);
MUST_USE enum err_code store_shut_list(struct db *db, struct arena *a, struct store_shut **ret,
                                       size_t *ret_n, struct err *err);
/* It was let in again, or is not there any more. */
MUST_USE enum err_code store_shut_end(struct db *db, const char *account, struct err *err);

/* --- agents --- */

/* hostnames: all whose queue is served now. Those that were seen before, are not among them and
 * still have an instance are gone since now. So are those that were never seen, of VNFs that are
 * active and had an agent of the suite's (instance.agent): told by the second look that misses
 * them, since the first. *ret_gone: how many are gone in all; *ret_new: how many of them this look
 * found. */
MUST_USE enum err_code store_agents_seen(struct db *db, struct db_array *hostnames,
                                         int64_t *ret_gone, int64_t *ret_new, struct err *err);

#endif
