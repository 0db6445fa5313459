/* Between the files of this folder. */
#ifndef NFVO_VNFM_INTERNAL_H
#define NFVO_VNFM_INTERNAL_H

#include <pthread.h>
#include <stdatomic.h>

#include "common/bus/bus_set.h"
#include "common/db/db.h"
#include "common/metrics/metrics.h"
#include "common/sys/backoff.h"
#include "nfvo/broker/dead_letter.h"
#include "nfvo/broker/rooms.h"
#include "nfvo/vnfm/account.h"
#include "nfvo/vnfm/agents.h"
#include "nfvo/vnfm/broker_watch.h"
#include "nfvo/vnfm/management.h"
#include "nfvo/vnfm/registry.h"
#include "proto/records/manager.h"

struct store_queue;

enum { REGISTRY_PREFETCH = 16 };

enum registry_metric {
    M_REGISTRATIONS,
    M_UNREGISTRATIONS,
    M_RETRIES,
    M_REFUSED,
    M_CHECKS,
    M_VNFMS,
    M_DRIVERS,
    M_DEAD_LETTERS,
    M_DEAD_LETTERS_BYTES,
    M_AGENT_LOGINS_MADE,
    M_AGENT_LOGINS_REMOVED,
    M_AGENT_RETRIES,
    M_REFUSALS,
    M_LOG_READ,
    M_ALARMS,
    M_AGENTS_GONE,
    M_REFUSED_BY_PEERS,
    M_N
};

/* A virtual host that managers register in. */
struct registry_room {
    char *name;      /* "": the inner one */
    bool is_open;    /* anybody may register there */
    struct bus *bus; /* the set's */
    struct dead_letters dead;
};

/* A request that is not done yet, with its delivery. */
struct held {
    struct registry_room *room;
    struct bus_delivery *delivery; /* ours */
    int64_t since_us, retry_at_us;
    struct backoff backoff;
};

struct listed_queue {
    const char *room, *name;
    bool is_auto_delete, has_messages; /* the latter some seconds old */
};
/* One listing of the queues in all rooms, sorted by room and name. */
struct listing {
    struct arena arena;
    int64_t dead_letters, dead_bytes;
    struct listed_queue *at;
    size_t n;
};

