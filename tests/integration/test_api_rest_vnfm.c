/* VNFMs over HTTP at the door of the NFVO: who is let in, who may register as what, and of whose VNFs
 * they may speak. rest-api.md 2.12, decisions.md D10. */
#include "tests/support/api_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/support/nfvo_store.h"

#include <cmocka.h>

#define REGISTER     "/admin/v1/vnfm-register"
#define UNREGISTER   "/admin/v1/vnfm-unregister"
#define CORE_ACTIONS "/admin/v1/vnfm-core-actions"

static const char *vnfm(const char *type, const char *endpoint)
{
    return api_text("{\"type\":\"%s\",\"endpointType\":\"REST\",\"endpoint\":\"%s\",\"enabled\":"
                    "true,\"active\":true,\"description\":\"d\"}",
                    type, endpoint);
}

static int post(struct api_fixture *f, const char *path, const char *body)
{
    f->token[0] = f->project[0] = '\0';
    return api_call(f, "POST", path, body);
}

static void count_is(struct api_fixture *f, const char *want)
{
    assert_string_equal(test_query(f->db, "SELECT count(*) FROM vnfm_endpoint"), want);
}

static void one_registers_and_leaves(void **state)
{
    struct api_fixture *f = *state;
    WANT(201, post(f, REGISTER, vnfm("t", "http://192.0.2.1:9/base/")));
    assert_int_equal(f->res.body.len, 0);
    WANT(201, post(f, REGISTER, vnfm("t", "http://192.0.2.1:9/base")));
    count_is(f, "1");
    assert_string_equal(
        test_query(f->db, "SELECT endpoint || kind || active || enabled FROM vnfm_endpoint"),
        "http://192.0.2.1:9/baseRESTtruetrue");
    /* What an administrator switched off stays so. */
    test_sql(f->db, "UPDATE vnfm_endpoint SET enabled = false, active = false");
    WANT(201, post(f, REGISTER, vnfm("t", "http://192.0.2.1:9/base")));
    assert_string_equal(test_query(f->db, "SELECT active::text || enabled FROM vnfm_endpoint"),
                        "truefalse");
    WANT(201, post(f, REGISTER, vnfm("t", "http://192.0.2.1:10")));
    WANT(200, post(f, UNREGISTER, vnfm("t", "http://192.0.2.1:9/base")));
    count_is(f, "1");
    WANT(200, post(f, UNREGISTER, vnfm("t", "http://192.0.2.1:9/base")));
    count_is(f, "1");
}

static void what_is_refused(void **state)
{
    struct api_fixture *f = *state;
    static const struct {
        const char *type, *endpoint, *text;
        int status;
    } rows[] = {{"t", "http://169.254.169.254", "outbound-allow", 422},
                {"t", "http://127.0.0.2:80", "outbound-allow", 422},
                {"t", "ftp://192.0.2.1", "endpoint", 422},
                {"t", "http://user:pass@192.0.2.1", "no login", 422},
                {"t", "http://192.0.2.1/?x=", "no login, query", 422},
                {"a b", "http://192.0.2.1", "type: 'a b' is not allowed", 422},
                {"*", "http://192.0.2.1", "type: '*' is not allowed", 422},
                {"", "http://192.0.2.1", "type", 400},
                {"t", "", "endpoint", 400}};
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        WANT(rows[i].status, post(f, REGISTER, vnfm(rows[i].type, rows[i].endpoint)));
        HAS(rows[i].text);
        HAS_NOT("pass@");
    }
    WANT(422,
         post(f, REGISTER,
              "{\"type\":\"t\",\"endpointType\":\"RABBIT\",\"endpoint\":\"http://192.0.2.1\"}"));
    HAS("VNFMs on the broker register there");
    count_is(f, "0");
}

static void a_type_has_one_way(void **state)
{
    struct api_fixture *f = *state;
    test_sql(f->db, "INSERT INTO vnfm_endpoint (id, type, endpoint, kind, active, enabled, doc) "
                    "VALUES ('x', 'amqp', 'amqp', 'RABBIT', true, true, '{}')");
    WANT(422, post(f, REGISTER, vnfm("amqp", "http://192.0.2.1")));
    HAS("type 'amqp' is served on the broker (queue amqp)");
    /* Away for a moment, and its VNFs are there. */
    test_sql(f->db, "UPDATE vnfm_endpoint SET active = false");
    test_sql(f->db, "INSERT INTO vnfr (id, agg, phase, name, endpoint, doc, state) VALUES ('v1', "
                    "'n1', 'ACTIVE', 'web', 'amqp', '{}', '')");
    WANT(422, post(f, REGISTER, vnfm("amqp", "http://192.0.2.1")));
    HAS("type 'amqp' is served on the broker (queue amqp)");
    test_sql(f->db, "DELETE FROM vnfr");
    WANT(201, post(f, REGISTER, vnfm("amqp", "http://192.0.2.1")));
    test_sql(f->db,
             "INSERT INTO manager_credentials (username, sealed, kind, instances, doc, type, "
             "is_enrolled) VALUES ('acc', '', 'vnfm', '', '', 'enrolled', true)");
    WANT(422, post(f, REGISTER, vnfm("enrolled", "http://192.0.2.1")));
    HAS("(account acc)");
}

static void there_are_limits(void **state)
{
    struct api_fixture *f = *state;
    for (int i = 0; i < 16; i++)
        WANT(201, post(f, REGISTER, vnfm("t", api_text("http://192.0.2.1:%d", i + 1))));
    WANT(422, post(f, REGISTER, vnfm("t", "http://192.0.2.1:99")));
    HAS("too many VNFMs over HTTP: 16, 16 of type 't'");
    WANT(201, post(f, REGISTER, vnfm("t", "http://192.0.2.1:5")));
    test_sql(f->db, "INSERT INTO vnfm_endpoint (id, type, endpoint, kind, active, enabled, doc) "
                    "SELECT 'y' || i, 'y' || i, 'http://x', 'REST', true, true, '{}' FROM "
                    "generate_series(1, 240) i");
    WANT(422, post(f, REGISTER, vnfm("another", "http://192.0.2.1")));
}

