/* The REST API: a POST that is repeated with its Idempotency-Key has one effect and gets the first
 * answer. */
#include "tests/support/api_fixture.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define VNFD                                                                                       \
    "{\"name\":\"a\",\"vendor\":\"v\",\"version\":\"1\",\"type\":\"t\",\"endpoint\":"              \
    "\"generic\",\"vdu\":[{\"vm_image\":[\"img\"],\"vnfc\":[{\"connection_point\":[]}]}]}"
#define NSD  "{\"name\":\"n\",\"vendor\":\"v\",\"version\":\"1\",\"vnfd\":[" VNFD "]}"
#define NSDS "/api/v1/ns-descriptors"

#define COUNT(table)                                                                               \
    {                                                                                              \
        "count_" table, "SELECT count(*) FROM " table                                              \
    }

static int64_t count(struct api_fixture *f, const struct db_statement *st)
{
    struct db_result res;
    struct err err = ERR_INIT;
    assert_int_equal(db_query(f->db, st, NULL, 0, &res, &err), ERR_OK);
    int64_t n = db_int64(&res, 0, 0);
    db_results_clear(f->db);
    return n;
}

static const struct db_statement nsrs = COUNT("nsr");

static const struct making {
    const char *path, *body;
    struct db_statement there;
} makings[] = {
    {NSDS, NSD, COUNT("nsd")},
    {"/api/v1/vnf-descriptors", VNFD, COUNT("vnfd")},
    {"/api/v1/keys", "{\"name\":\"k\",\"publicKey\":\"ssh-rsa QUJDRA==\"}", COUNT("ssh_key")},
    {"/api/v1/events",
     "{\"name\":\"e\",\"type\":\"RABBIT\",\"endpoint\":\"q\",\"event\":\"ERROR\"}",
     COUNT("event_endpoint")},
    {"/api/v1/projects", "{\"name\":\"p\"}", COUNT("project")},
    {"/api/v1/datacenters", "{\"name\":\"pop\",\"authUrl\":\"x\",\"type\":\"test\"}", COUNT("pop")},
};

static char *take(struct api_fixture *f)
{
    char *body = strdup(f->res.body.s);
    assert_non_null(body);
    return body;
}

static void assert_replayed(struct api_fixture *f, const char *first)
{
    assert_string_equal(f->res.body.s, first);
    assert_string_equal(http_response_header(&f->res, "Idempotency-Replayed"), "true");
}

/* What was answered is answered again, by this process and by one that is started anew. */
static void a_repeat_gets_the_first_answer(void **state)
{
    struct api_fixture *f = *state;
    for (size_t i = 0; i < ARRAY_LEN(makings); i++) {
        const struct making *m = &makings[i];
        char key[16], where[200];
        snprintf(key, sizeof(key), "key-%zu", i);
        f->idempotency_key = key;
        WANT(201, api_call(f, "POST", m->path, m->body));
        int64_t n = count(f, &m->there);
        snprintf(where, sizeof(where), "%s/%s", m->path, api_member(f, "id"));
        assert_string_equal(http_response_header(&f->res, "Location"), where);
        assert_null(http_response_header(&f->res, "Idempotency-Replayed"));
        char *first = take(f);
        WANT(201, api_call(f, "POST", m->path, m->body));
        assert_replayed(f, first);
        assert_string_equal(http_response_header(&f->res, "Location"), where);
        assert_int_equal(count(f, &m->there), n);
        free(first);
    }
    f->idempotency_key = NULL;
    WANT(422, api_call(f, "POST", "/api/v1/keys", makings[2].body)); /* without key: as ever */
}