struct registry {
    struct registry_setup setup;
    struct bus_set *set;
    struct registry_room **rooms; /* the first is the inner one */
    size_t rooms_n;
    uint64_t rooms_version;
    struct db *db;
    struct management management;
    struct metrics *metrics;
    struct agents *agents; /* NULL: no virtual host for them */
    struct broker_watch *watch;
    struct held *held;
    size_t held_n, held_cap;
    atomic_bool is_prepared;    /* the registration user is there, since the broker was reached */
    atomic_bool is_refused;     /* it cannot be made, and that does not pass by itself */
    bool is_enrolment_possible; /* the broker was reached; registration may still have a fault */
    bool is_password_told, is_management_away, is_check_failing;
    bool is_account_failing;
    int64_t prepare_at_us, check_at_us, check_soon_until_us, accounts_at_us;
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
    const char *author;                   /* the broker vouches for it; NULL: not said */
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
struct enroll_try {
    struct registry_room *room;
    bool is_last;        /* who serves what is asked for has had its time to end */
    const char *account; /* who it turned out to be; in the arena */
    bool is_refused;     /* the outcome: not to be tried again, whatever the code */
};
/* Row, then broker, then *ret_answer (appended): repeat it until it is ERR_OK or is_refused. Errors
 * that pass by themselves: enroll_may_pass. */
MUST_USE enum err_code enroll_register(struct registry *r, struct enroll_try *t,
                                       const struct manager_request *q, struct arena *a,
                                       struct sbuf *ret_answer, struct err *err);
/* ERR_STATE: the queue still has consumers; ask again until `is_last_try`, which ignores the
 * request then. */
MUST_USE enum err_code enroll_unregister(struct registry *r, const struct enroll_try *t,
                                         const struct manager_request *q, struct arena *a,
                                         struct err *err);
bool enroll_may_pass(enum err_code code);

/* --- presence.c: which queues there are, and who consumes --- */
struct registry_room *registry_room_find(const struct registry *r, const char *name); /* or NULL */
/* Into r->listing, from all rooms. Of the registry's thread. */
MUST_USE enum err_code listing_read(struct registry *r, struct err *err);
/* NULL: not there; l may be NULL. */
const struct listed_queue *listing_find(const struct listing *l, const char *room,
                                        const char *name);
/* Is somebody consuming from it? The broker is asked. */
MUST_USE enum err_code watch_has_consumers(struct registry_room *room, const char *queue, bool *ret,
                                           struct err *err);
/* Any queue "<prefix><type>.<name>" of plugins with consumers; type may be a whole queue name. */
MUST_USE enum err_code watch_plugin_has_consumers(struct registry *r, struct registry_room *room,
                                                  const char *type, bool *ret, struct err *err);
void listing_free(struct listing *l);

/* --- died.c: what the dead had in hand --- */
/* The process behind the queue of this VNFM type died: see store_vnfm_requests_lost. */
MUST_USE enum err_code watch_vnfm_died(struct registry *r, const char *type, struct err *err);
/* The same of a driver's queue: see store_driver_requests_lost. */
MUST_USE enum err_code watch_driver_died(struct registry *r, const char *queue, struct err *err);
/* One of the two if the queue shows it, also one that outlives its consumer: it is not there, or
 * nothing waits in it and nobody consumes. What was sent there was acknowledged then, by a process
 * that is gone. While something waits it is not known which requests were taken: nothing is done.
 * type: NULL for a driver's queue. */
MUST_USE enum err_code watch_predecessor_died(struct registry *r, struct registry_room *room,
                                              const char *queue, const char *type, struct err *err);

/* --- watch.c: who is there --- */
/* Lists the queues and marks VNFMs and drivers. */
MUST_USE enum err_code watch_check(struct registry *r, struct err *err);
/* --- left_behind.c: what waits in the queue of before of a peer that moved to its room --- */
/* It follows to q->room, some of it or all; a look later the rest. Takes at most some seconds. */
void left_behind_follow(struct registry *r, const struct store_queue *q, bool is_driver);

/* --- peer_refusal.c: what a VNFM refused --- */
/* Is it one (REFUSED_BY_PEER)? Then it is stored for status, and acknowledged. Any error only
 * costs what it tells. */
bool peer_refusal_take(struct registry *r, struct registry_room *room,
                       const struct bus_delivery *d);

/* --- accounts.c: what the broker shall have --- */
/* Brings accounts that are due to the broker; what does not work is tried again in some seconds. */
void accounts_work(struct registry *r, int64_t now_us);
/* The broker may have come back without them: those that it misses are made again. The registration
 * user and its room are there, or not, as the options say. *ret_is_done false, with ERR_OK: the
 * room has no queues yet; again in a moment. With an error but ERR_UNAVAIL and ERR_TIMEOUT the
 * broker answers, and accounts_work may go on: only open registration is not as it should be. */
MUST_USE enum err_code accounts_prepare(struct registry *r, bool *ret_is_done, struct err *err);
/* Open accounts that nobody has used for the absence grace end. */
MUST_USE enum err_code accounts_end_unused(struct registry *r, struct err *err);
/* The broker shall have this one, now. */
MUST_USE enum err_code accounts_make(struct registry *r, const char *name, struct err *err);

/* --- serve.c: requests from the queue --- */
void registry_serve_delivery(struct registry *r, struct registry_room *room); /* takes it */
void serve_held(struct registry *r, int64_t now_us);
int64_t serve_next_us(const struct registry *r); /* when serve_held has something to do */
/* Of this room (NULL: all): the broker delivers them again. */
void serve_drop_all(struct registry *r, const struct registry_room *room);

#endif
