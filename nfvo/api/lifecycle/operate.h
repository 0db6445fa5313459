/* Calls that ask for an operation on a network service: how each of them goes, whatever the kind.
 *
 *     static enum err_code read_heal(struct asked *o, struct err *err);   body -> o->req
 *     static enum err_code heal(struct call *c, struct err *err)
 *     {
 *         return operate_ask(c, OPERATION_HEAL, read_heal, err);
 *     }
 *
 * What the path names is looked up first (404), then the body is read, then the engine is asked:
 * whether it is possible now is decided there, in its transaction. The answer is that of the
 * reference, with the headers Operation-Id and Location; `?plan=true` answers 200 with what would
 * be done, and does nothing; `?queue=true` waits for operations in the way instead of being refused;
 * `?attempts=3`: a step that fails is tried again by itself, up to so many times in all, after a pause;
 * `If-Match: "B"` or `?basis=B`, B the `basis` of a plan: only if the service is still as it was then;
 * `If-Match: ETAG` of the service or the VNF: precondition.h.
 */
#ifndef NFVO_API_LIFECYCLE_OPERATE_H
#define NFVO_API_LIFECYCLE_OPERATE_H

#include "nfvo/api/context.h"
#include "nfvo/api/request/command.h"
#include "nfvo/lifecycle/operate.h"
#include "proto/records/record.h"

#define OPERATES (API_PROJECT | API_OPERATES) /* flags of such an endpoint */

struct asked {
    struct call *call;
    struct api_command *cmd;     /* what req points at lives in its arena */
    struct operate_request *req; /* for the reader to fill */
    const char *nsr_id;
    struct vnfr *vnfr; /* as far as the path names them; NULL: it does not */
    const struct vdu *vdu;
    const struct vnfc_instance *instance;
    struct sbuf parameters; /* JSON, without its braces: operate_say */
};

typedef enum err_code operate_read_fn(struct asked *o, struct err *err);

/* read NULL: there is nothing in the body. */
MUST_USE enum err_code operate_ask(struct call *c, enum operation_kind kind, operate_read_fn *read,
                                   struct err *err);
/* A VNFD of the project, in the command's arena. */
MUST_USE enum err_code operate_read_vnfd(struct asked *o, const char *id, struct vnfd **ret,
                                         struct err *err);
/* A parameter, for people who look at the operation later. NULL, "": left out. */
void operate_say(struct asked *o, const char *name, const char *value);
void operate_say_number(struct asked *o, const char *name, int64_t value);
/* Like call_body; no body is an empty object. */
MUST_USE enum err_code operate_body(struct asked *o, const struct proto_type *type, void *ret_rec,
                                    struct err *err);

/* Append the open operations of the service (NULL: of all of the project), as a list shows them
 * (operations.c): the youngest 50. */
MUST_USE enum err_code operations_put_open(struct call *c, const char *nsr, struct err *err);
/* Append of the service, as members behind others: notTold (nfvo/lifecycle/told.h), and next, what a
 * person may do with it, ["baton nsr resume ..", ..]: it is in ERROR, and no operation waits for a
 * decision; [] otherwise. */
void operations_put_service(struct call *c, const char *nsr);
/* Of a resume, as of a retry: that scripts may run a second time (operations.c). A body that is no
 * object says nothing: the reference does not read it. */
MUST_USE enum err_code read_consent(struct call *c, struct retry_consent *ret, struct err *err);

#endif
