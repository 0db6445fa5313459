/* Broker logins of EMS agents: which have to be made, which have to go (migrations/0006_agents.sql;
 * who does it: nfvo/vnfm/agents.c). Several processes may ask: what one takes is leased to it. */
#ifndef NFVO_STORE_STORE_AGENT_H
#define NFVO_STORE_STORE_AGENT_H

#include "nfvo/store/store.h"

#define STORE_AGENT_CHANNEL "agent" /* NOTIFY: there is something to take */

struct store_agent {
    const char *hostname, *endpoint; /* in the arena; endpoint: of logins to make only */
    bool is_old;    /* likewise: its user data names the exchange of before (0023); a
                       VNFM of before launches such ones until it has a room */
    bool is_shared; /* it may have been launched as an unmodified one among others (0032) */
    bool is_alone;  /* of logins to go as well: in a virtual host of its own */
};

/* At most max logins that have to be made, or to go, leased for lease_us. */
MUST_USE enum err_code store_agent_take_wanted(struct db *db, int64_t max, int64_t lease_us,
                                               struct arena *a, struct store_agent **ret,
                                               size_t *ret_n, struct err *err);
MUST_USE enum err_code store_agent_take_gone(struct db *db, int64_t max, int64_t lease_us,
                                             struct arena *a, struct store_agent **ret,
                                             size_t *ret_n, struct err *err);
/* They are made. *ret: those that somebody removed meanwhile: their users must go again. */
MUST_USE enum err_code store_agent_made(struct db *db, struct db_array *hostnames, struct arena *a,
                                        struct store_agent **ret, size_t *ret_n, struct err *err);
/* Their users are gone: forget them. */
MUST_USE enum err_code store_agent_removed(struct db *db, struct db_array *hostnames,
                                           struct err *err);
/* How many logins are of agents of before (is_old). */
MUST_USE enum err_code store_agent_count_old(struct db *db, int64_t *ret, struct err *err);
/* How many have a virtual host of their own, those that are being made included. */
MUST_USE enum err_code store_agent_count_alone(struct db *db, int64_t *ret, struct err *err);
/* This account commands the agents of this endpoint. Those with virtual hosts of their own are made
 * again, so that it gets its rights there. */
MUST_USE enum err_code store_agents_manager_put(struct db *db, const char *account,
                                                const char *endpoint, struct err *err);
/* Given to the arena: the accounts of an endpoint. */
MUST_USE enum err_code store_agents_managers(struct db *db, const char *endpoint, struct arena *a,
                                             const char ***ret, size_t *ret_n, struct err *err);
/* It did not work: not again before pause_us have passed. */
MUST_USE enum err_code store_agent_put_off(struct db *db, struct db_array *hostnames,
                                           int64_t pause_us, struct err *err);

/* Compare with what the broker has. listed: hostnames of its users of ours; listed_at: the
 * database's time before they were listed. Logins whose user is missing have to be made again, and
 * logins and instances are compared. *ret: listed ones that nobody knows; is_alone: they may be. */
MUST_USE enum err_code store_agent_audit(struct db *db, struct db_array *listed, int64_t listed_at,
                                         int64_t *ret_lost, struct arena *a,
                                         struct store_agent **ret, size_t *ret_n, struct err *err);

#endif
