#include "nfvo/lifecycle/operation/projection.h"

#include <string.h>

#define X(word) #word,
const char *const wire_status_words[WIRE_STATUS_N] = {WIRE_STATUSES(X)};
#undef X

static bool is_of(const struct plan_step *s, const struct view_vnfr *v)
{
    return s->vnfr && strcmp(s->vnfr, v->id) == 0;
}

static bool is_running(const struct operation *op)
{
    return op->state == OPERATION_STATE_PROCESSING || op->state == OPERATION_STATE_ROLLING_BACK;
}

static bool is_begun(const struct operation *op)
{
    return op->state != OPERATION_STATE_STARTING && !operation_is_final(op) && !op->superseded_by;
}

static bool ends(enum step_kind kind)
{
    return kind == STEP_TERMINATE || kind == STEP_DELETE || kind == STEP_DROP;
}

/* It is on its way out: it is planned, or something of that was sent. */
static bool is_going(const struct view_vnfr *v, const struct operation *op)
{
    if (!is_begun(op) || (op->kind != OPERATION_RELEASE && op->kind != OPERATION_REMOVE_VNF))
        return false;
    for (uint32_t i = 0; i < op->n_steps; i++) {
        const struct plan_step *s = &op->steps[i];
        if (is_of(s, v) && ends(s->kind) &&
            (op->state == OPERATION_STATE_PROCESSING || step_may_have_effect(s)))
            return true;
    }
    return false;
}

static bool is_sent(const struct view_vnfr *v, const struct operation *op, enum step_kind kind,
                    bool is_resume)
{
    for (uint32_t i = 0; i < op->n_steps; i++) {
        const struct plan_step *s = &op->steps[i];
        if (is_of(s, v) && s->state == STEP_STATE_SENT &&
            (is_resume ? s->form == FORM_RESUME : s->kind == kind))
            return true;
    }
    return false;
}

/* A REBUILD has begun, and what it wiped is not installed again. v NULL: of any. */
static bool is_rebuilding(const struct view_vnfr *v, const struct operation *op)
{
    bool is_begun_at_all = false, is_done = false;
    for (uint32_t i = 0; is_running(op) && i < op->n_steps; i++) {
        const struct plan_step *s = &op->steps[i];
        if (v && !is_of(s, v))
            continue;
        if (s->kind == STEP_REBUILD)
            is_begun_at_all = is_begun_at_all || step_may_have_effect(s) || step_is_open(s);
        if (s->kind == STEP_REINSTANTIATE)
            is_done = s->state == STEP_STATE_DONE || s->state == STEP_STATE_UNDONE;
    }
    return is_begun_at_all && !is_done;
}

/* INITIALIZED, configured or without a need of it, and its START comes: INACTIVE on the wire. */
static bool awaits_start(const struct view_vnfr *v, const struct operation *op)
{
    bool has_start = false, is_failing = false;
    if (op->state != OPERATION_STATE_PROCESSING ||
        (op->kind != OPERATION_DEPLOY && op->kind != OPERATION_ADD_VNF))
        return false;
    for (uint32_t i = 0; i < op->n_steps; i++) {
        const struct plan_step *s = &op->steps[i];
        is_failing = is_failing || s->state == STEP_STATE_FAILED || s->state == STEP_STATE_UNKNOWN;
        if (is_of(s, v) && s->kind == STEP_MODIFY && !step_is_satisfied(s))
            return false;
        has_start = has_start || (is_of(s, v) && s->kind == STEP_START);
    }
    return has_start && (!is_failing || is_sent(v, op, STEP_START, false));
}

enum wire_status vnfr_wire_status(const struct view_vnfr *v, const struct operations *open)
{
    static const enum wire_status of_state[VNFR_STATE_N] = {
        [VNFR_STATE_NULL] = WIRE_NULL,         [VNFR_STATE_INITIALIZED] = WIRE_INITIALIZED,
        [VNFR_STATE_INACTIVE] = WIRE_INACTIVE, [VNFR_STATE_ACTIVE] = WIRE_ACTIVE,
        [VNFR_STATE_GONE] = WIRE_TERMINATED,
    };
    if (v->state == VNFR_STATE_GONE)
        return WIRE_TERMINATED;
    for (uint32_t i = 0; i < open->n; i++)
        if (is_going(v, open->at[i]))
            return WIRE_TERMINATED;
    if (v->is_broken)
        return WIRE_ERROR;
    for (uint32_t i = 0; i < open->n; i++)
        if (is_sent(v, open->at[i], STEP_NO, true))
            return WIRE_RESUMING;
    for (uint32_t i = 0; i < open->n; i++)
        if (is_rebuilding(v, open->at[i]))
            return WIRE_NULL;
    for (uint32_t i = 0; i < open->n; i++)
        if (is_sent(v, open->at[i], STEP_SCALE_OUT, false))
            return WIRE_SCALING;
    for (uint32_t i = 0; v->state == VNFR_STATE_INITIALIZED && i < open->n; i++)
        if (awaits_start(v, open->at[i]))
            return WIRE_INACTIVE;
    return of_state[v->state];
}

