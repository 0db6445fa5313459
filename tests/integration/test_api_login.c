/* Guessing passwords, and what becomes of those who do not: with a real database. */
#include "common/base/macros.h"
#include "common/base/mem.h"
#include "common/sys/clock.h"
#include "tests/support/api_fixture.h"
#include "tests/support/nfvo_store.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define RIGHT LOGIN "admin&password=" FIXTURE_PASSWORD
#define WRONG LOGIN "admin&password=wrong"

/* The right password, and no process remembers that it was right: argon2 has to look. */
static void forget(struct api_fixture *f)
{
    api_add_user(f, "twin", "USER", "default");
    test_sql(f->db, "UPDATE person SET password = (SELECT password FROM person WHERE name = "
                    "'twin') WHERE name = 'admin'; DELETE FROM person WHERE name = 'twin'");
}

static int64_t logins_by(struct api_fixture *f, const char *by)
{
    const char *from = f->from;
    char name[64];
    f->from = NULL; /* metrics-networks */
    assert_int_equal(api_call(f, "GET", "/metrics", NULL), 200);
    f->from = from;
    snprintf(name, sizeof(name), "\nbaton_logins_total{by=\"%s\"} ", by);
    const char *at = strstr(f->res.body.s, name);
    assert_non_null(at);
    return strtoll(at + strlen(name), NULL, 10);
}

static int64_t hashed(struct api_fixture *f)
{
    return logins_by(f, "argon2");
}

static void guess(struct api_fixture *f, const char *from, int n)
{
    f->from = from;
    for (int i = 0; i < n; i++)
        WANT(400, api_login(f, WRONG));
}

/* Minutes to wait instead of a second, which may pass while a slow machine tests. */
static void worsen(struct api_fixture *f)
{
    test_sql(f->db, "UPDATE login_failure SET failures = failures + 7");
}

static void a_guesser_is_slow_and_others_get_in(void **state)
{
    struct api_fixture *f = *state;
    forget(f);
    guess(f, "192.0.2.1", 5);
    HAS("Bad credentials");
    worsen(f);
    int64_t before = hashed(f);
    WANT(429, api_login(f, WRONG));
    HAS("\"detailMessage\":\"too many failed logins from your address: ");
    WANT(429, api_login(f, RIGHT)); /* the guesser's luck is not told either */
    assert_int_equal(hashed(f), before);
    f->from = "192.0.2.2"; /* a stranger, like him */
    WANT(200, api_login(f, RIGHT));
    f->from = "2001:db8::1";
    WANT(200, api_login(f, RIGHT));
    test_query_await(f->db,
                     "SELECT count(*) FROM audit WHERE kind = 'login' AND origin = '192.0.2.1' AND "
                     "status = 429 AND who = 'admin'",
                     "1");
}

static int64_t remembered(struct api_fixture *f)
{
    return logins_by(f, "memory");
}

/* The user is in and goes on logging in, so that the right password is remembered: that is no guess
 * for free, neither for who comes too early nor for a stranger; and the user notices nothing. */
static void what_is_remembered_is_no_oracle(void **state)
{
    struct api_fixture *f = *state;
    WANT(200, api_login(f, RIGHT));
    guess(f, "192.0.2.1", 5);
    worsen(f);
    int64_t before = hashed(f), known = remembered(f);
    for (int i = 0; i < 20; i++)
        WANT(429, api_login(f, RIGHT));
    assert_int_equal(remembered(f), known);
    f->from = NULL;
    WANT(200, api_login(f, RIGHT));
    assert_int_equal(remembered(f), known + 1);
    f->from = "192.0.2.2"; /* a stranger takes his turn, and needs no argon2 */
    WANT(200, api_login(f, RIGHT));
    assert_int_equal(remembered(f), known + 2);
    assert_int_equal(hashed(f), before);
}

static void one_network_is_one_guesser(void **state)
{
    struct api_fixture *f = *state;
    char from[64];
    for (int i = 0; i < 5; i++) {
        snprintf(from, sizeof(from), "2001:db8:0:7::%d", i);
        guess(f, from, 1);
    }
    worsen(f);
    f->from = "2001:db8:0:7:ffff::9";
    WANT(429, api_login(f, WRONG));
    f->from = "2001:db8:0:8::9";
    WANT(400, api_login(f, WRONG));
}

/* The admin has logged in from 127.0.0.1: whatever is guessed there, the password goes in. */
static void the_user_gets_in_at_the_guessers_address(void **state)
{
    struct api_fixture *f = *state;
    guess(f, NULL, 8);
    WANT(200, api_login(f, RIGHT)); /* remembered: at once */
    forget(f);
    guess(f, NULL, 8);
    WANT(200, api_login(f, RIGHT));
}

