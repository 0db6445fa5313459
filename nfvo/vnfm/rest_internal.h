/* Between rest.c (the thread with the broker), rest_post.c (a thread for each request in hand) and
 * rest_watch.c (the thread that looks who is there). */
#ifndef NFVO_VNFM_REST_INTERNAL_H
#define NFVO_VNFM_REST_INTERNAL_H

#include <pthread.h>
#include <stdatomic.h>

#include "common/base/arena.h"
#include "common/bus/bus.h"
#include "common/db/db.h"
#include "common/sys/ids.h"
#include "nfvo/store/store_vnfm_rest.h"
#include "nfvo/vnfm/rest.h"

enum {
    REST_PREFETCH = 16,   /* requests in hand, of a type */
    REST_ASKS_MAX = 1000, /* calls of VNFMs that wait */
    REST_ASKS_BYTES_MAX =
        64 << 20,           /* what the broker has not taken of them; a single one may be longer */
    REST_THREADS_MAX = 128, /* those of all types that are worked on */
    REST_BODY_MAX = 4 << 20 /* of an answer */
};

/* A request in hand. Belongs to the broker's thread, but from POST_RUNS to POST_ENDED to its own,
 * which sets the latter; and `delivery` always to the former. */
enum post_state { POST_WAITS, POST_RUNS, POST_ENDED, POST_ANSWERING };
struct post {
    struct post *next;
    struct rest_vnfms *of;
    struct bus_delivery *delivery; /* NULL: void, it will come again, or was acknowledged */
    _Atomic(enum post_state)
        state; /* POST_ENDED tells that the rest is the broker thread's again */
    pthread_t thread;
    bool has_thread;
    /* what it is, copied */
    char *type, *command, *reply_to, *body;
    size_t len;
    /* what came of it */
    bool has_answer, is_kept; /* is_kept: not finished; whoever comes next does it */
    struct sbuf answer;
    uint64_t seq; /* POST_ANSWERING */
    /* The broker has not taken its answer: not published again before again_us; until then it is
     * looked whether it arrived all the same, next at look_us. 0: not so. */
    int64_t again_us, look_us, look_ms;
};

/* A call of a VNFM that waits. */
struct ask {
    struct ask *next;
    char id[ID_SIZE];
    bool wants_answer, is_sent, is_taken; /* published; the broker has it */
    uint64_t seq;
    int64_t again_us; /* not published before */
    char *body;       /* NULL once it is taken: what waits for an answer waits long */
    size_t len;
    int64_t until_us;
    rest_vnfms_done_fn *done;
    void *arg;
};

struct rest_vnfms {
    struct rest_vnfms_setup setup;
    char sender[ID_SIZE];       /* this process */
    char answers[ID_SIZE + 32]; /* its queue for them */
    pthread_t broker_thread, watch_thread;
    int wake_fd, watch_fd, stop_fd;
    atomic_bool is_stopping;
    pthread_mutex_t lock; /* of what follows */
    struct ask *asks;
    size_t asks_n, asks_bytes;
    bool is_drained;
    struct arena list_memory;
    struct store_vnfm_rest *list; /* who registered */
    size_t list_n;
    pthread_mutex_t db_lock;
    struct db *db; /* of the posts' threads, one at a time */
    /* of the broker's thread */
    struct bus *bus;
    struct post *posts;
    size_t threads_n;
    char **queues; /* consumed, or to be */
    size_t queues_n;
};

/* rest_wake.c: eventfds */
void rest_wake(int fd);
void rest_drain_wake(int fd);

/* rest_post.c: the thread of a request. */
void *post_run(void *post);

/* rest_watch.c */
void *rest_watch_run(void *rest_vnfms);

#endif
