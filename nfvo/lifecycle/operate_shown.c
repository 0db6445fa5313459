/* An operation as its JSON. */
#include "nfvo/lifecycle/operate_private.h"

#include "common/base/sbuf.h"
#include "nfvo/lifecycle/operation/document.h"

const char *operate_shown_of(struct nsr_model *m, const struct run *run, const struct operation *op)
{
    struct decision *d = m->d;
    AUTO(sbuf_release) struct sbuf text = SBUF_INIT;
    const struct operation_extras extras = {.run = run, .nsr_name = d->root->key[NSR_NAME]};
    proto_encode(&shown_operation_type, operation_show(op, &extras, d->arena), 0, &text);
    return arena_strndup(d->arena, text.s, text.len);
}

struct run operate_run_of_one(struct nsr_model *m, const struct operation *op)
{
    struct operations *none = arena_alloc(m->d->arena, sizeof(*none));
    bool is_waiting = op->state == OPERATION_STATE_FAILED_TEMP;
    return (struct run){.view = is_waiting ? operate_view(m) : NULL,
                        .operations = none,
                        .now = m->d->now,
                        .arena = m->d->arena};
}

const char *operate_shown(struct nsr_model *m, const struct operation *op)
{
    const struct run run = operate_run_of_one(m, op);
    return operate_shown_of(m, &run, op);
}
