#include "nfvo/event/probe.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static const struct {
    const char *url, *host, *port; /* host NULL: refused */
} rows[] = {
    {"http://a:8080/x", "a", "8080"},
    {"http://a", "a", "80"},
    {"HTTPS://a/", "a", "443"},
    {"http://u:p@a:1/?q", "a", "1"},
    {"http://[::1]:9", "::1", "9"},
    {"http://[::1]/", "::1", "80"},
    {"http://", NULL, NULL},
    {"ftp://a", NULL, NULL},
    {"a:80", NULL, NULL},
    {"http://a:", NULL, NULL},
    {"http://a:x", NULL, NULL},
    {"http://a:123456", NULL, NULL},
    {"http://[::1", NULL, NULL},
    {"", NULL, NULL},
    {"http://a:80x/", NULL, NULL},
};

static void splits_urls(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        char host[256], port[8];
        struct err err = ERR_INIT;
        enum err_code rc = probe_split_url(rows[i].url, host, port, &err);
        assert_int_equal(rc, rows[i].host ? ERR_OK : ERR_INVALID);
        if (!rows[i].host)
            continue;
        assert_string_equal(host, rows[i].host);
        assert_string_equal(port, rows[i].port);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(splits_urls)};
    return cmocka_run_group_tests_name("probe", tests, NULL, NULL);
}
