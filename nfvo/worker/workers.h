/* The lifecycle workers of this process: identical threads, each with a database and a broker
 * connection of its own (design.md 3). They share nothing but the queue of users' commands. */
#ifndef NFVO_WORKER_WORKERS_H
#define NFVO_WORKER_WORKERS_H

#include "common/engine/engine.h"
#include "nfvo/api/command.h"
#include "nfvo/options.h"

struct workers;
struct store;

/* Starts the threads; does not wait until they are connected. options and store are borrowed until
 * workers_close. */
MUST_USE enum err_code workers_open(struct workers **ret, const struct nfvo_options *options,
                                    struct store *store, struct err *err);
/* Finishes what is in hand: publishes, confirms, acknowledges; at most some seconds. */
void workers_close(struct workers *w);
struct api_commands workers_commands(struct workers *w);
/* At least one is connected to the broker; else why not. */
bool workers_are_ready(struct workers *w, struct sbuf *why);
void workers_metrics(struct workers *w, struct sbuf *out);

#endif
