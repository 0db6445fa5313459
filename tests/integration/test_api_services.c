/* What belongs to a project beside its users: services with their keys, a quota, ssh keys. */
#include "tests/support/api_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "nfvo/api/auth/service_key.h"
#include "nfvo/store/store_pop.h"
#include "nfvo/store/store_quota.h"
#include "nfvo/store/store_service.h"

#include <cmocka.h>

#define NSDS     "/api/v1/ns-descriptors"
#define USERS    "/api/v1/users"
#define PROJECTS "/api/v1/projects"

/* --- services -----------------------------------------------------------------------------------
 */

#define SERVICES "/api/v1/components/services"

static int post_text(struct api_fixture *f, const char *path, const char *body)
{
    char url[160];
    struct http_call call = {
        .method = "POST", .url = url, .type = "text/plain", .body = body, .body_len = strlen(body)};
    snprintf(url, sizeof(url), "http://127.0.0.1:%u%s", api_port(f->api), path);
    if (http_client_call(f->client, &call, &f->res, &f->err) != ERR_OK)
        return -1;
    return f->res.status;
}

static int register_service(struct api_fixture *f, const char *key, const char *name,
                            const char *action, char token[64])
{
    struct sbuf body = SBUF_INIT, opened = SBUF_INIT;
    const char *said = api_text("{\"name\":\"%s\",\"action\":\"%s\"}", name, action);
    service_key_close(key, said, strlen(said), &body);
    int status = post_text(f, SERVICES "/register", body.s);
    const char *sealed = api_member(f, "token");
    if (status == 201 && sealed && service_key_open(key, sealed, strlen(sealed), &opened))
        snprintf(token, 64, "%s", opened.s);
    sbuf_release(&body);
    sbuf_release(&opened);
    return status;
}

static void add_pop(struct api_fixture *f, const char *project)
{
    char id[64];
    snprintf(id, sizeof(id), "pop-%.8s", project);
    struct vim_instance pop = {.id = id, .password = "s3cret-of-it"};
    struct arena a = ARENA_INIT;
    struct err err = ERR_INIT;
    test_sql(
        f->db,
        api_text("INSERT INTO pop (id, agg, phase, seq, project_id, name, type, doc, state) "
                 "VALUES ('%s', 'p', 'READY', 0, '%s', 'site', 'test', '{\"id\":\"%s\"}', '{}')",
                 id, project, id));
    struct db *db = store_borrow(f->store);
    assert_int_equal(store_pop_seal(db, store_seal(f->store), &pop, &a, &err), ERR_OK);
    store_return(f->store, db);
    arena_release(&a);
}

