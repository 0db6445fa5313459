/* /api/v1/baton/...: what is explained, who may see it, live events. The rows are written by hand.
 */
#include "tests/support/api_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define WANT(status, ...)                                                                          \
    do {                                                                                           \
        int got_ = (__VA_ARGS__);                                                                  \
        if (got_ != (status))                                                                      \
            print_error("%s: %s\n", f->err.msg, f->res.body.s);                                    \
        assert_int_equal(got_, status);                                                            \
    } while (0)
#define HAS(text)                                                                                  \
    do {                                                                                           \
        if (!strstr(f->res.body.s, text))                                                          \
            print_error("no %s in: %s\n", text, f->res.body.s);                                    \
        assert_non_null(strstr(f->res.body.s, text));                                              \
    } while (0)
#define HAS_NOT(text)                                                                              \
    do {                                                                                           \
        if (strstr(f->res.body.s, text))                                                           \
            print_error("%s in: %s\n", text, f->res.body.s);                                       \
        assert_null(strstr(f->res.body.s, text));                                                  \
    } while (0)

#define EXPLAIN "/api/v1/baton/explain/"
#define STATUS  "/api/v1/baton/status"
#define EVENTS  "/api/v1/baton/events"

static char text_of[8192];
static const char *at(const char *fmt, ...) PRINTF_LIKE(1, 2);
static const char *at(const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(text_of, sizeof(text_of), fmt, ap);
    va_end(ap);
    return text_of;
}

/* A network service `svc` that is being deployed: its server is up, and the VNFM of `web` has not
 * answered yet; `db` waits for the driver. */
static void add_service(struct api_fixture *f, const char *id, const char *project)
{
    test_sql(f->db, at("INSERT INTO nsr (id, agg, phase, seq, project_id, name, nsd_id, pops, doc, "
                       "state) VALUES ('%s', '%s', 0, 3, '%s', 'svc', 'd', 'p1', "
                       "'{\"status\":\"NULL\",\"task\":\"Onboarding\",\"vnf_dependency\":[{"
                       "\"target\":\"web\",\"idType\":{\"db\":\"t\"}}]}', '')",
                       id, id, project));
    test_sql(f->db, at("INSERT INTO vnfr (id, agg, phase, name, endpoint, doc, state) VALUES "
                       "('%s-web', '%s', 4, 'web', 'generic', '{\"status\":\"NULL\",\"fault\":{"
                       "\"message\":\"boom\"},\"configurations\":{\"configurationParameters\":[{"
                       "\"confKey\":\"pw\",\"value\":\"hush\"}]},\"vdu\":[{\"vnfc_instance\":[{"
                       "\"id\":\"%s-i\",\"state\":\"ACTIVE\",\"ips\":[{\"netName\":\"n\",\"ip\":"
                       "\"10.0.0.9\"}]}]}]}', ''), ('%s-db', '%s', 3, 'db', 'other', '', '')",
                       id, id, id, id, id));
    test_sql(f->db, at("INSERT INTO instance (id, agg, phase, vnfr_id, pop_id, hostname, vc_id, "
                       "state) VALUES ('%s-i', '%s', 2, '%s-web', 'p1', '%s-host', 'vc', ''), "
                       "('%s-k', '%s', 0, '%s-db', 'p1', '%s-other', '', '')",
                       id, id, id, id, id, id, id, id));
    test_sql(f->db,
             at("INSERT INTO command (id, agg, agg_kind, kind, subject, due_at, data) VALUES "
                "('%s:0.1.1', '%s', 0, 1, '%s-web', 7777, ''), ('%s:0.6.2', '%s', 0, 6, "
                "'%s-k', 8888, '')",
                id, id, id, id, id, id));
    test_sql(f->db, at("INSERT INTO outbox (stream, seq, next_at, until_at, meta, body) VALUES "
                       "('%s', 1, 0, 9, E'x\\tgeneric\\t%s:0.1.1\\t\\t0\\t1\\t0', 'hush hush')",
                       id, id));
    test_sql(f->db, at("INSERT INTO history (nsr_id, at, doc) VALUES ('%s', 5, '{\"event\":"
                       "\"DEPLOY\",\"project\":\"%s\"}')",
                       id, project));
}

