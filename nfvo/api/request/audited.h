/* Requests in the audit log: nfvo/audit/audit.h. dispatch.c and pending.c write what every request
 * leaves there; a handler adds a record of its own only for what the request does not say. */
#ifndef NFVO_API_REQUEST_AUDITED_H
#define NFVO_API_REQUEST_AUDITED_H

#include "nfvo/api/context.h"
#include "nfvo/audit/audit.h"

/* A record about this call: who asks and from where are filled in, as far as they are known, when
 * the record has none. */
void audited_write(const struct call *c, struct audit_record record);

/* The answer to a call is known. Kept: what changes something, and what is refused. err NULL: all
 * went well, or the body says what did not. */
void audited_call(const struct call *c, int status, const char *body, const struct err *err);
void audited_pending(const struct pending *p, int status, const char *body, const struct err *err);

#endif