static void services_see_secrets_of_their_projects(void **state)
{
    struct api_fixture *f = *state;
    char lab[64], key[32], token[64] = "", again[64] = "", own[64], admin[64];
    snprintf(own, sizeof(own), "%s", f->project);
    snprintf(admin, sizeof(admin), "%s", f->token);
    api_make(f, PROJECTS, "{\"name\":\"lab\"}", lab);
    add_pop(f, own);
    add_pop(f, lab);
    WANT(422, api_call(f, "POST", SERVICES "/create", "{\"name\":\"fms\",\"roles\":[]}"));
    HAS("Project list must not be empty");
    WANT(404, api_call(f, "POST", SERVICES "/create", "{\"name\":\"fms\",\"roles\":[\"none\"]}"));
    HAS("Project with id or name none not found");
    WANT(400, api_call(f, "POST", SERVICES "/create", "{\"name\":\"fms\"}"));
    WANT(422, api_call(f, "POST", SERVICES "/create", "{\"name\":\"admin\",\"roles\":[\"*\"]}"));
    WANT(201, api_call(f, "POST", SERVICES "/create/", "{\"name\":\"fms\",\"roles\":[\"lab\"]}"));
    assert_int_equal(f->res.body.len, 16);
    snprintf(key, sizeof(key), "%s", f->res.body.s);
    WANT(201, api_call(f, "POST", SERVICES "/create", "{\"name\":\"fms\",\"roles\":[\"*\"]}"));
    assert_string_equal(f->res.body.s, key); /* one that is there */
    WANT(422, api_call(f, "POST", USERS,
                       "{\"username\":\"fms\",\"password\":\"" FIXTURE_PASSWORD
                       "\",\"roles\":[{\"role\":\"USER\",\"project\":\"lab\"}]}"));
    WANT(200, api_call(f, "GET", SERVICES, NULL));
    HAS("\"name\":\"fms\"");
    HAS_NOT(key);
    WANT(404, register_service(f, "0123456789abcdef", "fms", "register", token));
    HAS("Could not decrypt the body");
    WANT(404, register_service(f, key, "ase", "register", token));
    WANT(422, register_service(f, key, "fms", "dance", token));
    WANT(404, post_text(f, SERVICES "/register", "!"));
    WANT(404, post_text(f, SERVICES "/register", ""));
    WANT(201, register_service(f, key, "fms", "register", token));
    WANT(201, register_service(f, key, "fms", "register", again));
    assert_string_not_equal(token, again);
    api_use_token(f, token);
    snprintf(f->project, sizeof(f->project), "%s", lab);
    WANT(200, api_call(f, "GET", "/api/v1/datacenters", NULL));
    HAS("s3cret-of-it");
    WANT(200, api_call(f, "GET", api_text("/api/v1/datacenters/pop-%.8s", lab), NULL));
    HAS("s3cret-of-it");
    WANT(404, api_call(f, "GET", api_text("/api/v1/datacenters/pop-%.8s", own), NULL));
    HAS_NOT("s3cret-of-it");
    snprintf(f->project, sizeof(f->project), "%s", own);
    WANT(400, api_call(f, "GET", "/api/v1/datacenters", NULL));
    snprintf(f->project, sizeof(f->project), "*");
    WANT(404, api_call(f, "GET", "/api/v1/datacenters", NULL));
    HAS_NOT("s3cret-of-it");
    f->project[0] = '\0';
    WANT(200, api_call(f, "GET", USERS "/current", NULL));
    HAS("\"username\":\"fms\"");
    WANT(200, api_call(f, "GET", USERS, NULL));
    assert_string_equal(f->res.body.s, "[]");
    WANT(403, api_call(f, "GET", SERVICES, NULL));
    WANT(403, api_call(f, "POST", PROJECTS, "{\"name\":\"mine\"}"));
    WANT(403, api_call(f, "PUT", USERS "/changepwd", "{\"old_pwd\":\"x\",\"new_pwd\":\"y\"}"));
    /* An administrator sees asterisks; and ends it. */
    api_use_token(f, admin);
    snprintf(f->project, sizeof(f->project), "%s", lab);
    WANT(200, api_call(f, "GET", "/api/v1/datacenters", NULL));
    HAS_NOT("s3cret-of-it");
    WANT(201, register_service(f, key, "fms", "remove", token));
    api_use_token(f, token);
    WANT(401, api_call(f, "GET", "/api/v1/datacenters", NULL));
    api_use_token(f, again);
    WANT(401, api_call(f, "GET", "/api/v1/datacenters", NULL));
    WANT(404, register_service(f, key, "fms", "register", token));
}

static void services_for_all_projects(void **state)
{
    struct api_fixture *f = *state;
    char key[32], token[64] = "", admin[64], id[64];
    snprintf(admin, sizeof(admin), "%s", f->token);
    add_pop(f, f->project);
    WANT(201, api_call(f, "POST", SERVICES "/create", "{\"name\":\"nse\",\"roles\":[\"*\"]}"));
    snprintf(key, sizeof(key), "%s", f->res.body.s);
    WANT(201, register_service(f, key, "nse", "register", token));
    api_use_token(f, token);
    snprintf(f->project, sizeof(f->project), "*");
    WANT(200, api_call(f, "GET", "/api/v1/datacenters", NULL));
    HAS("s3cret-of-it");
    WANT(200, api_call(f, "GET", PROJECTS, NULL));
    HAS("\"name\":\"default\"");
    WANT(201, api_call(f, "POST", "/api/v1/events",
                       "{\"name\":\"n\",\"type\":\"RABBIT\",\"endpoint\":\"q\",\"event\":"
                       "\"INSTANTIATE_FINISH\",\"projectId\":\"*\"}"));
    WANT(403, api_call(f, "GET", "/api/v1/history", NULL)); /* no administrator */
    api_use_token(f, admin);
    WANT(200, api_call(f, "GET", SERVICES, NULL));
    snprintf(id, sizeof(id), "%s", api_member(f, "id"));
    WANT(204, api_call(f, "DELETE", api_text(SERVICES "/%s", id), NULL));
    WANT(404, api_call(f, "DELETE", api_text(SERVICES "/%s", id), NULL));
    api_use_token(f, token);
    WANT(401, api_call(f, "GET", "/api/v1/datacenters", NULL));
}

