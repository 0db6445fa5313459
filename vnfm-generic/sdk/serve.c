/* A request of the NFVO: decoded, and handed to whom it is for. */
#include "vnfm-generic/sdk/internal.h"

#include <stdlib.h>

void request_serve(struct ob_vnfm *v, struct carried *c)
{
    struct ob_request *r = calloc(1, sizeof(*r));
    struct err err = ERR_INIT;
    if (!r) { /* not acknowledged: the broker gives it to a sibling, or to us later */
        c->ops->drop(c);
        return;
    }
    *r = (struct ob_request){.vnfm = v,
                             .carried = c,
                             .log = {SBUF_INIT, SBUF_INIT},
                             .note = SBUF_INIT,
                             .host_logs = SBUF_INIT,
                             .vnfr = SBUF_INIT,
                             .vnfc_instance = SBUF_INIT};
    if (request_decode(r, &err) != ERR_OK) {
        ob_request_fail(r, &err);
        return;
    }
    r->action = action_parse(r->msg->action);
    r->is_restart = r->action == ACTION_INSTANTIATE && r->msg->vnfr.n > 0;
    if (answer_handler_at(r->action) == SIZE_MAX) {
        err_set(&err, ERR_INVALID, "action '%s' is not one of a VNFM", r->msg->action);
        ob_request_fail(r, &err);
    } else if (r->action == ACTION_INSTANTIATE && !r->is_restart) {
        instantiate_begin(r);
    } else if (r->action == ACTION_SCALE_OUT && !r->vnfm->is_allocating_itself) {
        scale_out_begin(r);
    } else {
        request_run_handler(r);
    }
}
