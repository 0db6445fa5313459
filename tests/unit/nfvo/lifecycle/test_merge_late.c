/* A VNFM's old copy of the record, of before an operation: what the operation did stays. */
#include "nfvo/lifecycle/operate.h"

#include "proto/topology.h"
#include "tests/support/operated.h"

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
    return 0;
}

static int close_stage(void **state)
{
    (void)state;
    stage_release(&s);
    return 0;
}

static const char *instance_text(const char *member)
{
    return operated_text(&s, "client", arena_printf(&s.arena, "vdu.0.vnfc_instance.0.%s", member));
}

/* The VNFM of `client` says of its instance, by that member alone, that it is ACTIVE. */
static void says_it_is_active(const char *member)
{
    const char *body = arena_printf(
        &s.arena,
        "{\"action\":\"UPDATEVNFR\",\"virtualNetworkFunctionRecord\":{\"id\":\"%s\",\"name\":"
        "\"client\",\"parent_ns_id\":\"nsr-1\",\"vdu\":[{\"id\":\"%s\",\"vnfc_instance\":["
        "{\"%s\":\"%s\",\"state\":\"ACTIVE\"}]}]}}",
        operated_vnfr(&s, "client"), operated_text(&s, "client", "vdu.0.id"), member,
        instance_text(member));
    stage_message(&s, (struct message){.queue = QUEUE_ACTIONS_REPLY,
                                       .reply_to = "amq.gen-asker",
                                       .correlation_id = "corr-1",
                                       .body = body});
}

/* A copy of before the NFVO gave the instance its id has only its name (the simulator found that). */
static void test_state_stays(void **state)
{
    static const char *const members[] = {"id", "hostname"};
    (void)state;
    operated_service(&s, true);
    operated_ask(&s, operated_request(&s, 1, OPERATION_STOP_VNF, "client"));
    operated_answer(&s, CMD_STEP_STOP, "{\"action\":\"STOP\"}");
    assert_string_equal(instance_text("state"), "INACTIVE");
    for (size_t i = 0; i < ARRAY_LEN(members); i++) {
        says_it_is_active(members[i]);
        assert_non_null(stage_sent(&s, "amq.gen-asker")); /* it was taken */
        assert_string_equal(instance_text("state"), "INACTIVE");
        assert_null(operated_text(&s, "client", "vdu.0.vnfc_instance.1.id"));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_state_stays, open_stage, close_stage),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
