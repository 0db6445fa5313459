/* The world of the simulator: seeded randomness, simulated time, things that will happen, the
 * story.
 *
 * One process, one thread, nothing from outside: a seed gives the same run every time. Whatever
 * waits is an event in a heap; sim_run takes the earliest, moves the clock there and calls it.
 * Everything that a run allocates lives in its arena and goes with it. Times are microseconds since
 * the run began. */
#ifndef TESTS_SIM_SIM_H
#define TESTS_SIM_SIM_H

#include "common/base/arena.h"

#include <stdbool.h>
#include <stdint.h>

#define SIM_EPOCH (INT64_C(1700000000) * USEC_PER_SEC) /* database clock at time 0 */
#define SEC       USEC_PER_SEC
#define MSEC      USEC_PER_MS

struct broker;
struct store;
struct fleet;
struct cloud;
struct crowd;
struct drift_world;
struct known;
struct sim;

typedef void sim_fn(struct sim *s, void *arg, uint64_t tag);

/* How bad the weather is: chances in 1/1000, drawn per seed, so that calm and stormy runs occur. */
struct weather {
    int crashes;        /* of NFVO processes, in total */
    int losses;         /* of NFVO connections, in total */
    int commit_fails;   /* per save: rolled back */
    int commit_unknown; /* per save: committed, but the answer is lost */
    int store_away;     /* per load: not reachable */
    int nack;           /* per publish */
    int freezes;      /* per "maybe sent": the worker stands still behind it, or before it writes */
    int net_us;       /* typical delay of a packet */
    int peer_fails;   /* per request to a peer: it answers with an error */
    int peer_silent;  /* ... it works, its answer is lost */
    int peer_slow;    /* ... it takes long, perhaps longer than the deadline */
    int peer_crash;   /* ... it dies of it */
    int peer_twice;   /* ... it answers twice */
    int user_deletes; /* per NSR: deleted while it is deployed */
    int user_operates;   /* operations asked of an NSR, at most */
    int step_fails;      /* per request of an operation: the VNFM answers with an error */
    bool peers_are_well; /* no peer fails: everything must become ACTIVE */
    bool relaxed;        /* nor does anything while PoPs are registered */
};

struct sim_event {
    int64_t at;
    uint64_t order, tag;
    sim_fn *fn;
    void *arg;
};

struct sim {
    uint64_t seed, rng;
    int64_t now;
    struct arena arena;
    struct sim_event *heap;
    size_t n_heap, cap_heap;
    uint64_t order, ids;
    int64_t numbers;
    bool tracing, calm; /* calm: the chaos is over, no new faults */
    int plant;          /* planted fault, 0 = none */
    char violation[512];
    int outcome[3]; /* of network services: ACTIVE, ERROR, gone */
    struct weather weather;
    uint64_t events;
    int doubts; /* messages that may or may not have left: each costs a deadline */
    struct broker *broker;
    struct store *store;
    struct fleet *fleet;
    struct cloud *cloud;       /* the peers */
    struct crowd *crowd;       /* the users */
    struct known *knowledge;   /* of targets: knowledge.h */
    struct watch *watch;       /* who looks at operations */
    struct drift_world *drift; /* the reconciler, and what it is there for; NULL: neither is */
};

void sim_init(struct sim *s, uint64_t seed);
void sim_release(struct sim *s);
/* Calls fn(s, arg, tag) at that time, not before now. Events of one time come in the order they
 * were made. */
void sim_at(struct sim *s, int64_t at, sim_fn *fn, void *arg, uint64_t tag);
/* Runs until the heap is empty, the clock passes `until`, or something was violated. */
void sim_run(struct sim *s, int64_t until);

uint64_t sim_random(struct sim *s);
int64_t sim_between(struct sim *s, int64_t lo, int64_t hi); /* both included */
bool sim_chance(struct sim *s, int per_mille);
int64_t sim_delay(struct sim *s,
                  int64_t typical_us); /* skewed: mostly about typical, sometimes 20 times */
bool sim_faulty(struct sim *s, int per_mille); /* the same as chance, never when calm */

/* Ids whose first eight letters are a number that tells them apart in the story. */
void sim_id(struct sim *s, char out[37]);

/* The story: one line of a message sequence chart; nothing unless tracing. */
void sim_tell(struct sim *s, const char *from, const char *to, const char *fmt, ...)
    PRINTF_LIKE(4, 5);
/* The first violation ends the run. */
void sim_violate(struct sim *s, const char *fmt, ...) PRINTF_LIKE(2, 3);

#endif