/* Each process of a service has a token of its own; they do not grow without bound. */
static void a_service_keeps_its_newest_tokens(void **state)
{
    struct api_fixture *f = *state;
    char key[32], first[64] = "", last[64] = "";
    WANT(201, api_call(f, "POST", SERVICES "/create", "{\"name\":\"nse\",\"roles\":[\"*\"]}"));
    snprintf(key, sizeof(key), "%s", f->res.body.s);
    WANT(201, register_service(f, key, "nse", "register", first));
    for (int i = 0; i < STORE_SERVICE_TOKENS; i++)
        WANT(201, register_service(f, key, "nse", "register", last));
    api_use_token(f, first);
    WANT(401, api_call(f, "GET", NSDS, NULL));
    api_use_token(f, last);
    WANT(200, api_call(f, "GET", NSDS, NULL));
}

/* --- quotas -------------------------------------------------------------------------------------
 */

static enum err_code claim(struct api_fixture *f, const char *nsr, int64_t instances, int64_t vcpus,
                           struct err *err)
{
    const struct store_use wanted = {1, instances, vcpus, 0};
    struct db *db = store_borrow(f->store);
    *err = (struct err)ERR_INIT;
    enum err_code rc = store_quota_claim(db, f->project, nsr, &wanted, err);
    store_return(f->store, db);
    return rc;
}

static void add_service(struct api_fixture *f, const char *id)
{
    test_sql(
        f->db,
        api_text("INSERT INTO nsr (id, agg, phase, seq, project_id, name, nsd_id, pops, "
                 "doc, state) VALUES ('%s', '%s', 'ACTIVE', 0, '%s', '%s', '', '', '{}', '{}')",
                 id, id, f->project, id));
}

