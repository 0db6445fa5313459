/* The broker's management API: users, their rights, and the names of the queues. Blocking, with a
 * deadline; one thread.
 *
 * Errors: ERR_UNAVAIL, ERR_TIMEOUT, ERR_UNKNOWN, ERR_DENIED (our login is no administrator) may
 * pass by themselves; ERR_PEER will not: the broker refuses just this. */
#ifndef NFVO_VNFM_MANAGEMENT_H
#define NFVO_VNFM_MANAGEMENT_H

#include "common/base/err.h"
#include "common/base/sbuf.h"

#include <stdbool.h>

struct http_client;
struct registry_setup;
struct topology_rights;

struct management {
    const struct registry_setup *setup; /* borrowed */
    struct http_client *client;
    int cancel_fd;
    int64_t timeout_ms; /* of a call; from the options */
};

void management_init(struct management *m, const struct registry_setup *setup, int cancel_fd);
void management_release(struct management *m);

const char *management_vhost(const struct management *m); /* the NFVO's own */

/* Creates the user, or sets its password and tags again. Users that we made bear our tag. */
#define MANAGEMENT_TAG "baton-manager"
/* more_tag: another one ("management", "administrator"); NULL: none. */
MUST_USE enum err_code management_put_user(struct management *m, const char *user,
                                           const char *password, const char *more_tag,
                                           struct err *err);
/* false: there is no such user, or we made it. true: it is somebody else's, and must not be
 * changed: a peer could otherwise take over an operator's login by registering under its name. */
MUST_USE enum err_code management_is_foreign_user(struct management *m, const char *user, bool *ret,
                                                  struct err *err);
/* Topic rights first: without any a user may publish and bind every key. Rights without exchanges:
 * topic rights of before go. */
MUST_USE enum err_code management_put_rights(struct management *m, const char *vhost,
                                             const char *user, const struct topology_rights *r,
                                             struct err *err);
/* In which virtual hosts it has rights; none if there is no such user. */
MUST_USE enum err_code management_rights(struct management *m, const char *user,
                                         void (*report)(void *arg, const char *vhost), void *arg,
                                         struct err *err);
/* A policy for this one queue, which may exist with other arguments: the oldest messages go when
 * there are more bytes, and when they are older. */
MUST_USE enum err_code management_put_bounds(struct management *m, const char *vhost,
                                             const char *queue, int64_t max_bytes, int64_t keep_ms,
                                             struct err *err);
/* Absent is fine. */
MUST_USE enum err_code management_delete_user(struct management *m, const char *user,
                                              struct err *err);

struct management_queue {
    const char *name; /* borrowed for the call */
    bool is_auto_delete;
    int64_t consumers, messages, bytes; /* some seconds old */
};
/* All queues of the vhost but the per-request reply queues and server-named ones. */
MUST_USE enum err_code management_queues(struct management *m,
                                         void (*report)(void *arg,
                                                        const struct management_queue *queue),
                                         void *arg, struct err *err);
/* The same of another virtual host (ERR_NOT_FOUND: it does not exist), and of the names that fit.
 */
MUST_USE enum err_code
management_queues_like(struct management *m, const char *vhost, const char *regex,
                       void (*report)(void *arg, const struct management_queue *queue), void *arg,
                       struct err *err);
MUST_USE enum err_code management_has_queue(struct management *m, const char *queue, bool *ret,
                                            struct err *err);

/* --- agents' logins (management_logins.c) --- */

/* The virtual host of the agents, with its exchanges. ret_is_new: it was not there, and so nobody
 * has rights in it. */
MUST_USE enum err_code management_put_agents_vhost(struct management *m, const char *vhost,
                                                   bool *ret_is_new, struct err *err);
/* Bounds of the queues in it, by policies: bytes of an agent's queue of commands (an operator's
 * policy: the agent declares that queue), and of the VNFM's queues, where what does not fit is
 * refused and the agent says it again. 0: no bound. */
MUST_USE enum err_code management_bound_agents(struct management *m, const char *vhost,
                                               int64_t max_bytes, struct err *err);
/* A virtual host for one unmodified agent: the exchange of before, and its VNFM's hello queue,
 * which that agent binds before anybody is there. Bounded; repeat it until it is ERR_OK. */
MUST_USE enum err_code management_put_own_vhost(struct management *m, const char *vhost,
                                                const char *tag, const char *endpoint,
                                                struct err *err);
/* Absent is fine. Whoever is connected to it is thrown out. The rights in it go before
 * (management_vhost.c says why): when that fails, the virtual host stays, and is to be deleted
 * again. */
MUST_USE enum err_code management_delete_vhost(struct management *m, const char *vhost,
                                               struct err *err);
struct management_limits { /* of each login; 0: none */
    int64_t connections, channels;
};
struct management_login {
    const char *user, *password;
    const struct topology_rights *rights; /* in the agents' virtual host */
};
/* All in one call: created, or password, tags and rights set again. Their tags:
 * MANAGEMENT_AGENT_TAG and `tag`. ERR_PEER: some may have been made. */
