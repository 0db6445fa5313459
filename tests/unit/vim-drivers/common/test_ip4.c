#include "vim-drivers/common/ip4.h"
#include "vim-drivers/local/fabric.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static void test_parse(void **state)
{
    static const struct {
        const char *text;
        bool is_loopback;
        const char *want; /* NULL: refused */
    } rows[] = {
        {"10.1.0.0/24", false, "10.1.0.0/24"},
        {"10.1.2.3/16", false, "10.1.0.0/16"},
        {"192.168.7.4/30", false, "192.168.7.4/30"},
        {"10.0.0.0/8", false, "10.0.0.0/8"},
        {"127.5.0.0/24", true, "127.5.0.0/24"},
        {"127.5.0.0/24", false, NULL},
        {"10.5.0.0/24", true, NULL},
        {"10.1.0.0/31", false, NULL},
        {"10.1.0.0/7", false, NULL},
        {"10.1.0.0", false, NULL},
        {"10.1.0.0/", false, NULL},
        {"10.1.0.0/24x", false, NULL},
        {"10.1.0.0/ 24", false, NULL},
        {"10.1.0.0/-8", false, NULL},
        {"/24", false, NULL},
        {"10.1.0/24", false, NULL},
        {"10.1.0.0.0.0.0.0.0.0/24", false, NULL},
        {"224.0.0.0/24", false, NULL},
        {"0.0.0.0/8", false, NULL},
        {"169.254.77.0/24", false, NULL}, /* the relay is there */
        {"", false, NULL},
        {NULL, false, NULL},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct ip4_range r;
        char text[IP4_RANGE_TEXT] = "";
        struct err err = ERR_INIT;
        enum err_code rc = ip4_range_parse(rows[i].text, rows[i].is_loopback, &r, &err);
        if (rc == ERR_OK)
            ip4_range_print(&r, text);
        if ((rc == ERR_OK) != (rows[i].want != NULL) ||
            (rows[i].want && strcmp(text, rows[i].want) != 0))
            fail_msg("%s: %s (%s)", rows[i].text, text, err.msg);
        if (rc != ERR_OK)
            assert_string_not_equal(err.hint, "");
    }
}

static void test_choose_address(void **state)
{
    struct ip4_range r;
    uint32_t used[4], ip;
    (void)state;
    assert_int_equal(ip4_range_parse("10.9.8.0/29", false, &r, NULL), ERR_OK);
    uint32_t base = ip4_parse("10.9.8.0");
    /* .0 network, .1 gateway, .7 broadcast; .2 to .6 are free */
    assert_int_equal(ip4_choose(&r, NULL, 0, &ip, NULL), ERR_OK);
    assert_int_equal(ip, base + 2);
    used[0] = base + 4;
    used[1] = base + 2;
    assert_int_equal(ip4_choose(&r, used, 2, &ip, NULL), ERR_OK);
    assert_int_equal(ip, base + 3);
    used[2] = base + 3;
    assert_int_equal(ip4_choose(&r, used, 3, &ip, NULL), ERR_OK);
    assert_int_equal(ip, base + 5);
    used[3] = base + 5;
    assert_int_equal(ip4_choose(&r, used, 4, &ip, NULL), ERR_OK);
    assert_int_equal(ip, base + 6);
    uint32_t all[] = {base + 6, base + 2, base + 5, base + 3, base + 4};
    struct err err = ERR_INIT;
    assert_int_equal(ip4_choose(&r, all, 5, &ip, &err), ERR_LIMIT);
    assert_string_equal(err.msg, "no address of '10.9.8.0/29' is left");
    assert_true(ip4_range_has(&r, base + 2));
    assert_true(ip4_range_has(&r, base + 6));
    assert_false(ip4_range_has(&r, base));
    assert_false(ip4_range_has(&r, base + 1));
    assert_false(ip4_range_has(&r, base + 7));
    assert_false(ip4_range_has(&r, base + 8));
}

static void test_choose_range(void **state)
{
    struct ip4_range used[300], other;
    struct err err = ERR_INIT;
    (void)state;
    for (int loopback = 0; loopback < 2; loopback++)
        for (size_t n = 0; n < ARRAY_LEN(used); n++) {
            assert_int_equal(ip4_range_choose(used, n, loopback, 0xffffffff, &used[n], NULL),
                             ERR_OK);
            assert_int_equal(used[n].base >> 24, loopback ? 127 : 10);
            if (loopback)
                assert_true((used[n].base >> 16 & 255) >= 2);
            for (size_t k = 0; k < n; k++)
                assert_false(ip4_ranges_overlap(&used[k], &used[n]));
        }
    assert_int_equal(ip4_range_parse("10.0.0.0/8", false, &other, NULL), ERR_OK);
    assert_int_equal(ip4_range_choose(&other, 1, false, 7, &used[0], &err), ERR_LIMIT);
    assert_string_not_equal(err.hint, "");
}

static void test_overlap(void **state)
{
    static const struct {
        const char *a, *b;
        bool want;
    } rows[] = {{"10.1.0.0/24", "10.1.1.0/24", false},
                {"10.1.0.0/24", "10.1.0.0/24", true},
                {"10.1.0.0/16", "10.1.255.0/24", true},
                {"10.1.0.0/16", "10.2.0.0/24", false},
                {"10.1.0.4/30", "10.1.0.0/24", true}};
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct ip4_range a, b;
        assert_int_equal(ip4_range_parse(rows[i].a, false, &a, NULL), ERR_OK);
        assert_int_equal(ip4_range_parse(rows[i].b, false, &b, NULL), ERR_OK);
        assert_int_equal(ip4_ranges_overlap(&a, &b), rows[i].want);
        assert_int_equal(ip4_ranges_overlap(&b, &a), rows[i].want);
    }
}

static void test_relay(void **state)
{
    static const struct {
        const char *text, *ip; /* ip NULL: refused */
        unsigned port;
    } rows[] = {{"5672", "127.0.0.1", 5672},
                {"10.0.0.5:80", "10.0.0.5", 80},
                {"0", NULL, 0},
                {"65536", NULL, 0},
                {"x", NULL, 0},
                {"10.0.0.5:", NULL, 0},
                {":80", NULL, 0},
                {"localhost:80", NULL, 0},
                {"80x", NULL, 0},
                {"", NULL, 0}};
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        uint32_t ip = 0;
        unsigned port = 0;
        enum err_code rc = loc_relay_parse(rows[i].text, &ip, &port, NULL);
        if ((rc == ERR_OK) != (rows[i].ip != NULL) || port != rows[i].port ||
            (rows[i].ip && ip != ip4_parse(rows[i].ip)))
            fail_msg("%s: %x %u", rows[i].text, ip, port);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_parse), cmocka_unit_test(test_choose_address),
        cmocka_unit_test(test_choose_range), cmocka_unit_test(test_overlap),
        cmocka_unit_test(test_relay)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
