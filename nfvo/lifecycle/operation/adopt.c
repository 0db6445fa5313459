#include "nfvo/lifecycle/operation/adopt.h"

#include <string.h>

struct phase_row {
    const char *phase;
    enum operation_kind kind;
    enum step_state states[3];
    const char *stage;
    enum vnfr_state_word stable;
};
/* clang-format off */
static const struct phase_row rows[] = {
#define X(phase, kind, first, second, third, stage, stable) \
    { #phase, OPERATION_##kind, { STEP_STATE_##first, STEP_STATE_##second, STEP_STATE_##third }, stage, VNFR_STATE_##stable },
    ADOPTED_PHASES(X)
#undef X
};
/* clang-format on */

static const struct phase_row *row_of(const char *phase)
{
    for (size_t i = 0; phase && i < ARRAY_LEN(rows); i++)
        if (strcmp(rows[i].phase, phase) == 0)
            return &rows[i];
    return NULL;
}

bool adopt_knows(const char *phase)
{
    return row_of(phase) != NULL;
}

/* Which of the three steps of its operation; -1: another one. */
static int place_of(enum step_kind kind)
{
    switch (kind) {
    case STEP_INSTANTIATE:
    case STEP_TERMINATE:
        return 0;
    case STEP_MODIFY:
    case STEP_DELETE:
        return 1;
    case STEP_START:
    case STEP_DROP:
        return 2;
    default:
        return -1;
    }
}

static bool is_of_release(enum step_kind kind)
{
    return kind == STEP_TERMINATE || kind == STEP_DELETE || kind == STEP_DROP;
}

/* FAILED: the first that the history does not have; HELD: what it has is done. */
static void by_history(const struct view_vnfr *v, struct phase_row *row)
{
    bool is_failed = strcmp(row->phase, "FAILED") == 0;
    if (!is_failed && strcmp(row->phase, "HELD") != 0)
        return;
    bool is_there = v->was_instantiated || !is_failed;
    bool is_configured = is_there && (v->was_configured || v->n_sources == 0);
    enum step_state next = is_failed ? STEP_STATE_FAILED : STEP_STATE_PLANNED;
    row->states[0] = is_there ? STEP_STATE_DONE : next;
    row->states[1] = is_configured ? STEP_STATE_DONE : is_there ? next : STEP_STATE_PLANNED;
    row->states[2] = is_configured ? next : STEP_STATE_PLANNED;
    row->stable = is_there && v->was_configured ? VNFR_STATE_INACTIVE
                  : is_there                    ? VNFR_STATE_INITIALIZED
                                                : VNFR_STATE_NULL;
}

bool adopt_step(const struct view_vnfr *v, enum step_kind kind, enum step_state *ret)
{
    const struct phase_row *known = row_of(v->phase);
    int place = place_of(kind);
    if (!known || place < 0 || (known->kind == OPERATION_RELEASE) != is_of_release(kind))
        return false;
    struct phase_row row = *known;
    by_history(v, &row);
    *ret = row.states[place];
    return true;
}

static void set_step(struct plan_step *s, const struct view_vnfr *v, const struct phase_row *row,
                     int64_t now)
{
    enum step_state state;
    if (!adopt_step(v, s->kind, &state))
        return;
    s->state = state;
    s->is_touched = s->state != STEP_STATE_PLANNED && step_kinds[s->kind].peer != PEER_NFVO;
    s->sent_at = s->is_touched ? now : 0;
    s->stage = s->state == STEP_STATE_SENT && *row->stage ? row->stage : NULL;
    if (s->state != STEP_STATE_FAILED)
        return;
    s->cause = CAUSE_SCRIPT;
    s->fault = v->fault;
}

static bool is_releasing(const struct service_view *view)
{
    return view->phase &&
           (strcmp(view->phase, "RELEASING") == 0 || strcmp(view->phase, "TOMBSTONE") == 0);
}

/* The service as it was before anything was done: planners leave out what is done. */
static struct service_view *before_all(const struct service_view *view, bool is_release,
                                       struct arena *a)
{
    struct service_view *copy = arena_alloc(a, sizeof(*copy));
    struct view_vnfr *vnfrs = arena_alloc(a, (view->n_vnfrs + 1) * sizeof(*vnfrs));
    *copy = *view;
    for (uint32_t i = 0; i < view->n_vnfrs; i++) {
        vnfrs[i] = view->vnfrs[i];
        vnfrs[i].state = VNFR_STATE_NULL;
        vnfrs[i].is_broken = false;
        /* RELEASING: its VNFM was asked, so it knows it */
        vnfrs[i].is_known = is_release && vnfrs[i].is_known;
    }
    copy->vnfrs = vnfrs;
    return copy;
}

static void settle_service(struct operation *op, int64_t now)
{
    for (uint32_t i = 0; i < op->n_steps; i++) {
        struct plan_step *s = &op->steps[i];
        if (s->state == STEP_STATE_FAILED && !op->fault)
            op->fault = s->fault;
    }
    op->state_at = now;
}

enum err_code adopt(const struct service_view *view, const char *id, int64_t now, struct arena *a,
                    struct adopted *ret, struct err *err)
{
    bool is_release = is_releasing(view), is_all_done = true, is_open = false;
    struct plan_request request = {.kind = is_release ? OPERATION_RELEASE : OPERATION_DEPLOY};
    struct phase_row *own = arena_alloc(a, (view->n_vnfrs + 1) * sizeof(*own));
    struct adopted adopted = {.states =
                                  arena_alloc(a, (view->n_vnfrs + 1) * sizeof(*adopted.states)),
                              .is_broken = arena_alloc(a, view->n_vnfrs + 1)};
    struct plan plan;
    for (uint32_t i = 0; i < view->n_vnfrs; i++) {
        const struct phase_row *row = row_of(view->vnfrs[i].phase);
        if (!row)
            return err_set(err, ERR_INVALID, "VNFR '%s': phase '%s' is not known",
                           view->vnfrs[i].name, view->vnfrs[i].phase ? view->vnfrs[i].phase : "");
        own[i] = *row;
        by_history(&view->vnfrs[i], &own[i]);
        adopted.states[i] = own[i].stable;
        adopted.is_broken[i] = strcmp(row->phase, "FAILED") == 0;
        is_all_done = is_all_done && strcmp(row->phase, "ACTIVE") == 0;
    }
    *ret = adopted;
    if (is_all_done && view->phase && strcmp(view->phase, "ACTIVE") == 0)
        return ERR_OK;
    enum err_code rc = plan_make(before_all(view, is_release, a), &request, NULL, a, &plan, err);
    if (rc != ERR_OK)
        return rc;
    struct operation *op = plan_operation(&plan, &request, id, view->id, view->created_at, a);
    for (uint32_t i = 0; i < op->n_steps; i++) {
        const struct view_vnfr *v = view_vnfr(view, op->steps[i].vnfr);
        if (v && own[view_index(view, v)].kind == request.kind)
            set_step(&op->steps[i], v, &own[view_index(view, v)], now);
        is_open = is_open || step_is_open(&op->steps[i]);
    }
    settle_service(op, now);
    /* what is in hand is awaited, also where a VNFR has failed: the runner derives the rest */
    op->state = !is_open && view->phase && strcmp(view->phase, "FAILED") == 0
                    ? OPERATION_STATE_FAILED_TEMP
                    : OPERATION_STATE_PROCESSING;
    op->origin = "user";
    ret->op = op;
    return ERR_OK;
}
