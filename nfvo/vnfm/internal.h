/* Between the files of this folder. */
#ifndef NFVO_VNFM_INTERNAL_H
#define NFVO_VNFM_INTERNAL_H

#include <pthread.h>
#include <stdatomic.h>

#include "common/bus/bus.h"
#include "common/db/db.h"
#include "common/metrics/metrics.h"
#include "common/sys/backoff.h"
#include "nfvo/broker/dead_letter.h"
#include "nfvo/vnfm/agents.h"
#include "nfvo/vnfm/management.h"
#include "nfvo/vnfm/registry.h"
#include "proto/records/manager.h"

enum { REGISTRY_PREFETCH = 16 };

enum registry_metric {
    M_REGISTRATIONS,
    M_UNREGISTRATIONS,
    M_RETRIES,
    M_REFUSED,
    M_CHECKS,
    M_VNFMS,
    M_DRIVERS,
    M_AGENT_LOGINS_MADE,
    M_AGENT_LOGINS_REMOVED,
    M_AGENT_RETRIES,
    M_N
};

/* A request that is not done yet, with its delivery. */
struct held {
    struct bus_delivery *delivery; /* ours */
    int64_t since_us, retry_at_us;
    struct backoff backoff;
};

struct listed_queue {
    const char *name;
    bool is_auto_delete;
};
/* One listing of the broker's queues, sorted by name. */
struct listing {
    struct arena arena;
    struct listed_queue *at;
    size_t n;
};

struct registry {
    struct registry_setup setup;
    struct bus *bus;
    struct db *db;
    struct management management;
    struct metrics *metrics;
    struct agents *agents; /* NULL: no virtual host for them */
    struct dead_letters dead;
    struct held held[REGISTRY_PREFETCH];
    size_t held_n;
    bool is_prepared; /* the registration user is there, since the broker was reached */
    bool is_password_told, is_management_away, is_check_failing;
    int64_t prepare_at_us, check_at_us, check_soon_until_us;
    struct backoff prepare_backoff;
    int wake_fd; /* readable: stop */
    atomic_bool is_stopping;
    pthread_t thread;
    pthread_mutex_t lock;
    struct listing *listing; /* under lock; NULL: none yet */
};

/* --- request.c: what a peer asks --- */
struct manager_request {
    bool is_register, is_vnfm;
    const char *username;                 /* of the broker user: the type */
    const char *password;                 /* unregister */
    const char *instance;                 /* NULL: does not tell processes apart */
    const struct vnfm_endpoint *endpoint; /* of a VNFM: complete and checked */
    struct proto_strs capabilities;       /* plain words */
    const struct registration *registration;
};
/* Memory is the arena's. ERR_SYNTAX, ERR_INVALID: not to be read; ERR_DENIED: names that are not a
 * peer's to take. No error quotes a secret. */
MUST_USE enum err_code manager_request_read(const char *body, size_t len,
                                            const struct registry_setup *setup, struct arena *a,
                                            struct manager_request *ret, struct err *err);
/* Blank-separated ids: with `id` (the oldest go when there are too many), without it. */
const char *instances_with(const char *list, const char *id, struct arena *a);
const char *instances_without(const char *list, const char *id, struct arena *a);

/* --- enroll.c: what becomes of it --- */
/* Row, then broker, then *ret_answer (appended): repeat it until it is ERR_OK. Errors that pass by
 * themselves: enroll_may_pass. */
MUST_USE enum err_code enroll_register(struct registry *r, const struct manager_request *q,
                                       struct arena *a, struct sbuf *ret_answer, struct err *err);
/* ERR_STATE: the queue still has consumers; ask again until `is_last_try`, which ignores the
 * request then. */
MUST_USE enum err_code enroll_unregister(struct registry *r, const struct manager_request *q,
                                         bool is_last_try, struct arena *a, struct err *err);
bool enroll_may_pass(enum err_code code);

/* --- watch.c: who is there --- */
/* Lists the queues and marks VNFMs and drivers. */
MUST_USE enum err_code watch_check(struct registry *r, struct err *err);
/* Is somebody consuming from it? The broker is asked. */
/* The process behind the queue of this VNFM type died: see store_vnfm_requests_lost. */
MUST_USE enum err_code watch_vnfm_died(struct registry *r, const char *type, struct err *err);
/* Is there no such queue at all? */
MUST_USE enum err_code watch_is_absent(struct registry *r, const char *queue, bool *ret,
                                       struct err *err);
MUST_USE enum err_code watch_has_consumers(struct registry *r, const char *queue, bool *ret,
                                           struct err *err);
/* Any queue "<prefix><type>.<name>" of plugins with consumers; type may be a whole queue name. */
MUST_USE enum err_code watch_plugin_has_consumers(struct registry *r, const char *type, bool *ret,
                                                  struct err *err);
void listing_free(struct listing *l);

/* --- serve.c: requests from the queue --- */
void registry_serve_delivery(struct registry *r); /* takes the bus's delivery */
void serve_held(struct registry *r, int64_t now_us);
int64_t serve_next_us(const struct registry *r); /* when serve_held has something to do */
void serve_drop_all(struct registry *r);         /* the broker delivers them again */

#endif
