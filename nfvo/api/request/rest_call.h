/* A synchronous call that the engine finishes later, in whichever process (design.md, "Synchronous
 * REST"): the request is parked, a row of table rest_call waits, call_waiter.c answers.
 *
 *     rc = rest_call_start(c, pop->id, REST_CALL_POP, &o, err);
 *     if (rc == ERR_OK)
 *         api_submit(commands, command_pop(EV_POP_REFRESH, o->id, pop->id), rest_call_accepted, o); */
#ifndef NFVO_API_REQUEST_REST_CALL_H
#define NFVO_API_REQUEST_REST_CALL_H

#include "common/sys/ids.h"
#include "nfvo/api/context.h"
#include "nfvo/api/request/call_waiter.h"

struct rest_call {
    struct api *api;
    char id[ID_SIZE];
};

/* *ret: given to the command, as the argument of rest_call_accepted. subject_id: what it is about,
 * or NULL. */
MUST_USE enum err_code rest_call_start(struct call *c, const char *subject_id,
                                       enum rest_call_subject subject, struct rest_call **ret,
                                       struct err *err);
/* Of type api_done_fn: whether the engine took it. If not, nothing else will answer. */
void rest_call_accepted(void *arg, const struct err *err, const char *text);

#endif