#define MANAGEMENT_AGENT_TAG "baton-agent"
MUST_USE enum err_code management_put_logins(struct management *m, const char *vhost,
                                             const char *tag,
                                             const struct management_limits *limits,
                                             const struct management_login *logins, size_t n,
                                             struct err *err);
/* May this name become an agent's login in that virtual host? Yes if there is no such user, or it
 * is one that some suite made for an agent and that has rights nowhere else: left behind by a suite
 * whose virtual host or key is gone. */
MUST_USE enum err_code management_is_free_login(struct management *m, const char *vhost,
                                                const char *user, bool *ret, struct err *err);
/* All in one call. Absent is fine. */
MUST_USE enum err_code management_delete_users(struct management *m, const char *const *users,
                                               size_t n, struct err *err);
/* Every user of the broker. */
MUST_USE enum err_code management_users(struct management *m, const char *tag,
                                        void (*report)(void *arg, const char *user, bool bears_tag),
                                        void *arg, struct err *err);

/* --- rooms (management_rooms.c) --- */

/* A virtual host that we made bears this tag; only such are limited and deleted. */
#define MANAGEMENT_ROOM_TAG "baton-room"
/* The virtual host, with its limits (registry_options), and the NFVO's own rights in it; may be
 * repeated. "/" is taken as it is. ERR_EXISTS: it is there, and not ours. */
MUST_USE enum err_code management_put_room(struct management *m, const char *vhost,
                                           struct err *err);
/* With its queues; its connections are closed. Absent, "/" and what is not ours: nothing. */
MUST_USE enum err_code management_delete_room(struct management *m, const char *vhost,
                                              struct err *err);
MUST_USE enum err_code management_is_our_vhost(struct management *m, const char *vhost,
                                               bool *ret_exists, bool *ret_is_ours,
                                               struct err *err);
/* Connections and channels of one account. */
MUST_USE enum err_code management_put_account_limits(struct management *m, const char *user,
                                                     struct err *err);
/* No connection any more of an account that we made, until management_let_in: none is let in, and
 * those that are there are closed, most of them at once; repeat it. A client that never reads what
 * the broker says to it is cut off 30 s later: so long the broker waits for its answer.
 * ERR_NOT_FOUND: there is none of this name; ERR_DENIED: it is not ours. */
MUST_USE enum err_code management_shut_out(struct management *m, const char *user, struct err *err);
/* What is in this queue goes. Absent is fine. */
MUST_USE enum err_code management_purge(struct management *m, const char *vhost, const char *queue,
                                        struct err *err);
/* Its limits are those of the options again. ERR_NOT_FOUND. */
MUST_USE enum err_code management_let_in(struct management *m, const char *user, bool is_agent,
                                         struct err *err);
MUST_USE enum err_code management_vhosts(struct management *m,
                                         void (*report)(void *arg, const char *vhost), void *arg,
                                         struct err *err);

/* --- how the broker does (management_health.c) --- */

struct management_node {
    const char *name;
    bool is_running, has_memory_alarm, has_disk_alarm;
    int64_t memory_used, memory_limit, disk_free, disk_limit; /* bytes */
};
MUST_USE enum err_code management_nodes(struct management *m,
                                        void (*report)(void *arg,
                                                       const struct management_node *node),
                                        void *arg, struct err *err);
/* Connections of all virtual hosts that are held up by an alarm. */
MUST_USE enum err_code management_blocked(struct management *m, int64_t *ret, struct err *err);
MUST_USE enum err_code management_has_exchange(struct management *m, const char *vhost,
                                               const char *exchange, bool *ret, struct err *err);
/* Accounts that are connected to this virtual host and have no consumer in it. connected_ms: of the
 * oldest connection, milliseconds since the epoch by the broker's clock. */
MUST_USE enum err_code management_silent_accounts(struct management *m, const char *vhost,
                                                  void (*report)(void *arg, const char *account,
                                                                 int64_t connected_ms),
                                                  void *arg, struct err *err);

struct management_load { /* of a connection or channel, since it is there */
    const char *name;    /* unlike all others' */
    const char *account, *vhost;
    int64_t reductions, bytes; /* some seconds old; bytes: in and out, of connections */
};
/* All connections and channels of the broker. */
MUST_USE enum err_code management_loads(struct management *m,
                                        void (*report)(void *arg,
                                                       const struct management_load *load),
                                        void *arg, struct err *err);

/* --- within this folder --- */
struct http_response;
/* path: behind /api/, encoded. body: JSON or NULL. The answer is the caller's to release. */
MUST_USE enum err_code management_call(struct management *m, const char *method, const char *path,
                                       const struct sbuf *body, struct http_response *res,
                                       struct err *err);
MUST_USE enum err_code management_change(struct management *m, const char *method, const char *path,
                                         const struct sbuf *body, struct err *err);

#endif
