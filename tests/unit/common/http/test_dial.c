#include "common/http/dial.h"

#include <arpa/inet.h>
#include <ifaddrs.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static struct sockaddr_storage address_of(const char *text)
{
    struct sockaddr_storage s = {0};
    struct sockaddr_in *v4 = (struct sockaddr_in *)(void *)&s;
    struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)(void *)&s;
    if (inet_pton(AF_INET, text, &v4->sin_addr) == 1)
        s.ss_family = AF_INET;
    else if (inet_pton(AF_INET6, text, &v6->sin6_addr) == 1)
        s.ss_family = AF_INET6;
    else
        fail_msg("%s", text);
    return s;
}

static const struct {
    const char *address, *kind; /* NULL: may be called */
} cases[] = {
    {"127.0.0.1", "loopback"},
    {"127.255.255.254", "loopback"},
    {"128.0.0.1", NULL},
    {"0.0.0.0", "unspecified"},
    {"0.1.2.3", "unspecified"},
    {"169.254.169.254", "link-local"},
    {"192.0.0.192", "reserved"},
    {"224.0.0.1", "multicast"},
    {"239.255.255.255", "multicast"},
    {"255.255.255.255", "reserved"},
    {"100.100.100.200", "cloud metadata"},
    {"10.1.2.3", NULL},
    {"172.16.9.9", NULL},
    {"192.168.254.253", NULL},
    {"8.8.8.8", NULL},
    {"::1", "loopback"},
    {"::", "unspecified"},
    {"::127.0.0.1", "unspecified"},
    {"::ffff:127.0.0.1", "loopback"},
    {"::ffff:169.254.169.254", "link-local"},
    {"::ffff:8.8.8.8", NULL},
    {"::ffff:0:127.0.0.1", "loopback"},
    {"64:ff9b::127.0.0.1", "loopback"},
    {"64:ff9b::169.254.169.254", "link-local"},
    {"64:ff9b::8.8.8.8", NULL},
    {"64:ff9b:1::8.8.8.8", "a translation of IPv4"},
    {"2002:7f00:1::1", "loopback"},
    {"2002:808:808::1", NULL},
    {"2001:0:1::1", "a tunnel of IPv4"},
    {"2001:db8::1", NULL},
    {"fe80::1", "link-local"},
    {"febf::1", "link-local"},
    {"fd00:ec2::254", "cloud metadata"},
    {"fd00::1", NULL},
    {"ff02::1", "multicast"},
};

static void test_kinds(void **state)
{
    static const struct dial_rules strict = {0};
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct sockaddr_storage to = address_of(cases[i].address);
        struct err err = ERR_INIT;
        enum err_code rc = dial_check(&strict, (struct sockaddr *)&to, &err);
        char want[64] = "";
        if (cases[i].kind) {
            strcpy(want, "(");
            strcat(want, cases[i].kind);
        }
        if (rc != (cases[i].kind ? ERR_DENIED : ERR_OK) || !strstr(err.msg, want))
            fail_msg("%s: %s %s", cases[i].address, err_name(rc), err.msg);
    }
}

static void test_own_addresses(void **state)
{
    static const struct dial_rules strict = {0};
    struct ifaddrs *all;
    int n = 0;
    (void)state;
    assert_int_equal(getifaddrs(&all), 0);
    for (const struct ifaddrs *i = all; i; i = i->ifa_next)
        if (i->ifa_addr &&
            (i->ifa_addr->sa_family == AF_INET || i->ifa_addr->sa_family == AF_INET6)) {
            assert_int_equal(dial_check(&strict, i->ifa_addr, NULL), ERR_DENIED);
            n++;
        }
    freeifaddrs(all);
    assert_true(n > 0);
}

static void test_what_is_allowed(void **state)
{
    static const char *const nets[] = {"127.0.0.0/9", "fe80::/64", "169.254.1.1"};
    static const struct {
        const char *address;
        enum err_code want;
    } got[] = {
        {"127.1.2.3", ERR_OK},          {"127.128.0.1", ERR_DENIED}, {"::ffff:127.1.2.3", ERR_OK},
        {"64:ff9b::127.1.2.3", ERR_OK}, {"fe80::7", ERR_OK},         {"fe80:0:0:1::7", ERR_DENIED},
        {"169.254.1.1", ERR_OK},        {"169.254.1.2", ERR_DENIED},
    };
    struct dial_rules rules;
    (void)state;
    assert_int_equal(dial_rules_parse(&rules, nets, ARRAY_LEN(nets), NULL), ERR_OK);
    for (size_t i = 0; i < ARRAY_LEN(got); i++) {
        struct sockaddr_storage to = address_of(got[i].address);
        if (dial_check(&rules, (struct sockaddr *)&to, NULL) != got[i].want)
            fail_msg("%s", got[i].address);
    }
    assert_int_equal(dial_check_url(&rules, "http://127.1:80/", NULL), ERR_OK);
    assert_int_equal(dial_check_url(&rules, "http://[::1]:80/", NULL), ERR_DENIED);
    assert_int_equal(dial_check_url(&rules, "http://name/", NULL), ERR_OK);
}

static void test_bad_networks(void **state)
{
    static const char *const bad[] = {"",          "x",         "127.0.0.1/33", "::1/129",
                                      "1.2.3/24",  "1.2.3.4/",  "1.2.3.4/-1",   "1.2.3.4/8x",
                                      "localhost", "1.2.3.4/ 8"};
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        struct dial_rules rules;
        if (dial_rules_parse(&rules, &bad[i], 1, NULL) != ERR_INVALID)
            fail_msg("%s", bad[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_kinds), cmocka_unit_test(test_own_addresses),
        cmocka_unit_test(test_what_is_allowed), cmocka_unit_test(test_bad_networks)};
    return cmocka_run_group_tests_name("dial", tests, NULL, NULL);
}
