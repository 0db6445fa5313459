/* The user data of an instance, out of what its VNFM sent. Pure. */
#ifndef NFVO_LIFECYCLE_USER_DATA_H
#define NFVO_LIFECYCLE_USER_DATA_H

#include "common/fsm/decision.h"

struct sbuf;

/* Append text as a JSON string with what is this instance's own filled in: hostname and login of
 * its agent (amqp-protocol.md 7.3, decisions.md D9), at the marks of proto/topology.h. Of the
 * password only the place is noted: struct send_ref. What is filled in is not looked at again. text
 * NULL: "". */
void user_data_fill(struct decision *d, const char *text, const char *hostname, struct sbuf *body,
                    struct send_refs *places);

#endif
