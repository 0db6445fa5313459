/* The wire's statuses, at each moment of an operation. */
#include "nfvo/lifecycle/operation/projection.h"

#include "common/base/text.h"
#include "nfvo/lifecycle/operation/runner.h"
#include "tests/support/service_scene.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* script: steps "<n><+ done | - failed | ? unknown | ~ undone>", "r": retry, "b": roll back. After it,
 * without effects on the stable states: the scene has those of that moment. */
struct moment {
    const char *service, *request, *script, *want; /* "NSR: VNFR VNFR ..." */
};
static const struct moment moments[] = {
    {"web; client <web", "DEPLOY", "", "NULL: NULL NULL"},
    {"web INITIALIZED; client <web", "DEPLOY", "1+", "NULL: INACTIVE NULL"},
    {"web INITIALIZED; client INITIALIZED <web", "DEPLOY all", "1+ 2+",
     "INITIALIZED: INACTIVE INITIALIZED"},
    {"web ACTIVE; client INACTIVE <web", "DEPLOY all", "1+ 2+ 3+", "INACTIVE: ACTIVE INACTIVE"},
    {"web ACTIVE; client ACTIVE", "", "", "ACTIVE: ACTIVE ACTIVE"},
    {"web ACTIVE broken; client ACTIVE", "", "", "ERROR: ERROR ACTIVE"},
    {"web INITIALIZED broken; client INITIALIZED <web", "DEPLOY all", "1- 2+",
     "ERROR: ERROR INITIALIZED"},
    {"web INITIALIZED; client INITIALIZED", "DEPLOY all", "1- 2+ r", "RESUMING: RESUMING INACTIVE"},
    {"web ACTIVE i:web-1; client ACTIVE <web", "SCALE_OUT web", "", "SCALING: SCALING ACTIVE"},
    {"web ACTIVE i:web-1; client INACTIVE <web", "SCALE_OUT web", "2+ 3+",
     "SCALING: ACTIVE INACTIVE"},
    {"web ACTIVE i:web-1; client ACTIVE <web", "SCALE_OUT web", "2-", "ACTIVE: ACTIVE ACTIVE"},
    {"web ACTIVE i:web-1; client ACTIVE <web", "SCALE_OUT web", "2- b", "SCALING: ACTIVE ACTIVE"},
    {"web ACTIVE i:web-1 i:web-2; client ACTIVE <web told=web-2", "SCALE_IN web", "",
     "SCALING: ACTIVE ACTIVE"},
    {"web ACTIVE i:web-1; client ACTIVE", "RESTART web", "", "NULL: NULL ACTIVE"},
    {"web ACTIVE i:web-1; client ACTIVE", "RESTART web", "1+", "NULL: NULL ACTIVE"},
    {"web INITIALIZED i:web-1; client ACTIVE", "RESTART web all", "1+ 2+",
     "INITIALIZED: INITIALIZED ACTIVE"},
    {"web ACTIVE i:web-1; client ACTIVE", "RELEASE", "", "TERMINATED: TERMINATED TERMINATED"},
    {"web ACTIVE i:web-1; client ACTIVE", "REMOVE_VNF web", "", "ACTIVE: TERMINATED ACTIVE"},
    {"web leaving i:web-1; client ACTIVE i:client-1", "HEAL client i=client-1", "",
     "ACTIVE: NULL ACTIVE"},
    {"web leaving; client ACTIVE i:client-1", "HEAL client i=client-1", "", "ACTIVE: NULL ACTIVE"},
    {"web GONE; client GONE", "", "", "TERMINATED: TERMINATED TERMINATED"},
    {"web new; db ACTIVE", "ADD_VNF", "", "SCALING: NULL ACTIVE"},
    {"web INITIALIZED new; db ACTIVE", "ADD_VNF all", "2+", "SCALING: INACTIVE ACTIVE"},
    {"web INACTIVE broken; db ACTIVE", "RESUME", "", "ERROR: ERROR ACTIVE"},
    {"web INACTIVE; db ACTIVE", "RESUME", "", "RESUMING: INACTIVE ACTIVE"},
    {"web ACTIVE i:web-1; db ACTIVE", "HEAL web i=web-1", "", "ACTIVE: ACTIVE ACTIVE"},
    {"web ACTIVE i:web-1; db ACTIVE", "EXECUTE web", "1-", "ACTIVE: ACTIVE ACTIVE"},
};

/* " all": planned for the service as it was before, every VNFR at the beginning. */
static struct operation *begin(struct arena *a, const struct moment *m, struct service_view *view,
                               struct run *run)
{
    struct err err = ERR_INIT;
    struct plan plan;
    int made = 0;
    struct ids ids = {.ctx = &made, .make = scene_id};
    char *request = arena_strdup(a, m->request), *all = strstr(request, " all");
    struct service_view *planned = scene_read(a, m->service);
    if (all) {
        *all = '\0';
        for (uint32_t i = 0; i < planned->n_vnfrs; i++) {
            struct view_vnfr *v = (struct view_vnfr *)(uintptr_t)&planned->vnfrs[i];
            v->state = strncmp(request, "RESTART", 7) == 0 ||
                               (strcmp(request, "ADD_VNF") == 0 && !v->is_new)
                           ? VNFR_STATE_ACTIVE
                           : VNFR_STATE_NULL;
            v->is_broken = false;
        }
    }
    struct plan_request *q = scene_request(a, request);
    if (plan_make(planned, q, &ids, a, &plan, &err) != ERR_OK)
        fail_msg("%s: %s", m->request, err.msg);
    struct operation *op = plan_operation(&plan, q, "op-1", view->id, 0, a);
    proto_list_add(run->operations, op, a);
    run_begin(run, op);
    run_settle(run);
    return op;
}

