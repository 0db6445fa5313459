/* What becomes of tokens: exchanged, stolen, ended. With a real database. */
#include "tests/support/api_fixture.h"
#include "tests/support/nfvo_store.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define CURRENT "/api/v1/users/current"

struct tokens {
    char access[64], refresh[64];
};

static struct tokens got(struct api_fixture *f)
{
    struct tokens t;
    snprintf(t.access, sizeof(t.access), "%s", api_member(f, "access_token"));
    snprintf(t.refresh, sizeof(t.refresh), "%s", api_member(f, "refresh_token"));
    return t;
}

static struct tokens log_in(struct api_fixture *f, const char *name)
{
    char form[128];
    snprintf(form, sizeof(form), LOGIN "%s&password=" FIXTURE_PASSWORD, name);
    WANT(200, api_login(f, form));
    return got(f);
}

static int refresh(struct api_fixture *f, const struct tokens *t)
{
    char form[128];
    snprintf(form, sizeof(form), "grant_type=refresh_token&refresh_token=%s", t->refresh);
    return api_login(f, form);
}

static int use(struct api_fixture *f, const struct tokens *t)
{
    snprintf(f->token, sizeof(f->token), "%s", t->access);
    return api_call(f, "GET", CURRENT, NULL);
}

static int log_out(struct api_fixture *f, const char *token)
{
    char form[128];
    snprintf(form, sizeof(form), "token=%s&token_type_hint=refresh_token", token);
    return api_oauth(f, "/oauth/revoke", form);
}

static void refreshing_gives_new_ones(void **state)
{
    struct api_fixture *f = *state;
    struct tokens first = log_in(f, "admin");
    WANT(200, refresh(f, &first));
    struct tokens second = got(f);
    assert_string_not_equal(first.refresh, second.refresh);
    assert_string_not_equal(first.access, second.access);
    WANT(401, use(f, &first));
    WANT(200, use(f, &second));
    WANT(200, refresh(f, &second));
    struct tokens third = got(f);
    WANT(200, use(f, &third));
    test_query_await(f->db,
                     "SELECT count(*) FROM audit WHERE what = 'refresh' AND outcome = 'ok' AND who "
                     "= 'admin' AND origin = '127.0.0.1'",
                     "2");
    assert_string_equal(test_query(f->db, "SELECT count(*)::text FROM token"), "2");
}

/* A thief uses it, then the owner; or the other way round: nobody goes on. */
static void a_used_one_ends_the_session(void **state)
{
    struct api_fixture *f = *state;
    struct tokens first = log_in(f, "admin"), other = log_in(f, "admin");
    WANT(200, refresh(f, &first));
    struct tokens second = got(f);
    test_sql(f->db, "UPDATE token_used SET at = at - 10000001");
    WANT(400, refresh(f, &first));
    assert_non_null(strstr(f->res.body.s, "\"error\":\"invalid_grant\""));
    WANT(401, use(f, &second));
    WANT(400, refresh(f, &second));
    WANT(200, use(f, &other)); /* another login of the same user */
    test_query_await(f->db,
                     "SELECT count(*) FROM audit WHERE what = 'refresh' AND outcome = 'refused' "
                     "AND who = 'admin'",
                     "1");
}

/* The answer was lost: the client asks again. */
static void a_lost_answer_is_given_again(void **state)
{
    struct api_fixture *f = *state;
    struct tokens first = log_in(f, "admin");
    WANT(200, refresh(f, &first));
    struct tokens lost = got(f);
    WANT(200, refresh(f, &first));
    struct tokens second = got(f);
    WANT(401, use(f, &lost));
    WANT(200, use(f, &second));
    WANT(200, refresh(f, &second));
    struct tokens third = got(f);
    WANT(400, refresh(f, &first)); /* not the last one any more */
    WANT(401, use(f, &third));
}

/* It was not lost, but taken: whoever has it shows it, sooner or later. */
static void what_was_replaced_ends_the_session(void **state)
{
    struct api_fixture *f = *state;
    struct tokens first = log_in(f, "admin");
    WANT(200, refresh(f, &first));
    struct tokens owners = got(f);
    WANT(200, refresh(f, &first));
    struct tokens thiefs = got(f);
    WANT(400, refresh(f, &owners));
    WANT(401, use(f, &thiefs));
    WANT(400, refresh(f, &thiefs));
}

static void used_ones_are_bounded(void **state)
{
    struct api_fixture *f = *state;
    struct tokens t = log_in(f, "admin");
    for (int i = 0; i < 60; i++) {
        WANT(200, refresh(f, &t));
        t = got(f);
    }
    assert_string_equal(test_query(f->db, "SELECT count(*)::text FROM token_used"), "50");
    WANT(200, use(f, &t));
}

