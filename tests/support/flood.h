/* A client that misbehaves as much as it can, in a process of its own, with valid credentials. It
 * goes on after each refusal. Linked by librabbitmq itself: common/bus would hold it back. */
#ifndef TESTS_SUPPORT_FLOOD_H
#define TESTS_SUPPORT_FLOOD_H

#include "common/bus/bus.h"

#include <stdint.h>
#include <sys/types.h>

/* clang-format off */
#define FLOODS(X)                                                                      \
    X(OWN,       "publishes small messages to its own queue")                          \
    X(RETURNS,   "publishes mandatory messages that are routed nowhere")               \
    X(BIG,       "publishes messages of 16 MiB to its own queue")                      \
    X(NEVER_ACK, "fills its own queue, consumes it and never acknowledges")            \
    X(STALL,     "fills its own queue, consumes it and never reads its socket")        \
    X(QUEUES,    "declares 10,000 queues")                                             \
    X(BINDINGS,  "binds its own queue by 10,000 keys")                                 \
    X(GET,       "asks for a message again and again where there is none")             \
    X(CHANNELS,  "opens and closes channels")                                          \
    X(CHURN,     "declares and deletes a queue again and again")                       \
    X(CONNECT,   "connects again and again")                                           \
    X(REQUESTS,  "sends requests to the NFVO without an end")                          \
    X(HELLOS,    "sends hellos to a VNFM without an end, as only an agent may")        \
    X(GETS,      "asks for many messages at once where there is none")
/* clang-format on */
enum flood_kind {
#define X(name, text) FLOOD_##name,
    FLOODS(X)
#undef X
        FLOOD_N
};
extern const char *const flood_texts[FLOOD_N];

struct flood {
    pid_t pid;
    _Atomic uint64_t *counts; /* shared: what the broker took, what it refused */
};
/* The one of this name ("REQUESTS"); FLOOD_N: there is none. */
enum flood_kind flood_kind_of(const char *name);
/* Does not return. counts: [0] what the broker took, [1] what it refused. */
void flood_run(enum flood_kind kind, const struct bus_options *who, const char *queue,
               _Atomic uint64_t *counts);
/* In a process of its own. who, queue (its own, which is there): borrowed while it runs. */
struct flood flood_start(enum flood_kind kind, const struct bus_options *who, const char *queue);
/* It stands still, or goes on. */
void flood_hold(struct flood *f, bool is_held);
/* Kills it. What it did and what was refused. */
void flood_stop(struct flood *f, uint64_t *ret_done, uint64_t *ret_refused);

#endif