static void play(struct run *run, struct operation *op, char *script)
{
    char *save = NULL;
    for (char *w = strtok_r(script, " ", &save); w; w = strtok_r(NULL, " ", &save)) {
        struct err err = ERR_INIT;
        struct run_ask ask = {0};
        char how = w[strlen(w) - 1];
        if (how == 'r')
            assert_int_equal(run_verb(run, op, OPERATION_EV_RETRY, &ask, &err), ERR_OK);
        else if (how == 'b')
            assert_int_equal(run_verb(run, op, OPERATION_EV_ROLLBACK, &ask, &err), ERR_OK);
        else
            assert_true(run_step(run, op, operation_step(op, (uint16_t)atoi(w)),
                                 &(struct step_news){.event = how == '+'   ? STEP_EV_OK
                                                              : how == '-' ? STEP_EV_FAULT
                                                                           : STEP_EV_OUT}));
        run_settle(run);
    }
}

static void test_moments(void **state)
{
    int wrong = 0;
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(moments); i++) {
        AUTO(arena_release) struct arena a = ARENA_INIT;
        const struct moment *m = &moments[i];
        struct operations open = {0};
        struct service_view *view = scene_read(&a, m->service);
        struct run run = {.view = view, .operations = &open, .now = 1, .arena = &a};
        if (*m->request)
            play(&run, begin(&a, m, view, &run), arena_strdup(&a, m->script));
        const char *got = arena_printf(&a, "%s:", wire_status_words[nsr_wire_status(view, &open)]);
        for (uint32_t k = 0; k < view->n_vnfrs; k++)
            got = arena_printf(&a, "%s %s", got,
                               wire_status_words[vnfr_wire_status(&view->vnfrs[k], &open)]);
        if (strcmp(got, m->want) != 0) {
            print_error("%s | %s | %s\n  got  %s\n  want %s\n", m->service, m->request, m->script,
                        got, m->want);
            wrong++;
        }
    }
    assert_int_equal(wrong, 0);
}

static void test_task(void **state)
{
    static const struct {
        enum operation_kind kind;
        enum operation_state state;
        const char *task, *want; /* want NULL: it stays */
    } cases[] = {
        {OPERATION_DEPLOY, OPERATION_STATE_PROCESSING, NULL, "Onboarding"},
        {OPERATION_DEPLOY, OPERATION_STATE_COMPLETED, "Onboarding", "Onboarded"},
        {OPERATION_SCALE_OUT, OPERATION_STATE_STARTING, "Onboarded", NULL},
        {OPERATION_SCALE_OUT, OPERATION_STATE_PROCESSING, "Onboarded", "Scaling out"},
        {OPERATION_SCALE_OUT, OPERATION_STATE_FAILED_TEMP, "Scaling out", NULL},
        {OPERATION_SCALE_OUT, OPERATION_STATE_ROLLING_BACK, "Scaling out", NULL},
        {OPERATION_SCALE_OUT, OPERATION_STATE_ROLLED_BACK, "Scaling out", "Onboarded"},
        {OPERATION_SCALE_OUT, OPERATION_STATE_FAILED, "Scaling out", "Onboarded"},
        {OPERATION_SCALE_OUT, OPERATION_STATE_COMPLETED, "Scaling out", "Scaled out"},
        {OPERATION_HEAL, OPERATION_STATE_PROCESSING, "Scaling out", NULL}, /* has no texts */
        {OPERATION_HEAL, OPERATION_STATE_PROCESSING, "Scaled out", NULL},
        {OPERATION_HEAL, OPERATION_STATE_COMPLETED, "Scaling out", NULL}, /* of one beside it */
        {OPERATION_HEAL, OPERATION_STATE_COMPLETED, "Scaled out", "Onboarded"},
        {OPERATION_HEAL, OPERATION_STATE_COMPLETED, NULL, "Onboarded"},
        {OPERATION_RELEASE, OPERATION_STATE_PROCESSING, "Onboarded", NULL},
        {OPERATION_RELEASE, OPERATION_STATE_COMPLETED, "Onboarded", NULL},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        const struct operation op = {.kind = cases[i].kind, .state = cases[i].state};
        const char *got = nsr_wire_task(&op, cases[i].state, cases[i].task);
        if (!text_equal(got, cases[i].want))
            fail_msg("case %zu: got '%s'", i, got ? got : "");
    }
}

static void test_instances(void **state)
{
    (void)state;
    for (int i = 0; i < INSTANCE_STATE_N; i++) {
        struct view_instance x = {.state = i};
        const char *word = instance_wire_state(&x);
        if (word && *word)
            assert_string_equal(word, instance_state_words[i]);
    }
    assert_string_equal(instance_wire_state(&(struct view_instance){.state = INSTANCE_STATE_DOUBT}),
                        "");
    assert_null(instance_wire_state(&(struct view_instance){.state = INSTANCE_STATE_UP}));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_moments),
        cmocka_unit_test(test_task),
        cmocka_unit_test(test_instances),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
