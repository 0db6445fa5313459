/* The thread that gives accepted releases (nfvo/store/store_release.h) to the engine, some at a
 * time: deleting thousands keeps nobody waiting, neither who asked nor whose commands stand in the
 * engine's queue behind them. What this process leaves, the next one takes. */
#ifndef NFVO_API_LIFECYCLE_RELEASER_H
#define NFVO_API_LIFECYCLE_RELEASER_H

#include "common/base/err.h"

struct api;
struct releaser; /* opaque, thread-safe */

MUST_USE enum err_code releaser_open(struct releaser **ret, struct api *api, struct err *err);
/* There is something new. */
void releaser_wake(struct releaser *r);
/* What the engine has and has not confirmed is given back to the store; it may still answer. NULL
 * is fine. */
void releaser_close(struct releaser *r);

#endif