static void quotas_are_kept(void **state)
{
    struct api_fixture *f = *state;
    struct err err;
    char path[128];
    snprintf(path, sizeof(path), PROJECTS "/%s", f->project);
    assert_int_equal(claim(f, "free", 100, 100, &err), ERR_OK);
    test_sql(f->db, "DELETE FROM nsr_claim");
    WANT(422, api_call(f, "PUT", path, "{\"quota\":{\"services\":-1}}"));
    WANT(202, api_call(f, "PUT", path, "{\"quota\":{\"services\":3,\"instances\":5,\"vcpus\":8}}"));
    HAS("\"quota\":{\"services\":3,\"instances\":5,\"vcpus\":8}");
    assert_int_equal(claim(f, "a", 2, 4, &err), ERR_OK);
    assert_int_equal(claim(f, "a", 2, 4, &err), ERR_OK); /* the same one again */
    assert_int_equal(claim(f, "b", 4, 1, &err), ERR_LIMIT);
    assert_string_equal(err.msg, "the quota of project 'default' is 5 instances: 2 are used, and "
                                 "this needs 4");
    assert_int_equal(claim(f, "b", 1, 5, &err), ERR_LIMIT);
    assert_non_null(strstr(err.msg, "8 vCPUs: 4 are used"));
    assert_int_equal(claim(f, "b", 3, 4, &err), ERR_OK);
    add_service(f, "a");
    add_service(f, "old"); /* from before there was a quota, with an instance on a PoP */
    test_sql(f->db,
             api_text("INSERT INTO pop (id, agg, phase, seq, project_id, name, type, doc, state) "
                      "VALUES ('p', 'p', 'READY', 0, '%s', 'site', 'openstack', '{\"flavours\":"
                      "[{\"flavour_key\":\"m1\",\"vcpus\":2,\"ram\":512}]}', "
                      "'{\"quota\":{\"cores\":20,\"instances\":10,\"ram\":-1},\"use\":"
                      "{\"cores\":2}}')",
                      f->project));
    test_sql(f->db,
             "INSERT INTO instance (id, agg, phase, vnfr_id, pop_id, hostname, vc_id, state, "
             "flavour) VALUES ('i', 'old', 'DOUBT', 'v', 'p', 'h', '', '{}', 'm1')");
    WANT(200, api_call(f, "GET", api_text("%s/use", path), NULL));
    HAS("{\"used\":{\"services\":3,\"instances\":6,\"vcpus\":10,\"ram\":512},\"quota\":{");
    assert_int_equal(claim(f, "c", 0, 0, &err), ERR_LIMIT);
    assert_non_null(strstr(err.msg, "3 network services"));
    add_service(f, "b");
    test_sql(f->db, "DELETE FROM nsr WHERE id = 'b'"); /* gone, and its share with it */
    WANT(200, api_call(f, "GET", api_text("%s/use", path), NULL));
    HAS("{\"used\":{\"services\":2,\"instances\":3,");
    assert_int_equal(claim(f, "b", 1, 1, &err), ERR_OK);
    test_sql(f->db, "UPDATE nsr SET phase = 'TOMBSTONE'"); /* what was taken is given back */
    test_sql(f->db, "UPDATE nsr_claim SET at = 0");        /* and "b" never came to be */
    WANT(200, api_call(f, "GET", api_text("%s/use", path), NULL));
    HAS("\"services\":0,\"instances\":0,\"vcpus\":0");
    WANT(202, api_call(f, "PUT", path, "{\"quota\":{}}"));
    assert_int_equal(claim(f, "d", 1000, 1000, &err), ERR_OK);
    WANT(200, api_call(f, "GET", "/api/v1/quotas", NULL));
    HAS("\"cores\" : 20");
    HAS("\"cores\" : 18");
}

static enum err_code claim_more(struct api_fixture *f, int64_t instances, bool is_dry,
                                struct err *err)
{
    const struct store_use wanted = {0, instances, 0, 0};
    struct db *db = store_borrow(f->store);
    *err = (struct err)ERR_INIT;
    enum err_code rc = store_quota_claim_more(db, f->project, "grows", &wanted, is_dry, err);
    store_return(f->store, db);
    return rc;
}

/* A service that is scaled out takes more; when that is over, its instances say what it has. */
static void more_of_a_service(void **state)
{
    struct api_fixture *f = *state;
    struct err err;
    char path[128];
    snprintf(path, sizeof(path), PROJECTS "/%s", f->project);
    test_sql(f->db, "DELETE FROM nsr_claim");
    test_sql(f->db, "DELETE FROM nsr");
    WANT(202, api_call(f, "PUT", path, "{\"quota\":{\"instances\":3}}"));
    assert_int_equal(claim(f, "grows", 1, 0, &err), ERR_OK);
    add_service(f, "grows");
    test_sql(f->db,
             "INSERT INTO instance (id, agg, phase, vnfr_id, pop_id, hostname, vc_id, state) "
             "VALUES ('g', 'grows', 'UP', 'v', 'nowhere', 'g', '', '{}')");
    assert_int_equal(claim_more(f, 3, true, &err), ERR_LIMIT);
    assert_non_null(strstr(err.msg, "3 instances: 1 are used, and this needs 3"));
    assert_int_equal(claim_more(f, 2, true, &err), ERR_OK); /* looked at only */
    assert_int_equal(claim_more(f, 2, false, &err), ERR_OK);
    assert_int_equal(claim_more(f, 1, false, &err), ERR_LIMIT);
    assert_non_null(strstr(err.msg, "3 are used"));
    test_sql(f->db, "UPDATE nsr_claim SET at = 0"); /* and it never came to be */
    WANT(200, api_call(f, "GET", api_text("%s/use", path), NULL));
    HAS("{\"used\":{\"services\":1,\"instances\":1,");
    test_sql(f->db, "UPDATE nsr SET phase = 'RELEASING'"); /* its share stands until it is gone */
    WANT(200, api_call(f, "GET", api_text("%s/use", path), NULL));
    HAS("{\"used\":{\"services\":1,\"instances\":3,");
    WANT(202, api_call(f, "PUT", path, "{\"quota\":{}}"));
}

