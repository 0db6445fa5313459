/* The thread behind the server: waits for operations that the engine finishes, in whichever
 * process (LISTEN), and writes the history of requests in batches. */
#ifndef NFVO_API_REQUEST_CLERK_H
#define NFVO_API_REQUEST_CLERK_H

#include "common/base/err.h"

struct api;
struct clerk; /* opaque, thread-safe */
struct pending;

MUST_USE enum err_code clerk_open(struct clerk **ret, struct api *api, struct err *err);
/* Who waits still is answered with an error. */
void clerk_close(struct clerk *k);

enum clerk_subject {
    CLERK_POP_NEW, /* a failed registration leaves no secrets behind */
    CLERK_POP,
    CLERK_TEXT /* the operation's body is the answer */
};
/* p (taken) is answered when operation `id` is finished: before the row is inserted. p->id of a
 * PoP: its document is the answer to a success. */
void clerk_wait(struct clerk *k, const char *id, enum clerk_subject subject, int64_t timeout_ms,
                struct pending *p);
/* The command was not accepted: nothing will finish the operation. */
void clerk_refuse(struct clerk *k, const char *id, const struct err *err);

/* One line of the history. Dropped when too many wait. */
void clerk_note(struct clerk *k, const char *username, const char *method, const char *path,
                int status);

#endif
