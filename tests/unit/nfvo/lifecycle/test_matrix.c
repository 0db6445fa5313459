/* The VNFR's matrix, cell by cell: what each filled one does, by messages through the whole domain;
 * that each empty one does nothing; that no phase is allowed that no case reaches. */
#include "nfvo/lifecycle/deadlines.h"
#include "nfvo/lifecycle/operate.h"
#include "tests/support/stage.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static const char fault[] = "{\"code\":\"ERR_PEER\",\"message\":\"no\"}";

/* --- what is different to begin with ---------------------------------------------------------- */

static void fresh(struct stage *s)
{
    stage_pop_is_fresh(s, s->facts.at[0], true);
}

static void no_candidates(struct stage *s)
{
    s->service->candidates.n = 0;
}

/* pop-2 is the second choice, since it is not active. */
static void two_pops(struct stage *s)
{
    struct row *first = s->facts.at[0];
    proto_list_add(&s->service->candidates.at[1].value, "pop-2", &s->arena);
    stage_pop(s, "pop-2", "test", "\"networks\":[{\"name\":\"net\",\"extId\":\"net-2\"}]");
    first->doc =
        arena_printf(&s->arena, "%.*s,\"active\":true}", (int)strlen(first->doc) - 1, first->doc);
}

static void two_pops_one_fresh(struct stage *s)
{
    two_pops(s);
    stage_pop_is_fresh(s, s->facts.at[s->facts.n - 1], true);
}

static void fresh_without_image(struct stage *s)
{
    s->facts.at[0]->doc = "{\"id\":\"pop-1\",\"name\":\"pop-1\",\"type\":\"openstack\"}";
}

static void independent(struct stage *s) /* client depends on nobody */
{
    s->service->nsd->vnf_dependency.n = 0;
}

static void independent_ordered(struct stage *s)
{
    independent(s);
    s->settings.ordered_start = true;
}

static void no_driver(struct stage *s)
{
    stage_forget(s, "vim-drivers.test.test");
}

static void ordered(struct stage *s)
{
    s->settings.ordered_start = true;
}

/* --- what goes before, in the phase ----------------------------------------------------------- */

static void web_is_there(struct stage *s)
{
    stage_vnfm(s, "GRANT_OPERATION", "web", NULL);
    if (stage_vnfr(s, "web")->phase == VNFR_GRANTING)
        stage_prepared(s, "web", NULL);
    stage_answer_well(s, CMD_INSTANTIATE, "web");
}

static void web_failed(struct stage *s)
{
    stage_vnfm(s, "ERROR", "web", NULL);
}

static void other_instance(struct stage *s) /* one more that is not settled */
{
    s->is_contrived = true;
    struct row *i = stage_instance(s, "client"), *more = arena_alloc(&s->arena, sizeof(*more));
    *more = *i;
    more->id = "other";
    more->key[INSTANCE_HOSTNAME] = "other";
    proto_list_add(&s->rows, more, &s->arena);
}

static void other_pop(struct stage *s) /* one more that is not prepared */
{
    struct command *c = stage_command(s, CMD_PREPARE_POP, stage_vnfr(s, "client")->id);
    struct command *more = arena_alloc(&s->arena, sizeof(*more));
    *more = *c;
    more->id = "nsr-1:0.5.999";
    proto_list_add(&s->commands, more, &s->arena);
}

static void nothing_to_launch(struct stage *s)
{
    s->is_contrived = true;
    stage_vnfr(s, "client")->doc = "{\"name\":\"client\",\"parent_ns_id\":\"nsr-1\",\"status\":"
                                   "\"NULL\"}";
}

static void one_failed_before(struct stage *s)
{
    s->is_contrived = true;
    struct row *v = stage_vnfr(s, "client");
    v->state = arena_printf(&s->arena, "%.*s,\"launchFault\":%s}", (int)strlen(v->state) - 1,
                            v->state, fault);
}

static void by_steps(struct stage *s) /* made by an operation */
{
    struct row *v = stage_vnfr(s, "client");
    v->state =
        arena_printf(&s->arena, "%.*s,\"bySteps\":true}", (int)strlen(v->state) - 1, v->state);
}

static void launching(struct stage *s) /* failed while a server was on its way */
{
    s->is_contrived = true;
    stage_instance(s, "client")->phase = INSTANCE_LAUNCHING;
}

