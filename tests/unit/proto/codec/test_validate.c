#include "proto/codec/codec.h"

#include "proto/records/manager.h"
#include "proto/records/vim.h"
#include "tests/unit/proto/codec/sample.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

static void collect(void *arg, const char *path, const char *what)
{
    sbuf_addf(arg, "%s: %s|", path, what);
}

static void test_violations(void **state)
{
    (void)state;
    static const struct {
        const struct proto_type *type;
        const char *text, *want;
    } cases[] = {
        {&sample_type, "{}", ""},
        {&sample_type, "{\"rec\":{\"name\":\"x\"}}", ""},
        {&sample_type, "{\"rec\":{}}", "rec.name: must not be empty|"},
        {&sample_type, "{\"rec\":{\"name\":\"\"}}", "rec.name: must not be empty|"},
        {&sample_type, "{\"rec\":{\"name\":\"x\",\"n\":0}}", "rec.n: must be at least 1|"},
        {&sample_type, "{\"rec\":{\"name\":\"x\",\"n\":-1}}", "rec.n: must be at least 1|"},
        {&sample_type, "{\"rec\":{\"name\":\"x\",\"n\":1}}", ""},
        {&sample_type, "{\"natural\":-1}", "natural: must not be negative|"},
        {&sample_type, "{\"natural\":0}", ""},
        {&sample_type, "{\"word\":\"ON\"}", ""},
        {&sample_type, "{\"word\":\"\"}", ""},
        {&sample_type, "{\"word\":\"on\"}", "word: 'on' is none of ON OFF|"},
        {&sample_type, "{\"list\":[{\"name\":\"x\"},{}],\"map\":{\"k\":{}}}",
         "list[1].name: must not be empty|map.k.name: must not be empty|"},
        {&sample_type, "{\"listmap\":{\"k\":[{\"name\":\"x\"},{}]}}",
         "listmap.k[1].name: must not be empty|"},
        {&sample_type, "{\"deeper\":{\"deeper\":{\"list\":[{}]}}}",
         "deeper.deeper.list[0].name: must not be empty|"},
        /* the documents that users write */
        {&nsd_type, "{}",
         "name: must not be empty|vendor: must not be empty|version: must not be empty|"
         "vnfd: must not be empty|"},
        {&nsd_type,
         "{\"name\":\"n\",\"vendor\":\"v\",\"version\":\"1\",\"vnfd\":[{\"name\":\"a\",\"vendor\":"
         "\"v\",\"version\":\"1\",\"type\":\"t\",\"endpoint\":\"e\",\"vdu\":[{\"vm_image\":[\"i\"]}"
         ","
         "{\"scale_in_out\":0}]}]}",
         "vnfd[0].vdu[1].scale_in_out: must be at least 1|"},
        {&nsd_type,
         "{\"name\":\"n\",\"vendor\":\"v\",\"version\":\"1\",\"vnfd\":[{\"name\":\"a\",\"vendor\":"
         "\"v\",\"version\":\"1\",\"type\":\"t\",\"endpoint\":\"e\",\"vdu\":[{\"vm_image\":[\"i\"],"
         "\"vnfc\":[{\"connection_point\":[{\"interfaceId\":-1}]}]}],\"lifecycle_event\":[{"
         "\"event\":"
         "\"INSTALL\"}]}]}",
         "vnfd[0].vdu[0].vnfc[0].connection_point[0].virtual_link_reference: must not be empty|"
         "vnfd[0].vdu[0].vnfc[0].connection_point[0].interfaceId: must not be negative|"
         "vnfd[0].lifecycle_event[0].event: 'INSTALL' is none of GRANTED ALLOCATE SCALE RELEASE "
         "ERROR "
         "INSTANTIATE TERMINATE CONFIGURE START STOP HEAL SCALE_OUT SCALE_IN SCALE_UP SCALE_DOWN "
         "UPDATE UPDATE_ROLLBACK UPGRADE UPGRADE_ROLLBACK RESET|"},
        {&scaling_alarm_type, "{\"threshold\":0}", "weight: is missing|"},
        {&event_endpoint_type,
         "{\"name\":\"n\",\"type\":\"RABBIT\",\"endpoint\":\"q\",\"event\":\"INSTANTIATE_FINISH\"}",
         ""},
        {&event_endpoint_type,
         "{\"name\":\"n\",\"type\":\"AMQP\",\"endpoint\":\"q\",\"event\":\"START\"}",
         "type: 'AMQP' is none of RABBIT REST JMS|"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        AUTO(arena_release) struct arena a = ARENA_INIT;
        AUTO(sbuf_release) struct sbuf got = SBUF_INIT;
        struct err err = ERR_INIT;
        void *rec;
        if (proto_decode(cases[i].type, cases[i].text, strlen(cases[i].text), 0, &a, &rec, &err))
            fail_msg("%s: %s", cases[i].text, err.msg);
        int n = proto_validate_all(cases[i].type, rec, 100, collect, &got);
        assert_string_equal(got.s, cases[i].want);
        assert_int_equal(proto_validate(cases[i].type, rec, &err), n ? ERR_INVALID : ERR_OK);
        assert_int_equal(proto_validate(cases[i].type, rec, NULL), n ? ERR_INVALID : ERR_OK);
        if (n == 0)
            continue;
        size_t path = strcspn(got.s, ":");
        assert_int_equal(strncmp(err.where, got.s, path), 0);
        assert_int_equal(strncmp(err.msg, got.s, strcspn(got.s, "|")), 0);
    }
}

/* Records that we make ourselves carry no "seen". */
static void test_by_hand(void **state)
{
    (void)state;
    struct scaling_alarm alarm = {.threshold = 0.5, .weight = 1};
    struct leaf leaf = {.name = "x", .n = -5};
    assert_int_equal(proto_validate(&scaling_alarm_type, &alarm, NULL), ERR_OK);
    assert_int_equal(proto_validate(&leaf_type, &leaf, NULL), ERR_INVALID);
    leaf.n = 0;
    assert_int_equal(proto_validate(&leaf_type, &leaf, NULL), ERR_OK);
}

static void test_at_most(void **state)
{
    (void)state;
    AUTO(sbuf_release) struct sbuf got = SBUF_INIT;
    struct nsd nsd = {0};
    assert_int_equal(proto_validate_all(&nsd_type, &nsd, 2, collect, &got), 2);
    assert_string_equal(got.s, "name: must not be empty|vendor: must not be empty|");
}

/* What is too deep to be written down is not waved through. */
static void test_too_deep(void **state)
{
    (void)state;
    struct sample s[40] = {0};
    struct leaf bad = {0};
    for (int i = 0; i < 39; i++)
        s[i].deeper = &s[i + 1];
    s[39].one = &bad;
    struct err err = ERR_INIT;
    assert_int_equal(proto_validate(&sample_type, s, &err), ERR_INVALID);
    assert_non_null(strstr(err.msg, "too deeply"));
}

/* A subscription may name a beginning: all events, all of a kind. Of what begins no word, none comes. */
static void test_beginnings(void **state)
{
    (void)state;
    static struct {
        char event[16];
        bool is_taken;
    } cases[] = {{"*", true},       {"SCALE*", true}, {"SCALE_OUT*", true}, {"SCALE_OUT_*", false},
                 {"scale*", false}, {"**", false},    {"S*E", false},       {"*_OUT", false},
                 {"", false}};
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct event_endpoint e = {
            .name = "n", .type = "RABBIT", .endpoint = "q", .event = cases[i].event};
        struct err err = ERR_INIT;
        if ((proto_validate(&event_endpoint_type, &e, &err) == ERR_OK) != cases[i].is_taken)
            fail_msg("'%s': %s", cases[i].event, err.msg);
    }
    assert_true(event_is_named("SCALE*", "SCALED"));
    assert_true(event_is_named("*", "START"));
    assert_false(event_is_named("SCALE_OUT*", "SCALE"));
    assert_false(event_is_named("START", "STARTED"));
    assert_false(event_is_named("", "START"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_violations), cmocka_unit_test(test_by_hand),
        cmocka_unit_test(test_at_most),    cmocka_unit_test(test_too_deep),
        cmocka_unit_test(test_beginnings),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