static bool is_any(const struct operations *open, enum operation_kind kind, bool running)
{
    for (uint32_t i = 0; i < open->n; i++)
        if (open->at[i]->kind == kind &&
            (running ? is_running(open->at[i]) : is_begun(open->at[i])))
            return true;
    return false;
}

/* A VNFR that REMOVE_VNF takes away, or was to and was given up half-way, does not count: the service
 * goes on without it. */
static enum wire_status smallest(const struct service_view *view, const struct operations *open)
{
    enum wire_status ret = WIRE_STATUS_N;
    for (uint32_t i = 0; i < view->n_vnfrs; i++) {
        enum wire_status s = vnfr_wire_status(&view->vnfrs[i], open);
        if (!view->vnfrs[i].is_leaving && s != WIRE_TERMINATED && s < ret)
            ret = s;
    }
    return ret == WIRE_STATUS_N ? (view->n_vnfrs ? WIRE_TERMINATED : WIRE_NULL) : ret;
}

enum wire_status nsr_wire_status(const struct service_view *view, const struct operations *open)
{
    if (view->is_gone || is_any(open, OPERATION_RELEASE, false))
        return WIRE_TERMINATED;
    bool is_resuming = is_any(open, OPERATION_RESUME, true);
    for (uint32_t i = 0; i < view->n_vnfrs; i++) {
        enum wire_status s = vnfr_wire_status(&view->vnfrs[i], open);
        if (s == WIRE_ERROR)
            return WIRE_ERROR;
        is_resuming = is_resuming || s == WIRE_RESUMING;
    }
    if (view->has_fault)
        return WIRE_ERROR;
    if (is_resuming)
        return WIRE_RESUMING;
    if (is_any(open, OPERATION_SCALE_OUT, true) || is_any(open, OPERATION_SCALE_IN, true) ||
        is_any(open, OPERATION_ADD_VNF, true))
        return WIRE_SCALING;
    for (uint32_t i = 0; i < view->n_vnfrs; i++)
        if (!view->vnfrs[i].has_record && !view->vnfrs[i].is_leaving &&
            view->vnfrs[i].state != VNFR_STATE_GONE)
            return WIRE_NULL;
    return smallest(view, open); /* a rebuild makes its VNFR NULL, and so the service */
}

/* "Scaling out": of an operation that runs beside. */
static bool is_task_of_others(const char *task)
{
    for (int i = 0; task && i < OPERATION_KIND_N; i++)
        if (*operation_kinds[i].task && strcmp(operation_kinds[i].task, task) == 0)
            return true;
    return false;
}

const char *nsr_wire_task(const struct operation *op, int state, const char *task)
{
    const struct operation_kind_row *row = &operation_kinds[op->kind];
    bool is_over = operation_is_final(op);
    if (op->kind == OPERATION_RELEASE || (state != OPERATION_STATE_PROCESSING && !is_over))
        return NULL;
    if (!*row->task && (!is_over || is_task_of_others(task)))
        return NULL;
    if (!is_over)
        return row->task;
    return state == OPERATION_STATE_COMPLETED && *row->task_done ? row->task_done : "Onboarded";
}

const char *instance_wire_state(const struct view_instance *i)
{
    switch (i->state) {
    case INSTANCE_STATE_LAUNCHING:
    case INSTANCE_STATE_DOUBT:
    case INSTANCE_STATE_GONE:
        return "";
    case INSTANCE_STATE_UP:
    case INSTANCE_STATE_REBUILDING:
    case INSTANCE_STATE_DELETING:
        return NULL;
    default:
        return instance_state_words[i->state];
    }
}
