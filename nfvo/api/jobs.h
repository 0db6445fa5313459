/* A thread with a bounded queue, for what would block a thread of the server for long. */
#ifndef NFVO_API_JOBS_H
#define NFVO_API_JOBS_H

#include "common/base/err.h"

#include <stdbool.h>

struct jobs; /* opaque */

struct jobs *jobs_new(unsigned max); /* given; starts the thread */
/* false: the queue is full, and arg is still the caller's. fn: with is_stopping it only gives arg
 * back. */
bool jobs_push(struct jobs *j, void (*fn)(void *arg, bool is_stopping), void *arg);
void jobs_free(struct jobs *j); /* what is queued is run with is_stopping */

#endif