/* Guesses at many accounts count, and one's own login does not make up for them. */
static void an_own_account_is_no_help(void **state)
{
    struct api_fixture *f = *state;
    char form[64];
    api_add_user(f, "eve", "USER", "default");
    f->from = "192.0.2.1";
    for (int i = 0; i < 20; i++) {
        snprintf(form, sizeof(form), LOGIN "user%d&password=x", i);
        WANT(400, api_login(f, form));
        if (i % 4 == 0)
            WANT(200, api_login(f, LOGIN "eve&password=" FIXTURE_PASSWORD));
    }
    worsen(f);
    WANT(429, api_login(f, WRONG));
    WANT(200, api_login(f, LOGIN "eve&password=" FIXTURE_PASSWORD)); /* she is known there */
}

/* What nobody is called is answered as what somebody is. */
static void names_are_not_told(void **state)
{
    struct api_fixture *f = *state;
    f->from = "192.0.2.1";
    for (int i = 0; i < 5; i++)
        WANT(400, api_login(f, LOGIN "nobody&password=x"));
    test_sql(f->db, "UPDATE login_failure SET failures = 12 WHERE account <> ''");
    WANT(429, api_login(f, LOGIN "nobody&password=x"));
    WANT(400, api_login(f, LOGIN "nobody2&password=x"));
    WANT(400, api_login(f, WRONG));
}

static void all_processes_know(void **state)
{
    struct api_fixture *f = *state;
    struct err err = ERR_INIT;
    struct api *first = f->api, *second;
    struct api_setup setup = {&f->options, f->store, fake_engine_commands(f->engine), NULL, NULL};
    assert_int_equal(api_open(&second, &setup, &err), ERR_OK);
    guess(f, "192.0.2.1", 5);
    worsen(f);
    f->api = second;
    WANT(429, api_login(f, WRONG));
    f->api = first;
    api_close(second);
}

static void what_is_old_is_forgotten(void **state)
{
    struct api_fixture *f = *state;
    guess(f, "192.0.2.1", 5);
    worsen(f);
    WANT(429, api_login(f, WRONG));
    test_sql(f->db, "UPDATE login_failure SET at = at - 3600000001");
    WANT(400, api_login(f, WRONG));
    assert_string_equal(test_query(f->db, "SELECT max(failures)::text FROM login_failure"), "1");
    test_sql(f->db, "UPDATE login_failure SET at = at - 3600000001");
    f->from = "192.0.2.2";
    WANT(400, api_login(f, WRONG));
    assert_string_equal(
        test_query(f->db, "SELECT count(*)::text FROM login_failure WHERE client = '192.0.2.1'"),
        "0");
}

/* Of many clients the last ones are remembered. */
static void clients_are_bounded(void **state)
{
    struct api_fixture *f = *state;
    char from[32];
    for (int i = 0; i < 40; i++) {
        snprintf(from, sizeof(from), "192.0.2.%d", i);
        f->from = from;
        WANT(200, api_login(f, RIGHT));
    }
    assert_string_equal(test_query(f->db, "SELECT count(*)::text FROM login_client"), "32");
    assert_string_equal(
        test_query(f->db, "SELECT count(*)::text FROM login_client WHERE client = '192.0.2.39'"),
        "1");
}

/* A token that was stolen is no way around it; and its guesses hold up logins as others do. */
static void a_token_is_no_licence_to_guess(void **state)
{
    struct api_fixture *f = *state;
    static const char *const change = "{\"old_pwd\":\"%s\",\"new_pwd\":\"correct horse battery\"}";
    char wrong[128], right[128];
    snprintf(wrong, sizeof(wrong), change, "wrong");
    snprintf(right, sizeof(right), change, FIXTURE_PASSWORD);
    f->from = "192.0.2.9"; /* not the user's */
    for (int i = 0; i < 5; i++)
        WANT(403, api_call(f, "PUT", "/api/v1/users/changepwd", wrong));
    HAS("Old password is wrong.");
    worsen(f);
    WANT(429, api_call(f, "PUT", "/api/v1/users/changepwd", right));
    HAS("too many wrong passwords from your address");
    forget(f);
    WANT(429, api_login(f, RIGHT));
    f->from = NULL;
    WANT(202, api_call(f, "PUT", "/api/v1/users/changepwd", right));
}

/* --- passwords that are changed ----------------------------------------------------------------
 */

#define OWN              "/api/v1/users/changepwd"
#define CHANGE(old, new) "{\"old_pwd\":\"" old "\",\"new_pwd\":\"" new "\"}"

/* Who has a stolen token finds no faster way to the password than the login. */
static void the_old_password_is_no_oracle(void **state)
{
    struct api_fixture *f = *state;
    api_add_user(f, "eve", "USER", "default");
    api_be(f, "eve");
    f->from = "192.0.2.1";
    for (int i = 0; i < 5; i++)
        WANT(403, api_call(f, "PUT", OWN, CHANGE("wrong", "New-password-1")));
    HAS("Old password is wrong.");
    worsen(f);
    int64_t before = hashed(f);
    WANT(429, api_call(f, "PUT", OWN, CHANGE("wrong", "New-password-1")));
    HAS("too many wrong passwords from your address");
    WANT(429, api_call(f, "PUT", OWN, CHANGE(FIXTURE_PASSWORD, "New-password-1")));
    assert_int_equal(hashed(f), before);
    WANT(429, api_login(f, LOGIN "eve&password=wrong")); /* one count for both doors */
    f->from = NULL;                                      /* where eve has logged in */
    WANT(202, api_call(f, "PUT", OWN, CHANGE(FIXTURE_PASSWORD, "New-password-1")));
    /* The same refusal again and again is one record, or two: audit.h. */
    test_query_await(f->db,
                     "SELECT string_agg(DISTINCT status::text, ' ') FROM audit WHERE who = 'eve' "
                     "AND what LIKE 'PUT %changepwd'",
                     "202 403 429");
}

