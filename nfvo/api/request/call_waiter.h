/* The thread behind the server: waits for parked calls (rest_call.h) that the engine finishes, in
 * whichever process (LISTEN), and writes the history of requests in batches. */
#ifndef NFVO_API_REQUEST_CALL_WAITER_H
#define NFVO_API_REQUEST_CALL_WAITER_H

#include "common/base/err.h"

struct api;
struct call_waiter; /* opaque, thread-safe */
struct pending;

MUST_USE enum err_code call_waiter_open(struct call_waiter **ret, struct api *api, struct err *err);
/* Who waits still is answered with an error. */
void call_waiter_close(struct call_waiter *k);

enum rest_call_subject {
    REST_CALL_POP_NEW, /* a failed registration leaves no secrets behind */
    REST_CALL_POP,
    REST_CALL_TEXT /* the body of the row is the answer */
};
/* p (taken) is answered when the call `id` is finished: before the row is inserted. p->id of a
 * PoP: its document is the answer to a success. */
void call_waiter_add(struct call_waiter *k, const char *id, enum rest_call_subject subject,
                     int64_t timeout_ms, struct pending *p);
/* The command was not accepted: nothing will finish the call. */
void call_waiter_refuse(struct call_waiter *k, const char *id, const struct err *err);

#endif
