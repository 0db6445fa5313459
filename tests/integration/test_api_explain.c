/* /api/v1/baton/...: what is explained, who may see it, live events. The rows are written by hand.
 */
#include "tests/support/api_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define EXPLAIN "/api/v1/baton/explain/"
#define STATUS  "/api/v1/baton/status"
#define EVENTS  "/api/v1/baton/events"

/* A network service `svc` that is being deployed: its server is up, and the VNFM of `web` has not
 * answered yet; `db` waits for the driver. */
static void add_service(struct api_fixture *f, const char *id, const char *project)
{
    test_sql(f->db,
             api_text("INSERT INTO nsr (id, agg, phase, seq, project_id, name, nsd_id, pops, doc, "
                      "state) VALUES ('%s', '%s', 'DEPLOYING', 3, '%s', 'svc', 'd', 'p1', "
                      "'{\"status\":\"NULL\",\"task\":\"Onboarding\",\"vnf_dependency\":[{"
                      "\"target\":\"web\",\"idType\":{\"db\":\"t\"}}]}', '')",
                      id, id, project));
    test_sql(
        f->db,
        api_text("INSERT INTO vnfr (id, agg, phase, name, endpoint, doc, state) VALUES "
                 "('%s-web', '%s', 'ALLOCATED', 'web', 'generic', '{\"status\":\"NULL\",\"fault\":{"
                 "\"message\":\"boom\"},\"configurations\":{\"configurationParameters\":[{"
                 "\"confKey\":\"pw\",\"value\":\"hush\"}]},\"vdu\":[{\"vnfc_instance\":[{"
                 "\"id\":\"%s-i\",\"state\":\"ACTIVE\",\"ips\":[{\"netName\":\"n\",\"ip\":"
                 "\"10.0.0.9\"}]}]}]}', ''), ('%s-db', '%s', 'ALLOCATING', 'db', 'other', '', '')",
                 id, id, id, id, id));
    test_sql(f->db,
             api_text("INSERT INTO instance (id, agg, phase, vnfr_id, pop_id, hostname, vc_id, "
                      "state) VALUES ('%s-i', '%s', 'UP', '%s-web', 'p1', '%s-host', 'vc', ''), "
                      "('%s-k', '%s', 'LAUNCHING', '%s-db', 'p1', '%s-other', '', '')",
                      id, id, id, id, id, id, id, id));
    test_sql(f->db,
             api_text("INSERT INTO command (id, agg, agg_kind, kind, subject, due_at, data) VALUES "
                      "('%s:0.1.1', '%s', 'nsr', 'INSTANTIATE', '%s-web', 7777, ''), ('%s:0.6.2', "
                      "'%s', 'nsr', 'LAUNCH', "
                      "'%s-k', 8888, '')",
                      id, id, id, id, id, id));
    test_sql(f->db,
             api_text("INSERT INTO outbox (stream, seq, next_at, until_at, meta, body) VALUES "
                      "('%s', 1, 0, 9, E'x\\tgeneric\\t%s:0.1.1\\t\\t0\\t1\\t0', 'hush hush'), "
                      "('%s', 2, 0, 0, E'\\t\\t%s:0.9.9\\t\\t0\\t1\\t0', '')", /* no message */
                      id, id, id, id));
    test_sql(f->db, api_text("INSERT INTO history (nsr_id, at, doc) VALUES ('%s', 5, '{\"event\":"
                             "\"DEPLOY\",\"project\":\"%s\"}')",
                             id, project));
}

static int setup(void **state)
{
    struct api_fixture *f = api_fixture_new();
    *state = f;
    add_service(f, "n1", f->project);
    test_sql(f->db,
             api_text("INSERT INTO pop (id, agg, phase, seq, project_id, name, type, doc, state) "
                      "VALUES ('p1', 'p1', 'READY', 1, '%s', 'cloud', 'test', '{\"active\":true,"
                      "\"images\":[{}],\"password\":\"hush\"}', '{\"refreshedAt\":4,\"fault\":{"
                      "\"message\":\"away\"}}')",
                      f->project));
    return 0;
}

