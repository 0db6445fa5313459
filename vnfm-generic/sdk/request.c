/* A request in hand: handled, answered. */
#include "vnfm-generic/sdk/internal.h"

#include <stdlib.h>
#include <string.h>

static void request_free(struct ob_request *r)
{
    arena_release(&r->arena);
    sbuf_release(&r->vnfr);
    sbuf_release(&r->vnfc_instance);
    sbuf_release(&r->log[0]);
    sbuf_release(&r->log[1]);
    sbuf_release(&r->note);
    sbuf_release(&r->host_logs);
    free(r);
}

void request_run_handler(struct ob_request *r)
{
    ob_vnfm_handler *handler;
    struct err err = ERR_INIT;
    bool is_deferred = false;
    memcpy(&handler, (const char *)&r->vnfm->handlers + answer_handler_at(r->action),
           sizeof(handler));
    r->is_deferred = &is_deferred;
    enum err_code rc = handler ? handler(r->vnfm->arg, r, &err) : ERR_OK;
    if (is_deferred)
        return; /* r may be gone */
    r->is_deferred = NULL;
    if (rc == ERR_OK) {
        ob_request_reply(r);
        return;
    }
    if (err.code == ERR_OK)
        err_set(&err, rc, "%s failed", action_word(r->action));
    ob_request_fail(r, &err);
}

void ob_request_defer(struct ob_request *r)
{
    if (!r->is_deferred)
        return;
    request_rewind(r);
    *r->is_deferred = true;
    r->is_deferred = NULL;
}

void ob_request_reply(struct ob_request *r)
{
    AUTO(sbuf_release) struct sbuf body = SBUF_INIT;
    answer_ok(r, &body);
    r->carried->ops->reply(r->carried, &body);
    request_free(r);
}

void ob_request_fail(struct ob_request *r, const struct err *err)
{
    ob_request_fail_at(r, err, NULL);
}

void ob_request_fail_at(struct ob_request *r, const struct err *err,
                        const struct ob_fault_place *place)
{
    AUTO(sbuf_release) struct sbuf body = SBUF_INIT;
    answer_error(r, err, place, &body);
    r->carried->ops->reply(r->carried, &body);
    request_free(r);
}

void ob_request_drop(struct ob_request *r)
{
    r->carried->ops->drop(r->carried);
    request_free(r);
}

const char *ob_request_action(const struct ob_request *r)
{
    return action_word(r->action);
}

const char *ob_request_id(const struct ob_request *r)
{
    return r->carried->ops->id(r->carried);
}

bool ob_request_is_restart(const struct ob_request *r)
{
    return r->is_restart;
}

struct ob_vnfm *ob_request_vnfm(const struct ob_request *r)
{
    return r->vnfm;
}
