/* The runner under random plans and random events: a world of peers that do what they are asked, or
 * not, answer late, twice, or never, and people who retry, roll back, cancel and fail. Each seed is
 * one schedule; a failing one prints its seed. RUNNER_SEEDS, RUNNER_FROM: more of them.
 *
 * After each event (numbers: operations.md 8):
 *   2  one request of scope "whole" of a VNFR is open, or instances' of different ones; nothing is
 *      sent before all that it waits for
 *   3  every open operation is waited for: something in hand, a turn that another has, a pause, or a
 *      person; what is final has nothing in hand
 *   6  claims of open operations go together
 * and: nothing DONE is sent again; ROLLED_BACK leaves no effect behind; from any point on, peers
 * that answer and a person who decides bring everything to an end. */
#include "nfvo/lifecycle/operation/claims.h"
#include "tests/support/service_scene.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define OPERATIONS 4
#define REQUESTS   512

struct request { /* in the hands of a peer */
    struct operation *op;
    struct plan_step *s;
    uint16_t attempt;
    bool is_undo;
};
struct world {
    struct arena arena;
    uint64_t random;
    unsigned long seed;
    struct service_view *view;
    struct operations open;
    struct run run;
    struct request requests[REQUESTS], late[REQUESTS];
    uint32_t n_requests, n_late;
    /* by operation and step: */
    bool *has_effect[OPERATIONS], *was_done[OPERATIONS];
    bool is_kind; /* peers answer well, people decide */
    int made;
};

static uint32_t dice(struct world *w, uint32_t n) /* 0 .. n-1 */
{
    w->random = w->random * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (uint32_t)(w->random >> 33) % n;
}