static void explains_by_id_and_by_name(void **state)
{
    struct api_fixture *f = *state;
    static const char *const names[] = {"n1",   "svc", "n1-web",  "web",
                                        "n1-i", "vc",  "n1-host", "n1:0.1.1"};
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        WANT(200, api_call(f, "GET", api_text(EXPLAIN "%s", names[i]), NULL));
        HAS("\"phase\" : \"DEPLOYING\"");
        HAS("\"kind\" : \"INSTANTIATE\"");
        HAS("\"due\" : 7777");
        HAS("\"vnfm\" : \"generic\"");
        HAS_NOT("hush"); /* no bodies, no configurations */
        HAS_NOT("0.9.9");
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

/* One document that is no JSON does not take the view of all the others away; what a worker found
 * is told as long as the text is still that one. */
static void tells_what_cannot_be_read(void **state)
{
    struct api_fixture *f = *state;
    test_sql(f->db, "UPDATE vnfr SET doc = '{\"vdu\":' WHERE id = 'n1-web'");
    test_sql(f->db, "UPDATE nsr SET doc = 'not JSON' WHERE id = 'n1'");
    test_sql(f->db, "INSERT INTO unreadable (kind, id, agg, digest, found_at, message) SELECT "
                    "'vnfr', id, agg, md5(doc || state), 5, 'vnfr n1-web is garbled' FROM vnfr "
                    "WHERE id = 'n1-web' UNION ALL SELECT 'pop', id, id, md5(doc || state), 6, "
                    "'the cloud is garbled' FROM pop UNION ALL SELECT 'nsr', id, id, 'other', 7, "
                    "'repaired since' FROM nsr");
    WANT(200, api_call(f, "GET", EXPLAIN "n1", NULL));
    HAS("\"message\" : \"vnfr n1-web is garbled\"");
    HAS("\"message\" : \"the cloud is garbled\"");
    HAS_NOT("repaired since");
    WANT(200, api_call(f, "GET", STATUS, NULL));
    HAS("\"message\" : \"vnfr n1-web is garbled\"");
    HAS("\"message\" : \"the cloud is garbled\"");
    HAS_NOT("repaired since");
}

/* With what is possible; of other services, and of other projects, none. */
static void tells_open_operations(void **state)
{
    struct api_fixture *f = *state;
    add_service(f, "n2", "elsewhere");
    test_sql(f->db,
             api_text("INSERT INTO operation (id, agg, project_id, nsr_name, kind, state, vnfr_id, "
                      "origin, asked_by, asked_at, state_at, doc) SELECT i, agg, project, 'svc', "
                      "'HEAL', s, '', 'user', 'admin', 1, 1, '{\"steps\":[{\"n\":1,\"kind\":"
                      "\"HEAL\",\"state\":\"FAILED\",\"cause\":\"SCRIPT\"}]}' FROM (VALUES "
                      "('op1', 'n1', '%s', 'FAILED_TEMP'), ('op2', 'n1', '%s', 'COMPLETED'), "
                      "('op3', 'n2', 'elsewhere', 'FAILED_TEMP')) v (i, agg, project, s)",
                      f->project, f->project));
    WANT(200, api_call(f, "GET", EXPLAIN "n1-web", NULL));
    HAS("\"notTold\":[],\"next\":");
    HAS("\"openOperations\":[{\"id\":\"op1\"");
    HAS("\"current\":{\"n\":1");
    HAS("baton op fail op1");
    HAS_NOT("op2");
    HAS_NOT("op3");
    WANT(200, api_call(f, "GET", EXPLAIN "p1", NULL));
    HAS_NOT("openOperations");
    WANT(200, api_call(f, "GET", STATUS, NULL));
    HAS("\"openOperations\":[{\"id\":\"op1\"");
    HAS_NOT("op3");
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
    test_sql(f->db, api_text("UPDATE pop SET name = 'web'"));
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
        WANT(200, api_call(f, "GET", api_text(EXPLAIN "%s", names[i]), NULL));
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

/* The logs of what was released: found by its id, its name and its hosts, by whom it belonged to,
 * and no line of its history. */
static void keeps_the_logs_of_what_is_gone(void **state)
{
    struct api_fixture *f = *state;
    static const char *const names[] = {"gone-1", "late", "h-7"};
    for (int i = 0; i < 2; i++)
        test_sql(
            f->db,
            api_text("INSERT INTO history (nsr_id, at, doc) VALUES ('gone-%d', 6, "
                     "'{\"event\":\"LOGS\",\"project\":\"%s\",\"nsr\":\"late\",\"vnfr\":\"web\","
                     "\"host\":\"h-7\",\"lines\":[\"== a\",\"b %d\"],\"at\":\"x\"}')",
                     i, i ? f->project : "elsewhere", i));
    api_add_user(f, "bob", "USER", "default");
    WANT(200, api_login(f, "grant_type=password&username=bob&password=" FIXTURE_PASSWORD));
    snprintf(f->token, sizeof(f->token), "%s", api_member(f, "access_token"));
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        WANT(200, api_call(f, "GET", api_text(EXPLAIN "%s", names[i]), NULL));
        HAS("\"kind\" : \"gone\"");
        HAS("\"id\" : \"gone-1\"");
        HAS("\"logs\" : [{\"vnfr\" : \"web\", \"host\" : \"h-7\"}]");
        HAS("\"history\" : []");
        HAS_NOT("gone-0");
    }
#define LOGS_OF(nsr, host) "/api/v1/logs/" nsr "/vnfrecord/web/hostname/" host
    WANT(200, api_call(f, "POST", LOGS_OF("gone-1", "h-7"), "{}"));
    assert_string_equal(f->res.body.s, "[\"== a\",\"b 1\"]");
    WANT(200, api_call(f, "POST", LOGS_OF("gone-1", "h-7"), "{\"lines\":1}"));
    assert_string_equal(f->res.body.s, "[\"b 1\"]");
    WANT(200, api_call(f, "POST", LOGS_OF("gone-1", "h-7") "?full=1", "{}"));
    assert_string_equal(f->res.body.s, "{\"outputLog\":[\"== a\",\"b 1\"],\"errorLog\":[]}");
    WANT(404, api_call(f, "POST", LOGS_OF("gone-1", "h-8"), "{}"));
    WANT(404, api_call(f, "POST", LOGS_OF("gone-0", "h-7"), "{}"));
    add_service(f, "late", f->project); /* what is there comes before what was */
    WANT(200, api_call(f, "GET", EXPLAIN "late", NULL));
    HAS_NOT("gone");
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
        test_sql(l->f->db, api_text("INSERT INTO history (nsr_id, at, doc) VALUES "
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

static void add_refusal(struct api_fixture *f, const char *about, const char *subject,
                        const char *at_us)
{
    test_sql(f->db,
             api_text("INSERT INTO refusal (key, kind, account, about, subject, vhost, operation, "
                      "needs, object, words, hint, n, first_at, last_at, logged_at) VALUES "
                      "('%s%s', 'access', 'a-%s', '%s', '%s', '/', 'basic.publish', 'write', "
                      "'exchange', 'words', 'hint for %s', 2, 1, %s, 1)",
                      about, subject, subject, about, subject, subject, at_us));
}

#define NOW "(extract(epoch FROM clock_timestamp()) * 1000000)::bigint"

static void tells_refusals_to_whom_they_concern(void **state)
{
    struct api_fixture *f = *state;
    add_refusal(f, "agent", "n1-host", "3"); /* long ago, and it is still waited for */
    add_refusal(f, "agent", "n9-host", NOW); /* of nobody here */
    add_refusal(f, "vnfm", "generic", "4");  /* long ago, and it is there again */
    add_refusal(f, "driver", "test", "5");   /* a bare type */
    add_refusal(f, "registration", "reg", NOW);
    test_sql(f->db, "INSERT INTO vim_driver (queue, type, active) VALUES ('vim-drivers.test.t', "
                    "'test', false)");
    test_sql(f->db, "INSERT INTO vnfm_endpoint (id, type, endpoint, kind, active, enabled, doc) "
                    "VALUES ('e1', 'generic', 'generic', 'RABBIT', true, true, '{}')");
    static const struct {
        const char *asked, *has, *has_not;
    } cases[] = {
        {EXPLAIN "n1-host", "hint for n1-host", "hint for n9-host"},
        {EXPLAIN "svc", "hint for n1-host", "hint for reg"},
        {EXPLAIN "n1-web", "hint for generic", "hint for n9-host"},
        {EXPLAIN "n1-db", "hint for test", "hint for n1-host"},
        {EXPLAIN "generic", "hint for generic", "hint for reg"}, /* it is there */
        {EXPLAIN "vim-drivers.test.t", "hint for test", "hint for generic"},
        {EXPLAIN "vim-drivers.test.t", "hint for reg", "hint for generic"}, /* it is not */
        {EXPLAIN "cloud", "hint for test", "hint for generic"},
        {STATUS, "hint for n1-host", "hint for n9-host"},
        {STATUS, "hint for reg", "hint for generic"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        WANT(200, api_call(f, "GET", cases[i].asked, NULL));
        HAS(cases[i].has);
        HAS_NOT(cases[i].has_not);
    }
    HAS("\"needs\" : \"write\"");
    HAS("\"n\" : 2");
}

/* The broker has an agent's user a moment before its rights. */
static void a_login_that_came_too_early_is_no_warning(void **state)
{
    static const char *const asked[] = {EXPLAIN "n1-host", STATUS};
    struct api_fixture *f = *state;
    add_refusal(f, "agent", "n1-host", "5000000");
    test_sql(f->db, "UPDATE refusal SET kind = 'vhost'");
    test_sql(f->db, "INSERT INTO agent_login (hostname, endpoint, made_at) VALUES "
                    "('n1-host', 'generic', 6000000) ON CONFLICT (hostname) DO UPDATE SET "
                    "made_at = 6000000");
    for (size_t i = 0; i < ARRAY_LEN(asked); i++) {
        WANT(200, api_call(f, "GET", asked[i], NULL));
        HAS_NOT("hint for n1-host");
    }
    test_sql(f->db, "UPDATE refusal SET last_at = 9000000"); /* again: that is not why */
    for (size_t i = 0; i < ARRAY_LEN(asked); i++) {
        WANT(200, api_call(f, "GET", asked[i], NULL));
        HAS("hint for n1-host");
    }
}

static void tells_since_when_agent_and_server_are_gone(void **state)
{
    struct api_fixture *f = *state;
    test_sql(f->db, "UPDATE nsr SET phase = 'ACTIVE'");
    test_sql(f->db, "INSERT INTO agent_seen VALUES ('n1-host', " NOW ")");
    WANT(200, api_call(f, "GET", STATUS, NULL));
    HAS("\"agentsGone\" : []"); /* for a moment only */
    test_sql(f->db, "UPDATE agent_seen SET gone_since = 123456");
    WANT(200, api_call(f, "GET", STATUS, NULL));
    HAS("\"host\" : \"n1-host\", \"since\" : 123456");
    WANT(200, api_call(f, "GET", EXPLAIN "n1-host", NULL));
    HAS("\"agentGone\" : 123456");
    HAS("\"serverGone\" : null");
    test_sql(f->db, "INSERT INTO drift VALUES ('n1-i', 'p1', 'SERVER_GONE', 3, '', 4711, '')");
    WANT(200, api_call(f, "GET", STATUS, NULL));
    HAS("\"alarms\" : []"); /* missed once */
    test_sql(f->db, "UPDATE drift SET weight = 6, believed = kind");
    test_sql(
        f->db,
        "INSERT INTO alarm (id, subject, kind, project_id, pop_id, pop_name, nsr_id, nsr_name, "
        "vnfr_id, host, severity, event_type, cause, is_root, detail, raised_at, changed_at) "
        "SELECT 'alarm-1', 'n1-i', 'SERVER_GONE', project_id, 'p1', 'cloud', id, name, 'v', "
        "'n1-host', 'CRITICAL', 'EQUIPMENT_ALARM', 'c', true, 'it is gone', 4711, 4711 FROM "
        "nsr");
    WANT(200, api_call(f, "GET", STATUS, NULL));
    HAS("\"kind\" : \"SERVER_GONE\", \"severity\" : \"CRITICAL\", \"raised\" : 4711");
    WANT(200, api_call(f, "GET", EXPLAIN "svc", NULL));
    HAS("\"serverGone\" : 4711");
    HAS("\"text\" : \"it is gone\"");
    test_sql(f->db, "UPDATE alarm SET project_id = 'another'");
    test_sql(f->db, "UPDATE nsr SET project_id = 'another'");
    WANT(200, api_call(f, "GET", STATUS, NULL));
    HAS("\"agentsGone\" : []");
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, api_fixture_teardown)
    const struct CMUnitTest tests[] = {
        T(explains_by_id_and_by_name),
        T(tells_what_cannot_be_read),
        T(tells_open_operations),
        T(says_nothing_of_what_is_not_there),
        T(names_what_a_name_may_mean),
        T(tells_only_ones_own_project),
        T(keeps_the_logs_of_what_is_gone),
        T(shows_the_suite_at_a_glance),
        T(tells_refusals_to_whom_they_concern),
        T(a_login_that_came_too_early_is_no_warning),
        T(tells_since_when_agent_and_server_are_gone),
        T(sends_events_as_they_happen),
        T(keeps_events_of_other_projects_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
