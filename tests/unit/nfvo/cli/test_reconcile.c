/* baton pop orphans against a server of this test, in each form of the output. */
#include "common/base/macros.h"
#include "common/http/server.h"
#include "nfvo/cli/common.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define POP "00000000-0000-4000-8000-000000000001"

static enum http_result on_get(struct http_request *req, struct http_reply *reply)
{
    (void)req;
    http_reply_static(
        reply, 200, HTTP_TYPE_JSON,
        "{\"name\":\"here\",\"drift\":[],\"orphans\":[{\"id\":\"s-1\",\"host\":\"web-1\"},"
        "{\"id\":\"s-2\",\"host\":\"web-2\"}]}");
    return HTTP_DONE;
}

static enum http_result on_projects(struct http_request *req, struct http_reply *reply)
{
    (void)req;
    http_reply_static(reply, 200, HTTP_TYPE_JSON, "[{\"id\":\"" POP "\",\"name\":\"default\"}]");
    return HTTP_DONE;
}

static const struct http_route routes[] = {{"GET", "/api/v1/baton/pops/{id}/reconcile", on_get, 0},
                                           {"GET", "/api/v1/projects", on_projects, 0},
                                           {0}};

static void orphans(const struct http_server *s, const char *form, const char *want)
{
    struct cli c;
    char *out = NULL, *errors = NULL, url[64];
    size_t out_len, errors_len;
    cli_init(&c, open_memstream(&out, &out_len), open_memstream(&errors, &errors_len));
    snprintf(url, sizeof(url), "--url=http://127.0.0.1:%u", http_server_port(s));
    char words[][80] = {"baton", "pop", "orphans", POP, "-o"};
    char last[16];
    snprintf(last, sizeof(last), "%s", form);
    char *argv[] = {words[0], words[1], words[2], words[3], words[4], last, url, NULL};
    int code = cli_main(&c, 7, argv);
    fflush(c.raw_out);
    fflush(c.raw_errors);
    fflush(c.out);
    fflush(c.errors);
    if (code != CLI_OK || !strstr(out, want))
        fail_msg("-o %s: %d, '%s' is not in:\n%s%s", form, code, want, out, errors);
    cli_release(&c);
    fclose(c.out);
    fclose(c.errors);
    free(out);
    free(errors);
}

static void test_orphans(void **state)
{
    struct http_server *s;
    struct err err = ERR_INIT;
    (void)state;
    setenv("BATON_TOKEN", "t", 1);
    setenv("BATON_PROJECT", POP, 1);
    setenv("XDG_CONFIG_HOME", "/nonexistent", 1);
    assert_int_equal(http_server_open(&s, &(struct http_server_options){.routes = routes}, &err),
                     ERR_OK);
    orphans(s, "json",
            "[{\"id\":\"s-1\",\"host\":\"web-1\"},{\"id\":\"s-2\",\"host\":\"web-2\"}]\n");
    orphans(s, "name", "s-1\ns-2\n");
    orphans(s, "table", "web-2");
    http_server_close(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_orphans)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
