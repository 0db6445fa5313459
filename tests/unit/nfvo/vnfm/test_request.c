/* What managers send, read and refused: nfvo/vnfm/request.c. */
#include "nfvo/vnfm/internal.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const struct registry_options options = {.registration_user = "registrar",
                                                .management_user = "boss"};
static const struct bus_options login = {.user = "nfvo"};
static const struct registry_setup setup = {.options = &options, .bus = &login};

#define VNFM(type, endpoint, more)                                                                 \
    "{\"action\":\"register\",\"type\":\"" type "\",\"vnfmManagerEndpoint\":{" endpoint more "}}"
#define AT(type, queue) "\"type\":\"" type "\",\"endpoint\":\"" queue "\""

static void test_read(void **state)
{
    static const struct {
        const char *body;
        enum err_code want;
        const char *username, *instance; /* instance NULL: none */
        bool is_register, is_vnfm;
    } cases[] = {
        {VNFM("web", AT("web", "web"), ""), ERR_OK, "web", NULL, true, true},
        {VNFM("web", "\"endpoint\":\"q\"", ""), ERR_OK, "web", NULL, true, true},
        {VNFM("web", AT("web", "q"), ",\"instance\":\"i-1\""), ERR_OK, "web", "i-1", true, true},
        {VNFM("web", AT("web", "http://x:1/"), ",\"endpointType\":\"REST\""), ERR_INVALID, 0, 0, 0,
         0},
        {VNFM("web", AT("web", "q"), ",\"endpointType\":\"JMS\""), ERR_INVALID, 0, 0, 0, 0},
        {VNFM("web", AT("other", "q"), ""), ERR_INVALID, 0, 0, 0, 0},
        {VNFM("web", AT("web", ""), ""), ERR_INVALID, 0, 0, 0, 0},
        {VNFM("web", AT("web", "q"), ",\"instance\":\"a b\""), ERR_INVALID, 0, 0, 0, 0},
        {VNFM("web", AT("web", "vnfm.nfvo.actions"), ""), ERR_DENIED, 0, 0, 0, 0},
        {VNFM("nfvo", AT("nfvo", "q"), ""), ERR_DENIED, 0, 0, 0, 0},
        {VNFM("registrar", AT("registrar", "q"), ""), ERR_DENIED, 0, 0, 0, 0},
        {VNFM("boss", AT("boss", "q"), ""), ERR_DENIED, 0, 0, 0, 0},
        {VNFM("a.*", AT("a.*", "q"), ""), ERR_DENIED, 0, 0, 0, 0},
        {"{'type':'vim-drivers.test.test','action':'Register'}", ERR_OK, "vim-drivers.test.test",
         NULL, true, false},
        {"{'type':'openstack','action':'register','instance':'i'}", ERR_OK, "openstack", "i", true,
         false},
        {"{'type':'vim-drivers.#.x','action':'register'}", ERR_DENIED, 0, 0, 0, 0},
        {"{'action':'register'}", ERR_INVALID, 0, 0, 0, 0},
        {"{'type':'x'}", ERR_INVALID, 0, 0, 0, 0},
        {"{'type':'x','action':'remove'}", ERR_INVALID, 0, 0, 0, 0},
        {"{'action':'deregister','username':'u','password':'p'}", ERR_OK, "u", NULL, false, false},
        {"{'action':'unregister','username':'u','password':'p','vnfmManagerEndpoint':{'type':'u',"
         "'instance':'i'}}",
         ERR_OK, "u", "i", false, true},
        {"{'action':'unregister','username':'u'}", ERR_INVALID, 0, 0, 0, 0},
        {"", ERR_SYNTAX, 0, 0, 0, 0},
        {"[]", ERR_SYNTAX, 0, 0, 0, 0},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        AUTO(arena_release) struct arena a = ARENA_INIT;
        struct manager_request q = {0};
        struct err err = ERR_INIT;
        enum err_code rc =
            manager_request_read(cases[i].body, strlen(cases[i].body), &setup, &a, &q, &err);
        if (rc != cases[i].want)
            fail_msg("case %zu, %s: got %s (%s)", i, cases[i].body, err_name(rc), err.msg);
        assert_true(rc == ERR_OK || err.msg[0]);
        if (rc != ERR_OK)
            continue;
        assert_string_equal(q.username, cases[i].username);
        assert_true(q.is_register == cases[i].is_register && q.is_vnfm == cases[i].is_vnfm);
        if (strcmp(q.instance ? q.instance : "", cases[i].instance ? cases[i].instance : "") != 0)
            fail_msg("case %zu: instance '%s'", i, q.instance);
    }
}

static void test_capabilities_are_words(void **state)
{
    static const char body[] =
        VNFM("web", AT("web", "web"), ",\"capabilities\":[\"correlation\",\"a b\",\"\",\"x\\n\"]");
    AUTO(arena_release) struct arena a = ARENA_INIT;
    struct manager_request q;
    (void)state;
    assert_int_equal(manager_request_read(body, strlen(body), &setup, &a, &q, NULL), ERR_OK);
    assert_int_equal(q.capabilities.n, 1);
    assert_int_equal(q.endpoint->capabilities.n, 1);
    assert_true(proto_strs_has(&q.capabilities, "correlation"));
}

static void test_instances(void **state)
{
    AUTO(arena_release) struct arena a = ARENA_INIT;
    const char *many = "";
    (void)state;
    assert_string_equal(instances_with("", "a", &a), "a");
    assert_string_equal(instances_with("a", "b", &a), "a b");
    assert_string_equal(instances_with("a b", "a", &a), "b a"); /* once, as the newest */
    assert_string_equal(instances_without("a b c", "b", &a), "a c");
    assert_string_equal(instances_without("ab", "a", &a), "ab");
    assert_string_equal(instances_without("a", "a", &a), "");
    for (int i = 0; i < 200; i++)
        many = instances_with(many, arena_printf(&a, "i%d", i), &a);
    assert_true(strncmp(many, "i136 ", 5) == 0); /* 64 are kept */
    assert_true(strlen(many) == 64 * 5 - 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_read),
        cmocka_unit_test(test_capabilities_are_words),
        cmocka_unit_test(test_instances),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
