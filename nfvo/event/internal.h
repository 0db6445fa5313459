/* Between the files of this folder. */
#ifndef NFVO_EVENT_INTERNAL_H
#define NFVO_EVENT_INTERNAL_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>

#include "common/bus/bus.h"
#include "common/db/db.h"
#include "common/metrics/metrics.h"
#include "nfvo/broker/dead_letter.h"
#include "nfvo/event/dispatcher.h"
#include "nfvo/store/store_event.h"

enum event_metric { M_DELIVERED, M_DROPPED, M_RETRIED, M_SUBSCRIBED, M_UNSUBSCRIBED, M_N };
enum event_kind { KIND_RABBIT, KIND_REST };                    /* label of M_DELIVERED, M_RETRIED */
enum event_why { WHY_GONE, WHY_REFUSED, WHY_OLD, WHY_ORPHAN }; /* label of M_DROPPED */

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

struct dispatcher {
    struct dispatcher_setup setup;
    struct metrics *metrics;
    int stop_fd; /* readable: stop */
    atomic_bool is_stopping;
    struct worker listener, queues, *posts;
    size_t posts_n;
    pthread_mutex_t lock;
    char **suspects; /* targets whose last event was given up; under lock */
    size_t suspects_n;
    /* of the queues' thread */
    struct bus *bus;
    struct dead_letters dead;
    struct pending pending[2];
    struct flight *flight; /* publishes of this round */
    size_t flight_n;
};

/* --- dispatcher.c --- */
/* Is the target one that is given a single try an event? */
bool is_suspect(struct dispatcher *d, const char *target);
void set_suspect(struct dispatcher *d, const char *target, bool is);
/* Give an event up: counts and logs; the row is the caller's. */
void note_dropped(struct dispatcher *d, const struct store_target *t, int64_t id,
                  enum event_why why, const char *reason);
/* Until woken, told to stop, or for at most ms. */
void worker_rest(struct worker *w, int64_t ms);
void worker_drain_wake(struct worker *w);

/* --- queues.c: the thread that owns the bus; posts.c: those that do HTTP --- */
void *queues_run(void *arg);
void *posts_run(void *arg);

/* --- subscribe.c: QUEUE_EVENT_REGISTER, QUEUE_EVENT_UNREGISTER --- */
void subscribe_delivery(struct dispatcher *d); /* takes the bus's delivery */
void subscribe_retry(struct dispatcher *d, int64_t now_us);
void subscribe_drop_all(struct dispatcher *d);

#endif
