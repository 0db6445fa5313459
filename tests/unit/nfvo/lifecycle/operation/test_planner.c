/* Golden plans: what each kind of operation does to a service, as text (plans.inc). */
#include "tests/support/service_scene.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

struct golden {
    const char *what, *service, *request, *plan;
};

/* clang-format off */
#define P(what, service, request, plan) { what, service, request, plan },
static const struct golden goldens[] = {
#include "tests/unit/nfvo/lifecycle/operation/plans.inc"
};
#undef P
/* clang-format on */

static const char *plan_of(struct arena *a, const struct golden *g, int *ret_kind)
{
    struct err err = ERR_INIT;
    struct plan plan;
    int made = 0;
    struct ids ids = {.ctx = &made, .make = scene_id};
    struct plan_request *q = scene_request(a, g->request);
    *ret_kind = q->kind;
    if (plan_make(scene_read(a, g->service), q, &ids, a, &plan, &err) != ERR_OK)
        return arena_printf(a, "%s: %s%s%s", err_name(err.code), err.msg, err.hint[0] ? " | " : "",
                            err.hint);
    for (uint32_t i = 0; i < plan.n_steps; i++) {
        assert_int_equal(plan.steps[i].n, i + 1);
        for (uint32_t k = 0; k < plan.steps[i].after.n; k++)
            assert_true(plan.steps[i].after.at[k] < i + 1);
    }
    return scene_plan(a, &plan);
}

/* With the environment variable PLANS_PRINT the file's text as it should be. */
static void print(const struct golden *g, const char *got)
{
    printf("P(\"%s\",\n  \"%s\",\n  \"%s\",\n  \"", g->what, g->service, g->request);
    for (const char *c = got; *c; c++)
        printf(*c == '\n' ? "\\n\"\n  \"" : "%c", *c);
    printf("\")\n");
}

static void test_golden_plans(void **state)
{
    int wrong = 0;
    bool seen[OPERATION_KIND_N] = {false};
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(goldens); i++) {
        AUTO(arena_release) struct arena a = ARENA_INIT;
        int kind;
        const char *got = plan_of(&a, &goldens[i], &kind);
        seen[kind] = true;
        if (getenv("PLANS_PRINT"))
            print(&goldens[i], got);
        else if (strcmp(got, goldens[i].plan) != 0) {
            wrong++;
            print_error("%s\n--- got\n%s\n--- want\n%s\n", goldens[i].what, got, goldens[i].plan);
        }
    }
    for (int k = 0; k < OPERATION_KIND_N; k++)
        if (!seen[k])
            fail_msg("no golden plan of %s", operation_kind_word(k));
    assert_int_equal(wrong, 0);
}

static char *instances(struct arena *a, int n)
{
    AUTO(sbuf_release) struct sbuf out = SBUF_INIT;
    for (int i = 0; i < n; i++)
        sbuf_addf(&out, " i:web-%d", i);
    return arena_strndup(a, out.s, out.len);
}

/* A plan that does not fit says which limit. */
static void test_limits(void **state)
{
    AUTO(arena_release) struct arena a = ARENA_INIT;
    struct err err = ERR_INIT;
    struct plan plan;
    int made = 0;
    struct ids ids = {.ctx = &made, .make = scene_id};
    (void)state;
    char *text = arena_printf(&a, "web ACTIVE vdu:u%s", instances(&a, PLAN_STEPS_MAX));
    assert_int_equal(
        plan_make(scene_read(&a, text), scene_request(&a, "RELEASE"), &ids, &a, &plan, &err),
        ERR_LIMIT);
    assert_non_null(strstr(err.msg, "4096 steps (at most 4096)"));
    text = arena_printf(&a, "web ACTIVE vdu:u%s", instances(&a, PLAN_STEPS_MAX - 3));
    assert_int_equal(
        plan_make(scene_read(&a, text), scene_request(&a, "RELEASE"), &ids, &a, &plan, &err),
        ERR_OK);
    assert_int_equal(plan.n_steps, PLAN_STEPS_MAX);
    text = arena_printf(&a, "web ACTIVE vdu:u i:web-0");
    assert_int_equal(plan_make(scene_read(&a, text), scene_request(&a, "SCALE_OUT web n=65"), &ids,
                               &a, &plan, &err),
                     ERR_INVALID);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_golden_plans),
        cmocka_unit_test(test_limits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
