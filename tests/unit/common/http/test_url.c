#include "common/http/url.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static const struct {
    const char *url, *host; /* host NULL: refused */
} hosts[] = {
    {"http://a:8080/x", "a"},
    {"http://a", "a"},
    {"HTTPS://a/", "a"},
    {"http://u:p@a:1/?q", "a"},
    {"http://[::1]:9", "::1"},
    {"http://[::1]/", "::1"},
    {"http://127.1/", "127.0.0.1"},
    {"http://0x7f000001/", "127.0.0.1"},
    {"http://017700000001", "127.0.0.1"},
    {"http://a@b@c/", NULL},
    {"http://", NULL},
    {"ftp://a", NULL},
    {"a:80", NULL},
    {"http://a:x", NULL},
    {"http://a:123456", NULL},
    {"http://[::1", NULL},
    {"", NULL},
    {"http://a:80x/", NULL},
    {"gopher://a", NULL},
    {"file:///etc/passwd", NULL},
    {"http://a b/", NULL},
};

static void test_hosts(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(hosts); i++) {
        char host[256] = "";
        struct err err = ERR_INIT;
        enum err_code rc = http_url_host(hosts[i].url, host, &err);
        if (rc != (hosts[i].host ? ERR_OK : ERR_INVALID))
            fail_msg("%s: %s '%s'", hosts[i].url, err_name(rc), host);
        if (hosts[i].host)
            assert_string_equal(host, hosts[i].host);
    }
}

static void test_masks(void **state)
{
    static const struct {
        const char *url, *want;
    } cases[] = {
        {"http://h/x", "http://h/x"},
        {"http://u:p@h:1/x", "http://***@h:1/x"},
        {"http://u@h", "http://***@h"},
        {"http://a@b@h/c@d", "http://***@h/c@d"},
        {"http://h?token=t&x=&y", "http://h?token=***&x=***&y"},
        {"http://h/?a=b=c#d=e", "http://h/?a=***#d=***"},
        {"u:p@h", "***@h"},
        {"http://h/p?u=http://x:y@z", "http://h/p?u=***"},
        {"", ""},
        {"://", "://"},
        {"?", "?"},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        AUTO(sbuf_release) struct sbuf out = SBUF_INIT;
        http_url_mask(&out, cases[i].url);
        assert_string_equal(out.s, cases[i].want);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_hosts), cmocka_unit_test(test_masks)};
    return cmocka_run_group_tests_name("url", tests, NULL, NULL);
}