static void a_change_forgets_the_addresses(void **state)
{
    static const char clients[] =
        "SELECT coalesce(string_agg(client, ' ' ORDER BY client), '') FROM login_client k JOIN "
        "person p ON p.id = k.person_id WHERE p.name = 'eve'";
    struct api_fixture *f = *state;
    char admin[sizeof(f->token)];
    memcpy(admin, f->token, sizeof(admin));
    api_add_user(f, "eve", "USER", "default");
    f->from = "192.0.2.1";
    api_be(f, "eve");
    f->from = NULL;
    api_be(f, "eve");
    assert_string_equal(test_query(f->db, clients), "127.0.0.1 192.0.2.1");
    WANT(202, api_call(f, "PUT", OWN, CHANGE(FIXTURE_PASSWORD, "New-password-1")));
    assert_string_equal(test_query(f->db, clients), "127.0.0.1"); /* gave the old password */
    memcpy(f->token, admin, sizeof(admin));
    WANT(202, api_call(f, "PUT", OWN "/eve", "{\"new_pwd\":\"New-password-2\"}"));
    assert_string_equal(test_query(f->db, clients), "");
}

struct second {
    struct api_fixture f; /* of it: client, token, res */
    const char *method, *path, *body;
    pthread_t thread;
    int status;
};

static void *call_beside(void *arg)
{
    struct second *s = arg;
    s->status = api_call(&s->f, s->method, s->path, s->body);
    return NULL;
}

static void begin_beside(struct api_fixture *f, struct second *s)
{
    s->f = *f;
    s->f.res = (struct http_response)HTTP_RESPONSE_INIT;
    s->f.client = http_client_new();
    assert_int_equal(pthread_create(&s->thread, NULL, call_beside, s), 0);
}

static void end_beside(struct second *s, int status)
{
    pthread_join(s->thread, NULL);
    assert_int_equal(s->status, status);
    http_response_release(&s->f.res);
    http_client_free(s->f.client);
}

/* As many as the server has threads, and more, wait for the one in front of argon2, which a lock
 * holds up: the server answers others meanwhile. */
static void no_thread_of_the_server_hashes(void **state)
{
    struct api_fixture *f = *state;
    struct second s[] = {
        {.method = "PUT", .path = OWN "/eve", .body = "{\"new_pwd\":\"New-password-2\"}"},
        {.method = "PUT", .path = OWN, .body = CHANGE(FIXTURE_PASSWORD, "New-password-1")},
        {.method = "POST",
         .path = "/api/v1/users",
         .body = "{\"username\":\"bob\",\"password\":\"New-password-1\",\"roles\":[{\"role\":"
                 "\"USER\",\"project\":\"default\"}]}"},
        {.method = "POST",
         .path = "/api/v1/users",
         .body = "{\"username\":\"carol\",\"password\":\"New-password-1\",\"roles\":[{\"role\":"
                 "\"USER\",\"project\":\"default\"}]}"},
    };
    char admin[sizeof(f->token)];
    memcpy(admin, f->token, sizeof(admin));
    api_add_user(f, "eve", "USER", "default");
    api_add_user(f, "dan", "USER", "default");
    api_be(f, "dan");
    test_sql(f->db, "BEGIN; LOCK TABLE person IN SHARE MODE");
    begin_beside(f, &s[1]);
    memcpy(f->token, admin, sizeof(admin));
    begin_beside(f, &s[0]);
    for (size_t i = 2; i < ARRAY_LEN(s); i++)
        begin_beside(f, &s[i]);
    test_query_await(f->db, "SELECT (count(*) > 0)::text FROM pg_locks WHERE NOT granted", "true");
    for (int i = 0; i < 20; i++)
        WANT(200, api_call(f, "GET", "/api/v1/users/current", NULL));
    test_sql(f->db, "ROLLBACK");
    end_beside(&s[0], 202);
    end_beside(&s[1], 202);
    end_beside(&s[2], 201);
    end_beside(&s[3], 201);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_guesser_is_slow_and_others_get_in),
        TEST(what_is_remembered_is_no_oracle),
        TEST(one_network_is_one_guesser),
        TEST(the_user_gets_in_at_the_guessers_address),
        TEST(an_own_account_is_no_help),
        TEST(names_are_not_told),
        TEST(all_processes_know),
        TEST(what_is_old_is_forgotten),
        TEST(clients_are_bounded),
        TEST(a_token_is_no_licence_to_guess),
        TEST(the_old_password_is_no_oracle),
        TEST(a_change_forgets_the_addresses),
        TEST(no_thread_of_the_server_hashes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