static int setup(void **state)
{
    struct api_fixture *f = api_fixture_new();
    *state = f;
    add_service(f, "n1", f->project);
    test_sql(f->db, at("INSERT INTO pop (id, agg, phase, seq, project_id, name, type, doc, state) "
                       "VALUES ('p1', 'p1', 1, 1, '%s', 'cloud', 'test', '{\"active\":true,"
                       "\"images\":[{}],\"password\":\"hush\"}', '{\"refreshedAt\":4,\"fault\":{"
                       "\"message\":\"away\"}}')",
                       f->project));
    return 0;
}

static int teardown(void **state)
{
    api_fixture_free(*state);
    return 0;
}

static void explains_by_id_and_by_name(void **state)
{
    struct api_fixture *f = *state;
    static const char *const names[] = {"n1",   "svc", "n1-web",  "web",
                                        "n1-i", "vc",  "n1-host", "n1:0.1.1"};
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        WANT(200, api_call(f, "GET", at(EXPLAIN "%s", names[i]), NULL));
        HAS("\"phase\" : \"DEPLOYING\"");
        HAS("\"kind\" : \"INSTANTIATE\"");
        HAS("\"due\" : 7777");
        HAS("\"vnfm\" : \"generic\"");
        HAS_NOT("hush"); /* no bodies, no configurations */
    }
    WANT(200, api_call(f, "GET", EXPLAIN "n1", NULL));
    HAS("\"phase\" : \"ALLOCATED\"");
    HAS("\"needs\" : [\"db\"]");
    HAS("\"message\":\"boom\"");
    HAS("\"ip\":\"10.0.0.9\"");
    HAS("\"kind\" : \"LAUNCH\"");
    HAS("\"host\" : \"n1-other\"");
    HAS("\"popType\" : \"test\"");
    HAS("\"to\" : \"generic\"");
    HAS("\"event\":\"DEPLOY\"");
    WANT(200, api_call(f, "GET", EXPLAIN "n1?after=1000000", NULL));
    HAS_NOT("DEPLOY\"");
    WANT(200, api_call(f, "GET", EXPLAIN "n1:0.1.1", NULL)); /* of a command: it alone */
    HAS_NOT("\"LAUNCH\"");
    WANT(200, api_call(f, "GET", EXPLAIN "cloud", NULL));
    HAS("\"message\":\"away\"");
    HAS_NOT("hush");
}

static void says_nothing_of_what_is_not_there(void **state)
{
    struct api_fixture *f = *state;
    WANT(200, api_call(f, "GET", EXPLAIN "nobody", NULL));
    HAS("\"hits\" : []");
    HAS("\"nsr\" : null");
    WANT(200, api_call(f, "GET", EXPLAIN "%27%20OR%201=1%20--", NULL));
    HAS("\"hits\" : []");
}

static void names_what_a_name_may_mean(void **state)
{
    struct api_fixture *f = *state;
    test_sql(f->db, at("UPDATE pop SET name = 'web'"));
    WANT(200, api_call(f, "GET", EXPLAIN "web", NULL));
    HAS("\"kind\" : \"vnfr\", \"id\" : \"n1-web\"");
    HAS("\"kind\" : \"pop\", \"id\" : \"p1\"");
    HAS("\"vnfrs\" : null");
    WANT(200, api_call(f, "GET", EXPLAIN "web?kind=pop", NULL));
    HAS("\"message\":\"away\"");
}

