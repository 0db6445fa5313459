/* What releases of before left in the store: states that lack what is in them since. An upgrade
 * meets them in every phase (tests/upgrade); here is what each lack means. */
#include "proto/topology.h"
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

/* The state of a row without these members. */
static void forget(struct row *row, const char *const *members)
{
    json_t *state = json_loads(row->state, 0, NULL);
    assert_non_null(state);
    for (; *members; members++)
        json_object_del(state, *members);
    char *text = json_dumps(state, JSON_COMPACT);
    row->state = arena_strdup(&s.arena, text);
    free(text);
    json_decref(state);
}

/* Before placement: a VNFR in GRANTING knows its PoPs, but neither which are prepared nor until
 * when GRANT has to be answered. Its PoP is ready: it is granted, and does not fail for lack of
 * time. */
static void test_a_grant_goes_on(void **state)
{
    const char *const since[] = {"refused", "prepared", "lookedAt", "grantUntil", NULL};
    (void)state;
    s.settings.pop_cache_us = 0; /* it is asked again */
    stage_to(&s, VNFR_GRANTING);
    forget(stage_vnfr(&s, "client"), since);
    s.now += s.settings.driver_us;
    for (int n = 0; n < 3 && stage_vnfr(&s, "client")->phase == VNFR_GRANTING; n++)
        stage_prepared(&s, "client", NULL);
    assert_int_equal(stage_vnfr(&s, "client")->phase, VNFR_GRANTED);
}

/* A driver died with the launch in hand, and the PoP does not list it: it is launched again, though
 * nothing says how long that is worth while. */
static void test_a_launch_is_repeated(void **state)
{
    const char *const since[] = {"until", "listAt", "lists", NULL};
    (void)state;
    stage_to(&s, VNFR_ALLOCATING);
    struct row *i = stage_instance(&s, "client");
    forget(i, since);
    struct command *c = stage_command(&s, CMD_LAUNCH, i->id);
    c->data = "lost";
    s.now = c->due_at;
    stage_late(&s, CMD_LAUNCH, i->id);
    for (int n = 0; n < 3 && stage_instance(&s, "client")->phase == INSTANCE_DOUBT; n++) {
        s.now += 60 * USEC_PER_SEC;
        if (!stage_command(&s, CMD_LIST_POP, "pop-1"))
            stage_late(&s, CMD_TIMER_LIST, "pop-1");
        stage_listed(&s, "pop-1", "", false);
    }
    assert_int_equal(stage_instance(&s, "client")->phase, INSTANCE_LAUNCHING);
    assert_non_null(stage_command(&s, CMD_LAUNCH, i->id));
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, open_stage, close_stage)
    const struct CMUnitTest tests[] = {
        T(test_a_grant_goes_on),
        T(test_a_launch_is_repeated),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