static void logging_out_ends_it(void **state)
{
    struct api_fixture *f = *state;
    struct tokens one = log_in(f, "admin"), two = log_in(f, "admin"), three = log_in(f, "admin");
    WANT(200, log_out(f, one.access));
    WANT(401, use(f, &one));
    WANT(400, refresh(f, &one));
    WANT(200, log_out(f, two.refresh));
    WANT(401, use(f, &two));
    WANT(200, use(f, &three));
    WANT(200, log_out(f, two.refresh)); /* RFC 7009, 2.2 */
    WANT(200, log_out(f, "something"));
    WANT(400, api_oauth(f, "/oauth/revoke", "x=1"));
    test_query_await(f->db, "SELECT count(*) FROM audit WHERE what = 'logout' AND who = 'admin'",
                     "2");
}

static void sessions_are_listed_and_ended(void **state)
{
    struct api_fixture *f = *state;
    char path[128], admins[64];
    struct tokens admin = log_in(f, "admin");
    f->from = "192.0.2.7";
    api_add_user(f, "eve", "USER", "default");
    struct tokens eve = log_in(f, "eve"), eve2 = log_in(f, "eve");
    f->from = NULL;
    WANT(200, use(f, &admin));
    WANT(200, api_call(f, "GET", "/api/v1/sessions?name=admin&sort=-created", NULL));
    snprintf(admins, sizeof(admins), "%s", api_member(f, "id"));
    WANT(200, use(f, &eve));
    WANT(200, api_call(f, "GET", "/api/v1/sessions?sort=-created", NULL));
    assert_null(strstr(f->res.body.s, "admin"));
    assert_non_null(strstr(f->res.body.s, "\"from\" : \"192.0.2.7\""));
    assert_null(strstr(f->res.body.s, eve.access));
    snprintf(path, sizeof(path), "/api/v1/sessions/%s", admins);
    WANT(404, api_call(f, "DELETE", path, NULL));
    WANT(200, use(f, &admin));
    WANT(200, api_call(f, "GET", "/api/v1/sessions?name=eve&sort=-created", NULL));
    const char *at = strstr(f->res.body.s, "\"id\" : \"");
    assert_non_null(at);
    snprintf(path, sizeof(path), "/api/v1/sessions/%.36s", at + 8);
    WANT(204, api_call(f, "DELETE", path, NULL));
    WANT(401, use(f, &eve2));
    WANT(200, use(f, &eve));
}

static void the_oldest_makes_room(void **state)
{
    struct api_fixture *f = *state;
    f->options.sessions_max = 3;
    struct tokens t[5];
    for (int i = 0; i < 5; i++)
        t[i] = log_in(f, "admin");
    WANT(401, use(f, &t[0]));
    WANT(401, use(f, &t[1]));
    WANT(200, use(f, &t[2]));
    WANT(200, use(f, &t[4]));
}

static void a_bad_client_is_challenged(void **state)
{
    struct api_fixture *f = *state;
    WANT(401, api_call(f, "POST", "/oauth/revoke", "{}"));
    assert_non_null(http_response_header(&f->res, "WWW-Authenticate"));
}

/* Refreshing does not move its end; what a login gives is good for no longer. */
static void a_session_ends_with_its_time(void **state)
{
    struct api_fixture *f = *state;
    f->options.session_validity_ms = 600000;
    f->options.token_validity_ms = 3600000;
    const char *end = "SELECT refresh_expires_at FROM token ORDER BY created_at DESC LIMIT 1";
    struct tokens t = log_in(f, "admin");
    char before[32];
    HAS("\"expires_in\":600,");
    snprintf(before, sizeof(before), "%s", test_query(f->db, end));
    assert_int_equal(refresh(f, &t), 200);
    t = got(f);
    assert_string_equal(test_query(f->db, end), before);
    test_sql(f->db, "UPDATE token SET refresh_expires_at = refresh_expires_at - 600000001");
    assert_int_equal(refresh(f, &t), 400);
    HAS("Invalid refresh token");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(refreshing_gives_new_ones),     TEST(a_used_one_ends_the_session),
        TEST(a_lost_answer_is_given_again),  TEST(what_was_replaced_ends_the_session),
        TEST(used_ones_are_bounded),         TEST(logging_out_ends_it),
        TEST(sessions_are_listed_and_ended), TEST(the_oldest_makes_room),
        TEST(a_bad_client_is_challenged),    TEST(a_session_ends_with_its_time),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
