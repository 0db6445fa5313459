/* The lifecycle workers of this process: identical threads, each with a database and a broker
 * connection of its own (design.md 3). They share nothing but the queue of users' commands. */
#ifndef NFVO_WORKER_WORKERS_H
#define NFVO_WORKER_WORKERS_H

#include "common/engine/engine.h"
#include "nfvo/lifecycle/types.h"

struct workers;
struct store;
struct bus_options;
struct rooms;

struct workers_setup {
    const struct bus_options *bus; /* borrowed until workers_close */
    struct store *store;           /* likewise */
    struct rooms *rooms;           /* likewise; NULL: there is the inner one only */
    struct lifecycle_settings settings;
    const char *version; /* said with the heartbeat; may be NULL */
    int n;               /* threads; as many as cores: more only shrink the batches */
};

/* Starts the threads; does not wait until they are connected. */
MUST_USE enum err_code workers_open(struct workers **ret, const struct workers_setup *setup,
                                    struct err *err);
/* Finishes what is in hand: publishes, confirms, acknowledges; at most some seconds. Commands that
 * are not decided then, and those that come later, are refused: what they are answered through has
 * to live until this has returned. */
void workers_stop(struct workers *w);
/* Stops, if that was not done, and frees. */
void workers_close(struct workers *w);
struct engine_queue *workers_queue(struct workers *w); /* of users' commands; borrowed */
/* At least one is connected to the broker; else why not. */
bool workers_are_ready(struct workers *w, struct sbuf *why);
void workers_metrics(struct workers *w, struct sbuf *out);

#endif
