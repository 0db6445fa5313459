#include "nfvo/api/request/rest_call.h"

#include <stdlib.h>

#include "common/base/mem.h"
#include "nfvo/store/store_misc.h"

void rest_call_accepted(void *arg, const struct err *err, const char *text)
{
    struct rest_call *o = arg;
    (void)text;
    if (err && err->code != ERR_OK)
        call_waiter_refuse(o->api->waiter, o->id, err);
    free(o);
}

/* The waiter is there before the row, the row before the command: nothing can be missed. */
enum err_code rest_call_start(struct call *c, const char *subject_id,
                              enum rest_call_subject subject, struct rest_call **ret,
                              struct err *err)
{
    struct err late = ERR_INIT;
    int64_t timeout_ms = c->api->options->operation_timeout_ms;
    struct rest_call *o = xcalloc(1, sizeof(*o));
    o->api = c->api;
    id_new(o->id);
    enum err_code rc = store_rest_call_add(call_db(c), o->id, c->project ? c->project : "*",
                                           timeout_ms * USEC_PER_MS + 3600 * USEC_PER_SEC, err);
    if (rc != ERR_OK) {
        free(o);
        return rc;
    }
    err_set(&late, ERR_TIMEOUT, "operation '%s' is not finished yet", o->id);
    err_hint(&late, "GET /api/v1/operations/%s", o->id);
    call_waiter_add(c->api->waiter, o->id, subject, timeout_ms,
                    call_park(c, timeout_ms, &late, subject_id));
    *ret = o;
    return ERR_OK;
}
