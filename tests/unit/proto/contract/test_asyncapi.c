/* The table of channels has what topology.h names; that the document is valid: tests/contract. */
#include "proto/contract/asyncapi.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include "proto/topology.h"

#include <cmocka.h>

static bool has_address(const char *address)
{
    for (const struct channel *c = channels; c->id; c++)
        if (strcmp(c->address, address) == 0)
            return true;
    return false;
}

static void each_queue_has_a_channel(void **state)
{
    static const char *const ours[] = {QUEUE_MANAGER_HANDLING,
                                       QUEUE_ACTIONS,
                                       QUEUE_ACTIONS_REPLY,
                                       QUEUE_EVENT_REGISTER,
                                       QUEUE_EVENT_UNREGISTER,
                                       QUEUE_REPLIES,
                                       QUEUE_INTERNAL,
                                       QUEUE_DEAD_LETTERS,
                                       QUEUE_REPLY_PREFIX "{command}",
                                       QUEUE_AGENT_METRICS,
                                       QUEUE_REST_ANSWERS_PREFIX "{process}"};
    AUTO(sbuf_release) struct sbuf hello = SBUF_INIT, commands = SBUF_INIT, rest = SBUF_INIT;
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(ours); i++)
        if (!has_address(ours[i]))
            fail_msg("%s is in no channel", ours[i]);
    /* QUEUE_BROKER_LOG is none: no peer writes or reads it, and the broker makes its exchange. */
    topology_hello_queue("{endpoint}", &hello);
    topology_agent_queue("{hostname}", &commands);
    topology_rest_vnfm_queue("{type}", &rest);
    assert_true(has_address(rest.s));
    assert_true(has_address(hello.s));
    assert_true(has_address(commands.s));
}

static void ids_are_unique_and_answers_have_a_way(void **state)
{
    (void)state;
    for (const struct channel *c = channels; c->id; c++) {
        for (const struct channel *o = channels; o != c; o++)
            assert_string_not_equal(o->id, c->id);
        assert_int_equal(c->reply != NULL, *c->reply_to != '\0');
    }
}

static void each_event_is_in_the_document(void **state)
{
    AUTO(sbuf_release) struct sbuf out = SBUF_INIT;
    (void)state;
    asyncapi_render(&out, "6");
    assert_non_null(strstr(
        out.s, "\"INSTANTIATE_FINISH\":{\"payload\":{\"$ref\":\"#/components/schemas/nsr\"}}"));
    assert_non_null(strstr(
        out.s, "\"OPERATION\":{\"payload\":{\"$ref\":\"#/components/schemas/shown_operation\"}}"));
    assert_non_null(strstr(out.s, "\"launchInstanceAndWait/9\":{"));
    assert_non_null(strstr(out.s, "\"account\":\"open-vnfm\""));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_queue_has_a_channel),
        cmocka_unit_test(ids_are_unique_and_answers_have_a_way),
        cmocka_unit_test(each_event_is_in_the_document),
    };
    return cmocka_run_group_tests_name("asyncapi", tests, NULL, NULL);
}
