/* baton image add, against a server of this test: which format it says of a link, and what is no file. */
#include "common/base/macros.h"
#include "common/http/server.h"
#include "nfvo/cli/common.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define PROJECT "00000000-0000-4000-8000-000000000001"
#define LINK    "https://images.invalid/web"
#define HINT    "baton image add NAME URL FORMAT"

static char asked[512]; /* the last format that the server was told; "": nothing came */

static enum http_result on_add(struct http_request *req, struct http_reply *reply)
{
    const char *format = http_request_query(req, "diskFormat");
    snprintf(asked, sizeof(asked), "%s", format ? format : "none");
    http_reply_static(reply, 201, HTTP_TYPE_JSON, "{\"id\":\"i-1\",\"name\":\"web\"}");
    return HTTP_DONE;
}

static enum http_result on_projects(struct http_request *req, struct http_reply *reply)
{
    (void)req;
    http_reply_static(reply, 200, HTTP_TYPE_JSON,
                      "[{\"id\":\"" PROJECT "\",\"name\":\"default\"}]");
    return HTTP_DONE;
}

static const struct http_route routes[] = {
    {"POST", "/api/v1/nfvimage", on_add, 0}, {"GET", "/api/v1/projects", on_projects, 0}, {0}};

/* want "": it was refused before anything was sent, and this was said. */
static void add(const struct http_server *s, const char *link, const char *format, const char *want,
                const char *said)
{
    struct cli c;
    char *out = NULL, *errors = NULL, words[6][96] = {"baton", "image", "add", "web"};
    size_t out_len, errors_len;
    char *argv[8] = {words[0], words[1], words[2], words[3], words[4]};
    int n = 5;
    cli_init(&c, open_memstream(&out, &out_len), open_memstream(&errors, &errors_len));
    char url[64], format_word[16];
    snprintf(words[4], sizeof(words[4]), "%s", link);
    snprintf(format_word, sizeof(format_word), "%s", format ? format : "");
    snprintf(url, sizeof(url), "--url=http://127.0.0.1:%u", http_server_port(s));
    if (format)
        argv[n++] = format_word;
    argv[n++] = url;
    asked[0] = '\0';
    int code = cli_main(&c, n, argv);
    cli_release(&c);
    fclose(c.out);
    fclose(c.errors);
    if (strcmp(asked, want) != 0 || (code == CLI_OK) != (*want != '\0'))
        fail_msg("%s %s: exit %d, told '%s', not '%s'\n%s%s", link, format ? format : "", code,
                 asked, want, out, errors);
    if (!*want && !strstr(errors, said))
        fail_msg("'%s' is not in: %s", said, errors);
    free(out);
    free(errors);
}

static void test_format_of_a_link(void **state)
{
    struct http_server *s;
    struct err err = ERR_INIT;
    (void)state;
    setenv("BATON_TOKEN", "t", 1);
    setenv("BATON_PROJECT", PROJECT, 1);
    setenv("XDG_CONFIG_HOME", "/nonexistent", 1);
    assert_int_equal(http_server_open(&s, &(struct http_server_options){.routes = routes}, &err),
                     ERR_OK);
    add(s, LINK ".qcow2", NULL, "qcow2", NULL);
    add(s, LINK ".QCOW2?v=2.raw", NULL, "qcow2", NULL);
    add(s, LINK ".vmdk#top", NULL, "vmdk", NULL);
    add(s, LINK ".img", "qcow2", "qcow2", NULL);
    add(s, LINK ".raw", "qcow2", "qcow2", NULL); /* who says it knows it */
    add(s, LINK ".img", NULL, "", HINT);         /* raw or qcow2: who knows */
    add(s, LINK, NULL, "", HINT);
    add(s, LINK "/raw", NULL, "", HINT);
    add(s, "/dev", NULL, "", "'/dev' is no file");
    add(s, "/dev/null", "raw", "", "'/dev/null' is no file");
    add(s, "/nonexistent", NULL, "", "No such file");
    http_server_close(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_format_of_a_link)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