#define CHECK(w, what)                                                                             \
    do {                                                                                           \
        if (!(what))                                                                               \
            fail_msg("seed %lu: %s", (w)->seed, #what);                                            \
    } while (0)

/* --- plans ------------------------------------------------------------------------------------ */

static const char *const services[] = {
    "web ACTIVE u/9 i:web-1 i:web-2 i:web-3=STANDBY; client ACTIVE <web told=web-2 i:client-1; db "
    "ACTIVE i:db-1",
    "web ACTIVE java package=p i:web-1 i:web-2; client ACTIVE python <web told=web-1 told=web-2 "
    "package=p i:client-1 i:client-2",
    "a ACTIVE foreign i:a-1; b ACTIVE <a told=a-1 i:b-1 i:b-2; c ACTIVE <a <b told=b-1 i:c-1",
};
static const char *const births[] = {"web; client <web; db", "ordered; a <b; b <c; c; d",
                                     "a java <b; b python <a; c go"};
static const char *const requests[] = {
    "SCALE_OUT web n=3",
    "SCALE_IN web",
    "SWITCH web failed=web-1",
    "HEAL web i=web-1",
    "RESTART web image",
    "UPGRADE web",
    "STOP_INSTANCE web i=web-2",
    "START_VNF client",
    "STOP_VNF web",
    "UPDATE client",
    "EXECUTE web",
    "EXECUTE client",
    "CONFIGURE web",
    "REMOVE_VNF web",
    "UPDATE_SCRIPT package=p",
    "HEAL b i=b-1",
    "SCALE_OUT a n=2",
    "CONFIGURE a",
    "SCALE_OUT b",
    "EXECUTE c",
    "RESTART b",
    "START_INSTANCE b i=b-2",
    "RELEASE",
    "REMOVE_VNF b",
};

/* Steps of any kind in any order: what planners would never make. */
static void random_plan(struct world *w, struct plan *plan)
{
    uint32_t n = 1 + dice(w, 12);
    *plan = (struct plan){.steps = arena_alloc(&w->arena, n * sizeof(*plan->steps)), .n_steps = n};
    for (uint32_t i = 0; i < n; i++) {
        struct plan_step *s = &plan->steps[i];
        const struct view_vnfr *v = &w->view->vnfrs[dice(w, w->view->n_vnfrs)];
        enum step_kind kind = dice(w, STEP_DROP_INSTANCE);
        *s = (struct plan_step){.n = (uint16_t)(i + 1),
                                .kind = kind,
                                .undo = step_kinds[kind].undo,
                                .attempt = 1,
                                .since = 1,
                                .vnfr = v->id,
                                .name = v->name};
        if (step_kinds[kind].takes == TAKES_INSTANCE || dice(w, 2))
            s->instance = v->n_instances ? v->instances[dice(w, v->n_instances)].id : "x";
        s->after.at = arena_alloc(&w->arena, (i + 1) * sizeof(*s->after.at));
        for (uint32_t k = 0; k < i; k++)
            if (dice(w, 4) == 0)
                s->after.at[s->after.n++] = (uint16_t)(k + 1);
    }
}

static bool make_plan(struct world *w, struct plan *plan, struct plan_request **ret)
{
    struct err err = ERR_INIT;
    struct ids ids = {.ctx = &w->made, .make = scene_id};
    const char *text = w->open.n == 0 && w->view->vnfrs[0].state == VNFR_STATE_NULL
                           ? "DEPLOY"
                           : requests[dice(w, ARRAY_LEN(requests))];
    *ret = scene_request(&w->arena, text);
    if (plan_make(w->view, *ret, &ids, &w->arena, plan, &err) != ERR_OK)
        return false;
    if (dice(w, 4) == 0 && (*ret)->kind != OPERATION_RELEASE)
        random_plan(w, plan);
    return true;
}

static uint32_t index_of(const struct world *w, const struct operation *op)
{
    for (uint32_t i = 0; i < w->open.n; i++)
        if (w->open.at[i] == op)
            return i;
    fail_msg("seed %lu: an operation that is not there", w->seed);
    return 0;
}

static void ask(struct world *w)
{
    struct err err = ERR_INIT;
    struct plan plan;
    struct plan_request *q;
    if (w->open.n == OPERATIONS || !make_plan(w, &plan, &q))
        return;
    struct operation *op = plan_operation(&plan, q, arena_printf(&w->arena, "op-%u", w->open.n + 1),
                                          "nsr-1", w->run.now, &w->arena);
    op->origin = "user";
    op->policy = dice(w, POLICY_N);
    op->attempts = (uint16_t)(1 + dice(w, 3));
    struct admitted a = operation_admit(&w->run, op, dice(w, 2) == 0, &err);
    if (a.answer == REFUSE)
        return;
    uint32_t at = w->open.n;
    proto_list_add(&w->open, op, &w->arena);
    w->has_effect[at] = arena_alloc(&w->arena, plan.n_steps + 1);
    w->was_done[at] = arena_alloc(&w->arena, plan.n_steps + 1);
    for (uint32_t i = 0; i < a.ended.n; i++)
        run_supersede(&w->run, a.ended.at[i], op->id);
    if (a.answer == ADMIT)
        run_begin(&w->run, op);
}

/* --- what the runner wants -------------------------------------------------------------------- */

static void hand_over(struct world *w, const struct run_action *a)
{
    CHECK(w, w->n_requests < REQUESTS);
    w->requests[w->n_requests++] = (struct request){
        .op = a->op, .s = a->step, .attempt = a->step->attempt, .is_undo = a->what == RUN_UNDO};
}

static void check_order(struct world *w, const struct operation *op, const struct plan_step *s)
{
    for (uint32_t k = 0; k < s->after.n; k++) {
        const struct plan_step *before = operation_step(op, s->after.at[k]);
        CHECK(w, step_is_satisfied(before) || run_is_tolerated(op, before));
    }
}

/* The undo of a step goes after those of all that stand on it; in a forward rollback the other way
 * round. */
static void check_undo_order(struct world *w, const struct operation *op, const struct plan_step *s)
{
    bool is_forward = operation_kinds[op->kind].rollback == ROLLBACK_FORWARD;
    uint32_t at = index_of(w, op);
    for (uint32_t i = 0; i < op->n_steps && !s->is_anew; i++) {
        const struct plan_step *other = &op->steps[i];
        const struct plan_step *later = is_forward ? s : other, *first = is_forward ? other : s;
        for (uint32_t k = 0; k < later->after.n; k++)
            if (later->after.at[k] == first->n)
                CHECK(w, !w->has_effect[at][other->n] || other->undo == UNDO_NONE ||
                             other->state == STEP_STATE_UNDONE);
    }
}

static void carry_out(struct world *w)
{
    for (uint32_t i = 0; i < w->run.actions.n; i++) {
        const struct run_action *a = &w->run.actions.at[i];
        uint32_t at = index_of(w, a->op), n = a->step ? a->step->n : 0;
        switch (a->what) {
        case RUN_SEND:
            CHECK(w, !w->was_done[at][n]);
            check_order(w, a->op, a->step);
            hand_over(w, a);
            break;
        case RUN_UNDO:
            check_undo_order(w, a->op, a->step);
            hand_over(w, a);
            break;
        case RUN_APPLY:
            if (a->step->state == STEP_STATE_DONE) {
                CHECK(w, !w->was_done[at][n]);
                check_order(w, a->op, a->step);
                w->has_effect[at][n] = true;
            }
            break;
        case RUN_RESTORE:
            CHECK(w, w->has_effect[at][n]);
            break;
        case RUN_EFFECT:
            w->was_done[at][n] = true;
            break;
        case RUN_UNDONE:
            w->has_effect[at][n] = false;
            break;
        default:
            break;
        }
    }
    w->run.actions.n = 0;
}

/* --- invariants ------------------------------------------------------------------------------- */

static bool is_whole(const struct plan_step *s, enum step_kind kind)
{
    return step_kinds[kind].takes == TAKES_WHOLE ||
           (step_kinds[kind].takes == TAKES_BOTH && !s->instance);
}

static void check_turns(struct world *w)
{
    for (uint32_t i = 0; i < w->n_requests; i++)
        for (uint32_t k = 0; k < i; k++) {
            const struct plan_step *a = w->requests[i].s, *b = w->requests[k].s;
            enum step_kind ka = run_request_of(a, w->requests[i].is_undo),
                           kb = run_request_of(b, w->requests[k].is_undo);
            if (!step_is_open(a) || !step_is_open(b) || strcmp(a->vnfr, b->vnfr) != 0 ||
                step_kinds[ka].takes == TAKES_NONE || step_kinds[kb].takes == TAKES_NONE)
                continue;
            CHECK(w, !is_whole(a, ka) && !is_whole(b, kb));
            CHECK(w, strcmp(a->instance, b->instance) != 0);
        }
}

static bool is_in_hand(const struct world *w, const struct plan_step *s)
{
    for (uint32_t i = 0; i < w->n_requests; i++)
        if (w->requests[i].s == s && w->requests[i].is_undo == (s->state == STEP_STATE_UNDOING))
            return true;
    return false;
}

/* Something of another operation is open that it may wait for, or a pause. */
static bool waits_for_others(const struct world *w, const struct operation *op)
{
    for (uint32_t i = 0; i < w->open.n; i++)
        if (w->open.at[i] != op && run_in_flight(w->open.at[i]))
            return true;
    for (uint32_t i = 0; i < op->n_steps; i++)
        if (op->steps[i].state == STEP_STATE_PLANNED && op->steps[i].not_before_at > w->run.now)
            return true;
    return false;
}

static void check_waits(struct world *w, const struct operation *op)
{
    bool is_waiting =
        op->state == OPERATION_STATE_PROCESSING || op->state == OPERATION_STATE_ROLLING_BACK;
    CHECK(w, !operation_is_final(op) || run_in_flight(op) == 0);
    CHECK(w, op->state != OPERATION_STATE_FAILED_TEMP || run_in_flight(op) == 0);
    CHECK(w, op->state != OPERATION_STATE_FAILED_TEMP ||
                 (op->cancel == CANCEL_NO && !op->is_rollback_pending));
    CHECK(w, !is_waiting || run_in_flight(op) || waits_for_others(w, op));
    for (uint32_t i = 0; i < op->n_steps; i++)
        CHECK(w, op->steps[i].state != STEP_STATE_UNDONE || !op->steps[i].is_touched);
    for (uint32_t i = 0; i < op->n_steps; i++)
        CHECK(w, !step_is_open(&op->steps[i]) || is_in_hand(w, &op->steps[i]));
    if (op->state == OPERATION_STATE_COMPLETED)
        for (uint32_t i = 0; i < op->n_steps; i++)
            CHECK(w, step_is_satisfied(&op->steps[i]) || run_is_tolerated(op, &op->steps[i]));
}

static void check_rolled_back(struct world *w, const struct operation *op)
{
    uint32_t at = index_of(w, op);
    for (uint32_t i = 0; i < op->n_steps; i++)
        CHECK(w, !w->has_effect[at][i + 1] || op->steps[i].undo == UNDO_NONE);
}

/* A repair is let in beside what has failed, and may still run when that goes on. */
static bool is_repair(const struct operation *op)
{
    return operation_kinds[op->kind].claims.vnfr == CLAIM_R;
}

static void check_claims(struct world *w)
{
    for (uint32_t i = 0; i < w->open.n; i++)
        for (uint32_t k = 0; k < i; k++) {
            const struct operation *a = w->open.at[i], *b = w->open.at[k];
            if (a->state != OPERATION_STATE_STARTING && b->state != OPERATION_STATE_STARTING &&
                a->state != OPERATION_STATE_FAILED_TEMP &&
                b->state != OPERATION_STATE_FAILED_TEMP && !is_repair(a) && !is_repair(b))
                CHECK(w, !operations_conflict(a, false, b));
        }
}

static void settle(struct world *w)
{
    struct operation *queued = NULL;
    do {
        run_settle(&w->run);
        carry_out(w);
        queued = operation_next_queued(&w->run);
        if (queued) {
            struct err err = ERR_INIT;
            struct admitted a = operation_admit(&w->run, queued, false, &err);
            for (uint32_t i = 0; i < a.ended.n; i++)
                run_supersede(&w->run, a.ended.at[i], queued->id);
            run_begin(&w->run, queued);
        }
    } while (queued);
    check_turns(w);
    check_claims(w);
    for (uint32_t i = 0; i < w->open.n; i++) {
        check_waits(w, w->open.at[i]);
        if (w->open.at[i]->state == OPERATION_STATE_ROLLED_BACK)
            check_rolled_back(w, w->open.at[i]);
    }
}

/* --- what happens ----------------------------------------------------------------------------- */

static void answer(struct world *w)
{
    static const enum step_event events[] = {STEP_EV_OK,    STEP_EV_OK,     STEP_EV_OK,
                                             STEP_EV_OK,    STEP_EV_OK,     STEP_EV_FAULT,
                                             STEP_EV_FAULT, STEP_EV_UNSENT, STEP_EV_OUT};
    static struct fault fault = {.code = "ERR_PEER", .message = "it broke"};
    if (!w->n_requests)
        return;
    uint32_t i = dice(w, w->n_requests), at;
    struct request r = w->requests[i];
    struct step_news news = {.event = w->is_kind ? STEP_EV_OK : events[dice(w, ARRAY_LEN(events))],
                             .attempt = r.attempt,
                             .is_undo = r.is_undo};
    w->requests[i] = w->requests[--w->n_requests];
    at = index_of(w, r.op);
    if (news.event == STEP_EV_FAULT || news.event == STEP_EV_OUT)
        news.fault = &fault;
    if (news.event == STEP_EV_FAULT)
        news.cause = dice(w, 2) ? CAUSE_SCRIPT : CAUSE_RESOURCES;
    /* what a peer heard of may have had an effect */
    if (!r.is_undo && news.event != STEP_EV_UNSENT)
        w->has_effect[at][r.s->n] = true;
    if (news.event == STEP_EV_OUT && w->n_late < REQUESTS)
        w->late[w->n_late++] = r;
    run_step(&w->run, r.op, r.s, &news);
}

static void answer_late(struct world *w)
{
    if (!w->n_late)
        return;
    uint32_t i = dice(w, w->n_late);
    struct request r = w->late[i];
    w->late[i] = w->late[--w->n_late];
    run_step(&w->run, r.op, r.s,
             &(struct step_news){.event = dice(w, 2) ? STEP_EV_OK : STEP_EV_FAULT,
                                 .attempt = r.attempt,
                                 .is_undo = r.is_undo});
}

/* Withdrawn requests are out of hand: nobody answers them, or late. */
static void forget_withdrawn(struct world *w)
{
    for (uint32_t i = 0; i < w->n_requests;) {
        struct request *r = &w->requests[i];
        bool is_open = r->is_undo ? r->s->state == STEP_STATE_UNDOING
                                  : r->s->state == STEP_STATE_SENT && r->s->attempt == r->attempt;
        if (is_open) {
            i++;
            continue;
        }
        w->has_effect[index_of(w, r->op)][r->s->n] =
            w->has_effect[index_of(w, r->op)][r->s->n] || !r->is_undo;
        if (w->n_late < REQUESTS)
            w->late[w->n_late++] = *r;
        *r = w->requests[--w->n_requests];
    }
}

static void decide(struct world *w, struct operation *op)
{
    static const enum operation_event verbs[] = {OPERATION_EV_RETRY, OPERATION_EV_ROLLBACK,
                                                 OPERATION_EV_CANCEL, OPERATION_EV_FAIL,
                                                 OPERATION_EV_CONTINUE};
    struct err err = ERR_INIT;
    enum operation_event verb = verbs[dice(w, ARRAY_LEN(verbs))];
    struct run_ask a = {.consent = {.repeat = dice(w, 2), .unknown = dice(w, 3)},
                        .cancel = 1 + dice(w, 2)};
    if ((verb == OPERATION_EV_RETRY || verb == OPERATION_EV_ROLLBACK) &&
        operation_reclaim(&w->run, op, &err) != ERR_OK)
        return;
    /* a person who looked knows that it had its effect, and that it is done */
    err_ignore(run_verb(&w->run, op, verb, &a, &err), "not possible now: fine");
}

static void happen(struct world *w)
{
    uint32_t what = dice(w, 20);
    w->run.now += dice(w, 3) * USEC_PER_SEC;
    if (what < 13)
        answer(w);
    else if (what < 15)
        answer_late(w);
    else if (what < 17)
        ask(w);
    else if (w->open.n)
        decide(w, w->open.at[dice(w, w->open.n)]);
    run_settle(&w->run);
    carry_out(w);
    forget_withdrawn(w);
    settle(w);
}

static bool is_over(const struct world *w)
{
    for (uint32_t i = 0; i < w->open.n; i++)
        if (!operation_is_final(w->open.at[i]))
            return false;
    return true;
}

/* From here on peers answer, and a person decides: retry, else roll back, else give up. */
static void bring_to_an_end(struct world *w)
{
    const struct run_ask consent = {.consent = {.repeat = true, .unknown = UNKNOWN_REPEAT}};
    w->is_kind = true;
    for (int round = 0; round < 4000 && !is_over(w); round++) {
        struct err err = ERR_INIT;
        w->run.now += USEC_PER_SEC * 60;
        answer(w);
        for (uint32_t i = 0; i < w->open.n; i++) {
            struct operation *op = w->open.at[i];
            enum operation_event verb =
                (w->seed + i) % 2 ? OPERATION_EV_RETRY : OPERATION_EV_ROLLBACK;
            if (op->state == OPERATION_STATE_FAILED_TEMP &&
                (operation_reclaim(&w->run, op, &err) != ERR_OK ||
                 run_verb(&w->run, op, verb, &consent, &err) != ERR_OK))
                CHECK(w, run_verb(&w->run, op, OPERATION_EV_FAIL, &consent, &err) == ERR_OK);
        }
        run_settle(&w->run);
        carry_out(w);
        forget_withdrawn(w);
        settle(w);
    }
    CHECK(w, is_over(w));
    CHECK(w, w->n_requests == 0);
}

static bool is_needed(void *arg, const struct operation *op, const struct plan_step *s)
{
    const struct world *w = arg;
    return (w->seed + s->n + (op->kind == OPERATION_SCALE_OUT)) % 5 != 0;
}

static void live(unsigned long seed)
{
    struct world *w = calloc(1, sizeof(*w));
    assert_non_null(w);
    w->seed = seed;
    w->random = seed * UINT64_C(0x9E3779B97F4A7C15) + 1;
    w->view = scene_read(&w->arena, dice(w, 3) ? services[dice(w, ARRAY_LEN(services))]
                                               : births[dice(w, ARRAY_LEN(births))]);
    w->run = (struct run){.view = w->view,
                          .operations = &w->open,
                          .now = USEC_PER_SEC,
                          .arena = &w->arena,
                          .is_needed = is_needed,
                          .arg = w};
    ask(w);
    settle(w);
    for (uint32_t i = 0, n = 10 + dice(w, 120); i < n; i++)
        happen(w);
    bring_to_an_end(w);
    arena_release(&w->arena);
    free(w);
}

static void test_random_schedules(void **state)
{
    const char *n = getenv("RUNNER_SEEDS"), *from = getenv("RUNNER_FROM");
    unsigned long first = from ? strtoul(from, NULL, 10) : 1;
    unsigned long seeds = n ? strtoul(n, NULL, 10) : 3000;
    (void)state;
    for (unsigned long seed = first; seed < first + seeds; seed++)
        live(seed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_random_schedules),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
