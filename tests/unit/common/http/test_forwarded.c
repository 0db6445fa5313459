/* Whose address counts when proxies are in front: never one that the client wrote itself. */
#include "common/base/net_list.h"
#include "common/http/server.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

static void believes_trusted_proxies_only(void **state)
{
    static const struct {
        const char *trusted, *peer, *header, *want;
    } cases[] = {
        {"", "192.0.2.1", NULL, "192.0.2.1"},
        {"", "192.0.2.1", "203.0.113.9", "192.0.2.1"}, /* nobody is trusted */
        {"10.0.0.0/8", "192.0.2.1", "203.0.113.9", "192.0.2.1"},
        {"10.0.0.0/8", "10.0.0.1", NULL, "10.0.0.1"},
        {"10.0.0.0/8", "10.0.0.1", "", "10.0.0.1"},
        {"10.0.0.0/8", "10.0.0.1", "203.0.113.9", "203.0.113.9"},
        {"10.0.0.0/8", "10.0.0.1", "1.1.1.1, 203.0.113.9",
         "203.0.113.9"}, /* 1.1.1.1: its own word */
        {"10.0.0.0/8", "10.0.0.1", "1.1.1.1, 203.0.113.9 ,10.0.0.2", "203.0.113.9"},
        {"10.0.0.0/8", "10.0.0.1", "10.0.0.3,10.0.0.2", "10.0.0.3"},
        {"10.0.0.0/8", "10.0.0.1", "203.0.113.9, nonsense", "10.0.0.1"},
        {"10.0.0.0/8", "10.0.0.1", "203.0.113.9,", "10.0.0.1"},
        {"10.0.0.0/8", "10.0.0.1", ",,,", "10.0.0.1"},
        {"10.0.0.0/8", "10.0.0.1", "nonsense, 10.0.0.2", "10.0.0.2"},
        {"10.0.0.0/8", "10.0.0.1", "203.0.113.9:4711", "203.0.113.9"},
        {"10.0.0.0/8", "10.0.0.1", "[2001:db8::9]:4711", "2001:db8::9"},
        {"::1", "::1", "2001:db8::9", "2001:db8::9"},
        {"127.0.0.1", "::ffff:127.0.0.1", "203.0.113.9", "203.0.113.9"},
        {"", "::ffff:192.0.2.1", NULL, "192.0.2.1"},
        {"", "fe80::1%eth0", NULL, "fe80::1"},
        {"", "no address", "203.0.113.9", "no address"},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct net_list trusted;
        struct err err = ERR_INIT;
        char got[HTTP_CLIENT_SIZE];
        assert_int_equal(net_list_parse(&trusted, cases[i].trusted, &err), ERR_OK);
        http_forwarded(&trusted, cases[i].peer, cases[i].header, got);
        assert_string_equal(got, cases[i].want);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(believes_trusted_proxies_only),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
