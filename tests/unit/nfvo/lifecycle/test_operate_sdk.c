/* What is expected of a VNFM's answer follows from the SDK that an operator names, if any. */
#include "nfvo/lifecycle/operate.h"

#include "tests/support/stage.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct stage s;

static int open_stage(void **state)
{
    (void)state;
    stage_init(&s, AGG_NSR, "nsr-1");
    stage_service(&s, NULL);
    stage_to(&s, VNFR_ACTIVE);
    stage_answer_well(&s, CMD_START, "web");
    return 0;
}

static int close_stage(void **state)
{
    (void)state;
    stage_release(&s);
    return 0;
}

/* Of the VNFM of `client`. */
static void enrolled_as(const char *sdk)
{
    struct row *r = arena_alloc(&s.arena, sizeof(*r));
    *r = (struct row){.kind = ROW_VNFM, .id = stage_vnfr(&s, "client")->key[VNFR_ENDPOINT]};
    for (int i = 0; i < ROW_KEYS_MAX; i++)
        r->key[i] = "";
    r->key[VNFM_SDK] = sdk;
    r->agg = r->doc = r->state = "";
    proto_list_add(&s.facts, r, &s.arena);
}

static void ask(enum operation_kind kind)
{
    struct operate_request *r = arena_alloc(&s.arena, sizeof(*r));
    const char *instance =
        stage_text(stage_record(&s, stage_vnfr(&s, "client")), "vdu.0.vnfc_instance.0.id");
    *r = (struct operate_request){
        .operation_id = "op",
        .project = "project-1",
        .asked_by = "admin",
        .origin = "user",
        .plan = {.kind = kind,
                 .vnfr = stage_vnfr(&s, "client")->id,
                 .instance = operation_kinds[kind].scope == SCOPE_INSTANCE ? instance : NULL},
        .script = "true",
        .cause = ""};
    stage_decide(&s, (struct intent){.event = EV_NSR_OPERATE,
                                     .facts = FACT_SUBSCRIPTIONS | FACT_VNFMS,
                                     .payload = r});
}

static bool silence_is_an_answer(void)
{
    for (uint32_t i = 0; i < s.commands.n; i++)
        if (s.commands.at[i]->kind == CMD_TIMER_OPERATION)
            return true;
    return false;
}

static void test_silence(void **state)
{
    (void)state;
    static const struct {
        const char *sdk;
        bool may_be_silent;
    } cases[] = {{"", true}, {"python", true}, {"java", false}, {"cobol", true}};
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        if (i > 0) {
            close_stage(NULL);
            open_stage(NULL);
        }
        enrolled_as(cases[i].sdk);
        ask(OPERATION_EXECUTE);
        assert_int_equal(s.d.err.code, ERR_OK);
        assert_int_equal(silence_is_an_answer(), cases[i].may_be_silent);
    }
}

/* Refused before anything is sent; without the word it would fail at the answer. */
static void test_what_it_cannot(void **state)
{
    (void)state;
    ask(OPERATION_HEAL);
    assert_int_equal(s.d.err.code, ERR_OK);
    close_stage(NULL);
    open_stage(NULL);
    enrolled_as("go");
    ask(OPERATION_HEAL);
    assert_int_equal(s.d.err.code, ERR_UNSUPPORTED);
    assert_non_null(strstr(s.d.err.msg, "does not know this action"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_silence, open_stage, close_stage),
        cmocka_unit_test_setup_teardown(test_what_it_cannot, open_stage, close_stage),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
