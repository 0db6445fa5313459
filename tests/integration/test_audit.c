/* The audit log with a real database: what gets in, what does not, and how it is read. */
#include "tests/support/api_fixture.h"
#include "tests/support/nfvo_store.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#define ROWS(where) "SELECT count(*)::text FROM audit WHERE " where

static void logins_are_written(void **state)
{
    struct api_fixture *f = *state;
    WANT(400, api_login(f, LOGIN "admin&password=wrong"));
    WANT(400, api_login(f, LOGIN "Secret-In-The-Name-1&password=wrong"));
    test_query_await(f->db,
                     ROWS("kind = 'login' AND outcome = 'ok' AND who = 'admin' AND "
                          "origin = '127.0.0.1' AND what = 'login' AND times = 1"),
                     "1");
    test_query_await(f->db,
                     ROWS("kind = 'login' AND outcome = 'refused' AND who = 'admin' AND "
                          "detail = 'the password is wrong' AND origin = '127.0.0.1'"),
                     "1");
    test_query_await(f->db, ROWS("outcome = 'refused' AND who = '' AND detail = 'no such user'"),
                     "1");
    assert_string_equal(test_query(f->db, ROWS("audit::text LIKE '%Secret-In%'")), "0");
    assert_string_equal(test_query(f->db, ROWS("audit::text LIKE '%wrong,%'")), "0");
}

static void changes_are_written(void **state)
{
    struct api_fixture *f = *state;
    char sql[256];
    WANT(201, api_call(f, "POST", "/api/v1/projects", "{\"name\":\"p\"}"));
    snprintf(sql, sizeof(sql),
             ROWS("kind = 'change' AND outcome = 'ok' AND who = 'admin' AND status = 201 AND "
                  "what = 'POST /api/v1/projects' AND object = '/api/v1/projects/%s'"),
             api_member(f, "id"));
    test_query_await(f->db, sql, "1");
    WANT(404, api_call(f, "DELETE", "/api/v1/keys/none?x=secret", NULL));
    test_query_await(f->db,
                     ROWS("kind = 'change' AND outcome = 'failed' AND status = 404 AND "
                          "object = '/api/v1/keys/none' AND what = 'DELETE /api/v1/keys/{id}'"),
                     "1");
    /* What the answer does not say: it is a secret, or another object. */
    WANT(201, api_call(f, "POST", "/api/v1/keys/generate", "mine"));
    test_query_await(f->db,
                     "SELECT count(*)::text FROM audit a JOIN ssh_key k ON a.object = "
                     "'/api/v1/keys/' || k.id AND a.what = 'POST /api/v1/keys/generate'",
                     "1");
    for (int i = 1; i <= 2; i++) { /* the second time it is there */
        WANT(201, api_call(f, "POST", "/api/v1/components/services/create",
                           "{\"name\":\"fms\",\"roles\":[\"*\"]}"));
        test_query_await(f->db,
                         "SELECT sum(times)::text FROM audit a JOIN service s ON a.object = "
                         "'/api/v1/components/services/' || s.id",
                         i == 1 ? "1" : "2");
    }
    WANT(404, api_call(f, "POST", "/api/v1/logs/x/vnfrecord/v/hostname/h", "{}")); /* a question */
    WANT(422, api_call(f, "POST", "/api/v1/keys/generate", "mine"));
    test_query_await(f->db, ROWS("object = '/api/v1/keys/generate' AND outcome = 'failed'"), "1");
    WANT(200, api_call(f, "GET", "/api/v1/keys", NULL));
    WANT(202, api_call(f, "PUT", "/api/v1/users/changepwd/admin",
                       "{\"new_pwd\":\"Very-Secret-Word-77\"}"));
    test_query_await(f->db, ROWS("object = '/api/v1/users/changepwd/admin' AND outcome = 'ok'"),
                     "1");
    assert_string_equal(test_query(f->db, ROWS("what LIKE 'GET %' OR what LIKE '%logs%'")), "0");
    assert_string_equal(test_query(f->db, ROWS("audit::text LIKE '%Very-Secret%'")), "0");
}

static void refusals_are_written(void **state)
{
    struct api_fixture *f = *state;
    api_add_user(f, "reader", "GUEST", "default");
    api_be(f, "reader");
    WANT(403, api_call(f, "GET", "/api/v1/audit", NULL));
    test_query_await(f->db,
                     ROWS("kind = 'refusal' AND outcome = 'refused' AND who = 'reader' AND "
                          "what = 'GET /api/v1/audit' AND status = 403"),
                     "1");
    snprintf(f->token, sizeof(f->token), "A-token-of-somebody");
    for (int i = 0; i < 30; i++)
        WANT(401, api_call(f, "GET", "/api/v1/keys", NULL));
    test_query_await(f->db,
                     ROWS("kind = 'refusal' AND who = '' AND origin = '127.0.0.1' AND "
                          "what = 'GET /api/v1/keys' AND status = 401"),
                     "1");
    assert_string_equal(test_query(f->db, ROWS("audit::text LIKE '%A-token%'")), "0");
    audit_close(f->audit); /* what was counted is written now */
    f->audit = NULL;
    assert_string_equal(
        test_query(f->db, "SELECT sum(times)::text FROM audit WHERE what = 'GET /api/v1/keys'"),
        "30");
    api_close(f->api);
    f->api = NULL;
}