/* The process ended after the commit and before the answer was written down. */
static void a_lost_answer_is_found(void **state)
{
    struct api_fixture *f = *state;
    for (size_t i = 0; i < ARRAY_LEN(makings); i++) {
        const struct making *m = &makings[i];
        char key[16], id[64];
        snprintf(key, sizeof(key), "key-%zu", i);
        f->idempotency_key = key;
        WANT(201, api_call(f, "POST", m->path, m->body));
        snprintf(id, sizeof(id), "%s", api_member(f, "id"));
        int64_t n = count(f, &m->there);
        test_sql(f->db, "UPDATE idempotency SET status = 0, body = ''");
        WANT(201, api_call(f, "POST", m->path, m->body));
        assert_string_equal(api_member(f, "id"), id);
        assert_int_equal(count(f, &m->there), n);
    }
}

/* It ended before anything was made: it is made then, once. */
static void what_was_not_made_is_made(void **state)
{
    struct api_fixture *f = *state;
    char id[64];
    f->idempotency_key = "k";
    WANT(201, api_call(f, "POST", NSDS, NSD));
    snprintf(id, sizeof(id), "%s", api_member(f, "id"));
    test_sql(f->db, "DELETE FROM nsd; UPDATE idempotency SET status = 0, body = ''");
    WANT(201, api_call(f, "POST", NSDS, NSD));
    assert_string_equal(api_member(f, "id"), id);
    assert_int_equal(count(f, &makings[0].there), 1);
}

static void a_key_is_for_one_request(void **state)
{
    struct api_fixture *f = *state;
    char first[64];
    f->idempotency_key = "k";
    WANT(201, api_call(f, "POST", NSDS, NSD));
    snprintf(first, sizeof(first), "%s", api_member(f, "id"));
    WANT(422, api_call(f, "POST", NSDS, NSD " "));
    HAS("the Idempotency-Key was used for another request");
    WANT(422, api_call(f, "POST", "/api/v1/vnf-descriptors", NSD));
    WANT(201, api_call(f, "POST", NSDS, NSD)); /* the refusals did not replace the answer */
    assert_string_equal(api_member(f, "id"), first);
    assert_int_equal(count(f, &makings[0].there), 1);
    test_sql(f->db, "UPDATE idempotency SET expires_at = 1"); /* forgotten when it is old */
    WANT(201, api_call(f, "POST", NSDS, NSD " "));
    assert_string_not_equal(api_member(f, "id"), first);
    api_add_user(f, "alice", "USER", "default"); /* another user's key is another one */
    WANT(200, api_login(f, "grant_type=password&username=alice&password=" FIXTURE_PASSWORD));
    snprintf(f->token, sizeof(f->token), "%s", api_member(f, "value"));
    WANT(201, api_call(f, "POST", NSDS, NSD));
    assert_int_equal(count(f, &makings[0].there), 3);
    f->idempotency_key = "two words";
    WANT(422, api_call(f, "POST", NSDS, NSD));
    HAS("printable characters");
}

static void a_refusal_is_an_answer(void **state)
{
    struct api_fixture *f = *state;
    f->idempotency_key = "k";
    WANT(422, api_call(f, "POST", "/api/v1/keys", "{\"name\":\"k\",\"publicKey\":\"x\"}"));
    char *first = take(f);
    WANT(422, api_call(f, "POST", "/api/v1/keys", "{\"name\":\"k\",\"publicKey\":\"x\"}"));
    assert_replayed(f, first);
    free(first);
}

/* --- at the same time ---------------------------------------------------------------------------
 */

enum { AT_ONCE = 8 };

struct client {
    const struct api_fixture *f;
    char path[128], body[512], id[64];
    int status;
    pthread_t thread;
};

