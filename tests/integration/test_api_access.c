/* Users and projects through the REST API: who may do what, and from when on. */
#include "tests/support/api_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#define NSDS     "/api/v1/ns-descriptors"
#define USERS    "/api/v1/users"
#define PROJECTS "/api/v1/projects"

static void log_in(struct api_fixture *f, const char *name, char token[64])
{
    char form[128];
    snprintf(form, sizeof(form), "grant_type=password&username=%s&password=" FIXTURE_PASSWORD,
             name);
    WANT(200, api_login(f, form));
    api_keep_token(f, token);
}

/* --- at once, everywhere ------------------------------------------------------------------------
 */

/* A second process: an API of its own over the same database. */
static struct api *another(struct api_fixture *f)
{
    static const struct api_host host = {.version = "6.0.0-test"};
    struct err err = ERR_INIT;
    struct api *api;
    struct api_setup setup = {&f->options, f->store, fake_engine_commands(f->engine), &host, NULL};
    assert_int_equal(api_open(&api, &setup, &err), ERR_OK);
    return api;
}

static int call_at(struct api_fixture *f, struct api *api, const char *method, const char *path)
{
    struct api *own = f->api;
    f->api = api;
    int status = api_call(f, method, path, NULL);
    f->api = own;
    return status;
}

static void what_is_taken_away_is_gone_at_once(void **state)
{
    struct api_fixture *f = *state;
    struct api *other = another(f);
    char bob[64];
    api_add_user(f, "bob", "USER", "default");
    log_in(f, "bob", bob);
    api_use_token(f, bob);
    static const struct {
        const char *change;
        int status;
    } cases[] = {
        {"UPDATE person SET doc = replace(doc, 'USER', 'GUEST') WHERE name = 'bob'", 403},
        {"UPDATE person SET doc = replace(doc, '\"project\":\"default\"', '\"project\":\"x\"') "
         "WHERE name = 'bob'",
         400},
        {"UPDATE person SET doc = replace(doc, '\"project\":\"x\"', '\"project\":\"default\"') "
         "WHERE name = 'bob'",
         403},
        {"UPDATE person SET enabled = false WHERE name = 'bob'", 401},
        {"UPDATE person SET enabled = true, doc = replace(doc, 'GUEST', 'USER') WHERE name = 'bob'",
         404},
        {"UPDATE project SET name = 'renamed'", 400},
        {"DELETE FROM project", 404},
        {"DELETE FROM token", 401},
    };
    WANT(404, call_at(f, other, "DELETE", "/api/v1/keys/x"));
    WANT(404, call_at(f, f->api, "DELETE", "/api/v1/keys/x"));
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        test_sql(f->db, cases[i].change);
        WANT(cases[i].status, call_at(f, other, "DELETE", "/api/v1/keys/x"));
        WANT(cases[i].status, call_at(f, f->api, "DELETE", "/api/v1/keys/x"));
    }
    api_close(other);
}

struct stream {
    struct api_fixture *f;
    const char *change; /* made when the stream is there */
    struct sbuf got;
};

static bool on_data(void *arg, const char *bytes, size_t n)
{
    struct stream *s = arg;
    sbuf_add(&s->got, bytes, n);
    if (s->change && strstr(s->got.s, "event: ready")) {
        test_sql(s->f->db, s->change);
        char line[256];
        snprintf(line, sizeof(line),
                 "INSERT INTO history (nsr_id, at, doc) VALUES ('n', 1, "
                 "'{\"event\":\"SECRET\",\"project\":\"%s\"}')",
                 s->f->project);
        test_sql(s->f->db, line);
        s->change = NULL;
    }
    return true;
}

