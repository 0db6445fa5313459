/* One thread that carries all runs of this process: it takes what has arrived, decides
 * (lifecycle/), writes the rows of all of it in one transaction, commits, and only then sends and
 * answers. Waiting for agents and deadlines costs no thread. A second thread listens for what
 * other processes of us wrote: hellos that arrived there, requests that are to be cancelled.
 *
 * A run's lease is its request's unacknowledged delivery. Should two processes have one at a time
 * (a connection that is half dead), both do the same by the same command ids: agents' journals, and
 * rows that never go back, make that harmless. */
#ifndef VNFM_GENERIC_SCHEDULER_SCHEDULER_H
#define VNFM_GENERIC_SCHEDULER_SCHEDULER_H

#include "vnfm-generic/lifecycle/run.h"
#include "vnfm-generic/sdk/ob_vnfm.h"

struct scheduler;

struct scheduler_options {         /* borrowed for the life of the scheduler */
    const char *conninfo, *schema; /* the schema's name is the channel, too */
    const char *sender;            /* this process, in notifications */
    struct run_limits limits;
    int64_t log_keep_us;
    /* From the scheduler's thread; must not block. send takes the body's content. */
    void (*send)(void *arg, const char *hostname, const char *command, struct sbuf *body);
    /* The agent of this host is alone in a virtual host, and needed; or not any more. */
    void (*reach)(void *arg, const char *hostname);
    void (*leave)(void *arg, const char *hostname);
    bool are_hosts_alone; /* of those that are launched from now on */
    void (*ack_hello)(void *arg, uint64_t tag, uint64_t epoch);
    /* What came n times from this broker login ("": not said) was refused. May be NULL. */
    void (*refused)(void *arg, const char *author, const char *words, int64_t n);
    void *arg;
};

/* Brings the schema up to date. ERR_UNAVAIL: no database now. */
MUST_USE enum err_code scheduler_migrate(const struct scheduler_options *o, struct err *err);
struct scheduler *scheduler_new(const struct scheduler_options *options); /* given */
MUST_USE enum err_code scheduler_start(struct scheduler *c, struct err *err);
void scheduler_stop(struct scheduler *c);
void scheduler_free(struct scheduler *c); /* NULL is fine */

/* The SDK's callback for every action; arg is the scheduler. */
enum err_code scheduler_serve(void *arg, struct ob_request *request, struct err *err);
/* The SDK is stopping: give all requests back, also those that still come. */
void scheduler_abandon(struct scheduler *c);

/* Any thread. author: the agent's broker login, as the broker vouches for it; NULL: not said, which
 * is accepted of hosts only that were there before agents said it (agent.is_old). What comes from
 * another login than its host's has no effect, and is told: refused. */
void scheduler_hello(struct scheduler *c, const char *author, const char *body, size_t len,
                     uint64_t tag, uint64_t epoch);
void scheduler_reply(struct scheduler *c, const char *author, const char *command, const char *body,
                     size_t len);
void scheduler_returned(struct scheduler *c, const char *command);
/* hostname NULL: all that share the common virtual host. */
void scheduler_agents_ready(struct scheduler *c, const char *hostname);

#endif