/* What is kept of where it failed, else: by the INSTANTIATE that stage_to has in hand. */
static void failed_in(struct stage *s, const char *vnf, int phase, const char *by,
                      const char *reached_state)
{
    struct row *v = stage_vnfr(s, vnf);
    s->is_contrived = true;
    v->phase = VNFR_FAILED;
    v->state = arena_printf(&s->arena,
                            "%.*s,\"failedIn\":\"%s\",\"failedBy\":\"%s\",\"failedCommand\":"
                            "\"nsr-1:0.2.7\",\"reached\":\"%s\"}",
                            (int)strlen(v->state) - 1, v->state, vnfr_phase_names[phase], by,
                            reached_state);
}

static void in_instantiating(struct stage *s)
{
    failed_in(s, "client", VNFR_INSTANTIATING, "RESOURCES", "");
}

static void in_granted(struct stage *s)
{
    failed_in(s, "client", VNFR_GRANTED, "RESOURCES", "");
}

static void in_modifying(struct stage *s)
{
    stage_vnfr(s, "web")->phase = VNFR_HELD;
    failed_in(s, "client", VNFR_MODIFYING, "SCRIPT", "INITIALIZED");
}

static void in_starting(struct stage *s)
{
    failed_in(s, "client", VNFR_STARTING, "SCRIPT", "INACTIVE");
}

static void while_launching(struct stage *s)
{
    failed_in(s, "client", VNFR_ALLOCATING, "RESOURCES", "");
    stage_instance(s, "client")->phase = INSTANCE_LAUNCHING;
}

static void web_held(struct stage *s)
{
    s->is_contrived = true;
    stage_vnfr(s, "web")->phase = VNFR_HELD;
}

static void configured(struct stage *s)
{
    struct row *v = stage_vnfr(s, "client");
    web_held(s);
    v->state = arena_printf(&s->arena, "%.*s,\"reached\":\"INACTIVE\"}", (int)strlen(v->state) - 1,
                            v->state);
}

static void no_record(struct stage *s)
{
    s->is_contrived = true;
    stage_vnfr(s, "client")->doc = "";
}

static void no_instance(struct stage *s)
{
    s->is_contrived = true;
    for (uint32_t i = 0; i < s->rows.n; i++)
        if (s->rows.at[i] == stage_instance(s, "client"))
            s->rows.at[i] = s->rows.at[--s->rows.n];
}

static void missed_once(struct stage *s)
{
    stage_late(s, CMD_DELETE, stage_instance(s, "client")->id);
    stage_listed(s, "pop-1", NULL, false);
}

static void missed_once_and_another(struct stage *s)
{
    other_instance(s);
    s->rows.at[s->rows.n - 1]->key[INSTANCE_POP] = "elsewhere";
    missed_once(s);
}

/* --- cases ------------------------------------------------------------------------------------ */

struct cell {
    enum vnfr_phase phase;
    enum vnfr_event event;
    enum vnfr_phase next;
    void (*first)(struct stage *s);  /* before the service is deployed */
    void (*before)(struct stage *s); /* in the phase */
    const char *story;
};

/* clang-format off */
#define C(phase, event, next, first, before, story) { VNFR_##phase, VNFR_EV_##event, VNFR_##next, first, before, story }
#define ASKED "=amq.gen-asker:"
static const struct cell cells[] = {
#include "tests/unit/nfvo/lifecycle/cells.inc"
};
/* clang-format on */

static void resume(struct stage *s)
{
    struct operate_request *r = arena_alloc(&s->arena, sizeof(*r));
    *r = (struct operate_request){.operation_id = "op-1",
                                  .asked_by = "admin",
                                  .origin = "user",
                                  .deploy = s->service,
                                  .plan = {.kind = OPERATION_RESUME}};
    stage_decide(s, (struct intent){.event = EV_NSR_OPERATE,
                                    .facts = FACT_POPS | FACT_DRIVERS | FACT_SUBSCRIPTIONS,
                                    .payload = r});
}