static void the_clients_file_is_one_for_a_shell(void **state)
{
    struct api_fixture *f = *state;
    char eve[64], command[256], line[256] = "", path[128];
    api_add_user(f, "e'; echo x >&2; '", "USER", "default");
    WANT(200, api_login(f, "grant_type=password&username=e%27%3B+echo+x+%3E%262%3B+%27&"
                           "password=" FIXTURE_PASSWORD));
    api_keep_token(f, eve);
    api_use_token(f, eve);
    WANT(200, api_call(f, "GET", "/api/v1/main/openbaton-rc", NULL));
    snprintf(path, sizeof(path), "%s/rc", f->directory);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs(f->res.body.s, file);
    fclose(file);
    snprintf(command, sizeof(command),
             "bash -c '. %s <<<secret; echo; echo \"$OB_NFVO_IP $OB_NFVO_PORT $OB_PROJECT_ID "
             "$OB_USERNAME $OB_PASSWORD\"' 2>&1 | tail -1",
             path);
    FILE *pipe = popen(command, "r");
    assert_non_null(fgets(line, sizeof(line), pipe));
    pclose(pipe);
    unlink(path);
    assert_string_equal(
        line, api_text("127.0.0.1 %u %s e'; echo x >&2; ' secret\n", api_port(f->api), f->project));
}

/* --- keys ---------------------------------------------------------------------------------------
 */

static void makes_key_pairs(void **state)
{
    struct api_fixture *f = *state;
    char path[128], command[256], line[2048] = "", public_key[2048];
    f->idempotency_key = "once"; /* a private key is not kept for who asks again */
    WANT(201, api_call(f, "POST", "/api/v1/keys/generate", "mine"));
    HAS("-----BEGIN RSA PRIVATE KEY-----\n");
    HAS("\n-----END RSA PRIVATE KEY-----\n");
    snprintf(path, sizeof(path), "%s/private", f->directory);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs(f->res.body.s, file);
    fclose(file);
    WANT(422, api_call(f, "POST", "/api/v1/keys/generate", "mine"));
    HAS("A key with the name mine exists already.");
    f->idempotency_key = NULL;
    WANT(422, api_call(f, "POST", "/api/v1/keys/generate", " "));
    WANT(422, api_call(f, "POST", "/api/v1/keys/generate", "a\nb"));
    WANT(200, api_call(f, "GET", "/api/v1/keys", NULL));
    HAS("\"name\":\"mine\"");
    snprintf(public_key, sizeof(public_key), "%s", api_member(f, "publicKey"));
    assert_int_equal(strncmp(public_key, "ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAABAQ", 38), 0);
    /* The two belong together, says one who should know. */
    chmod(path, 0600);
    snprintf(command, sizeof(command), "ssh-keygen -y -P '' -f %s 2>&1", path);
    FILE *pipe = popen(command, "r");
    assert_non_null(pipe);
    char *got = fgets(line, sizeof(line), pipe);
    int rc = pclose(pipe);
    unlink(path);
    if (rc != 0 && !strstr(line, "ssh-rsa")) {
        print_message("ssh-keygen: %s", line);
        skip();
    }
    assert_non_null(got);
    assert_int_equal(strncmp(line, public_key, 255), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(services_see_secrets_of_their_projects),
        TEST(services_for_all_projects),
        TEST(a_service_keeps_its_newest_tokens),
        TEST(quotas_are_kept),
        TEST(more_of_a_service),
        TEST(the_clients_file_is_one_for_a_shell),
        TEST(makes_key_pairs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
