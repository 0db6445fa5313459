#include "proto/records/base.h"

#include "proto/messages/or_vnfm.h"
#include "proto/messages/vnfm_or.h"
#include "proto/records/fault.h"
#include "proto/records/manager.h"
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
         "{\"vimInstances\":{\"u\":[{\"id\":\"1\"},{\"id\":\"2\"}]}}",
         "{\"vimInstances\":{\"u\":[{\"id\":\"1\"},{\"id\":\"2\"}]}}"},
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
    for (int a = ACTION_NONE + 1; a < ACTION_N; a++) {
        assert_int_equal(action_parse(action_word((enum action)a)), a);
        assert_string_equal(action_words[a - 1], action_word((enum action)a));
    }
    assert_null(action_words[ACTION_N - 1]);
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
        cmocka_unit_test(test_fill_ids),
        cmocka_unit_test(test_fault),
        cmocka_unit_test(test_exception_text),
        cmocka_unit_test(test_actions),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