static void bring_about(struct stage *s, const struct cell *c)
{
    switch (c->event) {
    case VNFR_EV_GRANT:
        stage_vnfm(s, "GRANT_OPERATION", "client", NULL);
        break;
    case VNFR_EV_POP_READY:
        stage_prepared(s, "client", NULL);
        break;
    case VNFR_EV_POP_FAULT:
        stage_prepared(s, "client", fault);
        break;
    case VNFR_EV_ALLOCATE:
        stage_vnfm(s, "ALLOCATE_RESOURCES", "client", NULL);
        break;
    case VNFR_EV_LAUNCH_SETTLED:
        stage_launched(s, "client", NULL);
        break;
    case VNFR_EV_INSTANTIATED:
        stage_answer_well(s, CMD_INSTANTIATE, "client");
        break;
    case VNFR_EV_SOURCE_READY:
        if (c->next == VNFR_MODIFYING)
            stage_answer_well(s, CMD_INSTANTIATE, "web");
        else /* anything that happens makes it look again */
            stage_vnfm(s, "GRANT_OPERATION", "web", NULL);
        break;
    case VNFR_EV_MODIFIED:
        stage_answer_well(s, CMD_MODIFY, "client");
        break;
    case VNFR_EV_TURN:
        stage_answer_well(s, CMD_START, "web");
        break;
    case VNFR_EV_STARTED:
        stage_answer_well(s, CMD_START, "client");
        break;
    case VNFR_EV_UPDATE:
        stage_vnfm(s, "UPDATEVNFR", "client", NULL);
        break;
    case VNFR_EV_FAULT:
        stage_vnfm(s, "ERROR", "client", NULL);
        break;
    case VNFR_EV_HOLD:
        stage_vnfm(s, "ERROR", "web", NULL);
        break;
    case VNFR_EV_RELEASE:
        stage_release_nsr(s);
        break;
    case VNFR_EV_RELEASED:
        stage_answer_well(s, CMD_RELEASE_RESOURCES, "client");
        break;
    case VNFR_EV_SERVER_GONE:
        stage_listed(s, "pop-1", NULL, false);
        break;
    case VNFR_EV_RESUME:
        resume(s);
        break;
    case VNFR_EV_N:
        break;
    }
}

static uint64_t reached[VNFR_PHASE_N][VNFR_EV_N];

static const char *run(struct stage *s, const struct cell *c)
{
    stage_init(s, AGG_NSR, "nsr-1");
    stage_service(s, NULL);
    if (c->first)
        c->first(s);
    stage_to(s, c->phase);
    if (c->before)
        c->before(s);
    uint64_t hits = vnfr_fsm.hits[c->phase * VNFR_EV_N + c->event];
    bring_about(s, c);
    if (vnfr_fsm.hits[c->phase * VNFR_EV_N + c->event] == hits)
        return "the cell was not entered";
    const struct row *v = stage_vnfr(s, "client");
    if (v ? v->phase == (int)c->next : c->next == VNFR_GONE)
        reached[c->phase][c->event] |= FSM_BIT(c->next);
    else if (v)
        return arena_printf(&s->arena, "led to %s: %s", vnfr_phase_names[v->phase], stage_story(s));
    return stage_story(s);
}

static void test_filled_cells(void **state)
{
    int wrong = 0;
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cells); i++) {
        struct stage s;
        const char *got = run(&s, &cells[i]);
        if (strcmp(got, cells[i].story) != 0) {
            wrong++;
            print_error("%s x %s (case %zu)\n  got  \"%s\"\n  want \"%s\"\n",
                        vnfr_phase_names[cells[i].phase], vnfr_event_names[cells[i].event], i, got,
                        cells[i].story);
        }
        stage_release(&s);
    }
    assert_int_equal(wrong, 0);
}

/* Runs after the one above. */
static void test_every_allowed_phase_is_reached(void **state)
{
    int missing = 0;
    (void)state;
    for (int p = 0; p < VNFR_PHASE_N; p++)
        for (int e = 0; e < VNFR_EV_N; e++)
            for (int n = 0; n < VNFR_PHASE_N; n++)
                if ((fsm_rule(&vnfr_fsm, p, e)->next & ~reached[p][e]) & FSM_BIT(n)) {
                    print_error("%s x %s -> %s: no case\n", vnfr_phase_names[p],
                                vnfr_event_names[e], vnfr_phase_names[n]);
                    missing++;
                }
    assert_int_equal(missing, 0);
}

