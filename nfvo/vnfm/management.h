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
};

void management_init(struct management *m, const struct registry_setup *setup, int cancel_fd);
void management_release(struct management *m);

const char *management_vhost(const struct management *m); /* the NFVO's own */

/* Creates the user, or sets its password and tags again. Users that we made bear our tag. */
#define MANAGEMENT_TAG "baton-manager"
MUST_USE enum err_code management_put_user(struct management *m, const char *user,
                                           const char *password, bool is_administrator,
                                           struct err *err);
/* false: there is no such user, or we made it. true: it is somebody else's, and must not be
 * changed: a peer could otherwise take over an operator's login by registering under its name. */
MUST_USE enum err_code management_is_foreign_user(struct management *m, const char *user, bool *ret,
                                                  struct err *err);
/* Topic rights first: without any a user may publish and bind every key. */
MUST_USE enum err_code management_put_rights(struct management *m, const char *vhost,
                                             const char *user, const struct topology_rights *r,
                                             struct err *err);
/* Absent is fine. */
MUST_USE enum err_code management_delete_user(struct management *m, const char *user,
                                              struct err *err);

struct management_queue {
    const char *name; /* borrowed for the call */
    bool is_auto_delete;
    int64_t consumers, messages; /* some seconds old */
};
/* All queues of the vhost but the per-request reply queues and server-named ones. */
MUST_USE enum err_code management_queues(struct management *m,
                                         void (*report)(void *arg,
                                                        const struct management_queue *queue),
                                         void *arg, struct err *err);
MUST_USE enum err_code management_has_queue(struct management *m, const char *queue, bool *ret,
                                            struct err *err);

/* --- agents' logins (management_logins.c) --- */

/* The virtual host of the agents, with its exchange. ret_is_new: it was not there, and so nobody
 * has rights in it. */
MUST_USE enum err_code management_put_agents_vhost(struct management *m, const char *vhost,
                                                   bool *ret_is_new, struct err *err);
struct management_login {
    const char *user, *password;
    const struct topology_rights *rights; /* in the agents' virtual host */
};
/* All in one call: created, or password, tags and rights set again. Their tags:
 * MANAGEMENT_AGENT_TAG and `tag`. ERR_PEER: some may have been made. */
#define MANAGEMENT_AGENT_TAG "baton-agent"
MUST_USE enum err_code management_put_logins(struct management *m, const char *vhost,
                                             const char *tag, const struct management_login *logins,
                                             size_t n, struct err *err);
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

/* --- within this folder --- */
struct http_response;
/* path: behind /api/, encoded. body: JSON or NULL. The answer is the caller's to release. */
MUST_USE enum err_code management_call(struct management *m, const char *method, const char *path,
                                       const struct sbuf *body, struct http_response *res,
                                       struct err *err);
MUST_USE enum err_code management_change(struct management *m, const char *method, const char *path,
                                         const struct sbuf *body, struct err *err);

#endif