/* The server ends it: the call comes back, long before its own limit. */
static void event_streams_end_with_the_right_to_them(void **state)
{
    struct api_fixture *f = *state;
    static const char *const changes[] = {
        "UPDATE person SET doc = replace(doc, 'USER', 'GUEST') WHERE name = 'bob'",
        "UPDATE person SET enabled = false WHERE name = 'bob'",
        "DELETE FROM token WHERE person_id IN (SELECT id FROM person WHERE name = 'bob')",
        "UPDATE token SET expires_at = 0",
        "DELETE FROM person WHERE name = 'bob'",
        "DELETE FROM project",
    };
    for (size_t i = 0; i < ARRAY_LEN(changes); i++) {
        char url[128], bearer[96], bob[64];
        struct stream s = {.f = f, .change = changes[i], .got = SBUF_INIT};
        test_sql(f->db, "DELETE FROM person WHERE name = 'bob'");
        api_add_user(f, "bob", "USER", "default");
        log_in(f, "bob", bob);
        snprintf(url, sizeof(url), "http://127.0.0.1:%u/api/v1/baton/events", api_port(f->api));
        snprintf(bearer, sizeof(bearer), "Bearer %s", bob);
        struct http_header headers[] = {{"Authorization", bearer}, {"project-id", f->project}};
        struct http_call call = {.url = url,
                                 .headers = headers,
                                 .header_n = 2,
                                 .timeout_ms = 20000,
                                 .on_data = on_data,
                                 .on_data_arg = &s};
        struct err err = ERR_INIT;
        enum err_code rc = http_client_call(f->client, &call, &f->res, &err);
        bool has_heard = strstr(s.got.s, "SECRET");
        sbuf_release(&s.got);
        assert_int_equal(rc, ERR_OK);
        assert_null(s.change);
        assert_false(has_heard);
    }
}

/* --- users --------------------------------------------------------------------------------------
 */

#define BOB                                                                                        \
    "{\"username\":\"bob\",\"password\":\"" FIXTURE_PASSWORD "\",\"enabled\":true,"                \
    "\"email\":\"bob@example.org\",\"roles\":[{\"role\":\"USER\",\"project\":\"default\"}]}"

static void makes_users(void **state)
{
    struct api_fixture *f = *state;
    char bob[64], admin[64], id[64];
    snprintf(admin, sizeof(admin), "%s", f->token);
    api_make(f, USERS "/", BOB, id);
    HAS("\"username\":\"bob\"");
    HAS("\"enabled\":true");
    HAS("\"roles\":[{\"id\":\"");
    HAS_NOT("password");
    HAS_NOT("argon2");
    log_in(f, "bob", bob);
    api_use_token(f, bob);
    WANT(200, api_call(f, "GET", NSDS, NULL));
    WANT(200, api_call(f, "GET", USERS "/current", NULL));
    HAS("\"email\":\"bob@example.org\"");
    WANT(200, api_call(f, "GET", USERS, NULL)); /* of others it hears nothing */
    HAS("\"username\":\"bob\"");
    HAS_NOT("\"admin\"");
    WANT(403, api_call(f, "GET", USERS "/admin", NULL));
    WANT(200, api_call(f, "GET", USERS "/bob", NULL));
    WANT(403, api_call(f, "POST", USERS, BOB));
    WANT(403, api_call(f, "PUT", api_text(USERS "/%s", id),
                       "{\"roles\":[{\"role\":\"ADMIN\",\"project\":\"*\"}]}"));
    WANT(403, api_call(f, "DELETE", api_text(USERS "/%s", id), NULL));
    WANT(403, api_call(f, "DELETE", api_text(USERS "/%s/roles/default", id), NULL));
    WANT(403, api_call(f, "POST", USERS "/multipledelete", api_text("[\"%s\"]", id)));
    WANT(403, api_call(f, "POST", PROJECTS, "{\"name\":\"mine\"}"));
    WANT(403, api_call(f, "PUT", api_text(PROJECTS "/%s", f->project), "{\"quota\":{}}"));
    api_use_token(f, admin);
    WANT(200, api_call(f, "GET", USERS, NULL));
    HAS("\"admin\"");
    WANT(200, api_call(f, "GET", api_text(USERS "/%s", id), NULL));
}

