/* The matrices of servers and of the service, cell by cell: what each filled one leads to, that each
 * empty one does nothing, that no phase is allowed that no case reaches; and that what machines have
 * for one another waits until the one that raised it has returned. The VNFR's: test_matrix.c. */
#include "nfvo/lifecycle/instance.h"
#include "nfvo/lifecycle/nsr.h"
#include "tests/support/stage.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static struct stage s;

static int open_stage(void **state)
{
    (void)state;
    stage_init(&s, AGG_NSR, "nsr-1");
    stage_service(&s, NULL);
    return 0;
}

static int close_stage(void **state)
{
    (void)state;
    stage_release(&s);
    return 0;
}

static struct nsr_model *model_at(int vnfr_phase)
{
    stage_release(&s);
    open_stage(NULL);
    stage_to(&s, vnfr_phase);
    return nsr_model_of(&s.d);
}

static struct instance_member *client_server(struct nsr_model *m)
{
    return model_instance_by_id(m, stage_instance(&s, "client")->id);
}

/* --- servers ----------------------------------------------------------------------------------- */

static void no_pop(struct nsr_model *m, struct instance_member *i)
{
    (void)m;
    i->row->key[INSTANCE_POP] = "pop-gone";
}

static void no_launch(struct nsr_model *m, struct instance_member *i)
{
    struct command *c = decision_find_for(m->d, CMD_LAUNCH, i->row->id);
    if (c)
        decision_close(c);
}

static void missed_before(struct nsr_model *m, struct instance_member *i)
{
    no_launch(m, i);
    i->st->misses = 3;
}

static void tried_often(struct nsr_model *m, struct instance_member *i)
{
    missed_before(m, i);
    i->st->tries = 3;
}

static void is_deleting(struct nsr_model *m, struct instance_member *i)
{
    instance_owner(m, i)->row->phase = VNFR_DELETING;
}

static void is_rebuilt(struct nsr_model *m, struct instance_member *i)
{
    (void)m;
    i->st->rebuild = "list";
}

static struct server good = {.ext_id = "vm-1", .status = "ACTIVE"},
                     broken = {.ext_id = "vm-1", .status = "ERROR"};
static struct driver_exception exception;
static struct driver_reply refused = {.exception = &exception}, nothing,
                           launched = {.answer = {.at = "{\"extId\":\"vm-1\"}", .n = 16}};

/* clang-format off */
#define C(phase, event, next, ...) { INSTANCE_##phase, INSTANCE_EV_##event, INSTANCE_##next, __VA_ARGS__ }
static const struct cell {
    int phase, event, next;
    void (*before)(struct nsr_model *m, struct instance_member *i);
    struct instance_input in;
} cells[] = {
    C(LAUNCHING, LAUNCHED,    UP,        NULL,          { .reply = &launched }),
    C(LAUNCHING, LAUNCHED,    FAILED,    NULL,          { .reply = &refused }),
    C(LAUNCHING, LAUNCHED,    DOUBT,     NULL,          { .reply = &nothing }),
    C(LAUNCHING, LATE,        DOUBT,     NULL,          { 0 }),
    C(LAUNCHING, UNSURE,      DOUBT,     NULL,          { 0 }),
    C(LAUNCHING, DELETE,      DELETING,  NULL,          { 0 }),
    C(LAUNCHING, DELETE,      GONE,      no_pop,        { 0 }),
    C(DOUBT,     LAUNCHED,    UP,        NULL,          { .reply = &launched }),
    C(DOUBT,     LAUNCHED,    FAILED,    NULL,          { .reply = &refused }),
    C(DOUBT,     LAUNCHED,    DOUBT,     NULL,          { .reply = NULL }),
    C(DOUBT,     LATE,        DOUBT,     NULL,          { .is_lost = true }),
    C(DOUBT,     DOUBT_OVER,  FAILED,    NULL,          { 0 }),
    C(DOUBT,     LISTED,      UP,        NULL,          { .server = &good }),
    C(DOUBT,     LISTED,      FAILED,    NULL,          { .server = &broken }),
    C(DOUBT,     MISSED,      DOUBT,     NULL,          { 0 }),
    C(DOUBT,     MISSED,      LAUNCHING, missed_before, { 0 }),
    C(DOUBT,     MISSED,      FAILED,    tried_often,   { 0 }),
    C(DOUBT,     UNLISTED,    DOUBT,     NULL,          { 0 }),
    C(DOUBT,     POP_GONE,    FAILED,    NULL,          { 0 }),
    C(DOUBT,     DELETE,      DELETING,  NULL,          { 0 }),
    C(DOUBT,     DELETE,      GONE,      no_pop,        { 0 }),
    C(UP,        LISTED,      UP,        is_rebuilt,    { .server = &good }),
    C(UP,        MISSED,      UP,        is_rebuilt,    { 0 }),
    C(UP,        UNLISTED,    UP,        is_rebuilt,    { 0 }),
    C(UP,        POP_GONE,    UP,        is_rebuilt,    { 0 }),
    C(UP,        LAUNCH_AGAIN, LAUNCHING, NULL,         { 0 }),
    C(FAILED,    LAUNCH_AGAIN, LAUNCHING, NULL,         { 0 }),
    C(UP,        DELETE,      DELETING,  NULL,          { 0 }),
    C(UP,        DELETE,      GONE,      no_pop,        { 0 }),
    C(FAILED,    DELETE,      DELETING,  NULL,          { 0 }),
    C(FAILED,    DELETE,      GONE,      no_pop,        { 0 }),
    C(DELETING,  LISTED,      DELETING,  NULL,          { .server = &good }),
    C(DELETING,  MISSED,      DELETING,  NULL,          { 0 }),
    C(DELETING,  MISSED,      GONE,      missed_before, { 0 }),
    C(DELETING,  UNLISTED,    DELETING,  NULL,          { 0 }),
    C(DELETING,  POP_GONE,    GONE,      NULL,          { 0 }),
    C(DELETING,  DELETED,     DELETING,  NULL,          { 0 }),
    C(DELETING,  LATE_LAUNCH, DELETING,  NULL,          { 0 }),
    C(DELETING,  DELETE,      DELETING,  NULL,          { 0 }),
    C(DELETING,  DELETE,      GONE,      no_pop,        { 0 }),
    C(GONE,      LATE_LAUNCH, DELETING,  is_deleting,   { 0 }),
    C(GONE,      LATE_LAUNCH, GONE,      NULL,          { 0 }),
};
#undef C
/* clang-format on */

