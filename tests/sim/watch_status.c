/* Stored statuses are what operations.md 5 says, after every transaction. */
#include "tests/sim/watch_private.h"

#include <string.h>

static const char *status_of(const struct row *r)
{
    struct nsr *n = NULL;
    if (r->kind == ROW_VNFR) {
        const struct vnfr *v = watch_record(r);
        return v && v->status ? v->status : "";
    }
    return proto_decode(&nsr_type, r->doc, strlen(r->doc), 0, &watch_scratch, &n, NULL) == ERR_OK &&
                   n->status
               ? n->status
               : "";
}

/* A VNF that is added: no MODIFY of it is left, and its START comes, or is on its way. */
static bool is_about_to_start(const struct operation *op, const char *vnfr)
{
    bool is_planned = false, is_sent = false, has_failed = false;
    for (uint32_t i = 0; i < op->n_steps; i++) {
        const struct plan_step *x = &op->steps[i];
        bool is_its = x->vnfr && strcmp(x->vnfr, vnfr) == 0;
        has_failed |= x->state == STEP_STATE_FAILED || x->state == STEP_STATE_UNKNOWN;
        if (is_its && x->kind == STEP_MODIFY && !step_is_satisfied(x))
            return false;
        if (is_its && x->kind == STEP_START && x->state == STEP_STATE_SENT)
            is_sent = true;
        is_planned |= is_its && x->kind == STEP_START;
    }
    return op->kind == OPERATION_ADD_VNF && op->state == OPERATION_STATE_PROCESSING && is_planned &&
           (is_sent || !has_failed);
}

/* operations.md 5, of a VNFR that is ACTIVE by phase. NULL: anything. */
static const char *wanted_status(struct sim *s, const struct row *v)
{
    struct vnfr_state *st = NULL;
    bool is_resuming = false, is_starting = false;
    if (proto_decode(&vnfr_state_type, v->state, strlen(v->state), 0, &watch_scratch, &st, NULL) !=
        ERR_OK)
        return NULL;
    /* One whose ADD_VNF was given up, and that came up behind it, waits for its START. */
    if (st->broken && !st->failed_by && !st->by_steps)
        sim_violate(s, "VNFR %.8s was mended, and is broken yet", v->id);
    for (size_t i = 0; i < s->store->n_rows; i++) {
        const struct row *r = s->store->rows[i];
        const struct operation *op = r->kind == ROW_OPERATION && strcmp(r->agg, v->agg) == 0 &&
                                             r->phase < OPERATION_STATE_COMPLETED
                                         ? watch_read(s, r)
                                         : NULL;
        is_starting |= op && st->stable && is_about_to_start(op, v->id);
        for (uint32_t k = 0; op && k < op->n_steps; k++) {
            const struct plan_step *x = &op->steps[k];
            if (!x->vnfr || strcmp(x->vnfr, v->id) != 0)
                continue;
            if (x->kind == STEP_REBUILD || x->kind == STEP_SCALE_OUT || x->kind == STEP_TERMINATE)
                return NULL;
            is_resuming |= x->state == STEP_STATE_SENT && x->form == FORM_RESUME;
        }
    }
    if (!st->broken && !is_resuming && is_starting && strcmp(st->stable, "INITIALIZED") == 0)
        return "INACTIVE";
    return st->broken    ? "ERROR"
           : is_resuming ? "RESUMING"
           : st->emptied ? "NULL"
           : st->stable  ? st->stable
                         : "ACTIVE";
}

/* What one that comes or goes is to its service. */
static const char *status_beside(const struct row *v)
{
    struct vnfr_state *st = NULL;
    bool is_broken =
        v->phase == VNFR_FAILED || (proto_decode(&vnfr_state_type, v->state, strlen(v->state), 0,
                                                 &watch_scratch, &st, NULL) == ERR_OK &&
                                    st->broken);
    return is_broken ? "ERROR" : *v->doc ? status_of(v) : "NULL";
}

void watch_statuses(struct sim *s)
{
    static const char *const order[] = {"ERROR",    "NULL",    "INITIALIZED", "INACTIVE",
                                        "RESUMING", "SCALING", "ACTIVE"};
    const struct row *nsr = store_row(s, ROW_NSR, s->watch->nsr);
    size_t smallest = ARRAY_LEN(order) - 1;
    bool is_leaving = false;
    if (!nsr || nsr->phase != NSR_ACTIVE)
        return;
    for (size_t i = 0; i < s->store->n_rows; i++) {
        const struct row *v = s->store->rows[i];
        if (v->kind != ROW_VNFR || strcmp(v->agg, nsr->id) != 0)
            continue;
        bool is_beside = v->phase != VNFR_ACTIVE;
        is_leaving |= v->phase > VNFR_FAILED; /* ERROR by it, or TERMINATED and not counted */
        if (v->phase > VNFR_FAILED)
            continue;
        const char *status = is_beside ? status_beside(v) : status_of(v);
        const char *wanted = is_beside ? NULL : wanted_status(s, v);
        if (strcmp(status, "ACTIVE") == 0 && watch_wiped(s, v->id)->is_empty)
            sim_violate(s, "VNFR %.8s is ACTIVE, was rebuilt, and not installed since", v->id);
        if (wanted && strcmp(status, wanted) != 0)
            sim_violate(s, "VNFR %.8s is stored as %s, and should be %s", v->id, status, wanted);
        for (size_t k = 0; k < smallest; k++)
            if (strcmp(status, order[k]) == 0)
                smallest = k;
    }
    const char *status = status_of(nsr);
    bool is_own = (is_leaving && strcmp(status, "ERROR") == 0) || strcmp(status, "SCALING") == 0 ||
                  strcmp(status, "RESUMING") == 0 || strcmp(order[smallest], "RESUMING") == 0;
    if (!is_own && strcmp(status, order[smallest]) != 0)
        sim_violate(s, "NSR %.8s is stored as %s, and its VNFRs are %s at best", nsr->id, status,
                    order[smallest]);
}
