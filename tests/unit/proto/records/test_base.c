#include "proto/records/base.h"

#include "proto/messages/or_vnfm.h"
#include "proto/messages/vnfm_or.h"
#include "proto/records/fault.h"
#include "proto/records/manager.h"
#include "proto/records/vim.h"
#include "tests/support/oracle.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

static const char *next_id(void *arg)
{
    static const char *const ids[] = {"1", "2", "3", "4", "5", "6", "7", "8"};
    int *n = arg;
    assert_in_range(*n, 0, 7);
    return ids[(*n)++];
}

static void test_fill_ids(void **state)
{
    (void)state;
    static const struct {
        const struct proto_type *type;
        const char *text, *filled, *replaced;
    } cases[] = {
        {&vdu_type, "{}", "{\"id\":\"1\"}", "{\"id\":\"1\"}"},
        {&vdu_type, "{\"id\":\"x\"}", "{\"id\":\"x\"}", "{\"id\":\"1\"}"},
        {&vdu_type, "{\"id\":\"\"}", "{\"id\":\"1\"}", "{\"id\":\"1\"}"},
        {&vdu_type,
         "{\"high_availability\":{},\"vnfc\":[{\"connection_point\":[{},{\"id\":\"x\"}]}]}",
         "{\"id\":\"1\",\"high_availability\":{\"id\":\"2\"},\"vnfc\":[{\"id\":\"3\","
         "\"connection_point\":[{\"id\":\"4\"},{\"id\":\"x\"}]}]}",
         "{\"id\":\"1\",\"high_availability\":{\"id\":\"2\"},\"vnfc\":[{\"id\":\"3\","
         "\"connection_point\":[{\"id\":\"4\"},{\"id\":\"5\"}]}]}"},
        {&vnf_record_dependency_type, "{\"parameters\":{\"k\":{},\"l\":{\"id\":\"x\"}}}",
         "{\"id\":\"1\",\"parameters\":{\"k\":{\"id\":\"2\"},\"l\":{\"id\":\"x\"}}}",
         "{\"id\":\"1\",\"parameters\":{\"k\":{\"id\":\"2\"},\"l\":{\"id\":\"3\"}}}"},
        {&or_vnfm_type, "{\"vimInstances\":{\"u\":[{},{}]}}",
         "{\"vimInstances\":{\"u\":[{\"id\":\"1\"},{\"id\":\"2\"}]}"
         "}",
         "{\"vimInstances\":{\"u\":[{\"id\":\"1\"},{\"id\":\"2\"}]}"
         "}"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        for (int replace = 0; replace <= 1; replace++) {
            AUTO(arena_release) struct arena a = ARENA_INIT;
            AUTO(sbuf_release) struct sbuf got = SBUF_INIT;
            const char *want = replace ? cases[i].replaced : cases[i].filled;
            void *rec;
            int n = 0;
            assert_int_equal(proto_decode(cases[i].type, cases[i].text, strlen(cases[i].text), 0,
                                          &a, &rec, NULL),
                             ERR_OK);
            record_fill_ids(cases[i].type, rec, replace, next_id, &n);
            proto_encode(cases[i].type, rec, 0, &got);
            if (!oracle_same(got.s, got.len, want, strlen(want)))
                fail_msg("%s: got %s, want %s", cases[i].text, got.s, want);
        }
    }
}

/* What has the id, the extId, the key or the name of a stored one is that one; all else is new. */
static void test_keep_ids(void **state)
{
    (void)state;
    static const struct {
        const struct proto_type *type;
        const char *old, *now, *kept;
    } cases[] = {
        {&vdu_type, "{\"id\":\"a\"}", "{\"id\":\"evil\"}", "{\"id\":\"a\"}"},
        /* a swapped order, a renamed one, a new one, another's id */
        {&vnfd_type,
         "{\"id\":\"v\",\"vdu\":[{\"id\":\"a\",\"name\":\"A\"},{\"id\":\"b\",\"name\":\"B\"}]}",
         "{\"vdu\":[{\"name\":\"B\"},{\"id\":\"a\",\"name\":\"C\"},{\"id\":\"zz\",\"name\":\"D\"}]"
         "}",
         "{\"id\":\"v\",\"vdu\":[{\"id\":\"b\",\"name\":\"B\"},{\"id\":\"a\",\"name\":\"C\"},"
         "{\"id\":\"1\",\"name\":\"D\"}]}"},
        /* an id goes to one of two only */
        {&vnfd_type, "{\"id\":\"v\",\"vdu\":[{\"id\":\"a\"}]}",
         "{\"vdu\":[{\"id\":\"a\"},{\"id\":\"a\"}]}",
         "{\"id\":\"v\",\"vdu\":[{\"id\":\"a\"},{\"id\":\"1\"}]}"},
        /* nothing tells components apart but their place; equal keys in their order */
        {&vdu_type,
         "{\"id\":\"u\",\"vnfc\":[{\"id\":\"c\",\"connection_point\":["
         "{\"id\":\"p\",\"virtual_link_reference\":\"n\"},{\"id\":\"q\",\"virtual_link_reference\":"
         "\"n\"}]}]}",
         "{\"vnfc\":[{\"connection_point\":[{\"virtual_link_reference\":\"n\"},"
         "{\"virtual_link_reference\":\"n\"},{\"virtual_link_reference\":\"n\"}]},{}]}",
         "{\"id\":\"u\",\"vnfc\":[{\"id\":\"c\",\"connection_point\":["
         "{\"id\":\"p\",\"virtual_link_reference\":\"n\"},{\"id\":\"q\",\"virtual_link_reference\":"
         "\"n\"},"
         "{\"id\":\"1\",\"virtual_link_reference\":\"n\"}]},{\"id\":\"2\"}]}"},
        /* of a PoP: the cloud's name decides, another cloud's object of that name is another one */
        {&vim_instance_type,
         "{\"id\":\"p\",\"images\":[{\"id\":\"i\",\"extId\":\"e\",\"name\":\"x\"},"
         "{\"id\":\"j\",\"extId\":\"f\",\"name\":\"y\"}],\"networks\":[{\"id\":\"n\",\"extId\":"
         "\"g\"}],"
         "\"flavours\":[{\"id\":\"k\",\"flavour_key\":\"m\",\"extId\":\"h\"}]}",
         "{\"images\":[{\"id\":\"new\",\"extId\":\"f\",\"name\":\"z\"},{\"extId\":\"o\",\"name\":"
         "\"x\"}],"
         "\"networks\":[{\"extId\":\"g\"}],\"flavours\":[{\"flavour_key\":\"m\",\"extId\":\"h\"}]}",
         "{\"id\":\"p\",\"flavours\":[{\"flavour_key\":\"m\",\"id\":\"k\","
         "\"extId\":\"h\"}],"
         "\"images\":[{\"extId\":\"f\",\"id\":\"j\",\"name\":\"z\"},{\"extId\":\"o\",\"id\":\"1\","
         "\"name\":\"x\"}],\"networks\":[{\"extId\":\"g\",\"id\":\"n\"}]}"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        AUTO(arena_release) struct arena a = ARENA_INIT;
        AUTO(sbuf_release) struct sbuf got = SBUF_INIT;
        void *old, *now;
        int n = 0;
        const char *texts[] = {cases[i].old, cases[i].now};
        void **recs[] = {&old, &now};
        for (int k = 0; k < 2; k++)
            assert_int_equal(
                proto_decode(cases[i].type, texts[k], strlen(texts[k]), 0, &a, recs[k], NULL),
                ERR_OK);
        record_keep_ids(cases[i].type, now, old, next_id, &n);
        proto_encode(cases[i].type, now, 0, &got);
        if (!oracle_same(got.s, got.len, cases[i].kept, strlen(cases[i].kept)))
            fail_msg("%zu: got %s, want %s", i, got.s, cases[i].kept);
    }
}

/* The members that are true in the reference's classes are so when nobody says otherwise, in every
 * body, and false is written. */
static void test_true_if_absent(void **state)
{
    (void)state;
    static const struct {
        const struct proto_type *type;
        const char *text, *want;
    } cases[] = {
        {&vim_instance_type, "{}", "\"active\":true"},
        {&vim_instance_type, "{\"active\":null}", "\"active\":true"},
        {&vim_instance_type, "{\"active\":false}", "\"active\":false"},
        {&vim_instance_type, "{\"zones\":[{}]}", "\"zones\":[{\"available\":true}]"},
        {&nsd_type, "{}", "\"enabled\":true"},
        {&nsd_type, "{\"enabled\":false}", "\"enabled\":false"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        AUTO(arena_release) struct arena a = ARENA_INIT;
        AUTO(sbuf_release) struct sbuf got = SBUF_INIT;
        void *rec;
        assert_int_equal(
            proto_decode(cases[i].type, cases[i].text, strlen(cases[i].text), 0, &a, &rec, NULL),
            ERR_OK);
        proto_encode(cases[i].type, rec, PROTO_COMPLETE, &got);
        if (!strstr(got.s, cases[i].want))
            fail_msg("%s: no %s in %s", cases[i].text, cases[i].want, got.s);
        sbuf_clear(&got);
        proto_encode(cases[i].type, proto_new(cases[i].type, &a), PROTO_COMPLETE, &got);
        assert_non_null(strstr(got.s, ":true"));
    }
}

/* hbVersion, shared, metadata: always where REST shows an entity, on the bus only when they say
 * something, unless they were read. */
static void test_entity(void **state)
{
    (void)state;
    static const char text[] = "{\"id\":\"l\",\"hbVersion\":0,\"shared\":false,\"metadata\":{}}";
    AUTO(arena_release) struct arena a = ARENA_INIT;
    AUTO(sbuf_release) struct sbuf got = SBUF_INIT;
    struct lifecycle_event *event;
    struct vdu vdu = {.id = "u"};
    assert_int_equal(proto_decode(&lifecycle_event_type, text, strlen(text), 0, &a, &event, NULL),
                     ERR_OK);
    proto_encode(&lifecycle_event_type, event, PROTO_LEAN, &got);
    assert_string_equal(got.s, "{\"id\":\"l\"}");
    sbuf_clear(&got);
    proto_encode(&lifecycle_event_type, event, 0, &got);
    assert_string_equal(got.s, text);
    event = proto_new(&lifecycle_event_type, &a);
    event->id = "l";
    sbuf_clear(&got);
    proto_encode(&lifecycle_event_type, event, PROTO_ENTITY | PROTO_LEAN, &got);
    assert_string_equal(got.s, text);
    proto_list_add(&vdu.lifecycle_event, event, &a);
    sbuf_clear(&got);
    proto_encode(&vdu_type, &vdu, PROTO_ENTITY_OUTER, &got);
    assert_string_equal(got.s, "{\"id\":\"u\",\"hbVersion\":0,\"shared\":false,"
                               "\"lifecycle_event\":[{\"id\":\"l\"}]}");
    event->hb_version = 3;
    event->shared = true;
    sbuf_clear(&got);
    proto_encode(&lifecycle_event_type, event, 0, &got);
    assert_string_equal(got.s, "{\"id\":\"l\",\"hbVersion\":3,\"shared\":true}");
}

static void test_fault(void **state)
{
    (void)state;
    AUTO(arena_release) struct arena a = ARENA_INIT;
    struct err err = ERR_INIT;
    err_set(&err, ERR_TIMEOUT, "vnfm 'generic' did not answer");
    err_hint(&err, "is it running?");
    err_where(&err, "vnfd[0]");
    struct fault *f = fault_from_err(&err, "nfvo", NULL, &a);
    assert_string_equal(f->code, "ERR_TIMEOUT");
    assert_string_equal(f->message, "vnfm 'generic' did not answer");
    assert_string_equal(f->hint, "is it running?");
    assert_string_equal(f->object, "vnfd[0]");
    assert_string_equal(f->component, "nfvo");
    assert_int_equal(proto_validate(&fault_type, f, NULL), ERR_OK);
    err = (struct err){.code = ERR_NOMEM};
    f = fault_from_err(&err, "nfvo", "vnfr 1", &a);
    assert_string_equal(f->message, "out of memory");
    assert_string_equal(f->object, "vnfr 1");
    assert_null(f->hint);
}

static void test_exception_text(void **state)
{
    (void)state;
    struct vnfm_exception cause = {.detail_message = "disk full"}, top = {.cause = &cause};
    assert_string_equal(vnfm_exception_text(&top), "disk full");
    top.detail_message = "VnfmSdkException: disk full";
    assert_string_equal(vnfm_exception_text(&top), "VnfmSdkException: disk full");
    assert_string_equal(vnfm_exception_text(NULL), "the VNFM gave no reason");
    cause.detail_message = top.detail_message = "";
    assert_string_equal(vnfm_exception_text(&top), "the VNFM gave no reason");
}

static void test_actions(void **state)
{
    (void)state;
    for (int a = ACTION_NONE + 1; a < ACTION_N; a++)
        assert_int_equal(action_parse(action_word((enum action)a)), a);
    for (int a = ACTION_NONE + 1; a < ACTION_CANCEL; a++) /* those that users may subscribe to */
        assert_string_equal(action_words[a - 1], action_word((enum action)a));
    assert_null(action_words[ACTION_CANCEL - 1]);
    assert_string_equal(action_word(ACTION_NONE), "");
    assert_string_equal(action_word((enum action)99), "");
    assert_int_equal(action_parse(NULL), ACTION_NONE);
    assert_int_equal(action_parse(""), ACTION_NONE);
    assert_int_equal(action_parse("instantiate"), ACTION_NONE);
    assert_int_equal(action_parse("SCALE"), ACTION_NONE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_fill_ids),       cmocka_unit_test(test_keep_ids),
        cmocka_unit_test(test_true_if_absent), cmocka_unit_test(test_entity),
        cmocka_unit_test(test_fault),          cmocka_unit_test(test_exception_text),
        cmocka_unit_test(test_actions),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