static void tells_only_ones_own_project(void **state)
{
    struct api_fixture *f = *state;
    add_service(f, "n2", "elsewhere");
    api_add_user(f, "bob", "USER", "default");
    WANT(200, api_login(f, "grant_type=password&username=bob&password=" FIXTURE_PASSWORD));
    snprintf(f->token, sizeof(f->token), "%s", api_member(f, "access_token"));
    static const char *const names[] = {"n2", "n2-web", "n2-i", "n2-host", "n2:0.1.1"};
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        WANT(200, api_call(f, "GET", at(EXPLAIN "%s", names[i]), NULL));
        HAS("\"hits\" : []");
        HAS("\"waits\" : []");
        HAS("\"outbox\" : []");
    }
    test_sql(f->db,
             "INSERT INTO vnfm_endpoint (id, type, endpoint, kind, active, enabled, doc) VALUES "
             "('e', 'generic', 'generic', 'RABBIT', true, true, '{}')");
    WANT(200, api_call(f, "GET", EXPLAIN "generic", NULL)); /* what it works on, of his only */
    HAS("n1:0.1.1");
    HAS_NOT("n2:0.1.1");
    test_sql(f->db, "DELETE FROM vnfm_endpoint");
    WANT(200, api_call(f, "GET", STATUS, NULL));
    HAS("\"open\" : 2");
    HAS_NOT("n2");
    WANT(200, api_call(f, "GET", EXPLAIN "svc", NULL)); /* not ambiguous for him */
    HAS("\"id\" : \"n1\"");
    test_sql(f->db, "DELETE FROM nsr");
    WANT(200, api_call(f, "GET", EXPLAIN "n2", NULL));
    HAS("\"hits\" : []");
    WANT(200, api_call(f, "GET", EXPLAIN "n1", NULL)); /* gone, but its history was his to see */
    HAS("\"kind\" : \"gone\"");
    HAS("\"event\":\"DEPLOY\"");
    WANT(200, api_call(f, "GET", "/api/v1/ns-records/n1/history", NULL));
    WANT(404, api_call(f, "GET", "/api/v1/ns-records/n2/history", NULL));
    WANT(200, api_call(f, "GET", STATUS, NULL));
    HAS_NOT("elsewhere");
    f->token[0] = '\0';
    WANT(401, api_call(f, "GET", EXPLAIN "n1", NULL));
    WANT(401, api_call(f, "GET", EVENTS, NULL));
}

static void shows_the_suite_at_a_glance(void **state)
{
    struct api_fixture *f = *state;
    test_sql(f->db, "INSERT INTO heartbeat (process, at, host, pid) VALUES ('x', 3, 'h1', 42)");
    test_sql(f->db, "INSERT INTO vim_driver (queue, type, active) VALUES "
                    "('vim-drivers.test.test', 'test', true)");
    WANT(200, api_call(f, "GET", STATUS, NULL));
    HAS("\"host\" : \"h1\", \"pid\" : 42");
    HAS("\"DEPLOYING\" : 1");
    HAS("\"NULL\" : 1");
    HAS("\"name\" : \"svc\", \"phase\" : \"DEPLOYING\"");
    HAS("\"type\" : \"generic\", \"vnfrs\" : 1"); /* missed: nobody registered as that */
    HAS("\"driver\" : \"vim-drivers.test.test\"");
    HAS("\"open\" : 2");
    HAS("\"queues\":null"); /* the fixture has no broker: told, not failed */
    HAS_NOT("hush");
}

/* --- live ------------------------------------------------------------------------------------- */

struct listener {
    struct api_fixture *f;
    struct sbuf got;
    const char *until;
    bool has_written;
};