static void test_empty_cells_do_nothing(void **state)
{
    (void)state;
    for (int p = 0; p < VNFR_PHASE_N; p++)
        for (int e = 0; e < VNFR_EV_N; e++) {
            struct stage s;
            if (fsm_rule(&vnfr_fsm, p, e)->handle)
                continue;
            stage_init(&s, AGG_NSR, "nsr-1");
            stage_service(&s, NULL);
            stage_to(&s, p);
            stage_decide(&s, (struct intent){.event = EV_N}); /* a scene; means nothing */
            struct vnfr_member *v = model_vnfr_by_name(nsr_model_of(&s.d), "client");
            assert_false(vnfr_step(v, e, NULL));
            assert_int_equal(s.d.outcome, DECISION_EMPTY);
            s.domain.flush(&s.d);
            assert_string_equal(stage_story(&s), "empty");
            for (uint32_t i = 0; i < s.d.rows.n; i++)
                assert_int_equal(s.d.rows.at[i]->mark, ROW_CLEAN);
            stage_release(&s);
        }
}

/* A request that means nothing in its phase is answered with an Error that carries the record. */
static void test_requests_out_of_place_are_answered(void **state)
{
    static const struct {
        enum vnfr_event event;
        const char *action;
    } requests[] = {{VNFR_EV_GRANT, "GRANT_OPERATION"},
                    {VNFR_EV_ALLOCATE, "ALLOCATE_RESOURCES"},
                    {VNFR_EV_UPDATE, "UPDATEVNFR"},
                    {VNFR_EV_N, "SCALING"}};
    (void)state;
    for (int p = 0; p < VNFR_PHASE_N; p++)
        for (size_t i = 0; i < ARRAY_LEN(requests); i++) {
            struct stage s;
            const struct fsm_rule *r = fsm_rule(&vnfr_fsm, p, requests[i].event);
            if (r && r->handle)
                continue;
            stage_init(&s, AGG_NSR, "nsr-1");
            stage_service(&s, NULL);
            stage_to(&s, p);
            stage_vnfm(&s, requests[i].action, "client", NULL);
            json_t *body = stage_body(&s, stage_sent(&s, "amq.gen-asker"));
            assert_string_equal(stage_text(body, "action"), "ERROR");
            assert_string_equal(stage_text(body, "vnfr.name"), "client");
            assert_non_null(strstr(stage_text(body, "message"), requests[i].action));
            assert_string_equal(stage_sent(&s, "amq.gen-asker")->correlation_id, "corr-1");
            assert_int_equal(stage_vnfr(&s, "client")->phase, p);
            stage_release(&s);
        }
}

/* A deadline for each phase that is a wait; that what the rows say is open, the stage looks after
 * each decision of every test. */
static void test_every_phase_has_an_end(void **state)
{
    static const struct {
        const char *machine;
        const struct phase_bound *rows;
        int n;
    } machines[] = {{"vnfr", vnfr_bounds, VNFR_PHASE_N},
                    {"instance", instance_bounds, INSTANCE_PHASE_N},
                    {"pop", pop_bounds, POP_PHASE_N}};
    (void)state;
    for (size_t m = 0; m < ARRAY_LEN(machines); m++)
        for (int p = 0; p < machines[m].n; p++) {
            const struct phase_bound *b = &machines[m].rows[p];
            bool needs_commands = b->by == BOUND_COMMAND || b->by == BOUND_POP;
            if (b->by == BOUND_NONE || needs_commands != (b->commands[0] != 0))
                fail_msg("phase %d of machine '%s' has no end", p, machines[m].machine);
        }
    for (int p = 0; p < VNFR_PHASE_N;
         p++) { /* and the row is right where nobody touched anything */
        struct stage s;
        stage_init(&s, AGG_NSR, "nsr-1");
        stage_service(&s, NULL);
        stage_to(&s, p);
        assert_null(first_unbounded(s.root, &s.rows, &s.commands));
        s.commands.n = 0;
        if (s.root && vnfr_bounds[p].by == BOUND_COMMAND)
            assert_non_null(first_unbounded(s.root, &s.rows, &s.commands));
        stage_release(&s);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_filled_cells),
        cmocka_unit_test(test_every_allowed_phase_is_reached),
        cmocka_unit_test(test_empty_cells_do_nothing),
        cmocka_unit_test(test_requests_out_of_place_are_answered),
        cmocka_unit_test(test_every_phase_has_an_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