static void fail_if_not_all_reached(const struct fsm *fsm, const uint64_t *reached)
{
    for (int p = 0; p < fsm->n_phases; p++)
        for (int e = 0; e < fsm->n_events; e++) {
            const struct fsm_rule *r = fsm_rule(fsm, p, e);
            if (r->next & ~reached[p * fsm->n_events + e])
                fail_msg("%s: %s x %s allows a phase that no case reaches", fsm->name,
                         fsm->phases[p], fsm->events[e]);
        }
}

static void test_filled_cells_of_a_server(void **state)
{
    static uint64_t reached[INSTANCE_PHASE_N * INSTANCE_EV_N];
    (void)state;
    for (size_t k = 0; k < ARRAY_LEN(cells); k++) {
        const struct cell *c = &cells[k];
        struct nsr_model *m = model_at(VNFR_ALLOCATING);
        struct instance_member *i = client_server(m);
        const struct vnfr_member *v = instance_owner(m, i);
        i->row->phase = c->phase;
        if (c->before)
            c->before(m, i);
        if (!instance_step(m, i, (enum instance_event)c->event, &c->in) || i->row->phase != c->next)
            fail_msg("%s x %s led to %s, not to %s", instance_phase_names[c->phase],
                     instance_event_names[c->event], instance_phase_names[i->row->phase],
                     instance_phase_names[c->next]);
        reached[c->phase * INSTANCE_EV_N + c->event] |= FSM_BIT(c->next);
        bool was_launched = c->phase <= INSTANCE_DOUBT;
        bool is_settled = was_launched && (c->next == INSTANCE_UP || c->next == INSTANCE_FAILED);
        assert_int_equal(v->raised, is_settled ? 1u << VNFR_EV_LAUNCH_SETTLED : 0);
    }
    fail_if_not_all_reached(&instance_fsm, reached);
}

static void test_empty_cells_of_a_server(void **state)
{
    (void)state;
    struct nsr_model *m = model_at(VNFR_ALLOCATING);
    struct instance_member *i = client_server(m);
    uint32_t n_commands = m->d->commands.n, n_steps = m->d->steps.n;
    for (int p = 0; p < INSTANCE_PHASE_N; p++)
        for (int e = 0; e < INSTANCE_EV_N; e++) {
            if (fsm_rule(&instance_fsm, p, e)->handle)
                continue;
            i->row->phase = p;
            assert_false(instance_step(m, i, (enum instance_event)e, NULL));
            assert_int_equal(i->row->phase, p);
        }
    assert_int_equal(m->d->commands.n, n_commands);
    assert_int_equal(m->d->steps.n, n_steps);
    assert_false(m->has_raised);
}

