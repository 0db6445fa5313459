/* The way to the agents: one connection to their virtual host, owned by one thread (decisions.md
 * D9). Commands go out, replies, hellos and returned commands come in. What is lost on the way is
 * not repeated here: `ready` tells that replies may be missing, and the runs send again.
 *
 * Our replies queue has a new name on every connection: the old one may still be held by a
 * connection that the broker has not missed yet. */
#ifndef VNFM_GENERIC_EMS_LINK_H
#define VNFM_GENERIC_EMS_LINK_H

#include "common/base/sbuf.h"
#include "common/bus/bus.h"

struct ems_link;

/* On the I/O thread; must not block. */
struct ems_link_hooks {
    /* body: as the agent sent it. The hello is acknowledged by ems_link_ack. author: the broker
     * login that sent it, vouched for by the broker; NULL: not said. */
    void (*hello)(void *arg, const char *author, const char *body, size_t len, uint64_t tag,
                  uint64_t epoch);
    void (*reply)(void *arg, const char *author, const char *command, const char *body, size_t len);
    void (*returned)(void *arg, const char *command); /* no such queue: not delivered */
    /* Connected anew: what waits for a reply is to be sent again. hostname: of this one's agent;
     * NULL: of all. */
    void (*ready)(void *arg, const char *hostname);
};

struct ems_link_options {
    struct bus_options bus; /* without user and password; borrowed for the call, duplicated */
    const char *vhost;
    bool is_alone; /* an unmodified agent's own virtual host: links.h */
    const char *endpoint;
    const char *instance; /* of this process */
    const struct ems_link_hooks *hooks;
    void *arg;
};

struct ems_link *ems_link_new(const struct ems_link_options *options); /* given */
MUST_USE enum err_code ems_link_start(struct ems_link *a, struct err *err);
void ems_link_stop(struct ems_link *a); /* ends the thread */
/* Does not wait: it ends soon, and is_over then; ems_link_stop does not wait any more. */
void ems_link_end(struct ems_link *a);
bool ems_link_is_over(const struct ems_link *a);
void ems_link_free(struct ems_link *a); /* stopped or never started; NULL is fine */

/* Any thread. The private user of registration: before, there is no connection. */
void ems_link_login(struct ems_link *a, const char *user, const char *password);
/* Takes the body's content. Without a connection it is dropped: `ready` comes. */
void ems_link_send(struct ems_link *a, const char *hostname, const char *command,
                   struct sbuf *body);
void ems_link_ack(struct ems_link *a, uint64_t tag, uint64_t epoch);

#endif
