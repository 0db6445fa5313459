/* Many calls at once on one thread, which waits for all of them together: for a process that asks
 * hundreds of questions whose answers take minutes. What a call is: client.h.
 *
 *     struct http_calls *calls = http_calls_new(64);
 *     http_calls_begin(calls, &call, on_answer, thing);
 *     while (!is_done)
 *         http_calls_run(calls, 1000);      on_answer(thing, &response, NULL) runs in here
 *     http_calls_free(calls);
 *
 * One thread uses it; only http_calls_wake is for others. Connections are kept and shared. */
#ifndef COMMON_HTTP_CALLS_H
#define COMMON_HTTP_CALLS_H

#include "common/http/client.h"

struct http_calls; /* opaque */

/* err: NULL when there is an answer, else as http_client_call says; both are borrowed for the call.
 * May begin others. */
typedef void http_called_fn(void *arg, const struct http_response *res, const struct err *err);

/* open_max: connections at most; what is begun beyond them waits, its time counts. Given. */
struct http_calls *http_calls_new(unsigned open_max);
/* What was begun ends with ERR_UNAVAIL. NULL is fine. */
void http_calls_free(struct http_calls *c);
/* What call points to is borrowed until done was called, the struct itself is copied; cancel_fd is
 * not looked at. done is called once, from http_calls_run or http_calls_free. */
void http_calls_begin(struct http_calls *c, const struct http_call *call, http_called_fn *done,
                      void *arg);
/* Goes on with all until something happened, http_calls_wake was called, or timeout_ms are over. */
void http_calls_run(struct http_calls *c, int64_t timeout_ms);
void http_calls_wake(struct http_calls *c); /* any thread */

#endif