static void refuses_what_is_no_user(void **state)
{
    struct api_fixture *f = *state;
#define WITH(password, roles)                                                                      \
    "{\"username\":\"eve\",\"password\":\"" password "\",\"enabled\":true,\"roles\":[" roles "]}"
#define ROLE(role, project) "{\"role\":\"" role "\",\"project\":\"" project "\"}"
    static const struct {
        const char *body, *said;
    } cases[] = {
        {"{\"password\":\"x\"}", "Username must be provided"},
        {"{\"username\":\"eve\"}", "Password must be provided"},
        {WITH("weak", ROLE("USER", "default")), "\"object\":\"password\""},
        {WITH(FIXTURE_PASSWORD, ""), "At least one role must be provided"},
        {WITH(FIXTURE_PASSWORD, "{\"role\":\"USER\"}"), "Project must be provided"},
        {WITH(FIXTURE_PASSWORD, "{\"project\":\"default\"}"), "Role must be provided"},
        {WITH(FIXTURE_PASSWORD, ROLE("KING", "default")), "Role must be provided"},
        {WITH(FIXTURE_PASSWORD, ROLE("USER", "none")), "Not found project none"},
        {WITH(FIXTURE_PASSWORD, ROLE("USER", "default") "," ROLE("GUEST", "default")),
         "Only one role per project"},
        {"{\"username\":\"eve\",\"password\":\"" FIXTURE_PASSWORD
         "\",\"email\":\"x\",\"roles\":[" ROLE("USER", "*") "]}",
         "Email is not well formatted"},
        {"{\"username\":\"a\\nb\",\"password\":\"" FIXTURE_PASSWORD "\"}", "username"},
        {"{\"username\":\"admin\",\"password\":\"" FIXTURE_PASSWORD
         "\",\"roles\":[" ROLE("USER", "*") "]}",
         "Username exists already"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        WANT(422, api_call(f, "POST", USERS, cases[i].body));
        HAS(cases[i].said);
    }
    WANT(200, api_call(f, "GET", USERS "?name=eve", NULL));
    assert_string_equal(f->res.body.s, "[]");
}

static void changes_users(void **state)
{
    struct api_fixture *f = *state;
    char id[64], other[64], bob[64], admin[64], path[128];
    snprintf(admin, sizeof(admin), "%s", f->token);
    api_make(f, PROJECTS, "{\"name\":\"other\"}", other);
    api_make(f, USERS, BOB, id);
    snprintf(path, sizeof(path), USERS "/%s", id);
    log_in(f, "bob", bob);
    /* Without hbVersion roles are merged, as in the reference. */
    WANT(202, api_call(f, "PUT", path, "{\"roles\":[{\"role\":\"GUEST\",\"project\":\"other\"}]}"));
    HAS("\"project\":\"default\"");
    HAS("\"project\":\"other\"");
    HAS("\"hbVersion\":1");
    HAS("\"enabled\":true");
    WANT(202,
         api_call(f, "PUT", path, "{\"roles\":[{\"role\":\"GUEST\",\"project\":\"default\"}]}"));
    api_use_token(f, bob);
    WANT(403, api_call(f, "DELETE", "/api/v1/keys/x", NULL));
    api_use_token(f, admin);
    WANT(422, api_call(f, "PUT", path, "{\"roles\":[]}"));
    WANT(403, api_call(f, "PUT", path, "{\"username\":\"rob\"}"));
    /* Who has read it means what is there. */
    WANT(422, api_call(f, "PUT", path,
                       "{\"hbVersion\":0,\"roles\":[{\"role\":\"USER\",\"project\":\"other\"}]}"));
    HAS("was changed since it was read");
    WANT(202,
         api_call(f, "PUT", USERS "/whatever",
                  api_text("{\"id\":\"%s\",\"hbVersion\":2,\"email\":\"b@example.org\",\"roles\":"
                           "[{\"role\":\"USER\",\"project\":\"other\"}]}",
                           id)));
    HAS_NOT("\"project\":\"default\"");
    api_use_token(f, bob);
    WANT(400, api_call(f, "GET", NSDS, NULL));
    api_use_token(f, admin);
    WANT(202,
         api_call(f, "PUT", path, "{\"roles\":[{\"role\":\"USER\",\"project\":\"default\"}]}"));
    WANT(204, api_call(f, "DELETE", api_text(USERS "/%s/roles/other", id), NULL));
    WANT(404, api_call(f, "DELETE", api_text(USERS "/%s/roles/other", id), NULL));
    WANT(422, api_call(f, "DELETE", api_text(USERS "/%s/roles/default", id), NULL));
    api_use_token(f, bob);
    WANT(200, api_call(f, "GET", NSDS, NULL));
    api_use_token(f, admin);
    /* Disabled: what was given ends, and does not come to life again. */
    WANT(202, api_call(f, "PUT", path, "{\"enabled\":false}"));
    api_use_token(f, bob);
    WANT(401, api_call(f, "GET", NSDS, NULL));
    api_use_token(f, admin);
    WANT(202, api_call(f, "PUT", path, "{\"enabled\":true}"));
    api_use_token(f, bob);
    WANT(401, api_call(f, "GET", NSDS, NULL));
    log_in(f, "bob", bob);
    api_use_token(f, bob);
    WANT(200, api_call(f, "GET", NSDS, NULL));
    api_use_token(f, admin);
    WANT(204, api_call(f, "DELETE", path, NULL));
    WANT(404, api_call(f, "DELETE", path, NULL));
    api_use_token(f, bob);
    WANT(401, api_call(f, "GET", NSDS, NULL));
}

/* A guest's own password is a guest's. */
static void guests_change_their_password(void **state)
{
    struct api_fixture *f = *state;
    char bob[64];
    api_add_user(f, "bob", "GUEST", "default");
    api_add_user(f, "eve", NULL, NULL); /* in no project */
    log_in(f, "bob", bob);
    api_use_token(f, bob);
    WANT(202,
         api_call(f, "PUT", USERS "/changepwd",
                  "{\"old_pwd\":\"" FIXTURE_PASSWORD "\",\"new_pwd\":\"Another-1-password\"}"));
    log_in(f, "eve", bob);
    api_use_token(f, bob);
    WANT(200, api_call(f, "GET", USERS "/current", NULL));
    WANT(400, api_call(f, "GET", NSDS, NULL));
}

static void an_administrator_is_left(void **state)
{
    struct api_fixture *f = *state;
    char eve[64], id[64], path[128];
    WANT(200, api_call(f, "GET", USERS "/current", NULL));
    snprintf(id, sizeof(id), "%s", api_member(f, "id"));
    snprintf(path, sizeof(path), USERS "/%s", id);
    WANT(403, api_call(f, "DELETE", path, NULL));
    HAS("You can't delete yourself");
    WANT(422, api_call(f, "PUT", path, "{\"enabled\":false}"));
    HAS("no administrator would be left");
    WANT(422, api_call(f, "PUT", path, "{\"roles\":[{\"role\":\"USER\",\"project\":\"*\"}]}"));
    /* A disabled one and a service are none; one of a single project is. */
    api_add_user(f, "off", "ADMIN", "*");
    test_sql(f->db, "UPDATE person SET enabled = false WHERE name = 'off'");
    WANT(201, api_call(f, "POST", "/api/v1/components/services/create",
                       "{\"name\":\"fms\",\"roles\":[\"*\"]}"));
    WANT(422, api_call(f, "PUT", path, "{\"enabled\":false}"));
    api_add_user(f, "eve", "ADMIN", "default");
    log_in(f, "eve", eve);
    WANT(202, api_call(f, "PUT", path, "{\"enabled\":false}"));
    api_use_token(f, eve);
    WANT(204, api_call(f, "DELETE", path, NULL));
    WANT(201, api_call(f, "POST", PROJECTS, "{\"name\":\"second\"}"));
    WANT(422,
         api_call(f, "DELETE", api_text(PROJECTS "/%s", f->project), NULL)); /* eve's only role */
}

/* --- what somebody or something still has --- */

static void fill(struct api_fixture *f, const char *project)
{
    char sql[900];
    snprintf(sql, sizeof(sql),
             "INSERT INTO nsr (id, agg, phase, seq, project_id, name, nsd_id, pops, doc, state) "
             "SELECT 's' || n, 's', 'ACTIVE', 0, '%s', 'web-' || n, '', '', '{}', '{}' FROM "
             "generate_series(1, 4) n;"
             "INSERT INTO pop (id, agg, phase, seq, project_id, name, type, doc, state) VALUES "
             "('p', 'p', 'READY', 0, '%s', 'site', 'test', '{}', '{}')",
             project, project);
    char *second = strchr(sql, ';');
    *second = '\0';
    test_sql(f->db, sql);
    test_sql(f->db, second + 1);
}

static void what_has_something_in_it_stays(void **state)
{
    struct api_fixture *f = *state;
    char lab[64], bob[64], id[64], path[128];
    WANT(403, api_call(f, "DELETE", api_text(PROJECTS "/%s", f->project), NULL));
    HAS("You are not allowed to remove the last project");
    api_make(f, PROJECTS, "{\"name\":\"lab\",\"description\":\"d\"}", lab);
    WANT(422, api_call(f, "POST", PROJECTS, "{\"name\":\"lab\"}"));
    WANT(422, api_call(f, "POST", PROJECTS, "{\"name\":\"*\"}"));
    WANT(400, api_call(f, "POST", PROJECTS, "{}"));
    snprintf(path, sizeof(path), PROJECTS "/%s", lab);
    WANT(403, api_call(f, "PUT", path, "{\"name\":\"lob\"}"));
    WANT(202, api_call(f, "PUT", path, "{\"description\":\"new\"}"));
    HAS("\"description\":\"new\"");
    HAS("\"hbVersion\":1");
    api_make(f, USERS,
             "{\"username\":\"bob\",\"password\":\"" FIXTURE_PASSWORD
             "\",\"roles\":[{\"role\":\"USER\",\"project\":\"lab\"}]}",
             id);
    log_in(f, "bob", bob);
    fill(f, lab);
    WANT(422, api_call(f, "DELETE", path, NULL));
    HAS("Project lab has still some resources allocated: 4 network services ('web-1', 'web-2', "
        "'web-3', ...), 1 PoP ('site')");
    WANT(422, api_call(f, "DELETE", api_text(USERS "/%s", id), NULL));
    HAS("user 'bob' is the only one with a role where there is still 4 network services ('web-1'");
    api_add_user(f, "eve", "USER", "lab");
    WANT(204, api_call(f, "DELETE", api_text(USERS "/%s", id), NULL));
    test_sql(f->db, "DELETE FROM nsr");
    test_sql(f->db, "DELETE FROM pop");
    test_sql(
        f->db,
        api_text("INSERT INTO room (name, kind, project_id) VALUES ('guest', 'peer', '%s')", lab));
    WANT(422, api_call(f, "DELETE", path, NULL));
    HAS("1 manager room ('guest')");
    test_sql(f->db, "DELETE FROM room");
    WANT(422, api_call(f, "DELETE", path, NULL));
    HAS("At least one role must be provided: project lab has the only role of user 'eve'");
    WANT(202, api_call(f, "PUT", USERS "/eve",
                       "{\"roles\":[{\"role\":\"GUEST\",\"project\":\"default\"}]}"));
    WANT(204, api_call(f, "DELETE", path, NULL));
    WANT(404, api_call(f, "DELETE", path, NULL));
    /* Another project of that name is not eve's. */
    api_make(f, PROJECTS, "{\"name\":\"lab\"}", lab);
    WANT(200, api_call(f, "GET", USERS "/eve", NULL));
    HAS_NOT("\"project\":\"lab\"");
    WANT(204, api_call(f, "POST", PROJECTS "/multipledelete", api_text("[\"%s\"]", lab)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(what_is_taken_away_is_gone_at_once),
        TEST(event_streams_end_with_the_right_to_them),
        TEST(makes_users),
        TEST(refuses_what_is_no_user),
        TEST(changes_users),
        TEST(guests_change_their_password),
        TEST(an_administrator_is_left),
        TEST(what_has_something_in_it_stays),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
