/* Between the files of this folder. */
#ifndef NFVO_EVENT_INTERNAL_H
#define NFVO_EVENT_INTERNAL_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>

#include "common/bus/bus_set.h"
#include "common/db/db.h"
#include "common/metrics/metrics.h"
#include "nfvo/broker/dead_letter.h"
#include "nfvo/broker/rooms.h"
#include "nfvo/event/dispatcher.h"
#include "nfvo/store/store_event.h"
#include "nfvo/store/store_operation.h"

enum event_metric { M_DELIVERED, M_DROPPED, M_RETRIED, M_SUBSCRIBED, M_UNSUBSCRIBED, M_N };
enum event_kind { KIND_RABBIT, KIND_REST }; /* label of M_DELIVERED, M_RETRIED */
enum event_why { WHY_GONE, WHY_REFUSED, WHY_OLD, WHY_ORPHAN, WHY_N }; /* label of M_DROPPED */

/* One thread with its connection; wake_fd is made readable when there may be work. */
struct worker {
    struct dispatcher *d;
    unsigned number;
    struct db *db;
    int wake_fd;
    pthread_t thread;
    bool is_running;
};

/* A subscription request that waits for the database: one of each queue. */
struct pending {
    struct bus_delivery *delivery;
    int64_t retry_at_us;
};

/* A connection: of a virtual host (nfvo/broker/rooms.h). */
struct event_room {
    struct event_room *next;
    const struct bus_member *member; /* of the set */
    struct dead_letters dead;
    struct pending pending[2];
};

struct dispatcher {
    struct dispatcher_setup setup;
    struct metrics *metrics;
    int stop_fd; /* readable: stop */
    atomic_bool is_stopping;
    struct worker listener, queues, prober, *posts;
    size_t posts_n;
    pthread_mutex_t lock;
    char **suspects; /* targets whose last event was given up; under lock */
    size_t suspects_n;
    /* of the queues' thread */
    struct bus_set *set;
    struct event_room *rooms;
    uint64_t rooms_seen; /* version of room_list */
    struct arena room_memory;
    struct room_list room_list;
    struct flight *flight; /* publishes of this round */
    size_t flight_n;
};

/* --- targets.c --- */
enum { SUSPECTS_MAX = 1000 };
extern const char *const event_whys[WHY_N + 1]; /* ends with NULL */
/* Is the target one that is given a single try an event? */
bool is_suspect(struct dispatcher *d, const struct store_target *t);
void set_suspect(struct dispatcher *d, const struct store_target *t, bool is);
/* Give an event up: counts and logs; the row is the caller's. */
void note_dropped(struct dispatcher *d, const struct store_target *t, int64_t id,
                  enum event_why why, const char *reason);
/* The target did not answer, for this reason; NULL: it did. Failures are logged. What is kept is shown
 * to tenants: of a URL it says the same words whatever became of the connection, for a subscription
 * is no port scanner; the log has the cause. */
void note_target(struct worker *w, const struct store_target *t, const struct err *why_or_null);
/* Append its address as people may see it: a URL without its credentials. */
void target_show(struct sbuf *out, const struct store_target *t);
/* Until the next try of an event, after so many. */
int64_t retry_us(const struct dispatcher *d, int64_t attempts);

/* --- wake.c --- */
void event_poke(int fd);
/* Until woken, told to stop, or for at most ms. */
void worker_rest(struct worker *w, int64_t ms);
void worker_drain_wake(struct worker *w);
/* There may be something to deliver. */
void wake_all(struct dispatcher *d);

/* --- prober.c: looks at targets that do not answer --- */
void *prober_run(void *arg);

/* --- queues.c: the thread that owns the bus; posts.c: those that do HTTP --- */
void *queues_run(void *arg);
void *posts_run(void *arg);

/* --- event_rooms.c: the connections --- */
void event_rooms_follow(struct dispatcher *d); /* connect to what is new, close what ended */
struct event_room *event_room_of(struct dispatcher *d, const struct bus_member *member);
/* NULL: there is none, or it cannot be published to now. */
const struct bus_member *event_room_open(struct dispatcher *d, const char *name);
void event_rooms_free(struct dispatcher *d);

/* --- subscribe.c: QUEUE_EVENT_REGISTER, QUEUE_EVENT_UNREGISTER --- */
void subscribe_delivery(struct dispatcher *d,
                        struct event_room *room); /* takes the bus's delivery */
void subscribe_retry(struct dispatcher *d, int64_t now_us);
void subscribe_drop(struct event_room *room);

#endif
