#include "common/base/net_list.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static void finds_addresses(void **state)
{
    static const struct {
        const char *nets, *address;
        bool want;
    } cases[] = {
        {"", "127.0.0.1", false},
        {"127.0.0.1", "127.0.0.1", true},
        {"127.0.0.1", "127.0.0.2", false},
        {"10.0.0.0/8", "10.255.1.2", true},
        {"10.0.0.0/8", "11.0.0.0", false},
        {"10.1.2.3/8", "10.9.9.9", true},
        {"192.0.2.128/25", "192.0.2.127", false},
        {"192.0.2.128/25", "192.0.2.200", true},
        {"0.0.0.0/0", "8.8.8.8", true},
        {"0.0.0.0/0", "2001:db8::1", false},
        {"::/0", "8.8.8.8", true},
        {"::1, 10.0.0.0/8", "10.1.1.1", true},
        {" ::1 10.0.0.0/8,", "::1", true},
        {"2001:db8::/33", "2001:db8:7fff::1", true},
        {"2001:db8::/33", "2001:db8:8000::1", false},
        {"10.0.0.0/8", "::ffff:10.1.1.1", true},
        {"::ffff:10.0.0.0/104", "10.1.1.1", true},
        {"10.0.0.0/8", "10.1.1", false},
        {"10.0.0.0/8", "", false},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct net_list list;
        struct err err = ERR_INIT;
        assert_int_equal(net_list_parse(&list, cases[i].nets, &err), ERR_OK);
        if (net_list_has(&list, cases[i].address) != cases[i].want)
            fail_msg("'%s' in '%s'", cases[i].address, cases[i].nets);
    }
}

static void refuses_what_is_none(void **state)
{
    static const char *const cases[] = {"10.0.0.0/33", "10.0.0/8",   "::1/129",     "::1/",
                                        "localhost",   "10.0.0.0/x", "10.0.0.0/-1", "::1/8/8"};
    char many[65 * 8 + 1] = "";
    struct net_list list;
    struct err err = ERR_INIT;
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        assert_int_equal(net_list_parse(&list, cases[i], &err), ERR_INVALID);
        assert_non_null(strstr(err.msg, cases[i]));
    }
    for (int i = 0; i < 65; i++)
        strcat(many, "1.1.1.1 ");
    assert_int_equal(net_list_parse(&list, many, &err), ERR_LIMIT);
}

static void reads_addresses_as_proxies_write_them(void **state)
{
    static const struct {
        const char *text, *want; /* NULL: none */
    } cases[] = {
        {"192.0.2.1", "192.0.2.1"},
        {"192.0.2.1:4711", "192.0.2.1"},
        {"::ffff:192.0.2.1", "192.0.2.1"},
        {"2001:DB8::0:1", "2001:db8::1"},
        {"[2001:db8::1]:80", "2001:db8::1"},
        {"[2001:db8::1]", "2001:db8::1"},
        {"fe80::1%eth0", "fe80::1"},
        {"unknown", NULL},
        {"", NULL},
        {"_hidden", NULL},
        {"192.0.2.1 ", NULL},
        {"1234567890123456789012345678901234567890123456789012345678901234567890", NULL},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        char got[NET_TEXT_SIZE] = "";
        bool is = net_text(cases[i].text, strlen(cases[i].text), got);
        assert_int_equal(is, cases[i].want != NULL);
        if (is)
            assert_string_equal(got, cases[i].want);
    }
}

static void tells_clients_apart(void **state)
{
    char got[NET_CLIENT_SIZE];
    (void)state;
    net_client("192.0.2.1", got);
    assert_string_equal(got, "192.0.2.1");
    net_client("2001:db8:1:2:3:4:5:6", got);
    assert_string_equal(got, "2001:db8:1:2::/64");
    net_client("ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", got);
    assert_string_equal(got, "ffff:ffff:ffff:ffff::/64");
    net_client("something", got);
    assert_string_equal(got, "something");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finds_addresses),
        cmocka_unit_test(refuses_what_is_none),
        cmocka_unit_test(reads_addresses_as_proxies_write_them),
        cmocka_unit_test(tells_clients_apart),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