static void who_is_let_in(void **state)
{
    struct api_fixture *f = *state;
    f->from = "203.0.113.5";
    WANT(403, post(f, REGISTER, vnfm("t", "http://192.0.2.1")));
    HAS("VNFMs are not let in from 203.0.113.5");
    HAS("rest-vnfm-networks");
    WANT(403, post(f, CORE_ACTIONS, "{}"));
    f->from = NULL;
    f->options.rest_vnfm_token = "a secret";
    WANT(403, post(f, REGISTER, vnfm("t", "http://192.0.2.1")));
    HAS("rest-vnfm-token");
    snprintf(f->token, sizeof(f->token), "a secre");
    WANT(403, api_call(f, "POST", REGISTER, vnfm("t", "http://192.0.2.1")));
    snprintf(f->token, sizeof(f->token), "a secret");
    WANT(201, api_call(f, "POST", REGISTER, vnfm("t", "http://192.0.2.1")));
}

/* Whoever is let in by an address may be led by others: a page in its browser, or clients of a proxy
 * on that machine. */
static int post_with(struct api_fixture *f, const char *name, const char *value)
{
    char url[128];
    const char *body = vnfm("t", "http://192.0.2.1");
    const struct http_header header = {name, value};
    struct http_call c = {.method = "POST",
                          .url = url,
                          .type = "text/plain",
                          .body = body,
                          .body_len = strlen(body),
                          .headers = &header,
                          .header_n = 1};
    snprintf(url, sizeof(url), "http://127.0.0.1:%u" REGISTER, api_port(f->api));
    return http_client_call(f->client, &c, &f->res, &f->err) == ERR_OK ? f->res.status : -1;
}

static void nobody_is_led_in(void **state)
{
    struct api_fixture *f = *state;
    WANT(403, post_with(f, "Origin", "http://evil.example"));
    HAS("a web page is no VNFM");
    WANT(403, post_with(f, "Origin", "null"));
    /* A proxy that is trusted, and does not say for whom. */
    WANT(403, post_with(f, "Forwarded", "for=203.0.113.5"));
    HAS("does not say for whom (Forwarded)");
    WANT(403, post_with(f, "X-Real-IP", "203.0.113.5"));
    WANT(403, post_with(f, "Via", "1.1 proxy"));
    count_is(f, "0");
    WANT(201, post_with(f, "X-Forwarded-For", "127.0.0.1")); /* it is, and does */
    WANT(201, post_with(f, "X-Other", "1"));
    count_is(f, "1");
    /* One that is not trusted: what it says is worth nothing. */
    f->options.trusted_proxies = "";
    api_fixture_reopen(f);
    WANT(403, post_with(f, "X-Forwarded-For", "127.0.0.1"));
    HAS("trusted-proxies");
    WANT(201, post_with(f, "X-Other", "1"));
}

static const char *start_of(const char *nsr, const char *id, const char *name)
{
    return api_text(
        "{\"action\":\"START\",\"virtualNetworkFunctionRecord\":{\"id\":\"%s\",\"name\":"
        "\"%s\",\"parent_ns_id\":\"%s\"}}",
        id, name, nsr);
}

static void of_whom_it_may_speak(void **state)
{
    struct api_fixture *f = *state;
    test_sql(f->db, "INSERT INTO vnfr (id, agg, phase, name, endpoint, doc, state) VALUES ('v1', "
                    "'n1', 'ACTIVE', 'web', 'generic', '{}', ''), ('v2', 'n1', 'ACTIVE', 'db', "
                    "'http', '{}', ''), ('v3', 'n2', 'ACTIVE', 'web', 'generic', '{}', '')");
    WANT(201, post(f, REGISTER, vnfm("http", "http://192.0.2.1")));
    static const struct {
        const char *nsr, *id, *name;
        int status; /* 500: let through, and nobody is there to take it */
    } rows[] = {{"n1", "v2", "db", 500},  {"n1", "", "db", 500},    {"n1", "v1", "web", 403},
                {"n1", "v1", "db", 403},  {"n1", "v2", "web", 403}, {"n1", "v9", "new", 500},
                {"n2", "v3", "web", 403}, {"n2", "v9", "new", 403}, {"n9", "v9", "new", 500}};
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        WANT(rows[i].status,
             post(f, CORE_ACTIONS, start_of(rows[i].nsr, rows[i].id, rows[i].name)));
        if (rows[i].status == 403)
            HAS("START of a VNF that no VNFM over HTTP serves");
    }
    WANT(400, post(f, CORE_ACTIONS, "{\"action\":\"START\"}"));
    HAS("names no network service");
    WANT(403, post(f, CORE_ACTIONS, "{\"action\":\"ERROR\",\"nsrId\":\"n2\"}"));
    WANT(500, post(f, CORE_ACTIONS, "{\"action\":\"ERROR\",\"nsrId\":\"n1\"}"));
    /* What registered on the broker is no VNFM over HTTP, whatever it said there. */
    test_sql(f->db, "UPDATE vnfm_endpoint SET account = 'guest'");
    WANT(403, post(f, CORE_ACTIONS, start_of("n1", "v2", "db")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(one_registers_and_leaves), TEST(what_is_refused), TEST(a_type_has_one_way),
        TEST(there_are_limits),         TEST(who_is_let_in),   TEST(of_whom_it_may_speak),
        TEST(nobody_is_led_in)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