/* --- the service ------------------------------------------------------------------------------- */

static void test_cells_of_a_service(void **state)
{
    static const struct {
        int phase, event, next;
    } filled[] = {
        {NSR_DEPLOYING, NSR_EV_ALL_ACTIVE, NSR_ACTIVE},
        {NSR_DEPLOYING, NSR_EV_STOP, NSR_FAILED},
        {NSR_DEPLOYING, NSR_EV_RELEASE, NSR_RELEASING},
        {NSR_ACTIVE, NSR_EV_STOP, NSR_FAILED},
        {NSR_ACTIVE, NSR_EV_RELEASE, NSR_RELEASING},
        {NSR_FAILED, NSR_EV_RECOVERED, NSR_ACTIVE},
        {NSR_FAILED, NSR_EV_PRUNED, NSR_ACTIVE},
        {NSR_FAILED, NSR_EV_RELEASE, NSR_RELEASING},
        {NSR_RELEASING, NSR_EV_SIGHT_OVER, NSR_TOMBSTONE},
        {NSR_RELEASING, NSR_EV_ALL_GONE, NSR_RELEASING},
        {NSR_TOMBSTONE, NSR_EV_ALL_GONE, NSR_TOMBSTONE},
    };
    static uint64_t reached[NSR_PHASE_N * NSR_EV_N];
    (void)state;
    for (size_t k = 0; k < ARRAY_LEN(filled); k++) {
        struct nsr_model *m = model_at(VNFR_ACTIVE);
        model_nsr(m);
        m->d->root->phase = filled[k].phase;
        assert_true(nsr_step(m, (enum nsr_event)filled[k].event));
        assert_int_equal(m->d->root->phase, filled[k].next);
        assert_int_equal(m->d->root->mark == ROW_GONE, filled[k].event == NSR_EV_ALL_GONE);
        reached[filled[k].phase * NSR_EV_N + filled[k].event] |= FSM_BIT(filled[k].next);
    }
    fail_if_not_all_reached(&nsr_fsm, reached);
    struct nsr_model *m = model_at(VNFR_ACTIVE);
    for (int p = 0; p < NSR_PHASE_N; p++)
        for (int e = 0; e < NSR_EV_N; e++) {
            if (fsm_rule(&nsr_fsm, p, e)->handle)
                continue;
            m->d->root->phase = p;
            assert_false(nsr_step(m, (enum nsr_event)e));
            assert_int_equal(m->d->root->phase, p);
        }
}

/* --- run to completion ------------------------------------------------------------------------- */

/* Two servers in one list: each goes by itself, and their VNFR is told once, when both are gone. */
static void test_a_vnfr_is_told_once(void **state)
{
    const int cell = VNFR_DELETING * VNFR_EV_N + VNFR_EV_SERVER_GONE;
    (void)state;
    model_at(VNFR_DELETING);
    struct row *one = stage_instance(&s, "client"), *two = arena_alloc(&s.arena, sizeof(*two));
    *two = *one;
    two->id = "another";
    two->key[INSTANCE_HOSTNAME] = "another-2";
    proto_list_add(&s.rows, two, &s.arena);
    s.is_contrived = true;
    stage_late(&s, CMD_DELETE, one->id);
    stage_listed(&s, "pop-1", NULL, false);
    uint64_t hits = vnfr_fsm.hits[cell];
    stage_listed(&s, "pop-1", NULL, false);
    assert_int_equal(vnfr_fsm.hits[cell] - hits, 1);
}

/* Its PoP was deleted under it: the release is over in the decision that begins to delete. */
static void test_a_deletion_that_ends_at_once(void **state)
{
    (void)state;
    model_at(VNFR_RELEASING);
    stage_forget(&s, "pop-1");
    stage_answer_well(&s, CMD_RELEASE_RESOURCES, "client");
    const struct row *v = stage_vnfr(&s, "client");
    assert_true(!v || v->phase == VNFR_GONE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_filled_cells_of_a_server, open_stage, close_stage),
        cmocka_unit_test_setup_teardown(test_empty_cells_of_a_server, open_stage, close_stage),
        cmocka_unit_test_setup_teardown(test_cells_of_a_service, open_stage, close_stage),
        cmocka_unit_test_setup_teardown(test_a_vnfr_is_told_once, open_stage, close_stage),
        cmocka_unit_test_setup_teardown(test_a_deletion_that_ends_at_once, open_stage, close_stage),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