static void *repeat(void *arg)
{
    struct client *c = arg;
    char url[256], bearer[128];
    struct err err = ERR_INIT;
    struct http_response res = HTTP_RESPONSE_INIT;
    struct http_client *client = http_client_new();
    snprintf(url, sizeof(url), "http://127.0.0.1:%u%s", api_port(c->f->api), c->path);
    snprintf(bearer, sizeof(bearer), "Bearer %s", c->f->token);
    const struct http_header headers[] = {
        {"Authorization", bearer}, {"project-id", c->f->project}, {"Idempotency-Key", "at-once"}};
    const struct http_call call = {.method = "POST",
                                   .url = url,
                                   .headers = headers,
                                   .header_n = 3,
                                   .type = "application/json",
                                   .body = c->body,
                                   .body_len = strlen(c->body)};
    if (http_client_call(client, &call, &res, &err) == ERR_OK) {
        const char *id = strstr(res.body.s, "\"id\":\"");
        c->status = res.status;
        snprintf(c->id, sizeof(c->id), "%.36s", id ? id + 6 : res.body.s);
    }
    http_response_release(&res);
    http_client_free(client);
    return NULL;
}

static void repeats_at_once_have_one_effect(void **state)
{
    struct api_fixture *f = *state;
    struct client clients[AT_ONCE] = {{0}};
    WANT(201, api_call(f, "POST", "/api/v1/datacenters", makings[5].body));
    test_sql(f->db, "INSERT INTO vnfm_endpoint (id, type, endpoint, kind, active, enabled, doc) "
                    "VALUES ('e','generic','generic','RABBIT',true,true,'{}')");
    WANT(201, api_call(f, "POST", NSDS, NSD));
    for (int i = 0; i < AT_ONCE; i++) {
        clients[i].f = f;
        snprintf(clients[i].path, sizeof(clients[i].path), "/api/v1/ns-records/%s",
                 api_member(f, "id"));
        strcpy(clients[i].body, "{}");
        assert_int_equal(pthread_create(&clients[i].thread, NULL, repeat, &clients[i]), 0);
    }
    for (int i = 0; i < AT_ONCE; i++)
        pthread_join(clients[i].thread, NULL);
    for (int i = 0; i < AT_ONCE; i++) {
        assert_int_equal(clients[i].status, 201);
        assert_string_equal(clients[i].id, clients[0].id);
    }
    assert_int_equal(count(f, &nsrs), 1);
}

/* A plan of a deployment deploys nothing; the key of one that was looked at is not that of the
 * deployment. What is wrong is said of the plan as of the deployment. */
static void a_plan_deploys_nothing(void **state)
{
    struct api_fixture *f = *state;
    char path[128];
    WANT(201, api_call(f, "POST", "/api/v1/datacenters", makings[5].body));
    test_sql(f->db, "INSERT INTO vnfm_endpoint (id, type, endpoint, kind, active, enabled, doc) "
                    "VALUES ('e','generic','generic','RABBIT',true,true,'{}')");
    WANT(201, api_call(f, "POST", NSDS, NSD));
    snprintf(path, sizeof(path), "/api/v1/ns-records/%s", api_member(f, "id"));
    f->idempotency_key = "looked-at";
    WANT(200, api_call(f, "POST", api_text("%s?plan=true", path), "{}"));
    assert_null(http_response_header(&f->res, "Operation-Id"));
    assert_null(http_response_header(&f->res, "Location"));
    WANT(422, api_call(f, "POST", path, "{}"));
    HAS("the Idempotency-Key was used for another request");
    f->idempotency_key = NULL;
    WANT(200, api_call(f, "POST", api_text("%s?plan", path), NULL));
    WANT(404, api_call(f, "POST", "/api/v1/ns-records/nobody?plan=true", "{}"));
    WANT(422, api_call(f, "POST", api_text("%s?plan=true", path), "{\"keys\":7}"));
    WANT(422, api_call(f, "POST", api_text("%s?basis=", path), "{}"));
    HAS("a basis has 1 to 64 characters");
    assert_int_equal(count(f, &nsrs), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_repeat_gets_the_first_answer), TEST(a_lost_answer_is_found),
        TEST(what_was_not_made_is_made),      TEST(a_key_is_for_one_request),
        TEST(a_refusal_is_an_answer),         TEST(repeats_at_once_have_one_effect),
        TEST(a_plan_deploys_nothing),
    };
    return cmocka_run_group_tests_name("api_idempotency", tests, NULL, NULL);
}