static bool on_data(void *arg, const char *data, size_t len)
{
    struct listener *l = arg;
    sbuf_add(&l->got, data, len);
    if (!l->has_written && strstr(l->got.s, "event: ready")) {
        l->has_written = true;
        test_sql(l->f->db, "INSERT INTO history (nsr_id, at, doc) VALUES "
                           "('n2', 6, '{\"event\":\"HIDDEN\",\"project\":\"elsewhere\"}')");
        test_sql(l->f->db, at("INSERT INTO history (nsr_id, at, doc) VALUES "
                              "('n1', 7, '{\"event\":\"FIRST\",\"project\":\"%s\"}'), "
                              "('n0', 8, '{\"event\":\"OTHER\",\"project\":\"%s\"}'), "
                              "('n1', 9, '{\"event\":\"LAST\",\"project\":\"%s\"}')",
                              l->f->project, l->f->project, l->f->project));
    }
    return !strstr(l->got.s, l->until);
}

static void listen_to(struct listener *l, const char *query, const char *last_id)
{
    char url[256], bearer[128];
    struct api_fixture *f = l->f;
    snprintf(url, sizeof(url), "http://127.0.0.1:%u" EVENTS "%s", api_port(f->api), query);
    snprintf(bearer, sizeof(bearer), "Bearer %s", f->token);
    struct http_header headers[] = {
        {"Authorization", bearer}, {"project-id", f->project}, {"Last-Event-ID", last_id}};
    struct http_call call = {.url = url,
                             .headers = headers,
                             .header_n = last_id ? 3 : 2,
                             .timeout_ms = 20000,
                             .on_data = on_data,
                             .on_data_arg = l};
    if (http_client_call(f->client, &call, &f->res, &f->err) != ERR_OK)
        fail_msg("%s: %s", f->err.msg, l->got.s);
}

static void sends_events_as_they_happen(void **state)
{
    struct api_fixture *f = *state;
    struct listener l = {.f = f, .got = SBUF_INIT, .until = "LAST"};
    listen_to(&l, "", NULL);
    assert_non_null(strstr(l.got.s, "FIRST"));
    assert_non_null(strstr(l.got.s, "OTHER"));
    assert_non_null(strstr(l.got.s, "\"nsrName\":\"svc\""));
    assert_null(strstr(l.got.s, "DEPLOY")); /* what was before */
    /* Where it broke off: after the first of the three. */
    const char *first = strstr(l.got.s, "\"id\":");
    char id[24];
    snprintf(id, sizeof(id), "%.*s", (int)strspn(first + 5, "0123456789"), first + 5);
    sbuf_clear(&l.got);
    listen_to(&l, "?nsr=n1", id);
    assert_null(strstr(l.got.s, "FIRST"));
    assert_null(strstr(l.got.s, "OTHER"));
    assert_non_null(strstr(l.got.s, "LAST"));
    sbuf_release(&l.got);
}

static void keeps_events_of_other_projects_back(void **state)
{
    struct api_fixture *f = *state;
    struct listener l = {.f = f, .got = SBUF_INIT, .until = "LAST"};
    api_add_user(f, "bob", "USER", "default");
    WANT(200, api_login(f, "grant_type=password&username=bob&password=" FIXTURE_PASSWORD));
    snprintf(f->token, sizeof(f->token), "%s", api_member(f, "access_token"));
    listen_to(&l, "?after=0", NULL);
    assert_null(strstr(l.got.s, "HIDDEN"));
    assert_non_null(strstr(l.got.s, "DEPLOY")); /* after=0: from the beginning */
    sbuf_release(&l.got);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(explains_by_id_and_by_name, setup, teardown),
        cmocka_unit_test_setup_teardown(says_nothing_of_what_is_not_there, setup, teardown),
        cmocka_unit_test_setup_teardown(names_what_a_name_may_mean, setup, teardown),
        cmocka_unit_test_setup_teardown(tells_only_ones_own_project, setup, teardown),
        cmocka_unit_test_setup_teardown(shows_the_suite_at_a_glance, setup, teardown),
        cmocka_unit_test_setup_teardown(sends_events_as_they_happen, setup, teardown),
        cmocka_unit_test_setup_teardown(keeps_events_of_other_projects_back, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
