/* A synchronous call that the engine finishes later, in whichever process (design.md, "Synchronous
 * REST"): the request is parked, a row of table operation waits, the clerk answers.
 *
 *     rc = operation_start(c, pop->id, CLERK_POP, &o, err);
 *     if (rc == ERR_OK)
 *         commands->pop_refresh(commands->ctx, o->id, pop->id, operation_accepted, o); */
#ifndef NFVO_API_OPERATION_H
#define NFVO_API_OPERATION_H

#include "common/sys/ids.h"
#include "nfvo/api/clerk.h"
#include "nfvo/api/context.h"

struct operation {
    struct api *api;
    char id[ID_SIZE];
};

/* *ret: given to the command, as the argument of operation_accepted. subject_id: what it is about,
 * or NULL. */
MUST_USE enum err_code operation_start(struct call *c, const char *subject_id,
                                       enum clerk_subject subject, struct operation **ret,
                                       struct err *err);
/* Of type api_done_fn: whether the engine took it. If not, nothing else will answer. */
void operation_accepted(void *arg, const struct err *err, const char *text);

#endif
