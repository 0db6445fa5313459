/* If-Match: a call that changes something goes on only if what it changes still is what the caller
 * has read. Its value is the ETag that GET gave of the record that the path names, or of one around
 * it (a VNF's, its network service's); of a call that asks for an operation also the basis of a
 * plan. Else 412, and nothing has happened.
 *
 * For NSDs, VNFDs and operations nothing comes between the look and the change.
 * NEEDSWORK: for PoPs, keys, users and projects something may, within milliseconds. */
#ifndef NFVO_API_REQUEST_PRECONDITION_H
#define NFVO_API_REQUEST_PRECONDITION_H

#include "nfvo/api/context.h"

/* In front of the handler; and again by one that has read what it will replace (as long as that
 * is so: a store function's `was`). ERR_STATE, with c->fail_status 412. */
MUST_USE enum err_code precondition_check(struct call *c, struct err *err);

/* Is there a record of which If-Match may name the state? */
bool precondition_applies(const struct endpoint *const *tables, const struct endpoint *e);

#define ETAG_SIZE 40
/* Of the whole body: what is the same has the same one. Weak, since it may be sent compressed. */
void etag_of(const struct sbuf *body, char ret[ETAG_SIZE]);

#endif
