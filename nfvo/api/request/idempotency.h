/* Header Idempotency-Key: a POST that is repeated, since its answer was lost, has one effect and
 * gets the first answer (status and body; header Idempotency-Replayed: true). The key counts for
 * the user and the project; with another path or body it is 422. Kept for idempotency-keep, the
 * newest idempotency-max of a user.
 *
 * Why nothing is made twice: the first request writes its key with the id that what it makes will
 * have, and commits, before anything else happens. Whoever carries it out again (the answer was not
 * written: the process died, or another one of several has it in hand) makes it with the same id,
 * which is there already, or is made by one of them. Repeats that reach the process that has the
 * first one in hand are parked and get its answer. */
#ifndef NFVO_API_REQUEST_IDEMPOTENCY_H
#define NFVO_API_REQUEST_IDEMPOTENCY_H

#include "nfvo/api/context.h"

struct key_claim; /* claims.h */

/* Before the handler of a POST. *ret_is_answered: *reply is the answer, or the call is parked; else
 * c->claim is set if the request bears a key: exactly one claim_finish follows. */
MUST_USE enum err_code claim_begin(struct call *c, struct http_reply *reply, bool *ret_is_answered,
                                   struct err *err);
/* The handler failed: did another one, with the same id, succeed? Then c->out is its object. */
bool claim_has_object(struct call *c);
/* The answer is known; takes claim (NULL is fine). Answers the repeats that wait. Borrows a
 * connection. In pending.c: they are answered as all that wait are. */
void claim_finish(struct api *api, struct key_claim *claim, int status, const char *type,
                  const char *body, size_t len);
/* What the handler makes has this id. */
const char *call_object_id(struct call *c);

#endif