static void administrators_read_it(void **state)
{
    struct api_fixture *f = *state;
    WANT(201, api_call(f, "POST", "/api/v1/projects", "{\"name\":\"p\"}"));
    WANT(201, api_call(f, "POST", "/api/v1/projects", "{\"name\":\"q\"}"));
    test_query_await(f->db, ROWS("what = 'POST /api/v1/projects'"), "2");
    WANT(200, api_call(f, "GET", "/api/v1/audit?kind=change&limit=1", NULL));
    assert_non_null(strstr(f->res.body.s, "\"what\":\"POST /api/v1/projects\""));
    assert_non_null(strstr(f->res.body.s, "\"from\":\"127.0.0.1\""));
    const char *newest = api_member(f, "object");
    WANT(200, api_call(f, "GET", "/api/v1/audit?who=admin&outcome=ok&what=POST*&since=1h", NULL));
    assert_string_equal(api_member(f, "object"), newest); /* the newest first */
    WANT(200, api_call(f, "GET", "/api/v1/audit?until=2020-01-01", NULL));
    assert_string_equal(f->res.body.s, "[]");
    WANT(200, api_call(f, "GET", "/api/v1/audit?from=192.0.2.1", NULL));
    assert_string_equal(f->res.body.s, "[]");
    WANT(422, api_call(f, "GET", "/api/v1/audit?kind=logins", NULL));
    assert_non_null(strstr(f->res.body.s, "there are login, change, enrol, refusal, broker"));
    WANT(422, api_call(f, "GET", "/api/v1/audit?since=yesterday", NULL));
    WANT(422, api_call(f, "GET", "/api/v1/audit?what=*projects*", NULL));
    assert_non_null(strstr(f->res.body.s, "at the end only"));
    WANT(200, api_call(f, "GET", "/api/v1/audit?who=adm*&from=127.*&what=POST*&limit=1", NULL));
    assert_string_equal(api_member(f, "object"), newest);
}

/* A flood of one kind does not wash away another; and of each kind the newest stay. */
static void it_is_bounded(void **state)
{
    struct api_fixture *f = *state;
    const struct audit_record change = {
        .kind = AUDIT_CHANGE, .outcome = AUDIT_OK, .who = "a", .what = "kept"};
    audit_write(f->audit, &change);
    for (int i = 0; i < 700; i++) {
        char name[16];
        snprintf(name, sizeof(name), "u%d", i);
        audit_write(f->audit,
                    &(struct audit_record){.kind = AUDIT_LOGIN, .who = name, .what = "login"});
    }
    test_query_await(f->db, ROWS("who = 'u699'"), "1");
    audit_close(f->audit);
    f->audit = NULL;
    assert_in_range(atoi(test_query(f->db, ROWS("kind = 'login'"))), 200, 240);
    assert_string_equal(test_query(f->db, ROWS("what = 'kept'")), "1");
    assert_string_equal(test_query(f->db, ROWS("who = 'u0'")), "0");
    api_close(f->api);
    f->api = NULL;
}

static void the_file_has_lines(void **state)
{
    struct api_fixture *f = *state;
    char line[1024], old[128];
    bool is_there = false;
    snprintf(old, sizeof(old), "%s.1", f->audit_path);
    WANT(201, api_call(f, "POST", "/api/v1/projects", "{\"name\":\"p\"}"));
    test_query_await(f->db, ROWS("what = 'POST /api/v1/projects'"), "1");
    FILE *file = fopen(f->audit_path, "re");
    assert_non_null(file);
    while (fgets(line, sizeof(line), file)) {
        assert_int_equal(line[0], '{');
        assert_non_null(strstr(line, "}\n"));
        is_there |= strstr(line, "\"what\":\"POST /api/v1/projects\"") != NULL;
    }
    fclose(file);
    assert_true(is_there);
    assert_int_equal(access(old, F_OK), -1);
    for (int i = 0; i < 500; i++)
        audit_write(f->audit, &(struct audit_record){.kind = AUDIT_LOGIN,
                                                     .who = "somebody",
                                                     .what = "a longer word for what was done"});
    audit_close(f->audit);
    f->audit = NULL;
    assert_int_equal(unlink(old), 0); /* 64 KiB were more than enough for one */
    api_close(f->api);
    f->api = NULL;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(logins_are_written),     TEST(changes_are_written), TEST(refusals_are_written),
        TEST(administrators_read_it), TEST(it_is_bounded),       TEST(the_file_has_lines),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
