#include "nfvo/api/context.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* said: NULL, or a part of the refusal. */
static void expect(const struct api_options *o, const char *said)
{
    struct err err = ERR_INIT;
    enum err_code rc = api_check_options(o, &err);
    if (!said)
        assert_int_equal(rc, ERR_OK);
    else if (rc == ERR_OK || !strstr(err.msg, said))
        fail_msg("'%s' is not in: %s", said, rc == ERR_OK ? "(it was taken)" : err.msg);
}

static void networks(void **state)
{
    (void)state;
    expect(&(struct api_options){0}, NULL);
    expect(&(struct api_options){.trusted_proxies = "10.0.0.0/8, ::1"}, NULL);
    expect(&(struct api_options){.trusted_proxies = "proxy"}, "read trusted-proxies: 'proxy'");
    expect(&(struct api_options){.metrics_networks = "10.0.0.0/99"}, "read metrics-networks");
    expect(&(struct api_options){.rest_vnfm_networks = "10.0.0.0/99"}, "read rest-vnfm-networks");
}

static void where_status_listens(void **state)
{
    (void)state;
    expect(&(struct api_options){.status_listen = "[::1]:9100"}, NULL);
    expect(&(struct api_options){.status_listen = "9100"}, "status-listen: '9100'");
    expect(&(struct api_options){.status_listen = "127.0.0.1:99999"}, "is not ADDRESS:PORT");
}

static void origins(void **state)
{
    static const char *const bad[] = {"dash.example", "https://", "https://dash.example/",
                                      "https://a.example, b.example", "*.example"};
    (void)state;
    expect(&(struct api_options){.cors_origins = "*"}, NULL);
    expect(&(struct api_options){.cors_origins = " https://a.example:8443,http://[::1]"}, NULL);
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        expect(&(struct api_options){.cors_origins = bad[i]}, "is no origin");
}

static void files(void **state)
{
    (void)state;
    expect(&(struct api_options){.tls_cert = "/nonexistent"}, "tls-key is not set");
    expect(&(struct api_options){.tls_key = "/nonexistent"}, "tls-cert is not set");
    expect(&(struct api_options){.tls_cert = "/nonexistent", .tls_key = "/dev/null"},
           "open '/nonexistent'");
    expect(&(struct api_options){.password_list_path = "/nonexistent"}, "/nonexistent");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(networks),
        cmocka_unit_test(where_status_listens),
        cmocka_unit_test(origins),
        cmocka_unit_test(files),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
